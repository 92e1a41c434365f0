//! One thread as it is served: its head, participants and a page of messages, put together from what was
//! serialised when it was written.

use std::{borrow::Cow, fmt::Write};

use bytes::Bytes;
use rusqlite::{CachedStatement, Connection, Row, params, types::ValueRef};

use super::{
    kept::{Asked, Kept, Page},
    messages, participants,
    sql::{Sql, from_json, to_json},
    threads,
};
use crate::{
    api::{Id, Message, Time},
    serve::{
        model::{StoreError, Viewer},
        served::expire,
        store::query::{Listing, Lookup, MessageListing, MessagePage, Paging, Pieces, ServedMessage},
    },
};

/// Whether a thread is there, and for this viewer.
pub fn look_up(db: &Connection, viewer: &Viewer, thread_id: Id) -> Result<Lookup<()>, StoreError> {
    Ok(match threads::scope(db, thread_id)? {
        None => Lookup::Absent,
        Some(scope) if viewer.access(&scope).eligible => Lookup::Found(()),
        Some(_) => Lookup::Forbidden,
    })
}

/// What is asked, if its page is kept; else `None`.
pub fn kept(
    db: &Connection,
    kept: &Kept,
    viewer: &Viewer,
    asked: Asked,
    now: Time,
) -> Result<Option<Lookup<MessageListing>>, StoreError> {
    let find = |thread: OpenThread| {
        let page = kept.get(asked, viewer.user_id, thread.revision, now)?;
        Some(listing(thread, asked, page))
    };
    Ok(open_for(db, viewer, asked.thread_id, now)?.try_map(find))
}

/// What is asked, put together and kept.
pub fn answer(
    db: &Connection,
    kept: &Kept,
    viewer: &Viewer,
    asked: Asked,
    now: Time,
) -> Result<Lookup<MessageListing>, StoreError> {
    Ok(match open_for(db, viewer, asked.thread_id, now)? {
        Lookup::Found(thread) => {
            let page = page(db, viewer.user_id, asked, now)?;
            kept.put(asked, viewer.user_id, thread.revision, &page, now);
            Lookup::Found(listing(thread, asked, page))
        }
        Lookup::Forbidden => Lookup::Forbidden,
        Lookup::Absent => Lookup::Absent,
    })
}

/// A thread with its newest messages, for whoever made it.
pub fn whole_thread(db: &Connection, user_id: Id, thread_id: Id, now: Time) -> Result<String, StoreError> {
    let thread = Opening::new(db, user_id, now)?
        .thread(thread_id)?
        .ok_or_else(|| StoreError::Internal("a thread is not there".to_owned()))?;
    let asked = Asked { thread_id, page: MessagePage::Page(Paging::default()), whole: true };
    Ok(listing(thread, asked, page(db, user_id, asked, now)?).body.to_text())
}

fn listing(thread: OpenThread, asked: Asked, page: Page) -> MessageListing {
    let body = if asked.whole { vec![Bytes::from(thread.json), page.body] } else { vec![page.body] };
    MessageListing { body: Pieces(body), has_more: page.has_more, first_id: page.first_id, last_id: page.last_id }
}

fn open_for(db: &Connection, viewer: &Viewer, thread_id: Id, now: Time) -> Result<Lookup<OpenThread>, StoreError> {
    Ok(match Opening::new(db, viewer.user_id, now)?.thread(thread_id)? {
        None => Lookup::Absent,
        Some(thread) if viewer.access_through(thread.accounts).eligible => Lookup::Found(thread),
        Some(_) => Lookup::Forbidden,
    })
}

/// The attributes of one thread after the other.
pub struct Opening<'c> {
    statement: CachedStatement<'c>,
    user_id: Id,
    now: Time,
}

/// A thread's own attributes for a viewer.
pub struct OpenThread {
    /// Not closed yet.
    pub json: String,
    /// The client account and the provider account.
    accounts: (Id, Option<Id>),
    /// Changes with everything that is served of its participants and messages.
    revision: i64,
}

impl OpenThread {
    /// As it stands in lists.
    pub fn closed(self) -> String {
        self.json + "}"
    }
}

impl<'c> Opening<'c> {
    pub fn new(db: &'c Connection, user_id: Id, now: Time) -> Result<Self, StoreError> {
        let statement = db.prepare_cached(
            "SELECT t.served, t.message_count - coalesce(r.own + r.others_read, 0), coalesce(t.waits_until > ?3, 0),
                 t.client_account_id, t.provider_client_account_id, t.revision
             FROM threads t LEFT JOIN reading r ON r.thread_id = t.id AND r.user_id = ?2 WHERE t.id = ?1",
        )?;
        Ok(Self { statement, user_id, now })
    }

    pub fn thread(&mut self, thread_id: Id) -> Result<Option<OpenThread>, StoreError> {
        let mut rows = self.statement.query(params![thread_id, self.user_id, self.now])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let head = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        Ok(Some(OpenThread {
            json: threads::open_json(head, row.get(1)?, row.get(2)?),
            accounts: (row.get(3)?, row.get(4)?),
            revision: row.get(5)?,
        }))
    }
}

/// The page that is asked for, for a user who may see it.
fn page(db: &Connection, user_id: Id, asked: Asked, now: Time) -> Result<Page, StoreError> {
    let thread_id = asked.thread_id;
    let range = range(db, thread_id, asked.page)?;
    let mut body = String::new();
    if asked.whole {
        let participants = to_json(&participants::list(db, thread_id, participants::ALL, 0)?)?;
        // Writing to a string does not fail.
        let _ = write!(body, r#","participants":{participants},"messages":"#);
    }
    let rows = read_range(db, user_id, thread_id, &range, now, &mut body)?;
    if asked.whole {
        let _ = write!(body, r#","has_more_messages":{}}}"#, range.has_more);
    }
    Ok(Page { body: body.into(), has_more: range.has_more, ..rows })
}

/// Messages of a thread: they are counted from 1 without gaps.
struct Range {
    first: u64,
    last: u64,
    has_more: bool,
}

fn range(db: &Connection, thread_id: Id, page: MessagePage) -> Result<Range, StoreError> {
    let sql = "SELECT message_count FROM threads WHERE id = ?1";
    let count: u64 = db.one(sql, [thread_id], |row| row.get(0))?.unwrap_or_default();
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
    Ok(Range { first, last, has_more })
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

/// Writes the messages of a range into `body`, a JSON array, and gives what else is to be known of them.
fn read_range(
    db: &Connection,
    user_id: Id,
    thread_id: Id,
    range: &Range,
    now: Time,
    body: &mut String,
) -> Result<Page, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, author_id, waits_until, served, served_to_author FROM messages
         WHERE thread_id = ?1 AND ordinal BETWEEN ?2 AND ?3 ORDER BY ordinal",
    )?;
    let mut rows = statement.query(params![thread_id, range.first, range.last])?;
    let mut page = Page::default();
    body.push('[');
    while let Some(row) = rows.next()? {
        if page.last_id.is_some() {
            body.push(',');
        }
        page.last_id = Some(row.get(0)?);
        page.first_id = page.first_id.or(page.last_id);
        page.waits_until = page.waits_until.into_iter().chain(row.get::<_, Option<Time>>(2)?).min();
        if row.get_ref(4)? != ValueRef::Null {
            page.authors.push(row.get(1)?);
        }
        body.push_str(&for_viewer(row, user_id, now)?);
    }
    body.push(']');
    Ok(page)
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
