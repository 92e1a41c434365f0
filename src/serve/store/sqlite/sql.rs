//! Small words for statements: every one is prepared once a connection, every error is one of the store's.

use rusqlite::{
    Connection, ErrorCode, Params, Row, ToSql,
    types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    api::{Id, Time},
    serve::model::{CommitError, StoreError},
};

/// What is asked of a connection.
pub trait Sql {
    /// Executes; gives how many rows it touched.
    fn run(&self, sql: &str, params: impl Params) -> Result<usize, StoreError>;
    /// Inserts; gives the new row's id.
    fn insert(&self, sql: &str, params: impl Params) -> Result<Id, StoreError>;
    /// The first row.
    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError>;
    /// All rows.
    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError>;
    /// Whether there is a row.
    fn exists(&self, sql: &str, params: impl Params) -> Result<bool, StoreError>;
}

impl Sql for Connection {
    fn run(&self, sql: &str, params: impl Params) -> Result<usize, StoreError> {
        Ok(self.prepare_cached(sql)?.execute(params)?)
    }

    fn insert(&self, sql: &str, params: impl Params) -> Result<Id, StoreError> {
        Ok(self.prepare_cached(sql)?.insert(params)?)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        Ok(rows.next()?.map(read).transpose()?)
    }

    fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    fn exists(&self, sql: &str, params: impl Params) -> Result<bool, StoreError> {
        Ok(self.prepare_cached(sql)?.exists(params)?)
    }
}

impl From<rusqlite::Error> for StoreError {
    /// Tells what may pass from what is a defect. Neither carries SQL or values.
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return Self::Internal(kind_of(&error).to_owned());
        };
        match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => {
                Self::Unavailable("it is busy".to_owned())
            }
            ErrorCode::DiskFull => Self::Unavailable("the disk is full".to_owned()),
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::NotADatabase
            | ErrorCode::OutOfMemory => {
                Self::Unavailable(format!("its file cannot be used (SQLite code {})", failure.extended_code))
            }
            _ => Self::Internal(format!("SQLite code {}", failure.extended_code)),
        }
    }
}

impl From<rusqlite::Error> for CommitError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A name for an error that SQLite itself did not report; its own text may quote SQL or values.
fn kind_of(error: &rusqlite::Error) -> &'static str {
    match error {
        rusqlite::Error::FromSqlConversionFailure(..) | rusqlite::Error::InvalidColumnType(..) => {
            "a stored value has an unexpected form"
        }
        rusqlite::Error::SqlInputError { .. } => "a statement is wrong",
        rusqlite::Error::InvalidParameterCount(..) | rusqlite::Error::InvalidParameterName(..) => {
            "a statement's parameters are wrong"
        }
        _ => "an operation of the database library failed",
    }
}

/// Microseconds since the epoch, as columns hold a time.
impl ToSql for Time {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_microseconds().into())
    }
}

impl FromSql for Time {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self::from_microseconds)
    }
}

/// `value` as JSON text.
///
/// # Errors
/// None that is not a defect.
pub fn to_json<T: Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Internal("a value has no JSON form".to_owned()))
}

/// Reads JSON that the store wrote.
///
/// # Errors
/// When it is not what was written.
pub fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Internal("stored JSON has an unexpected form".to_owned()))
}
