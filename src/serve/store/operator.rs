//! What the operator asks of the store (`countersign admin`), beside a running server too.

use std::{io, path::Path};

use rusqlite::Connection;

use super::{
    Store,
    query::{AuditVerdict, Initialised, RecordDraft, TokenDraft, TokenInfo, UserDraft},
    sqlite::{self, operate},
};
use crate::{
    api::{Id, Record, Time},
    serve::model::{CommitError, StoreError},
};

/// Why a backup was not written.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the file is there already")]
    Exists,
    #[error("the file cannot be written: {0}")]
    CannotWrite(io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the operator does (`countersign admin`), beside a running server too.
impl Store {
    /// A first account, its first user (who may approve, unless a bot) and a token, in one go.
    pub async fn init(
        &self,
        account: &str,
        user: UserDraft,
        token: TokenDraft,
        now: Time,
    ) -> Result<Initialised, CommitError> {
        let account = account.to_owned();
        self.sqlite().write(move |db| operate::init(db, &account, &user, &token, now)).await
    }

    pub async fn account_add(&self, name: &str, now: Time) -> Result<Id, CommitError> {
        let name = name.to_owned();
        self.sqlite().write(move |db| operate::account_add(db, &name, now)).await
    }

    /// Lets threads of `client` name `provider` as their provider account.
    pub async fn account_link(&self, client: Id, provider: Id, now: Time) -> Result<(), CommitError> {
        self.sqlite().write(move |db| operate::account_link(db, client, provider, now)).await
    }

    pub async fn user_add(&self, user: UserDraft, now: Time) -> Result<Id, CommitError> {
        self.sqlite().write(move |db| operate::user_add(db, &user, now)).await
    }

    /// Makes a user eligible for an account. `approver`: `None` means yes for a human, no for a bot.
    /// Gives whether the user may now approve.
    pub async fn grant(
        &self,
        login: &str,
        account_id: Id,
        approver: Option<bool>,
        now: Time,
    ) -> Result<bool, CommitError> {
        let login = login.to_owned();
        self.sqlite().write(move |db| operate::grant(db, &login, account_id, approver, now)).await
    }

    /// Takes the eligibility away; gives whether there was one.
    pub async fn revoke(&self, login: &str, account_id: Id, now: Time) -> Result<bool, CommitError> {
        let login = login.to_owned();
        self.sqlite().write(move |db| operate::revoke(db, &login, account_id, now)).await
    }

    /// Gives the token's id and the scopes it came to have.
    pub async fn token_issue(&self, login: &str, token: TokenDraft, now: Time) -> Result<TokenInfo, CommitError> {
        let login = login.to_owned();
        self.sqlite().write(move |db| operate::token_issue(db, &login, &token, now)).await
    }

    /// Ends a token for good; gives when it was revoked before, if it was.
    pub async fn token_revoke(&self, id: Id, now: Time) -> Result<Option<Time>, CommitError> {
        self.sqlite().write(move |db| operate::token_revoke(db, id, now)).await
    }

    pub async fn token_list(&self) -> Result<Vec<TokenInfo>, StoreError> {
        self.sqlite().read(operate::token_list).await
    }

    /// All of them or none; gives their ids, in order.
    pub async fn record_import(
        &self,
        account_id: Id,
        records: Vec<RecordDraft>,
        now: Time,
    ) -> Result<Vec<Id>, CommitError> {
        self.sqlite().write(move |db| operate::record_import(db, account_id, &records, now)).await
    }

    /// An account's records (of one type), by id, `limit` at a time after an id: for list and export.
    pub async fn record_list(
        &self,
        account_id: Id,
        record_type: Option<&str>,
        after: Id,
        limit: u64,
    ) -> Result<Vec<Record>, CommitError> {
        let record_type = record_type.map(str::to_owned);
        let list = move |db: &Connection| {
            // An account that is not there has no records, but deserves another answer.
            let known = operate::account(db, account_id);
            let list = || sqlite::record_list(db, account_id, record_type.as_deref(), after, limit);
            Ok(known.and_then(|_| Ok(list()?)))
        };
        self.sqlite().read_long(list).await?
    }

    /// Rows of the audit (of one account) as JSON objects, oldest first, `limit` at a time after an id.
    pub async fn audit_list(
        &self,
        account_id: Option<Id>,
        after: Id,
        limit: u64,
    ) -> Result<Vec<serde_json::Value>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.sqlite().read_long(move |db| sqlite::audit_list(db, account_id, after, limit)).await
    }

    /// Checks every account's chain, or one's; `head` is a hash that was noted elsewhere.
    pub async fn audit_verify(
        &self,
        account_id: Option<Id>,
        head: Option<&str>,
    ) -> Result<Vec<(Id, AuditVerdict)>, CommitError> {
        let head = head.map(str::to_owned);
        self.sqlite().read_long(move |db| Ok(operate::audit_verify(db, account_id, head.as_deref()))).await?
    }

    /// Copies the whole database to a new file, while the server goes on.
    ///
    /// # Errors
    /// See [`BackupError`]; nothing is left of a copy that was not finished.
    pub async fn backup(&self, to: &Path) -> Result<(), BackupError> {
        self.sqlite().backup(to).await
    }
}
