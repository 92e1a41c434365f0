//! Where results and messages go: JSON lines or text on stdout, words for people on stderr.

use std::{
    fmt::Write as _,
    io::{self, IsTerminal, Read, Write},
};

use serde::Serialize;

use super::Failure;
use crate::safe_text::{SafeText, is_forbidden};

/// The largest text that is read from stdin: what the server takes as a body at most.
const MAX_INPUT: u64 = 1 << 20;

/// How a command speaks.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// JSON lines instead of text.
    pub json: bool,
}

impl Output {
    /// A result for programs: one object on one line.
    pub fn object<T: Serialize>(self, object: &T) -> Result<(), Failure> {
        let json = serde_json::to_string(object).map_err(io::Error::from)?;
        Ok(writeln!(io::stdout().lock(), "{}", escaped(&json))?)
    }

    /// A result for people, unless programs listen.
    pub fn text(self, text: &SafeText) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        Ok(writeln!(io::stdout().lock(), "{text}")?)
    }

    /// A message for people.
    pub fn note(self, text: &str) {
        // Nobody may be there to read it; that is no reason to stop.
        let _ = writeln!(io::stderr().lock(), "{}", SafeText::message(text));
    }

    /// Shows what a person is to decide by: on stdout, or beside the JSON on stderr.
    pub fn show(self, lines: &[SafeText]) -> Result<(), Failure> {
        let mut to: Box<dyn Write> =
            if self.json { Box::new(io::stderr().lock()) } else { Box::new(io::stdout().lock()) };
        for line in lines {
            writeln!(to, "{line}")?;
        }
        Ok(to.flush()?)
    }

    /// Whether somebody sees what [`Self::show`] shows and can answer.
    #[must_use]
    pub fn has_person(self) -> bool {
        let shown = if self.json { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
        shown && io::stdin().is_terminal()
    }

    /// Asks on the terminal and returns what was typed after the question; `None` at the end of input.
    pub fn ask(self, question: &str) -> Result<Option<String>, Failure> {
        // What was typed before the question is no answer to it.
        let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
        let mut to = io::stderr().lock();
        write!(to, "{question}")?;
        to.flush()?;
        let mut answer = String::new();
        let count = io::stdin().read_line(&mut answer)?;
        Ok((count > 0).then(|| answer.trim().to_owned()))
    }
}

/// `text`, or where it is `-`, all of stdin less the line break at its end.
pub(super) fn text_or_stdin(text: String) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(MAX_INPUT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_INPUT {
        return Err(Failure::Usage("the text on stdin is longer than 1 MiB, which no server takes".to_owned()));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| Failure::Usage("the text on stdin is not UTF-8".to_owned()))?;
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    Ok(text)
}

/// JSON in which nothing can act on a terminal: such characters stand only in strings, where they may be
/// escaped.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if is_forbidden(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_says_the_same_without_active_characters() {
        let text = "a\u{9b}31m\u{202e}\u{e0041}\u{7f}å\u{1f600}\u{1b}]0;x\u{7}\"";
        let json = escaped(&serde_json::to_string(text).expect("json"));
        assert!(!json.chars().any(is_forbidden), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).expect("json"), text);
    }
}
