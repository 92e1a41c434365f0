//! The store on SQLite: one file, a few threads that read it, one that writes. Transactions and SQL; what a
//! commit means is decided above, what leaves the server in [`served`](crate::serve::served).

mod actions;
mod at_hand;
mod audit;
mod checkpoints;
mod commit;
mod connection;
mod decision;
mod edit;
mod events;
mod expect;
mod expire;
mod kept;
mod keys;
mod messages;
mod operator;
mod participants;
mod people;
mod post;
mod queue;
mod readers;
mod reading;
mod records;
mod search;
mod search_index;
mod sql;
mod stage;
mod thread_list;
mod thread_page;
mod threads;
mod writer;

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, backup::Backup};
use tokio::sync::watch;

use self::{at_hand::AtHand, kept::Kept, readers::Readers, sql::Sql, writer::Writer};
use super::{BackupError, OpenError, Role};
use crate::serve::model::StoreError;

pub use self::{
    audit::list as audit_list,
    commit::commit,
    events::after as events_after,
    keys::{claim, release},
    messages::stored as stored_message,
    people::{access, list as users, viewer},
    queue::{actions, record as record_by_id, records as records_page},
    records::{find, find_one as record, list as record_list, rule_uses},
    thread_list::list as threads_page,
    threads::{last_codeaction, scope as thread_scope},
    writer::newest_event,
};

pub mod operate {
    //! The operator's changes.
    pub use super::operator::{
        account, account_add, account_link, audit_verify, grant, init, record_import, revoke, token_issue, token_list,
        token_revoke, user_add,
    };
}

pub mod page {
    //! Pages of one thread.
    pub use super::{
        kept::Asked,
        thread_page::{answer, kept, look_up, message, participants_page, revisions},
    };
}

/// One database file and the threads that work on it.
pub struct Sqlite {
    path: PathBuf,
    was_created: bool,
    at_hand: AtHand,
    kept: Arc<Kept>,
    readers: Readers,
    /// For what may take long, so that quick reads never wait behind it.
    patient: Readers,
    writer: Writer,
    /// Held while a server runs; the system lets go of it when the process ends, however it ends.
    _lock: Option<File>,
}

impl Sqlite {
    /// Opens a file and brings its schema up to date; makes it where there is none, unless it is to be there.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(path: &Path, role: Role) -> Result<Self, OpenError> {
        let cannot = |error: std::io::Error| OpenError::CannotOpen {
            path: path.display().to_string(),
            reason: error.to_string(),
        };
        let was_created = match role {
            Role::Server | Role::Founder => {
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    std::fs::create_dir_all(folder).map_err(cannot)?;
                }
                create(path).map_err(cannot)?
            }
            Role::Operator if path.try_exists().map_err(cannot)? => false,
            Role::Operator => return Err(OpenError::Missing { path: path.display().to_string() }),
        };
        let path = path.canonicalize().map_err(cannot)?;
        let lock = match role {
            Role::Server => Some(lock(&path)?),
            Role::Operator | Role::Founder => None,
        };
        let db = connection::open(&path)?;
        if role == Role::Server {
            // Whoever held one died with the server before. Where that cannot be written, each ends by itself.
            let _ = keys::end_leases(&db);
        }
        let writer = Writer::start(db, &path, |db| search_index::move_in(db, false)).map_err(cannot)?;
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        let readers = Readers::start(&path, cores.clamp(2, 8)).map_err(cannot)?;
        let patient = Readers::start(&path, cores.clamp(1, 4)).map_err(cannot)?;
        let at_hand = AtHand::new(&path, cores);
        let kept = Arc::default();
        Ok(Self { path, was_created, at_hand, kept, readers, patient, writer, _lock: lock })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn was_created(&self) -> bool {
        self.was_created
    }

    pub fn wake_ups(&self) -> watch::Receiver<i64> {
        self.writer.newest_event()
    }

    /// Pages as they were last put together.
    pub fn kept(&self) -> &Arc<Kept> {
        &self.kept
    }

    /// Finds something by key, in one snapshot, without leaving this thread. `None`: it is for [`Self::read`].
    pub fn look<T>(&self, look: impl FnOnce(&Connection) -> Result<Option<T>, StoreError>) -> Option<T> {
        self.at_hand.look(look)
    }

    /// Reads, in one snapshot.
    ///
    /// # Errors
    /// What `read` gives, or that the database is not available.
    pub async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.run(read).await
    }

    /// The same for what may take long: searches, checks, copies.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub async fn read_long<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.patient.run(read).await
    }

    /// Writes all of it or, after an error, nothing. `write` may be run a second time.
    ///
    /// # Errors
    /// What `write` gives, or that the database is not available.
    pub async fn write<T, E, F>(&self, write: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.writer.run(write).await
    }

    /// Whether it can be read, and the writer answers.
    ///
    /// # Errors
    /// When not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let sees = |db: &Connection| db.exists("SELECT 1 FROM sqlite_schema", []).map(|_| ());
        self.read(sees).await?;
        self.write(sees).await
    }

    /// Does at once what is else done bit by bit between writes.
    ///
    /// # Errors
    /// When the database is not available.
    pub async fn tend(&self) -> Result<(), StoreError> {
        while self.write(|db| search_index::move_in(db, true)).await? {}
        Ok(())
    }

    /// Lets everything finish and closes the file.
    pub async fn close(&self) {
        self.at_hand.close();
        self.readers.stop().await;
        self.patient.stop().await;
        self.writer.stop().await;
    }

    /// Copies the database to a new file.
    ///
    /// # Errors
    /// When the file is there already or cannot be written.
    pub async fn backup(&self, to: &Path) -> Result<(), BackupError> {
        if !create(to).map_err(BackupError::CannotWrite)? {
            return Err(BackupError::Exists);
        }
        let file = to.to_owned();
        let copied = self.read_long(move |db| {
            let mut copy = Connection::open(&file)?;
            Backup::new(db, &mut copy)?.run_to_completion(1_000, Duration::ZERO, None)?;
            // Whole in one file, whatever the original is.
            copy.pragma_update(None, "journal_mode", "DELETE")?;
            Ok(())
        });
        let copied = copied.await;
        if copied.is_err() {
            let _ = std::fs::remove_file(to);
        }
        Ok(copied?)
    }
}

/// Makes an empty file that only its owner may read; `false`: there is one.
fn create(path: &Path) -> std::io::Result<bool> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Takes the server's lock, a file beside the database: one on the database itself would break SQLite's own.
fn lock(path: &Path) -> Result<File, OpenError> {
    let shown = path.display().to_string();
    let mut beside = path.as_os_str().to_owned();
    beside.push(".lock");
    let cannot = |error: std::io::Error| OpenError::CannotOpen { path: shown.clone(), reason: error.to_string() };
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(beside).map_err(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path: shown }),
        Err(TryLockError::Error(error)) => Err(cannot(error)),
    }
}

#[cfg(test)]
#[path = "sqlite_tests.rs"]
mod tests;
