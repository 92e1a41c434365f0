//! `countersign login` and `countersign logout`: tries a token before it is kept.

use std::io::{self, IsTerminal, Write};

use rustix::termios::{self, LocalModes, OptionalActions};

use super::{Failure, Output, patience::patiently};
use crate::{
    config::{self, Config, ConnectionFlags, Environment, Keeper, KeptIn},
    net::{BaseUrl, Client, Error, Options, ThreadQuery, Token},
    safe_text::SafeText,
};

/// Asks for address and token, tries them, and keeps them.
///
/// # Errors
/// The server does not take the token, cannot be reached, or they cannot be kept.
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
    let url = match known {
        Some(url) => url.to_owned(),
        None => ask("Address of the server: ")?,
    };
    let insecure_http = flags.insecure_http || profile.is_some_and(|profile| profile.insecure_http);
    let options = Options { insecure_http, ..Options::default() };
    // The address is looked at before a token is asked for.
    BaseUrl::parse(&url, insecure_http).map_err(Error::from)?;
    let token = Token::new(&ask_secretly(&format!("Token for {}: ", SafeText::line(&url)))?)
        .ok_or_else(|| Failure::Usage("that is no token: one line of visible ASCII characters is one".to_owned()))?;
    let client = Client::new(&url, &token, options)?;
    let who = who(&client).await?;
    let kept = Keeper::new(&name, &url).keep(&token, waits).await?;
    let place = match kept {
        KeptIn::Keyring => "the system's keyring".to_owned(),
        KeptIn::File(file, reason) => format!("{}, which only you can read ({reason})", file.display()),
    };
    output.note(&format!("Signed in to {url}{who}, as the profile `{name}`. The token is kept in {place}."));
    Ok(())
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

/// As [`ask`], but on a terminal nothing that is typed or pasted shows. Ctrl+C is read as a key meanwhile, so
/// that it, too, leaves the terminal as it was.
fn ask_secretly(question: &str) -> Result<String, Failure> {
    let Ok(before) = termios::tcgetattr(io::stdin()) else { return ask(question) };
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
    termios::tcsetattr(io::stdin(), OptionalActions::Flush, &silent).map_err(io::Error::from)?;
    let answer = pose(question).and_then(|()| read_keys(io::stdin().lock()));
    termios::tcsetattr(io::stdin(), OptionalActions::Now, &before).map_err(io::Error::from)?;
    let _ = writeln!(io::stderr());
    answer
}

/// Reads keys up to Enter; Backspace takes one back, Ctrl+U all; Ctrl+C and Ctrl+D give up.
fn read_keys(keys: impl io::BufRead) -> Result<String, Failure> {
    let mut answer = Vec::new();
    for key in keys.bytes() {
        match key? {
            b'\r' | b'\n' => return Ok(String::from_utf8_lossy(&answer).into_owned()),
            0x03 | 0x04 => break,
            0x08 | 0x7f => drop(answer.pop()),
            0x15 => answer.clear(),
            other => answer.push(other),
        }
    }
    Err(ended())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_up_to_enter_and_can_be_taken_back() {
        let read = |keys: &[u8]| read_keys(keys).ok();
        assert_eq!(read(b"abd\x7fc\rrest").as_deref(), Some("abc"));
        assert_eq!(read(b"wrong\x15right\n").as_deref(), Some("right"));
        for given_up in [&b"abc\x03"[..], b"\x04", b"abc"] {
            assert_eq!(read(given_up), None);
        }
    }
}
