//! What happened, as rows that a stream follows. A row names what changed; what is delivered is made when
//! it is delivered, except of what is gone by then.

use rusqlite::{Connection, Row, params};

use super::{
    participants, records,
    sql::{Sql, to_json},
    thread_page::{OpenThread, Opening, look_up, message},
    writer::newest_event,
};
use crate::{
    api::{Id, Time},
    serve::{
        model::{StoreError, Viewer},
        store::query::{self, Events, Lookup},
    },
};

/// How many rows are looked at before an answer is given, whoever they are for.
const LOOKED_AT: i64 = 5_000;

/// One row to be.
#[derive(Clone, Debug, Default)]
pub struct Event {
    pub kind: &'static str,
    /// For this user alone.
    pub user_id: Option<Id>,
    pub account_id: Option<Id>,
    pub thread_id: Option<Id>,
    pub message_id: Option<Id>,
    pub participant_id: Option<Id>,
    pub record_id: Option<Id>,
    /// JSON of what is gone.
    pub data: Option<String>,
}

impl Event {
    pub fn thread(kind: &'static str, thread_id: Id) -> Self {
        Self { kind, thread_id: Some(thread_id), ..Self::default() }
    }

    pub fn message(kind: &'static str, thread_id: Id, message_id: Id) -> Self {
        Self { message_id: Some(message_id), ..Self::thread(kind, thread_id) }
    }

    pub fn record_changed(account_id: Id, record_id: Id, data: Option<String>) -> Self {
        let (account_id, record_id) = (Some(account_id), Some(record_id));
        Self { kind: "record.changed", account_id, record_id, data, ..Self::default() }
    }

    /// The same, for one user alone.
    pub fn only_for(self, user_id: Id) -> Self {
        Self { user_id: Some(user_id), ..self }
    }
}

/// Adds a row.
pub fn add(db: &Connection, now: Time, event: &Event) -> Result<(), StoreError> {
    db.run(
        "INSERT INTO events (at, kind, user_id, account_id, thread_id, message_id, participant_id, record_id, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            now,
            event.kind,
            event.user_id,
            event.account_id,
            event.thread_id,
            event.message_id,
            event.participant_id,
            event.record_id,
            event.data,
        ],
    )?;
    Ok(())
}

/// Adds a row for each record of an account: one user can see it no more, as if it had been deleted.
pub fn add_records_lost(db: &Connection, now: Time, user_id: Id, account_id: Id) -> Result<(), StoreError> {
    db.run(
        "INSERT INTO events (at, kind, user_id, record_id, data)
         SELECT ?1, 'record.changed', ?2, id,
             json_object('id', id, 'type', type, 'client_account_id', account_id, 'fields', NULL)
         FROM records WHERE account_id = ?3 ORDER BY id",
        params![now, user_id, account_id],
    )?;
    Ok(())
}

/// What follows a place, as one viewer is to see it now.
pub fn after(db: &Connection, viewer: &Viewer, place: i64, limit: usize, now: Time) -> Result<Events, StoreError> {
    let newest = newest_event(db)?;
    let oldest_kept: Option<i64> = db.one("SELECT min(seq) FROM events", [], |row| row.get(0))?.flatten();
    if place > newest || place + 1 < oldest_kept.unwrap_or(newest + 1) {
        return Ok(Events::Reset { next: newest });
    }
    let mut statement = db.prepare_cached(
        "SELECT seq, kind, user_id, account_id, thread_id, message_id, participant_id, record_id, data
         FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2",
    )?;
    let mut rows = statement.query(params![place, LOOKED_AT])?;
    let (mut events, mut next) = (Vec::new(), place);
    while let Some(row) = rows.next()? {
        if events.len() == limit {
            break;
        }
        let happened = Happened::read(row)?;
        next = happened.seq;
        if let Some(data) = happened.data_for(db, viewer, now)? {
            events.push(query::Event { id: happened.seq, kind: happened.kind, data });
        }
    }
    Ok(Events::Some { events, next })
}

/// A row as it is read.
struct Happened {
    seq: i64,
    kind: String,
    user_id: Option<Id>,
    account_id: Option<Id>,
    thread_id: Option<Id>,
    message_id: Option<Id>,
    participant_id: Option<Id>,
    record_id: Option<Id>,
    data: Option<String>,
}

impl Happened {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            seq: row.get(0)?,
            kind: row.get(1)?,
            user_id: row.get(2)?,
            account_id: row.get(3)?,
            thread_id: row.get(4)?,
            message_id: row.get(5)?,
            participant_id: row.get(6)?,
            record_id: row.get(7)?,
            data: row.get(8)?,
        })
    }

    /// What the viewer is told; `None`: nothing, for it is not theirs, or gone by now (which a later row says).
    fn data_for(&self, db: &Connection, viewer: &Viewer, now: Time) -> Result<Option<String>, StoreError> {
        if let Some(user_id) = self.user_id {
            if user_id != viewer.user_id {
                return Ok(None);
            }
            if self.kind == "reset" || self.kind == "thread.removed" {
                return Ok(Some(self.data.clone().unwrap_or_else(|| "{}".to_owned())));
            }
        }
        if let Some(account_id) = self.account_id
            && !viewer.grants.iter().any(|grant| grant.account_id == account_id)
        {
            return Ok(None);
        }
        if let Some(thread_id) = self.thread_id
            && look_up(db, viewer, thread_id)? != Lookup::Found(())
        {
            return Ok(None);
        }
        if self.data.is_some() {
            return Ok(self.data.clone());
        }
        self.made_now(db, viewer.user_id, now)
    }

    /// The object that the row names, as a read gives it.
    fn made_now(&self, db: &Connection, user_id: Id, now: Time) -> Result<Option<String>, StoreError> {
        match (self.thread_id, self.message_id, self.participant_id, self.record_id) {
            (Some(thread_id), Some(message_id), ..) => {
                Ok(message(db, user_id, thread_id, message_id, now)?.map(|message| message.body))
            }
            (Some(thread_id), None, Some(participant_id), _) => {
                participants::by_id(db, thread_id, participant_id)?.as_ref().map(to_json).transpose()
            }
            (Some(thread_id), None, None, _) => {
                Ok(Opening::new(db, user_id, now)?.thread(thread_id)?.map(OpenThread::closed))
            }
            (None, _, _, Some(record_id)) => records::by_id(db, record_id)?.as_ref().map(to_json).transpose(),
            _ => Ok(None),
        }
    }
}
