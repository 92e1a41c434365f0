//! Keeps the token of a profile for the next start: in the system's keyring, or where there is none in the file of
//! credentials. Which profile that is, and whether the token works, is known elsewhere.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Credential, Credentials};
use crate::{
    keyring::{Entry, Keyring, KeyringError},
    net::{BaseUrl, Token},
};

/// Keeps the token of one profile for one server.
#[derive(Clone, Debug)]
pub struct Keeper {
    profile: String,
    url: String,
}

/// Where a token is kept now.
#[derive(Debug)]
pub enum KeptIn {
    Keyring,
    File {
        path: PathBuf,
        /// Why the keyring was of no use.
        reason: KeyringError,
        /// An older token of the profile is, or may be, in the keyring still.
        older_left: bool,
    },
}

/// Why a token cannot be kept or forgotten.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    #[error("there is no home folder to keep a token in: set COUNTERSIGN_TOKEN instead")]
    NoHome,
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("the token is in the system's keyring, and {0}")]
    Keyring(#[from] KeyringError),
}

impl Keeper {
    #[must_use]
    pub fn new(profile: &str, url: &str) -> Self {
        Self { profile: profile.to_owned(), url: url.to_owned() }
    }

    /// Keeps a token in the place of an earlier one, and says where. `waits` is called before a person is waited
    /// for, who has to unlock the keyring.
    ///
    /// # Errors
    /// The file cannot be changed.
    pub async fn keep(&self, token: &Token, waits: fn()) -> Result<KeptIn, KeepError> {
        let in_keyring = self.keep_in_keyring(token, waits).await;
        let in_file = in_keyring.is_err().then(|| token.clone());
        let (file, mut credentials) = read()?;
        let credential = Credential { url: self.url.clone(), token: in_file };
        let before = credentials.profiles.insert(self.profile.clone(), credential);
        write(&file, &credentials)?;
        let older_left = self.clear_older(before, in_keyring.as_ref().err()).await;
        Ok(match in_keyring {
            Ok(()) => KeptIn::Keyring,
            Err(reason) => KeptIn::File { path: file, reason, older_left },
        })
    }

    /// Takes out of the keyring what nothing asks for any more: a token that was kept there before, for another
    /// server, or for this one where the new one could not take its place. Whether it is left there all the same.
    async fn clear_older(&self, before: Option<Credential>, failure: Option<&KeyringError>) -> bool {
        let Some(before) = before.filter(|before| before.token.is_none()) else { return false };
        let older = address(&before.url);
        match failure {
            None if older == address(&self.url) => return false,
            // It would be waited for once more, in vain.
            Some(KeyringError::Absent | KeyringError::Silent) => return true,
            _ => {}
        }
        let entry = Entry { profile: &self.profile, url: &older };
        match Keyring::open(|| ()).await {
            Ok(keyring) => keyring.clear(entry).await.unwrap_or(true),
            Err(_) => true,
        }
    }

    async fn keep_in_keyring(&self, token: &Token, waits: fn()) -> Result<(), KeyringError> {
        let address = address(&self.url);
        let entry = Entry { profile: &self.profile, url: &address };
        Keyring::open(waits).await?.write(entry, token).await
    }

    /// The token that is in the keyring; `None`: it is there no more.
    ///
    /// # Errors
    /// The keyring cannot be asked.
    pub async fn recall(&self, waits: fn()) -> Result<Option<Token>, KeepError> {
        let address = address(&self.url);
        let entry = Entry { profile: &self.profile, url: &address };
        Ok(Keyring::open(waits).await?.read(entry).await?)
    }
}

/// Forgets the token of a profile wherever it is; `false`: none was kept.
///
/// # Errors
/// The keyring or the file cannot be changed; then nothing is forgotten.
pub async fn forget(profile: &str, waits: fn()) -> Result<bool, KeepError> {
    let (file, mut credentials) = read()?;
    let Some(credential) = credentials.profiles.remove(profile) else { return Ok(false) };
    let address = address(&credential.url);
    let entry = Entry { profile, url: &address };
    if credential.token.is_none() {
        Keyring::open(waits).await?.remove(entry).await?;
    } else if let Ok(keyring) = Keyring::open(waits).await {
        // An older one, should it have been left there; nothing depends on it.
        let _ = keyring.clear(entry).await;
    }
    write(&file, &credentials)?;
    Ok(true)
}

/// An address as the keyring has it, however it was spelt.
fn address(url: &str) -> String {
    BaseUrl::parse(url, true).map_or_else(|_| url.to_owned(), |base| base.to_string())
}

fn read() -> Result<(PathBuf, Credentials), KeepError> {
    let path = Credentials::default_file().ok_or(KeepError::NoHome)?;
    match Credentials::read(&path) {
        Ok(credentials) => Ok((path, credentials)),
        Err(error) => Err(KeepError::File { path, error }),
    }
}

fn write(path: &Path, credentials: &Credentials) -> Result<(), KeepError> {
    credentials.write(path).map_err(|error| KeepError::File { path: path.to_owned(), error })
}
