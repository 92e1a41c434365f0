//! What a person sets for the terminal client and the commands: `[profiles.NAME]` and `[ui]`.

use std::path::PathBuf;

use serde::Deserialize;

use super::Credential;

/// One server, and who one is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// Address of the server, with or without `/api/v2`.
    pub url: Option<String>,
    /// A file that holds the token and nothing else. Relative to the config file's folder; `~/` is one's home.
    pub token_file: Option<PathBuf>,
    /// Send the token over plain http to another machine.
    pub insecure_http: bool,
    /// What `login` kept for it; no key of the file.
    #[serde(skip)]
    pub kept: Option<Credential>,
    /// It is in no file: `login` made it.
    #[serde(skip)]
    pub only_kept: bool,
}

/// `[ui]`: how the terminal client looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UiSettings {
    /// A theme's name; `None`: the terminal's own palette.
    pub theme: Option<String>,
}
