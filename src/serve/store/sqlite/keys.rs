//! Idempotency keys: who holds one, and what its request was answered.

use std::time::Duration;

use rusqlite::{Connection, params};

use super::sql::Sql;
use crate::{
    api::Time,
    serve::{
        model::{Answer, ClaimedKey, CommitError, StoreError},
        store::Claim,
    },
};

/// How long an answer is replayed.
const KEPT: Duration = Duration::from_hours(24);
/// How long a request may run before another may take its key: well past all time limits on running code.
const LEASE: Duration = Duration::from_mins(1);

/// What is known of a key.
struct Known {
    body_hash: [u8; 32],
    lease: Option<i64>,
    answer: Option<Answer>,
}

fn known(db: &Connection, key: &ClaimedKey, now: Time) -> Result<Option<Known>, StoreError> {
    db.one(
        "SELECT body_hash, lease, status, location, etag, body FROM idempotency_keys
         WHERE user_id = ?1 AND request = ?2 AND key = ?3 AND at > ?4",
        params![key.user_id, key.request, key.key, now.minus(KEPT)],
        |row| {
            let status: Option<u16> = row.get(2)?;
            let (location, etag, body) = (row.get(3)?, row.get(4)?, row.get::<_, Option<String>>(5)?);
            Ok(Known {
                body_hash: row.get(0)?,
                lease: row.get(1)?,
                answer: status.map(|status| Answer {
                    status,
                    replayed: true,
                    location,
                    etag,
                    body: body.unwrap_or_default(),
                }),
            })
        },
    )
}

/// Takes a key before work that cannot be done in a transaction, or says what became of it.
pub fn claim(db: &Connection, key: &ClaimedKey, now: Time) -> Result<Claim, StoreError> {
    let free_from = |lease: i64| Time::from_microseconds(lease).plus(LEASE);
    match known(db, key, now)? {
        Some(known) if known.body_hash != key.body_hash => Ok(Claim::OtherBody),
        Some(Known { answer: Some(answer), .. }) => Ok(Claim::Replay(answer)),
        Some(Known { lease: Some(lease), .. }) if free_from(lease) > now => Ok(Claim::Running),
        _ => {
            let lease = now.as_microseconds();
            put(db, key, now, Some(lease), None)?;
            Ok(Claim::Claimed { lease })
        }
    }
}

/// Before the work of a commit: makes sure that its key is its own. Gives the answer that was given before.
pub fn take(db: &Connection, key: &ClaimedKey, now: Time) -> Result<Option<Answer>, CommitError> {
    match known(db, key, now)? {
        Some(known) if known.body_hash != key.body_hash => Err(CommitError::KeyReused),
        Some(Known { answer: Some(answer), .. }) => Ok(Some(answer)),
        Some(known) if known.lease != key.lease => Err(CommitError::KeyTaken),
        None if key.lease.is_some() => Err(CommitError::KeyTaken),
        _ => Ok(None),
    }
}

/// Keeps what the request was answered.
pub fn keep(db: &Connection, key: &ClaimedKey, answer: &Answer, now: Time) -> Result<(), StoreError> {
    put(db, key, now, None, Some(answer))
}

fn put(
    db: &Connection,
    key: &ClaimedKey,
    now: Time,
    lease: Option<i64>,
    answer: Option<&Answer>,
) -> Result<(), StoreError> {
    db.run(
        "INSERT OR REPLACE INTO idempotency_keys
             (user_id, request, key, body_hash, at, lease, status, location, etag, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            key.user_id,
            key.request,
            key.key,
            key.body_hash,
            now,
            lease,
            answer.map(|answer| answer.status),
            answer.and_then(|answer| answer.location.as_deref()),
            answer.and_then(|answer| answer.etag),
            answer.map(|answer| answer.body.as_str()),
        ],
    )?;
    Ok(())
}

/// Gives a claimed key up, unless somebody else holds it by now.
pub fn release(db: &Connection, key: &ClaimedKey) -> Result<(), StoreError> {
    db.run(
        "DELETE FROM idempotency_keys
         WHERE user_id = ?1 AND request = ?2 AND key = ?3 AND lease = ?4 AND status IS NULL",
        params![key.user_id, key.request, key.key, key.lease],
    )?;
    Ok(())
}

/// Frees every claimed key: for a server that starts, and so is the only one.
pub fn end_leases(db: &Connection) -> Result<(), StoreError> {
    db.run("DELETE FROM idempotency_keys WHERE status IS NULL", [])?;
    Ok(())
}

/// Forgets answers that are no longer replayed.
pub fn purge(db: &Connection, now: Time) -> Result<(), StoreError> {
    db.run("DELETE FROM idempotency_keys WHERE at <= ?1", params![now.minus(KEPT)])?;
    Ok(())
}
