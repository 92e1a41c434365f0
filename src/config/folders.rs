//! Where things lie: the XDG folders, each with a `countersign` folder of ours.

use std::path::PathBuf;

use etcetera::base_strategy::{BaseStrategy, Xdg};

const OURS: &str = "countersign";

/// For `config.toml`; `None` where the user has no home.
pub(super) fn config_folder() -> Option<PathBuf> {
    Some(Xdg::new().ok()?.config_dir().join(OURS))
}

/// For what must not be lost, such as a server's database; `None` where the user has no home.
#[must_use]
pub fn data_folder() -> Option<PathBuf> {
    Some(Xdg::new().ok()?.data_dir().join(OURS))
}

/// For drafts and the like; `None` where the user has no home.
#[must_use]
pub fn state_folder() -> Option<PathBuf> {
    Some(Xdg::new().ok()?.state_dir()?.join(OURS))
}

/// The database where none is named: `sqlite:` and `countersign.db` in the data folder, which it makes.
///
/// # Errors
/// A sentence that says what to do: the user has no home, or the folder cannot be made.
pub fn default_database() -> Result<String, String> {
    let folder = data_folder().ok_or("there is no home folder to keep the database in: name one with --database")?;
    std::fs::create_dir_all(&folder).map_err(|error| {
        format!("the data folder {} cannot be made ({error}): name a database with --database", folder.display())
    })?;
    Ok(format!("sqlite:{}", folder.join("countersign.db").display()))
}

/// `path` with a leading `~/` replaced by the user's home.
pub(super) fn expand_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), Xdg::new()) {
        (Ok(rest), Ok(folders)) => folders.home_dir().join(rest),
        _ => path,
    }
}
