//! Where everything is kept. One store type with its backends inside; every change goes through
//! [`Store::commit`], which writes all of it in one short transaction or nothing.

mod operator;
pub mod query;
mod reads;
mod results;
mod sqlite;

use std::{path::Path, sync::Arc};

pub use self::operator::BackupError;
use self::sqlite::Sqlite;
use super::model::{
    Access, Answer, ClaimedKey, Commit, CommitError, Equals, StoreError, StoredMessage, ThreadScope, VersionedRecord,
};
use crate::api::{Id, Time};

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    backend: Arc<Backend>,
}

enum Backend {
    Sqlite(Sqlite),
}

/// Who opens a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// At most one at a time on a SQLite file.
    Server,
    /// Works beside a server, on a database that is there.
    Operator,
    /// The same, but makes the database where there is none.
    Founder,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the database {path} was written by a newer version (schema {found}, this one knows {known}): update countersign"
    )]
    Newer { path: String, found: usize, known: usize },
    #[error(
        "another server is running on the database {path}: stop it first, or name another database with --database"
    )]
    InUse { path: String },
    #[error("`{0}` names no database that this version can use: write sqlite:PATH")]
    Unsupported(String),
    #[error(
        "there is no database at {path}: check the path, or make one there with `countersign admin init` or `countersign serve`"
    )]
    Missing { path: String },
    #[error("cannot open the database {path}: {reason}")]
    CannotOpen { path: String, reason: String },
}

/// What became of an attempt to take an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours until the lease ends: goes into [`ClaimedKey::lease`].
    Claimed { lease: i64 },
    /// The request was answered before.
    Replay(Answer),
    /// The key was used for another body.
    OtherBody,
    /// The first request is still running.
    Running,
}

/// Opening, and the state of the whole.
impl Store {
    fn sqlite(&self) -> &Sqlite {
        let Backend::Sqlite(db) = &*self.backend;
        db
    }

    /// Opens `sqlite:PATH` (or a plain path) and brings its schema up to date; where there is none, a server or
    /// a founder makes it.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(database: &str, role: Role) -> Result<Self, OpenError> {
        let path = match database.split_once(':') {
            Some(("sqlite", path)) => path.strip_prefix("//").unwrap_or(path),
            Some((scheme, _)) if !scheme.contains(['/', '.']) => "",
            _ => database,
        };
        // A server's data would be gone with its memory.
        if path.is_empty() || path == ":memory:" {
            return Err(OpenError::Unsupported(database.to_owned()));
        }
        Ok(Self { backend: Arc::new(Backend::Sqlite(Sqlite::open(Path::new(path), role)?)) })
    }

    /// The absolute path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.sqlite().path()
    }

    /// Whether opening made it.
    #[must_use]
    pub fn was_created(&self) -> bool {
        self.sqlite().was_created()
    }

    /// Whether the database answers, reading and writing.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.sqlite().ping().await
    }

    /// Does at once what is else done in the background, such as indexing for search. Changes no answer.
    pub async fn tend(&self) -> Result<(), StoreError> {
        self.sqlite().tend().await
    }

    /// Lets what has begun finish and closes the file. Later calls are answered with `Unavailable`.
    pub async fn close(&self) {
        self.sqlite().close().await;
    }
}

/// Changes.
impl Store {
    /// Writes `commit` and answers as the request is answered, or writes nothing.
    ///
    /// # Errors
    /// What was expected no longer holds, what was named does not exist, or the database is not available.
    pub async fn commit(&self, commit: Commit) -> Result<Answer, CommitError> {
        self.sqlite().write(move |db| sqlite::commit(db, &commit)).await
    }

    /// Takes an idempotency key before work that cannot be done inside the transaction (running code).
    pub async fn claim(&self, key: &ClaimedKey, now: Time) -> Result<Claim, StoreError> {
        let key = key.clone();
        self.sqlite().write(move |db| sqlite::claim(db, &key, now)).await
    }

    /// Gives up a claimed key whose request came to no answer that may be replayed.
    pub async fn release(&self, key: &ClaimedKey) -> Result<(), StoreError> {
        let key = key.clone();
        self.sqlite().write(move |db| sqlite::release(db, &key)).await
    }
}

/// What actions need to know. Only they read raw text.
impl Store {
    pub async fn thread_scope(&self, thread_id: Id) -> Result<Option<ThreadScope>, StoreError> {
        if let Some(scope) = self.sqlite().look(|db| sqlite::thread_scope(db, thread_id)) {
            return Ok(Some(scope));
        }
        self.sqlite().read(move |db| sqlite::thread_scope(db, thread_id)).await
    }

    /// Another user's eligibility for a thread, as it is now.
    pub async fn access(&self, user_id: Id, thread_id: Id) -> Result<Access, StoreError> {
        self.sqlite().read(move |db| sqlite::access(db, user_id, thread_id)).await
    }

    /// The message and block of the thread's last top-level codeaction.
    pub async fn last_codeaction(&self, thread_id: Id) -> Result<Option<(Id, u32)>, StoreError> {
        self.sqlite().read(move |db| sqlite::last_codeaction(db, thread_id)).await
    }

    pub async fn stored_message(&self, thread_id: Id, message_id: Id) -> Result<Option<StoredMessage>, StoreError> {
        self.sqlite().read(move |db| sqlite::stored_message(db, thread_id, message_id)).await
    }

    pub async fn record(
        &self,
        account_id: Id,
        record_type: &str,
        id: Id,
    ) -> Result<Option<VersionedRecord>, StoreError> {
        if let Some(record) = self.sqlite().look(|db| sqlite::record(db, account_id, record_type, id)) {
            return Ok(Some(record));
        }
        let record_type = record_type.to_owned();
        self.sqlite().read(move |db| sqlite::record(db, account_id, &record_type, id)).await
    }

    /// The records of a type whose fields equal all of `equals`, by id, and the type's version.
    pub async fn find(
        &self,
        account_id: Id,
        record_type: &str,
        equals: &Equals,
    ) -> Result<(Vec<VersionedRecord>, i64), StoreError> {
        let (record_type, equals) = (record_type.to_owned(), equals.clone());
        self.sqlite().read(move |db| sqlite::find(db, account_id, &record_type, &equals)).await
    }

    /// How many changes a rule with a daily limit has let through for an author that day.
    pub async fn rule_uses(&self, rule: &str, author_id: Id, day: &str) -> Result<u32, StoreError> {
        let (rule, day) = (rule.to_owned(), day.to_owned());
        self.sqlite().read(move |db| sqlite::rule_uses(db, &rule, author_id, &day)).await
    }
}

#[cfg(test)]
mod conformance;
