//! One thread as it is served: its head, participants and a page of messages, put together from what was
//! serialised when it was written.

use std::{borrow::Cow, fmt::Write};

use rusqlite::{CachedStatement, Connection, Row, params};

use super::{
    messages, participants,
    sql::{Sql, from_json, to_json},
    threads,
};
use crate::{
    api::{Id, Message, Time},
    serve::{
        model::{StoreError, Viewer},
        served::expire,
        store::query::{Listing, Lookup, MessageListing, MessagePage, Paging, ServedMessage},
    },
};

/// More participants than this are left to `GET …/participants`.
const PARTICIPANTS: i64 = 1_000;

/// Whether a thread is there, and for this viewer.
pub fn look_up(db: &Connection, viewer: &Viewer, thread_id: Id) -> Result<Lookup<()>, StoreError> {
    Ok(match threads::scope(db, thread_id)? {
        None => Lookup::Absent,
        Some(scope) if viewer.access(&scope).eligible => Lookup::Found(()),
        Some(_) => Lookup::Forbidden,
    })
}

/// The thread with its participants and a page of messages, for a user who may see it.
pub fn thread(
    db: &Connection,
    user_id: Id,
    thread_id: Id,
    page: MessagePage,
    now: Time,
) -> Result<MessageListing, StoreError> {
    let mut body = open_thread(db, user_id, thread_id, now)?
        .ok_or_else(|| StoreError::Internal("a thread is not there".to_owned()))?;
    let messages = self::messages(db, user_id, thread_id, page, now)?;
    let participants = to_json(&participants::list(db, thread_id, PARTICIPANTS, 0)?)?;
    body.reserve(messages.body.len() + participants.len() + 64);
    // Writing to a string does not fail.
    let _ = write!(
        body,
        r#","participants":{participants},"messages":{},"has_more_messages":{}}}"#,
        messages.body, messages.has_more
    );
    Ok(MessageListing { body, ..messages })
}

/// The thread's own attributes as JSON, not closed yet.
pub fn open_thread(db: &Connection, user_id: Id, thread_id: Id, now: Time) -> Result<Option<String>, StoreError> {
    Opening::new(db, user_id, now)?.thread(thread_id)
}

/// The attributes of one thread after the other.
pub struct Opening<'c> {
    statement: CachedStatement<'c>,
    user_id: Id,
    now: Time,
}

impl<'c> Opening<'c> {
    pub fn new(db: &'c Connection, user_id: Id, now: Time) -> Result<Self, StoreError> {
        let statement = db.prepare_cached(
            "SELECT t.served, t.message_count - coalesce(r.own + r.others_read, 0), coalesce(t.waits_until > ?3, 0)
             FROM threads t LEFT JOIN reading r ON r.thread_id = t.id AND r.user_id = ?2 WHERE t.id = ?1",
        )?;
        Ok(Self { statement, user_id, now })
    }

    /// As JSON, not closed yet.
    pub fn thread(&mut self, thread_id: Id) -> Result<Option<String>, StoreError> {
        let mut rows = self.statement.query(params![thread_id, self.user_id, self.now])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let head = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        Ok(Some(threads::open_json(head, row.get(1)?, row.get(2)?)))
    }
}

/// A page of a thread's messages, for a user who may see it.
pub fn messages(
    db: &Connection,
    user_id: Id,
    thread_id: Id,
    page: MessagePage,
    now: Time,
) -> Result<MessageListing, StoreError> {
    let sql = "SELECT message_count FROM threads WHERE id = ?1";
    let count: u64 = db.one(sql, [thread_id], |row| row.get(0))?.unwrap_or_default();
    // Messages are counted from 1 without gaps, so a page is a range of ordinals.
    let (from, to, limit, forward) = match page {
        MessagePage::Page(Paging { page, per_page }) => {
            let newer = page.saturating_sub(1).saturating_mul(per_page);
            (1, count.saturating_sub(newer), per_page, false)
        }
        MessagePage::ById { before, after, limit } => {
            let below = |id: Id| older_than(db, thread_id, id, count);
            let from = after.map(|id| below(id.saturating_add(1))).transpose()?.unwrap_or(0) + 1;
            (from, before.map(below).transpose()?.unwrap_or(count), limit, after.is_some())
        }
    };
    let (first, last) = if forward {
        (from, to.min(from.saturating_add(limit).saturating_sub(1)))
    } else {
        (from.max((to + 1).saturating_sub(limit)), to)
    };
    let has_more = first <= last && if forward { last < to } else { from < first };
    let (body, first_id, last_id) = read_range(db, user_id, thread_id, (first, last), now)?;
    Ok(MessageListing { body, has_more, first_id, last_id })
}

/// How many of the thread's first `count` messages have a lower id than this.
fn older_than(db: &Connection, thread_id: Id, id: Id, count: u64) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached("SELECT id FROM messages WHERE thread_id = ?1 AND ordinal = ?2")?;
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = high - (high - low) / 2;
        let there: Id = statement.query_row(params![thread_id, middle], |row| row.get(0))?;
        if there < id {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}

/// The messages of a range of ordinals as a JSON array, with the first and last id.
fn read_range(
    db: &Connection,
    user_id: Id,
    thread_id: Id,
    (first, last): (u64, u64),
    now: Time,
) -> Result<(String, Option<Id>, Option<Id>), StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, author_id, waits_until, served, served_to_author FROM messages
         WHERE thread_id = ?1 AND ordinal BETWEEN ?2 AND ?3 ORDER BY ordinal",
    )?;
    let mut rows = statement.query(params![thread_id, first, last])?;
    let mut body = String::from("[");
    let (mut first_id, mut last_id) = (None, None);
    while let Some(row) = rows.next()? {
        if last_id.is_some() {
            body.push(',');
        }
        last_id = Some(row.get(0)?);
        first_id = first_id.or(last_id);
        body.push_str(&for_viewer(row, user_id, now)?);
    }
    body.push(']');
    Ok((body, first_id, last_id))
}

/// The JSON of a row of `id, author_id, waits_until, served, served_to_author, …` for one viewer.
fn for_viewer<'r>(row: &'r Row<'_>, user_id: Id, now: Time) -> rusqlite::Result<Cow<'r, str>> {
    let is_author = row.get::<_, Id>(1)? == user_id;
    let to_author = if is_author { row.get_ref(4)?.as_str_or_null()? } else { None };
    let json = match to_author {
        Some(json) => json,
        None => row.get_ref(3)?.as_str()?,
    };
    let is_overdue = row.get::<_, Option<Time>>(2)?.is_some_and(|end| end <= now);
    let changed = if is_overdue { expired(json, now).ok() } else { None };
    Ok(changed.map_or(Cow::Borrowed(json), Cow::Owned))
}

fn expired(json: &str, now: Time) -> Result<String, StoreError> {
    let mut message: Message = from_json(json)?;
    expire(&mut message, now);
    to_json(&message)
}

/// One message.
pub fn message(
    db: &Connection,
    user_id: Id,
    thread_id: Id,
    message_id: Id,
    now: Time,
) -> Result<Option<ServedMessage>, StoreError> {
    db.one(
        "SELECT m.id, m.author_id, m.waits_until, m.served, m.served_to_author, m.revision
         FROM message_places p JOIN messages m ON m.thread_id = p.thread_id AND m.ordinal = p.ordinal
         WHERE p.id = ?2 AND p.thread_id = ?1",
        [thread_id, message_id],
        |row| Ok(ServedMessage { body: for_viewer(row, user_id, now)?.into_owned(), revision: row.get(5)? }),
    )
}

/// A message as it was before each edit.
pub fn revisions(db: &Connection, thread_id: Id, message_id: Id) -> Result<Option<String>, StoreError> {
    if messages::ordinal(db, thread_id, message_id)?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT served FROM message_revisions WHERE message_id = ?1 ORDER BY revision";
    let served: Vec<String> = db.all(sql, [message_id], |row| row.get(0))?;
    Ok(Some(format!("[{}]", served.join(","))))
}

/// A page of a thread's participants.
pub fn participants_page(db: &Connection, thread_id: Id, paging: Paging) -> Result<Listing, StoreError> {
    let (limit, offset) = paging.limit_and_offset();
    let mut found = participants::list(db, thread_id, limit.saturating_add(1), offset)?;
    let has_next = found.len() as u64 > paging.per_page;
    found.truncate(usize::try_from(paging.per_page).unwrap_or(usize::MAX));
    Ok(Listing { body: to_json(&found)?, has_next })
}
