//! The records that actions change, their versions, and the application of a plan to them.

use rusqlite::{Connection, Row, params};
use serde_json::{Map, Value};

use super::{
    events::{self, Event},
    sql::{Sql, from_json, to_json},
};
use crate::{
    api::{Id, Record, Time},
    serve::{
        model::{CommitError, Equals, Expect, Seen, StoreError, VersionedRecord},
        plan::{CreatedIds, Plan, PlannedChange, Target, same},
    },
};

const COLUMNS: &str = "id, account_id, type, version, fields";

/// A row before its fields are read.
struct RecordRow {
    id: Id,
    account_id: Id,
    record_type: String,
    version: i64,
    fields: String,
}

impl RecordRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            account_id: row.get(1)?,
            record_type: row.get(2)?,
            version: row.get(3)?,
            fields: row.get(4)?,
        })
    }

    fn parse(self) -> Result<VersionedRecord, StoreError> {
        let record = Record {
            id: self.id,
            record_type: self.record_type,
            client_account_id: self.account_id,
            fields: from_json(&self.fields)?,
        };
        Ok(VersionedRecord { record, version: self.version })
    }
}

/// One record of an account and type.
pub fn find_one(
    db: &Connection,
    account_id: Id,
    record_type: &str,
    id: Id,
) -> Result<Option<VersionedRecord>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM records WHERE id = ?1 AND account_id = ?2 AND type = ?3");
    db.one(&sql, params![id, account_id, record_type], RecordRow::read)?.map(RecordRow::parse).transpose()
}

/// The version of one record of an account and type; `None`: there is no such record.
pub fn version(db: &Connection, account_id: Id, record_type: &str, id: Id) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT version FROM records WHERE id = ?1 AND account_id = ?2 AND type = ?3";
    db.one(sql, params![id, account_id, record_type], |row| row.get(0))
}

/// One record, whoever's it is.
pub fn by_id(db: &Connection, id: Id) -> Result<Option<Record>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM records WHERE id = ?1");
    let found = db.one(&sql, [id], RecordRow::read)?.map(RecordRow::parse).transpose()?;
    Ok(found.map(|found| found.record))
}

/// The records of a type whose fields equal `equals`, by id, with the type's version.
pub fn find(
    db: &Connection,
    account_id: Id,
    record_type: &str,
    equals: &Equals,
) -> Result<(Vec<VersionedRecord>, i64), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM records WHERE account_id = ?1 AND type = ?2 ORDER BY id");
    let rows = db.all(&sql, params![account_id, record_type], RecordRow::read)?;
    let mut found = Vec::new();
    for row in rows {
        let candidate = row.parse()?;
        if equals.iter().all(|(field, value)| same(candidate.record.fields.get(field), Some(value))) {
            found.push(candidate);
        }
    }
    Ok((found, type_version(db, account_id, record_type)?))
}

/// An account's records (of one type) after an id.
pub fn list(
    db: &Connection,
    account_id: Id,
    record_type: Option<&str>,
    after: Id,
    limit: u64,
) -> Result<Vec<Record>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM records
         WHERE account_id = ?1 AND (?2 IS NULL OR type = ?2) AND id > ?3 ORDER BY id LIMIT ?4"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = db.all(&sql, params![account_id, record_type, after, limit], RecordRow::read)?;
    rows.into_iter().map(|row| row.parse().map(|found| found.record)).collect()
}

/// The version that every change among an account's records of a type raises; 0 before the first.
pub fn type_version(db: &Connection, account_id: Id, record_type: &str) -> Result<i64, StoreError> {
    let sql = "SELECT version FROM record_types WHERE account_id = ?1 AND type = ?2";
    Ok(db.one(sql, params![account_id, record_type], |row| row.get(0))?.unwrap_or_default())
}

/// Raises it; the new version is the changed record's too, so that no version ever comes twice.
fn raise(db: &Connection, account_id: Id, record_type: &str) -> Result<i64, StoreError> {
    db.run(
        "INSERT INTO record_types (account_id, type, version) VALUES (?1, ?2, 1)
         ON CONFLICT DO UPDATE SET version = version + 1",
        params![account_id, record_type],
    )?;
    type_version(db, account_id, record_type)
}

/// How many changes a rule has let through for an author on a day.
pub fn rule_uses(db: &Connection, rule: &str, author_id: Id, day: &str) -> Result<u32, StoreError> {
    let sql = "SELECT uses FROM rule_uses WHERE rule = ?1 AND author_id = ?2 AND day = ?3";
    Ok(db.one(sql, params![rule, author_id, day], |row| row.get(0))?.unwrap_or_default())
}

/// Writes a plan. The ids of its creates are drawn first, so that its records can name each other.
///
/// # Errors
/// `Changed` where a record that it changes is gone.
pub fn apply(db: &Connection, plan: &Plan, account_id: Id, now: Time) -> Result<CreatedIds, CommitError> {
    let created = draw_ids(db, plan, account_id)?;
    for change in &plan.changes {
        write(db, change, account_id, &created, now)?;
    }
    Ok(created)
}

fn draw_ids(db: &Connection, plan: &Plan, account_id: Id) -> Result<CreatedIds, StoreError> {
    let mut created = CreatedIds::default();
    for change in &plan.changes {
        if let Target::Create { n, .. } = change.target {
            let sql = "INSERT INTO records (account_id, type, version, fields) VALUES (?1, ?2, 0, '{}')";
            created.0.insert(n, db.insert(sql, params![account_id, change.record_type])?);
        }
    }
    Ok(created)
}

fn write(
    db: &Connection,
    change: &PlannedChange,
    account_id: Id,
    created: &CreatedIds,
    now: Time,
) -> Result<(), CommitError> {
    let record_type = &change.record_type;
    let id = match &change.target {
        Target::Create { n, .. } => created.get(*n).unwrap_or_default(),
        Target::Update { before, .. } | Target::Delete { before } => before.id,
    };
    let version = raise(db, account_id, record_type)?;
    let Some(fields) = change.written(created) else {
        return delete(db, change, account_id, id, now);
    };
    let written = db.run(
        "UPDATE records SET version = ?1, fields = ?2 WHERE id = ?3 AND account_id = ?4 AND type = ?5",
        params![version, to_json(&fields)?, id, account_id, record_type],
    )?;
    if written == 0 {
        return Err(gone(account_id, record_type, id));
    }
    events::add(db, now, &Event::record_changed(account_id, id, None))?;
    Ok(())
}

fn delete(db: &Connection, change: &PlannedChange, account_id: Id, id: Id, now: Time) -> Result<(), CommitError> {
    let record_type = &change.record_type;
    let sql = "DELETE FROM records WHERE id = ?1 AND account_id = ?2 AND type = ?3";
    if db.run(sql, params![id, account_id, record_type])? == 0 {
        return Err(gone(account_id, record_type, id));
    }
    let last_words = serde_json::json!({
        "id": id, "type": record_type, "client_account_id": account_id, "fields": null,
    });
    events::add(db, now, &Event::record_changed(account_id, id, Some(last_words.to_string())))?;
    Ok(())
}

/// A record that is to be changed is not there.
fn gone(account_id: Id, record_type: &str, id: Id) -> CommitError {
    let record_type = record_type.to_owned();
    CommitError::Changed(Expect::Seen(Seen::Record { account_id, record_type, id, version: None }))
}

/// Replaces a record or makes it, with that id or a new one, as an import does.
///
/// # Errors
/// `None`: the id belongs to another account or type.
pub fn put(
    db: &Connection,
    account_id: Id,
    record_type: &str,
    id: Option<Id>,
    fields: &Map<String, Value>,
    now: Time,
) -> Result<Option<Id>, StoreError> {
    let version = raise(db, account_id, record_type)?;
    let fields = to_json(fields)?;
    let id = match id {
        None => db.insert(
            "INSERT INTO records (account_id, type, version, fields) VALUES (?1, ?2, ?3, ?4)",
            params![account_id, record_type, version, fields],
        )?,
        Some(id) => {
            let written = db.run(
                "INSERT INTO records (id, account_id, type, version, fields) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (id) DO UPDATE SET version = excluded.version, fields = excluded.fields
                 WHERE account_id = excluded.account_id AND type = excluded.type",
                params![id, account_id, record_type, version, fields],
            )?;
            if written == 0 {
                return Ok(None);
            }
            id
        }
    };
    events::add(db, now, &Event::record_changed(account_id, id, None))?;
    Ok(Some(id))
}
