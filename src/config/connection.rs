//! Which server, and with which token: flags over environment over the config file.

use std::path::PathBuf;

use super::{Config, Environment, Profile};
use crate::net::{BaseUrl, BaseUrlError, Token};

/// What a profile is called that nobody named.
const NEW_PROFILE: &str = "default";

/// What the command line says about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionFlags {
    pub profile: Option<String>,
    pub url: Option<String>,
    pub insecure_http: bool,
}

/// A server to talk to, and what to sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The profile's name, or the address where no profile is used.
    pub name: String,
    pub url: String,
    pub token: Option<Token>,
    /// The token is in the system's keyring, and to be taken from there.
    pub in_keyring: bool,
    /// The token is the one that `login` kept, or there is none: a new one would be found by the next start.
    pub keeps: bool,
    /// Plain http to other machines is accepted.
    pub insecure_http: bool,
}

/// Why it is not known whom to talk to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    #[error(
        "no server is named: pass --url, set COUNTERSIGN_URL, write a profile into config.toml, or sign in with `countersign login`"
    )]
    NoServer,
    #[error("there is no profile `{name}`{}", among(known))]
    NoSuchProfile { name: String, known: Vec<String> },
    #[error("the profile `{0}` has no `url`: add one to [profiles.{0}], or pass --url")]
    NoUrl(String),
    #[error("several profiles are {}: choose one with --profile NAME or COUNTERSIGN_PROFILE{}", places(*in_file, *signed_in), among(known))]
    NoProfileChosen {
        known: Vec<String>,
        /// Some are in the config file.
        in_file: bool,
        /// Some are known from `login` alone.
        signed_in: bool,
    },
    #[error("the token file {} cannot be read: {reason}", path.display())]
    TokenFile { path: PathBuf, reason: String },
    #[error("{0} holds no token: one line of visible ASCII characters is one")]
    NoToken(String),
    #[error(
        "the token of the profile `{profile}` is for {its_url}, not for {url}: set COUNTERSIGN_TOKEN for that server, or give it a profile"
    )]
    TokenForAnother { profile: String, its_url: String, url: String },
    #[error(transparent)]
    Address(#[from] BaseUrlError),
}

impl Config {
    /// Settles which server to talk to. A profile that a flag names counts as a flag; one that the environment
    /// or the file names yields to `COUNTERSIGN_URL`. A profile's token goes to that profile's server alone.
    ///
    /// # Errors
    /// What is missing or contradicts itself. A missing token is none: it is asked for where it is needed.
    pub fn connection(
        &self,
        flags: &ConnectionFlags,
        environment: &Environment,
    ) -> Result<Connection, ConnectionError> {
        let environment_url = environment.get("COUNTERSIGN_URL").filter(|_| flags.profile.is_none());
        let override_url = flags.url.as_deref().or(environment_url);
        let profile = self.chosen_profile(flags, environment, override_url)?;
        let url = match (override_url, profile) {
            (Some(url), _) => url.to_owned(),
            (None, Some((name, profile))) => {
                profile.url.clone().ok_or_else(|| ConnectionError::NoUrl(name.to_owned()))?
            }
            (None, None) => return Err(ConnectionError::NoServer),
        };
        let insecure_http = flags.insecure_http
            || environment.get("COUNTERSIGN_INSECURE_HTTP").is_some_and(|value| !matches!(value, "0" | "false" | "no"))
            || profile.is_some_and(|(_, profile)| profile.insecure_http);
        let base = BaseUrl::parse(&url, insecure_http)?;
        let token = token(flags, environment, profile, &base)?;
        let kept =
            profile.filter(|(_, profile)| profile.token_file.is_none()).and_then(|(_, profile)| profile.kept.as_ref());
        let keeps = token.is_none() || kept.is_some_and(|kept| kept.token == token);
        let in_keyring = token.is_none() && kept.is_some_and(|kept| kept.token.is_none());
        let name = profile.map_or_else(|| base.origin(), |(name, _)| name.to_owned());
        Ok(Connection { name, url, token, in_keyring, keeps, insecure_http })
    }

    /// The name under which a token is kept: that of the profile that would be used, or a new one's.
    ///
    /// # Errors
    /// Several profiles could be meant.
    pub fn profile_to_sign_in(
        &self,
        flags: &ConnectionFlags,
        environment: &Environment,
    ) -> Result<String, ConnectionError> {
        let url = flags.url.as_deref().or_else(|| environment.get("COUNTERSIGN_URL"));
        match self.chosen_profile(flags, environment, url) {
            Ok(Some((name, _))) => Ok(name.to_owned()),
            Err(ConnectionError::NoSuchProfile { name, .. }) => Ok(name),
            Ok(None) => Ok(NEW_PROFILE.to_owned()),
            Err(error) => Err(error),
        }
    }

    /// The profile that is used: the one that is named; else, for an address given without, one for that
    /// address, if any; else the only one there is.
    fn chosen_profile(
        &self,
        flags: &ConnectionFlags,
        environment: &Environment,
        url: Option<&str>,
    ) -> Result<Option<(&str, &Profile)>, ConnectionError> {
        let named =
            flags.profile.as_deref().or_else(|| environment.get("COUNTERSIGN_PROFILE")).or(self.profile.as_deref());
        let mut profiles = self.profiles.iter().map(|(name, profile)| (name.as_str(), profile));
        let known = || self.profiles.keys().cloned().collect();
        match (named, url) {
            (Some(name), _) => {
                let no_such = || ConnectionError::NoSuchProfile { name: name.to_owned(), known: known() };
                profiles.find(|(known, _)| *known == name).map(Some).ok_or_else(no_such)
            }
            (None, Some(url)) => Ok(profiles.find(|(_, profile)| profile.is_at(url))),
            (None, None) if self.profiles.len() > 1 => {
                let in_file = self.profiles.values().any(|profile| !profile.only_kept);
                let signed_in = self.profiles.values().any(|profile| profile.only_kept);
                Err(ConnectionError::NoProfileChosen { known: known(), in_file, signed_in })
            }
            (None, None) => Ok(profiles.next()),
        }
    }
}

impl Profile {
    /// Whether its server is the one at `url`, however that is spelt.
    fn is_at(&self, url: &str) -> bool {
        let base = |url: &str| BaseUrl::parse(url, true).ok();
        self.url.as_deref().and_then(base).is_some_and(|own| base(url) == Some(own))
    }
}

/// The token: of a profile that a flag names, else of the environment, else of the profile otherwise chosen.
fn token(
    flags: &ConnectionFlags,
    environment: &Environment,
    profile: Option<(&str, &Profile)>,
    base: &BaseUrl,
) -> Result<Option<Token>, ConnectionError> {
    let of_environment = environment.get("COUNTERSIGN_TOKEN");
    let of_profile = profile.filter(|(_, profile)| profile.token_file.is_some() || profile.kept.is_some());
    match (of_environment, of_profile) {
        (Some(text), None) => parse_token(text, "COUNTERSIGN_TOKEN"),
        (Some(text), Some(_)) if flags.profile.is_none() => parse_token(text, "COUNTERSIGN_TOKEN"),
        (_, Some((name, profile))) => token_of_profile(name, profile, base),
        (None, None) => Ok(None),
    }
}

/// The token in the profile's file, or the one that `login` kept in its own; neither goes to another server than its
/// own, nor does one in the keyring.
fn token_of_profile(name: &str, profile: &Profile, base: &BaseUrl) -> Result<Option<Token>, ConnectionError> {
    let only_for = |its_url: &str| {
        if BaseUrl::parse(its_url, true)? == *base {
            return Ok(());
        }
        let (profile, its_url, url) = (name.to_owned(), its_url.to_owned(), base.to_string());
        Err(ConnectionError::TokenForAnother { profile, its_url, url })
    };
    if let Some(file) = &profile.token_file {
        if let Some(its_url) = &profile.url {
            only_for(its_url)?;
        }
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConnectionError::TokenFile { path: file.clone(), reason: error.to_string() })?;
        return parse_token(&text, &format!("the file {}", file.display()));
    }
    let Some(kept) = &profile.kept else { return Ok(None) };
    only_for(&kept.url)?;
    Ok(kept.token.clone())
}

fn parse_token(text: &str, source: &str) -> Result<Option<Token>, ConnectionError> {
    Token::new(text).map(Some).ok_or_else(|| ConnectionError::NoToken(source.to_owned()))
}

fn places(in_file: bool, signed_in: bool) -> &'static str {
    match (in_file, signed_in) {
        (_, false) => "in the config file",
        (false, true) => "kept by `countersign login`",
        (true, true) => "in the config file or kept by `countersign login`",
    }
}

fn among(known: &[String]) -> String {
    if known.is_empty() { String::new() } else { format!(": there is {}", known.join(", ")) }
}
