//! What `login` keeps: for each profile a server and, where no keyring holds it, the token for it, in a file that
//! only its owner can read.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::folders::data_folder;
use crate::net::Token;

/// A server and the token for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    pub url: String,
    /// `None`: it is in the system's keyring.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "reveal", deserialize_with = "token")]
    pub token: Option<Token>,
}

/// What `login` keeps, by profile.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    #[serde(default)]
    pub profiles: BTreeMap<String, Credential>,
}

impl Credentials {
    /// The file in the XDG data folder; `None` where the user has no home.
    #[must_use]
    pub fn default_file() -> Option<PathBuf> {
        data_folder().map(|folder| folder.join("credentials.toml"))
    }

    /// Reads the file; one that is not there holds nothing.
    ///
    /// # Errors
    /// It cannot be read, or is not as [`Self::write`] writes it. Never says what it holds.
    pub fn read(file: &Path) -> io::Result<Self> {
        match fs::read_to_string(file) {
            Ok(text) => toml::from_str(&text).map_err(|_| {
                io::Error::other("it is damaged: sign in anew with `countersign login` after deleting it")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file as a whole, so that no crash leaves half of one; mode 0600.
    ///
    /// # Errors
    /// The folder or the file cannot be made.
    pub fn write(&self, file: &Path) -> io::Result<()> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let folder = file.parent().unwrap_or(Path::new("."));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let beside = file.with_extension(format!("{}.new", std::process::id()));
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside).and_then(|mut new| {
            new.write_all(text.as_bytes())?;
            new.sync_all()
        });
        written.and_then(|()| fs::rename(&beside, file)).inspect_err(|_| drop(fs::remove_file(&beside)))
    }
}

#[expect(clippy::ref_option, reason = "serde hands it over so")]
fn reveal<S: Serializer>(token: &Option<Token>, serializer: S) -> Result<S::Ok, S::Error> {
    token.as_ref().map(Token::reveal).serialize(serializer)
}

fn token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Token>, D::Error> {
    Token::new(&String::deserialize(deserializer)?).map(Some).ok_or_else(|| de::Error::custom("no token"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn come_back_from_a_file_that_nobody_else_can_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("deeper/credentials.toml");
        assert_eq!(Credentials::read(&file).expect("none"), Credentials::default());
        let credential = Credential { url: "https://a.example".to_owned(), token: Token::new("s3cret") };
        let mut kept = Credentials { profiles: [("a b\"c".to_owned(), credential)].into() };
        kept.write(&file).expect("written");
        assert_eq!(Credentials::read(&file).expect("read"), kept);
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
        assert!(!format!("{kept:?}").contains("s3cret"));
        kept.profiles.clear();
        kept.write(&file).expect("written");
        assert_eq!(Credentials::read(&file).expect("read"), kept);
        assert_eq!(fs::read_dir(file.parent().expect("a folder")).expect("a folder").count(), 1, "nothing beside it");
    }

    #[test]
    fn a_damaged_file_is_not_quoted() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("credentials.toml");
        fs::write(&file, "[profiles.a]\nurl = 1\ntoken = \"s3cret").expect("a file");
        let error = Credentials::read(&file).expect_err("damaged").to_string();
        assert!(error.contains("countersign login") && !error.contains("s3cret"), "{error}");
    }
}
