//! The system's keyring, through the Secret Service of the desktop: tokens by profile and server, where nobody
//! else reads them. Knows of no file, and never waits for long on a service that does not answer.

use std::{collections::HashMap, env, time::Duration};

use secret_service::{Collection, EncryptionType, Error, Item, SecretService};
use tokio::time::timeout;

use crate::net::Token;

/// A keyring that takes longer is given up.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// A person has so long to unlock it.
const UNLOCKED_WITHIN: Duration = Duration::from_mins(2);

/// Whose token: a profile's, for the server at this address.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub profile: &'a str,
    pub url: &'a str,
}

/// Why the keyring is of no use now.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("there is no keyring here")]
    Absent,
    #[error("the keyring does not answer")]
    Silent,
    #[error("the keyring stays locked")]
    Locked,
    #[error("the keyring failed: {0}")]
    Failed(String),
}

/// A keyring that answers.
pub struct Keyring {
    service: SecretService<'static>,
    /// Called before a person is waited for.
    waits: fn(),
}

impl Keyring {
    /// The keyring of this session. `waits` is called before it waits for a person to unlock it.
    ///
    /// # Errors
    /// [`KeyringError::Absent`] or [`KeyringError::Silent`].
    pub async fn open(waits: fn()) -> Result<Self, KeyringError> {
        // Without an address one would be guessed, which may be the bus of a session that is none of ours.
        if env::var_os("DBUS_SESSION_BUS_ADDRESS").is_none_or(|address| address.is_empty()) {
            return Err(KeyringError::Absent);
        }
        let service = answered(SecretService::connect(EncryptionType::Dh)).await?;
        Ok(Self { service, waits })
    }

    /// The token that is kept for somebody, if any.
    ///
    /// # Errors
    /// It stays locked, or fails.
    pub async fn read(&self, entry: Entry<'_>) -> Result<Option<Token>, KeyringError> {
        let Some(item) = self.find(entry).await? else { return Ok(None) };
        let secret = answered(item.get_secret()).await?;
        Ok(std::str::from_utf8(&secret).ok().and_then(Token::new))
    }

    /// Keeps a token, in the place of an earlier one.
    ///
    /// # Errors
    /// It stays locked, or fails.
    pub async fn write(&self, entry: Entry<'_>, token: &Token) -> Result<(), KeyringError> {
        let collection = answered(self.service.get_default_collection()).await?;
        self.unlock(answered(collection.is_locked()).await?, collection.unlock()).await?;
        create(&collection, entry, token).await
    }

    /// Removes a token, and says whether there was one.
    ///
    /// # Errors
    /// It stays locked, or fails.
    pub async fn remove(&self, entry: Entry<'_>) -> Result<bool, KeyringError> {
        let Some(item) = self.find(entry).await? else { return Ok(false) };
        patiently(item.delete()).await?;
        Ok(true)
    }

    /// Removes whatever is kept for somebody, as far as that takes no person, and says whether anything is left.
    ///
    /// # Errors
    /// It does not answer, or fails.
    pub async fn clear(&self, entry: Entry<'_>) -> Result<bool, KeyringError> {
        let found = answered(self.service.search_items(attributes(entry))).await?;
        for item in &found.unlocked {
            answered(item.delete()).await?;
        }
        Ok(!found.locked.is_empty())
    }

    /// The unlocked item of an entry.
    async fn find(&self, entry: Entry<'_>) -> Result<Option<Item<'_>>, KeyringError> {
        let mut found = answered(self.service.search_items(attributes(entry))).await?;
        let item = found.unlocked.pop().or_else(|| found.locked.pop());
        if let Some(item) = &item {
            self.unlock(answered(item.is_locked()).await?, item.unlock()).await?;
        }
        Ok(item)
    }

    async fn unlock(
        &self,
        is_locked: bool,
        unlocking: impl Future<Output = Result<(), Error>>,
    ) -> Result<(), KeyringError> {
        if is_locked {
            (self.waits)();
            patiently(unlocking).await?;
        }
        Ok(())
    }
}

async fn create(collection: &Collection<'_>, entry: Entry<'_>, token: &Token) -> Result<(), KeyringError> {
    let label = format!("Countersign: {} at {}", entry.profile, entry.url);
    let secret = token.reveal().as_bytes();
    patiently(collection.create_item(&label, attributes(entry), secret, true, "text/plain")).await?;
    Ok(())
}

/// What an entry is found by.
fn attributes(entry: Entry<'_>) -> HashMap<&'static str, &str> {
    HashMap::from([("application", "countersign"), ("profile", entry.profile), ("url", entry.url)])
}

/// What needs no person.
async fn answered<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, KeyringError> {
    timeout(ANSWERS_WITHIN, work).await.map_err(|_| KeyringError::Silent)?.map_err(KeyringError::from)
}

/// What a person may be asked about.
async fn patiently<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, KeyringError> {
    timeout(UNLOCKED_WITHIN, work).await.map_err(|_| KeyringError::Locked)?.map_err(KeyringError::from)
}

impl From<Error> for KeyringError {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable => Self::Absent,
            Error::Locked | Error::Prompt | Error::PromptDisconnected => Self::Locked,
            Error::NoResult => Self::Failed("it has no place to keep a secret in".to_owned()),
            // A bus where nobody keeps secrets; it says so in this name alone.
            other if other.to_string().contains("org.freedesktop.DBus.Error.ServiceUnknown") => Self::Absent,
            other => Self::Failed(other.to_string()),
        }
    }
}
