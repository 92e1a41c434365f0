//! Files, environment and flags, made into one checked [`Config`]. It reads settings and says what is wrong
//! with them, by file and line; what they mean is decided where they are used.

mod client;
mod connection;
mod credentials;
pub mod duration;
mod environment;
mod file;
mod folders;
mod keeper;
mod keys;
pub mod server;
pub mod size;
pub mod theme;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::app::Keymap;

use self::server::{ApprovalSettings, SandboxSettings, ServeSettings};
pub use self::{
    client::{Profile, UiSettings},
    connection::{Connection, ConnectionError, ConnectionFlags},
    credentials::{Credential, Credentials},
    environment::Environment,
    file::FileError,
    folders::{data_folder, default_database, state_folder},
    keeper::{KeepError, Keeper, KeptIn, forget},
    keys::KeySettings,
};

/// Everything that `config.toml` can say. Every key has a default, so an empty file is a good one.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The profile that is used where none is named.
    pub profile: Option<String>,
    /// `[profiles.NAME]`: servers, and who one is there.
    pub profiles: BTreeMap<String, Profile>,
    pub ui: UiSettings,
    pub keys: KeySettings,
    /// What `keys` come to.
    #[serde(skip)]
    pub keymap: Keymap,
    pub serve: ServeSettings,
    pub approvals: ApprovalSettings,
    pub sandbox: SandboxSettings,
}

impl Config {
    /// Reads the file that a flag names, else the one that `COUNTERSIGN_CONFIG` names, else `config.toml` in
    /// the XDG config folder. Only the last may be missing.
    ///
    /// # Errors
    /// The file cannot be read, or something in it is wrong.
    pub fn load(flag: Option<&Path>, environment: &Environment) -> Result<Self, FileError> {
        match (named(flag, environment), Self::file(None, &Environment::default())) {
            (Some(path), _) => file::read(&path),
            (None, Some(path)) if path.exists() => file::read(&path),
            (None, _) => Ok(Self::default()),
        }
    }

    /// The file that [`Self::load`] reads, whether it is there or not; `None` where the user has no home.
    #[must_use]
    pub fn file(flag: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
        named(flag, environment).or_else(|| folders::config_folder().map(|folder| folder.join("config.toml")))
    }

    /// Adds what `login` kept: where the file says nothing else, its address, and its token for that address.
    pub fn add(&mut self, credentials: Credentials) {
        for (name, credential) in credentials.profiles {
            let only_kept = || Profile { only_kept: true, ..Profile::default() };
            let profile = self.profiles.entry(name).or_insert_with(only_kept);
            profile.url.get_or_insert_with(|| credential.url.clone());
            profile.kept = Some(credential);
        }
    }

    /// The line, from 1, on which a file has the condition of the approval rule in this place, from 1.
    #[must_use]
    pub fn line_of_condition(path: &Path, rule: usize) -> Option<usize> {
        file::line_of_condition(&std::fs::read_to_string(path).ok()?, rule)
    }

    /// Reads the text of a config file; `path` is what errors call it, and what relative paths start from.
    ///
    /// # Errors
    /// An unknown key or a wrong value.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        file::parse(text, path)
    }
}

/// The file that a flag names, or else the environment.
fn named(flag: Option<&Path>, environment: &Environment) -> Option<PathBuf> {
    flag.map(Path::to_path_buf).or_else(|| environment.get("COUNTERSIGN_CONFIG").map(PathBuf::from))
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
