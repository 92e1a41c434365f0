//! A text in the person's own editor: a file of its own that nobody else can read, the terminal given away and
//! taken back, whatever becomes of the editor.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    process::{Command, ExitStatus},
};

use rustix::{
    process::Pid,
    termios::{self, OptionalActions},
};

use super::processes;
use crate::{
    net,
    term::{self, Input, Session},
};

/// Where there is neither `VISUAL` nor `EDITOR`.
const USUAL: &str = "vi";
/// What a shell ends with when there is no such program.
const NOT_FOUND: i32 = 127;
/// The largest file that is read back.
const LARGEST: u64 = 64 << 20;

/// What came of it.
pub struct Edited {
    /// The text as it is now, or in words why it is as it was.
    pub text: Result<String, String>,
    /// Meanwhile somebody wanted us gone, or the terminal went away.
    pub end: bool,
}

/// Has `text` edited.
///
/// # Errors
/// When the terminal cannot be taken again.
pub async fn edit(session: &mut Session, text: &str) -> Result<Edited, term::Error> {
    let file = match Private::holding(text) {
        Ok(file) => file,
        Err(error) => return Ok(Edited { text: Err(no_file(&error)), end: false }),
    };
    let variable = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let editor = variable("VISUAL").or_else(|| variable("EDITOR")).unwrap_or_else(|| USUAL.to_owned());
    session.pause();
    let settings = termios::tcgetattr(io::stdin());
    // As everywhere else, the variable may hold options too; the file's name is no part of the script.
    let spawned = Command::new("sh").args(["-c", &format!("{editor} \"$1\""), "sh"]).arg(&file.0).spawn();
    let (status, end) = match spawned {
        Ok(child) => wait(session, child).await,
        Err(error) => (Err(error), None),
    };
    if let (Some(_), Ok(settings)) = (end, settings) {
        // It may not have come to that.
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &settings);
    }
    match end {
        None => session.resume()?,
        // Taken once more, so that it is given back whole; where there is no terminal any more, never mind.
        Some(End::Forced) => drop(session.resume()),
        Some(End::Obeyed) => {}
    }
    let end = end.is_some();
    // Whatever was written by then is kept, if we have to go.
    let text = if end { file.read().map_err(|error| no_file(&error)) } else { outcome(&editor, status, &file) };
    Ok(Edited { text, end })
}

/// How the editor ended where it was told to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Obeyed,
    /// It did not, so that the terminal is as it left it.
    Forced,
}

/// Waits for the editor; one that is still there when we have to go is not left behind, to fight over the terminal
/// with whoever has it then.
async fn wait(session: &mut Session, mut child: std::process::Child) -> (io::Result<ExitStatus>, Option<End>) {
    let shell = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let mut waiting = tokio::task::spawn_blocking(move || child.wait());
    let mut end = None;
    loop {
        tokio::select! {
            status = &mut waiting => {
                return (status.unwrap_or_else(|error| Err(io::Error::other(error))), end);
            }
            input = session.next(), if end.is_none() => {
                if matches!(input, Input::Signal(_) | Input::Closed) {
                    let obeyed = match shell {
                        Some(shell) => processes::end(shell).await,
                        None => true,
                    };
                    end = Some(if obeyed { End::Obeyed } else { End::Forced });
                }
            }
        }
    }
}

fn outcome(editor: &str, status: io::Result<ExitStatus>, file: &Private) -> Result<String, String> {
    match status {
        Ok(status) if status.success() => file.read().map_err(|error| no_file(&error)),
        Ok(status) if status.code() == Some(NOT_FOUND) => {
            Err(format!("There is no editor `{editor}`: set VISUAL or EDITOR to one. Your text is as it was."))
        }
        Ok(status) => Err(format!("The editor ended with {status}. Your text is as it was.")),
        Err(error) => Err(format!("The editor could not be started: {error}. Your text is as it was.")),
    }
}

fn no_file(error: &io::Error) -> String {
    format!("The text could not be handed to an editor: {error}.")
}

/// A file that only we can read, gone when this is.
struct Private(PathBuf);

impl Private {
    fn holding(text: &str) -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("countersign-{}.md", net::new_idempotency_key()));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let private = Self(path);
        file.write_all(text.as_bytes())?;
        file.flush()?;
        Ok(private)
    }

    /// What it holds, without the line end that editors put at the end of files.
    fn read(&self) -> io::Result<String> {
        if fs::metadata(&self.0)?.len() > LARGEST {
            return Err(io::Error::other("the file is too large"));
        }
        let text = String::from_utf8_lossy(&fs::read(&self.0)?).into_owned();
        Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
