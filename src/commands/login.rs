//! `countersign login` and `countersign logout`: tries a token before it is kept.

use std::{
    io::{self, IsTerminal, Write},
    os::fd::AsFd,
};

use rustix::termios::{self, LocalModes, OptionalActions};

use super::{Failure, Output, patience::patiently};
use crate::{
    config::{self, Config, ConnectionFlags, Environment, Keeper, KeptIn},
    net::{BaseUrl, Client, Error, Options, ThreadQuery, Token},
    safe_text::{SafeText, width},
};

/// Asks for address and token, tries them, and keeps them. A person is asked again for whatever was wrong, until
/// they give up.
///
/// # Errors
/// The server does not take the token, cannot be reached, or they cannot be kept; or the input ended.
pub async fn login(
    config: &Config,
    flags: &ConnectionFlags,
    environment: &Environment,
    output: Output,
) -> Result<(), Failure> {
    let name = config.profile_to_sign_in(flags, environment)?;
    let profile = config.profiles.get(&name);
    let known = flags
        .url
        .as_deref()
        .or(environment.get("COUNTERSIGN_URL"))
        .or(profile.and_then(|profile| profile.url.as_deref()));
    let insecure_http = flags.insecure_http || profile.is_some_and(|profile| profile.insecure_http);
    let attempt = Attempt { profile: &name, insecure_http, output };
    let mut typed = String::new();
    loop {
        let url = match known.filter(|_| typed.is_empty()) {
            Some(known) => known.to_owned(),
            None => ask("Address of the server: ", &typed)?,
        };
        typed.clone_from(&url);
        match attempt.at(&url).await {
            Ok(Outcome::SignedIn) => return Ok(()),
            Ok(Outcome::AnotherAddress) => {}
            // Who named the address beforehand has to name another one there.
            Err(failure @ Failure::Net(_)) if known.is_none() && has_person() => output.note(&failure.to_string()),
            Err(failure) => return Err(failure),
        }
    }
}

/// Signing in to one profile.
struct Attempt<'a> {
    profile: &'a str,
    insecure_http: bool,
    output: Output,
}

enum Outcome {
    SignedIn,
    AnotherAddress,
}

impl Attempt<'_> {
    /// Asks for tokens for one server until it takes one.
    async fn at(&self, url: &str) -> Result<Outcome, Failure> {
        // The address is looked at before a token is asked for.
        BaseUrl::parse(url, self.insecure_http).map_err(Error::from)?;
        let question = format!("Token for {}: ", SafeText::line(url));
        loop {
            let Typed::Answer(token) = ask_secretly(&question)? else { return Ok(Outcome::AnotherAddress) };
            match self.with(url, &token).await {
                Ok(()) => return Ok(Outcome::SignedIn),
                Err(failure @ (Failure::Net(Error::Unauthorized) | Failure::Usage(_))) if has_person() => {
                    self.output.note(&format!("{failure}. Type it again; Esc goes back to the address."));
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn with(&self, url: &str, token: &str) -> Result<(), Failure> {
        let token = Token::new(token).ok_or_else(|| {
            Failure::Usage("that is no token: one line of visible ASCII characters is one".to_owned())
        })?;
        let options = Options { insecure_http: self.insecure_http, ..Options::default() };
        let client = Client::new(url, &token, options)?;
        let who = who(&client).await?;
        let place = match Keeper::new(self.profile, url).keep(&token, waits).await? {
            KeptIn::Keyring => "the system's keyring.".to_owned(),
            KeptIn::File { path, reason, older_left } => {
                let older = if older_left { OLDER_LEFT } else { "" };
                format!("{}, which only you can read ({reason}).{older}", path.display())
            }
        };
        let profile = self.profile;
        self.output.note(&format!("Signed in to {url}{who}, as the profile `{profile}`. The token is kept in {place}"));
        Ok(())
    }
}

/// What is said of a token that is not used any more and could not be removed.
const OLDER_LEFT: &str = " An older one is still in the keyring: nothing uses it, and you can remove it there.";

/// What came of a question.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Answer(String),
    /// Esc: the question before it is to be asked again.
    Back,
}

/// Whether somebody is there who can be asked again.
fn has_person() -> bool {
    io::stdin().is_terminal()
}

/// Says why nothing happens: the keyring wants to be unlocked.
pub fn waits() {
    let _ = writeln!(io::stderr(), "Your keyring is locked: unlock it where it asks you to.");
}

/// Forgets what [`login`] kept.
///
/// # Errors
/// None was kept, or what holds it cannot be changed.
pub async fn logout(
    config: &Config,
    flags: &ConnectionFlags,
    environment: &Environment,
    output: Output,
) -> Result<(), Failure> {
    let name = config.profile_to_sign_in(flags, environment)?;
    if !config::forget(&name, waits).await? {
        return Err(Failure::NotFound(format!("no token is kept for the profile `{name}`")));
    }
    output.note(&format!(
        "Forgot the token of the profile `{name}`. It is good until it expires or the operator revokes it."
    ));
    Ok(())
}

/// Whose token it is, where the server tells; that it is taken in any case.
async fn who(client: &Client) -> Result<String, Failure> {
    match patiently(async || client.me().await).await {
        Ok(me) => Ok(format!(" as {}", me.name)),
        Err(Error::Unsupported) => {
            let query = ThreadQuery { per_page: Some(1), ..ThreadQuery::default() };
            patiently(async || client.threads(&query).await).await?;
            Ok(String::new())
        }
        Err(error) => Err(error.into()),
    }
}

/// A line of stdin; the question is asked only where somebody sees it. There `begun` is what they typed before, to
/// be changed or taken as it is.
fn ask(question: &str, begun: &str) -> Result<String, Failure> {
    loop {
        let mut shown = Shown::default();
        let typed = on_terminal(question, || {
            shown.change_to(begun)?;
            read_keys(begun, || read_now(io::stdin()), |text| shown.change_to(text))
        })?;
        match typed {
            None => return line().map(|line| line.trim().to_owned()),
            Some(Typed::Answer(text)) => return Ok(text.trim().to_owned()),
            // There is nothing to go back to but what stood there before.
            Some(Typed::Back) => {}
        }
    }
}

/// As [`ask`], but nothing that is typed or pasted shows.
fn ask_secretly(question: &str) -> Result<Typed, Failure> {
    let typed = on_terminal(question, || read_keys("", || read_now(io::stdin()), |_| Ok(())))?;
    typed.map_or_else(|| line().map(|line| Typed::Answer(line.trim().to_owned())), Ok)
}

fn line() -> Result<String, Failure> {
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        return Err(ended());
    }
    Ok(line)
}

fn ended() -> Failure {
    Failure::Usage("the input ended before an answer came".to_owned())
}

/// Poses a question on a terminal, which shows nothing by itself until it is answered; `None`: there is no terminal.
/// Ctrl+C is read as a key meanwhile, so that it, too, leaves the terminal as it was.
fn on_terminal(question: &str, read: impl FnOnce() -> Result<Typed, Failure>) -> Result<Option<Typed>, Failure> {
    let Ok(before) = termios::tcgetattr(io::stdin()) else { return Ok(None) };
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    termios::tcsetattr(io::stdin(), OptionalActions::Flush, &silent).map_err(io::Error::from)?;
    let answer = write_out(question).map_err(Failure::from).and_then(|()| read());
    termios::tcsetattr(io::stdin(), OptionalActions::Now, &before).map_err(io::Error::from)?;
    let _ = writeln!(io::stderr());
    answer.map(Some)
}

fn write_out(text: &str) -> io::Result<()> {
    let mut to = io::stderr().lock();
    write!(to, "{text}")?;
    to.flush()
}

/// What the terminal shows of an answer.
#[derive(Default)]
struct Shown(SafeText);

impl Shown {
    /// Changes no more of it than what is different.
    fn change_to(&mut self, text: &str) -> io::Result<()> {
        let text = SafeText::line(text);
        let same = self.0.chars().zip(text.chars()).take_while(|(old, new)| old == new);
        let same: usize = same.map(|(_, c)| c.len_utf8()).sum();
        let (gone, new) = (width(&self.0[same..]), &text[same..]);
        write_out(&format!("{}{new}", "\x08 \x08".repeat(gone)))?;
        self.0 = text;
        Ok(())
    }
}

/// What the terminal has, as soon as it has something: past the buffer of standard input, in which the rest of a
/// key would wait for the next question.
fn read_now(terminal: impl AsFd) -> io::Result<Vec<u8>> {
    let mut bytes = [0; 1024];
    let count = rustix::io::read(terminal, &mut bytes)?;
    Ok(bytes[..count].to_vec())
}

/// Reads keys after what was `begun`, up to Enter, and has the answer shown as it grows; Backspace takes a character
/// back, Ctrl+U all; Ctrl+C and Ctrl+D give up, Esc goes back.
fn read_keys(
    begun: &str,
    mut read: impl FnMut() -> io::Result<Vec<u8>>,
    mut show: impl FnMut(&str) -> io::Result<()>,
) -> Result<Typed, Failure> {
    let mut answer = begun.as_bytes().to_vec();
    loop {
        let keys = read()?;
        match keys.as_slice() {
            [] => return Err(ended()),
            [ESC] => return Ok(Typed::Back),
            // An arrow, or another key that stands for nothing here.
            [ESC, ..] => continue,
            _ => {}
        }
        let enter = keys.iter().position(|key| matches!(key, b'\r' | b'\n'));
        for key in &keys[..enter.unwrap_or(keys.len())] {
            match key {
                0x03 | 0x04 => return Err(ended()),
                0x08 | 0x7f => take_back(&mut answer),
                0x15 => answer.clear(),
                other => answer.push(*other),
            }
        }
        // Of a character that has only half arrived nothing is shown yet.
        show(answer.utf8_chunks().next().map_or("", |chunk| chunk.valid()))?;
        if enter.is_some() {
            return Ok(Typed::Answer(String::from_utf8_lossy(&answer).into_owned()));
        }
    }
}

/// Takes away the last character, of however many bytes.
fn take_back(answer: &mut Vec<u8>) {
    while answer.pop().is_some_and(|byte| byte & 0b1100_0000 == 0b1000_0000) {}
}

const ESC: u8 = 0x1b;

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of keys that arrive in these pieces.
    fn read(pieces: &[&[u8]]) -> Option<Typed> {
        read_on("", pieces).0
    }

    /// What comes of them after what was begun, and how it looked after each piece.
    fn read_on(begun: &str, pieces: &[&[u8]]) -> (Option<Typed>, Vec<String>) {
        let mut pieces = pieces.iter();
        let mut shown = Vec::new();
        let next = || Ok(pieces.next().map(|piece| piece.to_vec()).unwrap_or_default());
        let typed = read_keys(begun, next, |text| {
            shown.push(text.to_owned());
            Ok(())
        });
        (typed.ok(), shown)
    }

    fn answer(text: &str) -> Typed {
        Typed::Answer(text.to_owned())
    }

    #[test]
    fn keys_are_read_up_to_enter_and_can_be_taken_back() {
        assert_eq!(read(&[b"abd\x7fc\rrest"]), Some(answer("abc")));
        assert_eq!(read(&[b"wr", b"ong\x15right", b"\n"]), Some(answer("right")));
        for given_up in [&b"abc\x03"[..], b"\x04", b"abc"] {
            assert_eq!(read(&[given_up]), None);
        }
    }

    #[test]
    fn what_was_typed_before_is_changed_at_its_end() {
        let (typed, shown) = read_on("http://a", &[b"\x7f", "\u{e5}".as_bytes(), b"\xc3", b"\xb8", b"\x7f", b"b\r"]);
        assert_eq!(typed, Some(answer("http://\u{e5}b")));
        let before = ["http://", "http://\u{e5}", "http://\u{e5}", "http://\u{e5}\u{f8}", "http://\u{e5}"];
        assert_eq!(shown, [before.as_slice(), &["http://\u{e5}b"]].concat());
    }

    #[test]
    fn esc_goes_back_and_an_arrow_is_nothing() {
        assert_eq!(read(&[b"abc", b"\x1b"]), Some(Typed::Back));
        assert_eq!(read(&[b"ab", b"\x1b[A", b"c\r"]), Some(answer("abc")));
    }
}
