//! Which theme a name means: one that comes with the program, or a file of one's own beside the config. Whether
//! there is one is known here; how it looks, where it is put on.

use std::path::{Path, PathBuf};

use crate::render::{Colours, Theme};

/// The theme that suits what the terminal says of its background.
pub const AUTO: &str = "auto";

/// Where a theme is to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThemeSource {
    /// It comes with the program.
    Ours,
    /// The file is there.
    File(PathBuf),
}

impl ThemeSource {
    /// Looks for the theme of that name, beside `config` too.
    ///
    /// # Errors
    /// There is none; in words that name those there are.
    pub fn find(name: &str, config: Option<&Path>) -> Result<Self, String> {
        let Err(words) = Theme::named(name, Colours::TrueColour) else { return Ok(Self::Ours) };
        let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
        let file = config.and_then(Path::parent).map(|folder| folder.join("themes").join(format!("{name}.toml")));
        match file.filter(|_| is_name) {
            Some(file) if file.exists() => Ok(Self::File(file)),
            Some(file) => Err(format!("{words}, or make one of your own: {}", file.display())),
            None => Err(words),
        }
    }
}
