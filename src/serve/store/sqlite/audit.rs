//! The audit: rows that are only ever added, one chain of hashes a client account.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{actions, commit::Done, sql::Sql, threads};
use crate::{
    api::{Id, Time, canonical},
    serve::{
        model::{AuditEntry, CommitError, Invalid, StoreError},
        store::query::AuditVerdict,
    },
};

/// A row without its hash: what the hash is of.
#[derive(Debug, Serialize)]
struct AuditRow {
    id: Id,
    at: Time,
    client_account_id: Id,
    user_id: Option<Id>,
    thread_id: Option<Id>,
    message_id: Option<Id>,
    event: String,
    digest: Option<String>,
    plan_hash: Option<String>,
    outcome: String,
    previous_hash: Option<String>,
}

impl AuditRow {
    /// SHA-256 of the row's canonical JSON.
    fn hash(&self) -> Result<String, StoreError> {
        let json = canonical(self).map_err(|_| StoreError::Internal("an audit row has no JSON form".to_owned()))?;
        Ok(hex::encode(Sha256::digest(json)))
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, String)> {
        let read = Self {
            id: row.get(0)?,
            at: row.get(1)?,
            client_account_id: row.get(2)?,
            user_id: row.get(3)?,
            thread_id: row.get(4)?,
            message_id: row.get(5)?,
            event: row.get(6)?,
            digest: row.get(7)?,
            plan_hash: row.get(8)?,
            outcome: row.get(9)?,
            previous_hash: row.get(10)?,
        };
        Ok((read, row.get(11)?))
    }
}

const COLUMNS: &str = "id, at, client_account_id, user_id, thread_id, message_id, event, digest, plan_hash,
    outcome, previous_hash, hash";

/// Adds a commit's rows.
///
/// # Errors
/// When a row belongs to no account.
pub fn append(
    db: &Connection,
    entries: &[AuditEntry],
    user_id: Option<Id>,
    done: &Done,
    now: Time,
) -> Result<(), CommitError> {
    for entry in entries {
        let thread_id = entry.thread_id.or(done.thread_id);
        let message_id = entry.message_id.or(done.message_id);
        let account = match (entry.client_account_id, thread_id) {
            (Some(account), _) => account,
            (None, Some(thread_id)) => {
                let scope = threads::scope(db, thread_id)?.ok_or(CommitError::Invalid(Invalid::Account))?;
                scope.client_account_id
            }
            (None, None) => return Err(CommitError::Invalid(Invalid::Account)),
        };
        let digest = match (&entry.digest, message_id, entry.block) {
            (Some(digest), ..) => Some(digest.clone()),
            (None, Some(message_id), Some(block)) => {
                actions::standing(db, message_id, block)?.and_then(|action| action.digest)
            }
            _ => None,
        };
        let row = AuditRow {
            id: 0,
            at: now,
            client_account_id: account,
            user_id,
            thread_id,
            message_id,
            event: entry.event.clone(),
            digest,
            plan_hash: entry.plan.as_deref().map(|plan| keep_plan(db, plan)).transpose()?,
            outcome: entry.outcome.clone(),
            previous_hash: head(db, account)?,
        };
        insert(db, row)?;
    }
    Ok(())
}

/// The hash of the newest row of an account.
fn head(db: &Connection, account_id: Id) -> Result<Option<String>, StoreError> {
    let sql = "SELECT hash FROM audit WHERE client_account_id = ?1 ORDER BY id DESC LIMIT 1";
    db.one(sql, [account_id], |row| row.get(0))
}

/// Keeps a plan's text beside the rows; gives its hash.
fn keep_plan(db: &Connection, plan: &[u8]) -> Result<String, StoreError> {
    let hash = hex::encode(Sha256::digest(plan));
    db.run("INSERT INTO audit_plans (hash, plan) VALUES (?1, ?2) ON CONFLICT DO NOTHING", params![hash, plan])?;
    Ok(hash)
}

/// Whether the plan of this hash is as it was kept, or pruned.
fn keeps_plan(db: &Connection, hash: &str) -> Result<bool, StoreError> {
    let plan: Option<Vec<u8>> = db.one("SELECT plan FROM audit_plans WHERE hash = ?1", [hash], |row| row.get(0))?;
    Ok(plan.is_none_or(|plan| hex::encode(Sha256::digest(plan)) == hash))
}

/// Draws the row's id, then hashes it.
fn insert(db: &Connection, mut row: AuditRow) -> Result<(), StoreError> {
    row.id = db.insert(
        "INSERT INTO audit (at, client_account_id, user_id, thread_id, message_id, event, digest, plan_hash,
             outcome, previous_hash, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '')",
        params![
            row.at,
            row.client_account_id,
            row.user_id,
            row.thread_id,
            row.message_id,
            row.event,
            row.digest,
            row.plan_hash,
            row.outcome,
            row.previous_hash,
        ],
    )?;
    db.run("UPDATE audit SET hash = ?2 WHERE id = ?1", params![row.id, row.hash()?])?;
    Ok(())
}

/// Rows of one account or all, after an id, as JSON objects with their hash.
pub fn list(
    db: &Connection,
    account_id: Option<Id>,
    after: Id,
    limit: i64,
) -> Result<Vec<serde_json::Value>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit WHERE (?1 IS NULL OR client_account_id = ?1) AND id > ?2 ORDER BY id LIMIT ?3"
    );
    let rows = db.all(&sql, params![account_id, after, limit], AuditRow::read)?;
    rows.into_iter()
        .map(|(row, hash)| {
            let json = serde_json::to_value(row);
            let mut json = json.map_err(|_| StoreError::Internal("an audit row has no JSON form".to_owned()))?;
            json["hash"] = hash.into();
            Ok(json)
        })
        .collect()
}

/// Checks one account's chain.
pub fn verify(db: &Connection, account_id: Id, noted: Option<&str>) -> Result<AuditVerdict, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM audit WHERE client_account_id = ?1 ORDER BY id");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([account_id])?;
    let (mut count, mut head, mut found) = (0, None, noted.is_none());
    while let Some(row) = rows.next()? {
        let (row, hash) = AuditRow::read(row)?;
        if row.previous_hash != head || row.hash()? != hash {
            return Ok(AuditVerdict::Broken { row: row.id });
        }
        if let Some(plan_hash) = &row.plan_hash
            && !keeps_plan(db, plan_hash)?
        {
            return Ok(AuditVerdict::PlanChanged { row: row.id });
        }
        found = found || noted == Some(hash.as_str());
        head = Some(hash);
        count += 1;
    }
    Ok(if found { AuditVerdict::Sound { rows: count, head } } else { AuditVerdict::HeadMissing { head } })
}
