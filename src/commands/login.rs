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
    safe_text::SafeText,
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
    let mut address = known.map(str::to_owned);
    loop {
        let url = address.take().map_or_else(|| ask("Address of the server: "), Ok)?;
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
            KeptIn::Keyring => "the system's keyring".to_owned(),
            KeptIn::File(file, reason) => format!("{}, which only you can read ({reason})", file.display()),
        };
        let profile = self.profile;
        self.output
            .note(&format!("Signed in to {url}{who}, as the profile `{profile}`. The token is kept in {place}."));
        Ok(())
    }
}

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

/// A line of stdin; the question is asked only where somebody sees it.
fn ask(question: &str) -> Result<String, Failure> {
    pose(question)?;
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        return Err(ended());
    }
    Ok(line.trim().to_owned())
}

fn pose(question: &str) -> Result<(), Failure> {
    if io::stdin().is_terminal() {
        let mut to = io::stderr().lock();
        write!(to, "{question}")?;
        to.flush()?;
    }
    Ok(())
}

fn ended() -> Failure {
    Failure::Usage("the input ended before an answer came".to_owned())
}

/// As [`ask`], but on a terminal nothing that is typed or pasted shows. Ctrl+C is read as
/// a key meanwhile, so that it, too, leaves the terminal as it was.
fn ask_secretly(question: &str) -> Result<Typed, Failure> {
    let Ok(before) = termios::tcgetattr(io::stdin()) else { return ask(question).map(Typed::Answer) };
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    termios::tcsetattr(io::stdin(), OptionalActions::Flush, &silent).map_err(io::Error::from)?;
    let answer = pose(question).and_then(|()| read_keys(|| read_now(io::stdin())));
    termios::tcsetattr(io::stdin(), OptionalActions::Now, &before).map_err(io::Error::from)?;
    let _ = writeln!(io::stderr());
    answer
}

/// What the terminal has, as soon as it has something: past the buffer of standard input, in which the rest of a
/// key would wait for the next question.
fn read_now(terminal: impl AsFd) -> io::Result<Vec<u8>> {
    let mut bytes = [0; 1024];
    let count = rustix::io::read(terminal, &mut bytes)?;
    Ok(bytes[..count].to_vec())
}

/// Reads keys up to Enter; Backspace takes one back, Ctrl+U all; Ctrl+C and Ctrl+D give up, Esc goes back.
fn read_keys(mut read: impl FnMut() -> io::Result<Vec<u8>>) -> Result<Typed, Failure> {
    let mut answer = Vec::new();
    loop {
        let keys = read()?;
        match keys.as_slice() {
            [] => return Err(ended()),
            [ESC] => return Ok(Typed::Back),
            // An arrow, or another key that stands for nothing here.
            [ESC, ..] => continue,
            _ => {}
        }
        for key in keys {
            match key {
                b'\r' | b'\n' => return Ok(Typed::Answer(String::from_utf8_lossy(&answer).into_owned())),
                0x03 | 0x04 => return Err(ended()),
                0x08 | 0x7f => drop(answer.pop()),
                0x15 => answer.clear(),
                other => answer.push(other),
            }
        }
    }
}

const ESC: u8 = 0x1b;

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of keys that arrive in these pieces.
    fn read(pieces: &[&[u8]]) -> Option<Typed> {
        let mut pieces = pieces.iter();
        read_keys(|| Ok(pieces.next().map(|piece| piece.to_vec()).unwrap_or_default())).ok()
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
    fn esc_goes_back_and_an_arrow_is_nothing() {
        assert_eq!(read(&[b"abc", b"\x1b"]), Some(Typed::Back));
        assert_eq!(read(&[b"ab", b"\x1b[A", b"c\r"]), Some(answer("abc")));
    }
}
