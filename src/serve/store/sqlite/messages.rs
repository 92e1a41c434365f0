//! Rows of messages: the source with its code, and what is served, serialised once.

use rusqlite::{Connection, params};

use super::{
    actions,
    events::{self, Event},
    search_index,
    sql::{Sql, to_json},
};
use crate::{
    api::{Id, Kind, Message, Mode, Time},
    serve::{
        model::{StoreError, StoredMessage},
        served::{ActionSource, Eyes, Source, searchable, served, served_actions},
    },
};

/// A message to be.
pub struct Draft<'a> {
    pub thread_id: Id,
    /// Its place in the thread, from 1.
    pub ordinal: u64,
    pub author_id: Id,
    pub kind: Kind,
    pub is_decision: bool,
    pub mode: Option<Mode>,
    pub raw: &'a str,
}

/// Keeps a message's source; its id is drawn. It is not served yet.
pub fn insert(db: &Connection, draft: &Draft<'_>, now: Time) -> Result<Source, StoreError> {
    let place = "INSERT INTO message_places (thread_id, ordinal) VALUES (?1, ?2)";
    let id = db.insert(place, params![draft.thread_id, draft.ordinal])?;
    db.run(
        "INSERT INTO message_sources (id, author_id, kind, is_decision, mode, revision, created_at, raw)
         VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7)",
        params![
            id,
            draft.author_id,
            kind_word(draft.kind),
            draft.is_decision,
            draft.mode.and_then(mode_word),
            now,
            draft.raw,
        ],
    )?;
    Ok(Source {
        id,
        thread_id: draft.thread_id,
        ordinal: draft.ordinal,
        author_id: draft.author_id,
        kind: draft.kind,
        mode: draft.mode,
        revision: 1,
        created_at: now,
        edited_at: None,
        raw: draft.raw.to_owned(),
        actions: Vec::new(),
        result_items: Vec::new(),
    })
}

/// Writes what of a source can change.
pub fn save(db: &Connection, source: &Source) -> Result<(), StoreError> {
    db.run(
        "UPDATE message_sources SET mode = ?2, revision = ?3, edited_at = ?4, raw = ?5 WHERE id = ?1",
        params![source.id, source.mode.and_then(mode_word), source.revision, source.edited_at, source.raw],
    )?;
    Ok(())
}

/// A message that a user posted, with its actions.
pub fn load(db: &Connection, message_id: Id) -> Result<Option<Source>, StoreError> {
    let source = db.one(
        "SELECT p.id, p.thread_id, p.ordinal, s.author_id, s.kind, s.mode, s.revision, s.created_at, s.edited_at, s.raw
         FROM message_places p JOIN message_sources s ON s.id = p.id WHERE p.id = ?1",
        [message_id],
        |row| {
            Ok(Source {
                id: row.get(0)?,
                thread_id: row.get(1)?,
                ordinal: row.get(2)?,
                author_id: row.get(3)?,
                kind: kind(row.get_ref(4)?.as_str()?),
                mode: row.get_ref(5)?.as_str_or_null()?.and_then(mode),
                revision: row.get(6)?,
                created_at: row.get(7)?,
                edited_at: row.get(8)?,
                raw: row.get(9)?,
                actions: Vec::new(),
                result_items: Vec::new(),
            })
        },
    )?;
    source
        .map(|source| {
            let actions = action_sources(db, source.thread_id, source.id)?;
            Ok(Source { actions, ..source })
        })
        .transpose()
}

pub fn action_sources(db: &Connection, thread_id: Id, message_id: Id) -> Result<Vec<ActionSource>, StoreError> {
    Ok(actions::of_message(db, thread_id, message_id)?.into_iter().map(actions::ActionRow::source).collect())
}

/// The message as `actions` reads it.
pub fn stored(db: &Connection, thread_id: Id, message_id: Id) -> Result<Option<StoredMessage>, StoreError> {
    let sql = "SELECT s.author_id, s.kind, s.is_decision, s.revision, s.raw
        FROM message_places p JOIN message_sources s ON s.id = p.id WHERE p.id = ?1 AND p.thread_id = ?2";
    let message = db.one(sql, [message_id, thread_id], |row| {
        Ok(StoredMessage {
            id: message_id,
            thread_id,
            author_id: row.get(0)?,
            is_result: kind(row.get_ref(1)?.as_str()?) == Kind::Result,
            is_decision: row.get(2)?,
            revision: row.get(3)?,
            raw: row.get(4)?,
            actions: Vec::new(),
        })
    })?;
    message
        .map(|message| {
            let rows = actions::of_message(db, thread_id, message_id)?;
            Ok(StoredMessage { actions: rows.into_iter().map(actions::ActionRow::stored).collect(), ..message })
        })
        .transpose()
}

/// What changed of a message that is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Created,
    /// Its text, perhaps more.
    Edited,
    /// Anything but its text.
    Other,
}

/// Serialises a message for its readers and tells those who follow. Gives it as its author sees it.
pub fn publish(db: &Connection, source: &Source, change: Change, now: Time) -> Result<Message, StoreError> {
    let mut message = served(source, Eyes::Anyone);
    let to_all = to_json(&message)?;
    let to_author = Some(served_actions(source, Eyes::CodeAuthor));
    let differs = message.actions != to_author;
    message.actions = to_author;
    let to_author = differs.then(|| to_json(&message)).transpose()?;
    let waiting = source.actions.iter().filter(|each| each.action.status.waits());
    let waits_until = waiting.filter_map(|each| each.action.expires_at).min();
    db.run(
        "INSERT INTO messages (thread_id, ordinal, id, author_id, revision, waits_until, served, served_to_author)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET revision = excluded.revision, waits_until = excluded.waits_until,
             served = excluded.served, served_to_author = excluded.served_to_author",
        params![
            source.thread_id,
            source.ordinal,
            source.id,
            source.author_id,
            source.revision,
            waits_until,
            to_all,
            to_author,
        ],
    )?;
    if change != Change::Other {
        let (text, is_new) = (searchable(&message.message), change == Change::Created);
        search_index::put(db, source.thread_id, source.ordinal, &text, is_new)?;
    }
    let kind = if change == Change::Created { "message.created" } else { "message.updated" };
    events::add(db, now, &Event::message(kind, source.thread_id, source.id))?;
    Ok(message)
}

/// Where a message stands in a thread; `None`: not in this one.
pub fn ordinal(db: &Connection, thread_id: Id, message_id: Id) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT ordinal FROM message_places WHERE id = ?1 AND thread_id = ?2";
    db.one(sql, [message_id, thread_id], |row| row.get(0))
}

/// Publishes a message anew of which only its actions changed.
pub fn refresh(db: &Connection, message_id: Id, now: Time) -> Result<(), StoreError> {
    if let Some(mut source) = load(db, message_id)? {
        source.revision += 1;
        save(db, &source)?;
        publish(db, &source, Change::Other, now)?;
    }
    Ok(())
}

fn kind_word(kind: Kind) -> &'static str {
    if kind == Kind::Result { "result" } else { "user" }
}

fn kind(word: &str) -> Kind {
    if word == "result" { Kind::Result } else { Kind::User }
}

fn mode_word(mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::Preview => Some("preview"),
        Mode::Write => Some("write"),
        Mode::Unknown => None,
    }
}

fn mode(word: &str) -> Option<Mode> {
    match word {
        "preview" => Some(Mode::Preview),
        "write" => Some(Mode::Write),
        _ => None,
    }
}
