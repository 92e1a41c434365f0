//! Lists across threads: the actions to review, and the records behind them.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::{Map, Value, value::RawValue};

use super::{
    records,
    sql::{Sql, from_json, to_json},
};
use crate::{
    api::{Action, Id, Record, Status, Time},
    serve::{
        lifecycle,
        model::{StoreError, Viewer},
        served::{Eyes, served_action},
        store::query::{ActionQuery, Listing, Lookup, Paging, RecordQuery},
    },
};

/// A row of `GET /chat/actions`, its items as they were serialised.
#[derive(Serialize)]
struct Queued {
    thread_id: Id,
    message_id: Id,
    author_id: Id,
    #[serde(flatten)]
    action: Action,
    action_items: Box<RawValue>,
}

/// A page of the actions of all threads that a viewer may see, oldest first.
pub fn actions(db: &Connection, viewer: &Viewer, query: &ActionQuery, now: Time) -> Result<Listing, StoreError> {
    let (limit, offset) = query.paging.limit_and_offset();
    let sql = format!(
        "SELECT a.thread_id, a.message_id, a.author_id, a.block, a.status, a.digest, a.error, a.output, a.expires_at,
             a.decided_by_id, a.decided_at, a.decision_message_id, a.reason, a.result_message_id, a.items
         FROM actions a JOIN threads t ON t.id = a.thread_id
         WHERE (t.client_account_id IN (SELECT value FROM json_each(?1))
                OR t.provider_client_account_id IN (SELECT value FROM json_each(?1)))
             AND (?2 IS NULL OR t.client_account_id = ?2) AND (?3 IS NULL OR a.decided_by_id = ?3)
             AND (?4 IS NULL OR a.author_id = ?4) AND (?5 IS NULL OR ?5) AND {}
         ORDER BY a.id LIMIT ?6 OFFSET ?7",
        status_condition(query.status.as_ref())
    );
    let values = params![
        accounts(viewer)?,
        query.client_account_id,
        query.decided_by_id,
        query.author_id,
        now,
        limit.saturating_add(1),
        offset
    ];
    let rows = db.all(&sql, values, |row| queued(row, viewer.user_id, now))?;
    page(rows.into_iter().map(Texts::parse).collect::<Result<_, _>>()?, query.paging)
}

/// The condition that an action has a status now (`?5`).
fn status_condition(status: Option<&Status>) -> String {
    match status {
        None => "true".to_owned(),
        Some(Status::Expired) => {
            "(a.status = 'expired' OR a.status IN ('awaiting_approval', 'drifted') AND a.expires_at <= ?5)".to_owned()
        }
        Some(status) if status.waits() => format!(
            "a.status IN ('awaiting_approval', 'drifted') AND a.status = '{}' AND a.expires_at > ?5",
            status.as_str()
        ),
        Some(Status::Other(_)) => "false".to_owned(),
        Some(status) => format!("a.status = '{}'", status.as_str()),
    }
}

/// A row before its JSON is read.
struct Texts {
    thread_id: Id,
    message_id: Id,
    author_id: Id,
    action: Action,
    error: Option<String>,
    items: String,
    eyes: Eyes,
}

fn queued(row: &Row<'_>, user_id: Id, now: Time) -> rusqlite::Result<Texts> {
    let expires_at: Option<Time> = row.get(8)?;
    let stored = Status::from(row.get_ref(4)?.as_str()?);
    let author_id = row.get(2)?;
    Ok(Texts {
        thread_id: row.get(0)?,
        message_id: row.get(1)?,
        author_id,
        action: Action {
            block: row.get(3)?,
            status: lifecycle::at(&stored, expires_at, now),
            digest: row.get(5)?,
            error: None,
            output: row.get(7)?,
            expires_at,
            decided_by_id: row.get(9)?,
            decided_at: row.get(10)?,
            decision_message_id: row.get(11)?,
            reason: row.get(12)?,
            result_message_id: row.get(13)?,
        },
        error: row.get(6)?,
        items: row.get(14)?,
        eyes: if author_id == user_id { Eyes::CodeAuthor } else { Eyes::Anyone },
    })
}

impl Texts {
    fn parse(mut self) -> Result<Queued, StoreError> {
        self.action.error = self.error.as_deref().map(from_json).transpose()?;
        Ok(Queued {
            thread_id: self.thread_id,
            message_id: self.message_id,
            author_id: self.author_id,
            action: served_action(&self.action, self.eyes),
            action_items: from_json(&self.items)?,
        })
    }
}

/// A page of the records that a viewer may see, by id.
pub fn records(db: &Connection, viewer: &Viewer, query: &RecordQuery) -> Result<Listing, StoreError> {
    let (limit, offset) = query.paging.limit_and_offset();
    let rows = db.all(
        "SELECT id, account_id, type, fields FROM records
         WHERE account_id IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR account_id = ?2)
             AND (?3 IS NULL OR type = ?3)
         ORDER BY id LIMIT ?4 OFFSET ?5",
        params![accounts(viewer)?, query.client_account_id, query.record_type, limit.saturating_add(1), offset],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?)),
    )?;
    let record = |(id, client_account_id, record_type, fields): (Id, Id, String, String)| {
        let fields: Map<String, Value> = from_json(&fields)?;
        Ok(Record { id, record_type, client_account_id, fields })
    };
    page(rows.into_iter().map(record).collect::<Result<_, StoreError>>()?, query.paging)
}

/// One record.
pub fn record(db: &Connection, viewer: &Viewer, id: Id) -> Result<Lookup<String>, StoreError> {
    let Some(record) = records::by_id(db, id)? else { return Ok(Lookup::Absent) };
    if viewer.grants.iter().any(|grant| grant.account_id == record.client_account_id) {
        to_json(&record).map(Lookup::Found)
    } else {
        Ok(Lookup::Forbidden)
    }
}

/// The viewer's accounts as a JSON array.
fn accounts(viewer: &Viewer) -> Result<String, StoreError> {
    to_json(&viewer.grants.iter().map(|grant| grant.account_id).collect::<Vec<Id>>())
}

/// Cuts off what was read to see whether there is more.
fn page<T: Serialize>(mut rows: Vec<T>, paging: Paging) -> Result<Listing, StoreError> {
    let has_next = rows.len() as u64 > paging.per_page;
    rows.truncate(usize::try_from(paging.per_page).unwrap_or(usize::MAX));
    Ok(Listing { body: to_json(&rows)?, has_next })
}
