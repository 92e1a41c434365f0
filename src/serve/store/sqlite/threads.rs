//! Rows of threads, with what of their messages lists show.

use rusqlite::{Connection, params};

use super::{
    events::{self, Event},
    search_index,
    sql::{Sql, from_json, to_json},
};
use crate::{
    api::{Id, LastMessage, Message, Thread, Time},
    serve::{
        model::{CommitError, Invalid, StoreError, ThreadDraft, ThreadScope},
        served::excerpt,
    },
};

/// A thread as it is kept; what depends on the viewer is absent.
#[derive(Clone, Debug)]
pub struct ThreadRow {
    pub thread: Thread,
    pub message_count: u64,
    /// When the last of its waiting actions expires.
    pub waits_until: Option<Time>,
}

/// What closes the JSON of a thread of which nothing is known that depends on the viewer.
const NOBODYS: &str = r#","unread_count":null,"awaiting_approval":null}"#;

/// The thread's JSON up to what depends on the viewer.
fn head(thread: &Thread) -> Result<String, StoreError> {
    let mut json = to_json(&Thread { unread_count: None, awaiting_approval: None, ..thread.clone() })?;
    let end = json.strip_suffix(NOBODYS).map(str::len);
    json.truncate(end.ok_or_else(|| StoreError::Internal("a thread's JSON has another order".to_owned()))?);
    Ok(json)
}

pub fn load(db: &Connection, thread_id: Id) -> Result<Option<ThreadRow>, StoreError> {
    let sql = "SELECT served, message_count, waits_until FROM threads WHERE id = ?1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?));
    let Some((head, message_count, waits_until)) = db.one(sql, [thread_id], read)? else { return Ok(None) };
    Ok(Some(ThreadRow { thread: from_json(&(head + "}"))?, message_count, waits_until }))
}

pub fn scope(db: &Connection, thread_id: Id) -> Result<Option<ThreadScope>, StoreError> {
    db.one(
        "SELECT client_account_id, provider_client_account_id, relation_type, relation_id FROM threads WHERE id = ?1",
        [thread_id],
        |row| {
            Ok(ThreadScope {
                id: thread_id,
                client_account_id: row.get(0)?,
                provider_client_account_id: row.get(1)?,
                relation_type: row.get(2)?,
                relation_id: row.get(3)?,
            })
        },
    )
}

/// The message and block of the last top-level codeaction.
pub fn last_codeaction(db: &Connection, thread_id: Id) -> Result<Option<(Id, u32)>, StoreError> {
    db.one(
        "SELECT message_id, block FROM actions WHERE thread_id = ?1 AND block IS NOT NULL
         ORDER BY message_id DESC, block DESC LIMIT 1",
        [thread_id],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// Makes a thread without messages.
///
/// # Errors
/// When an account that it names is unknown, or not linked.
pub fn create(db: &Connection, draft: &ThreadDraft, creator: Id, now: Time) -> Result<ThreadRow, CommitError> {
    let client = draft.client_account_id;
    if !db.exists("SELECT 1 FROM accounts WHERE id = ?1", [client])? {
        return Err(CommitError::Invalid(Invalid::Account));
    }
    if let Some(provider) = draft.provider_client_account_id
        && !db.exists(
            "SELECT 1 FROM account_links WHERE client_account_id = ?1 AND provider_client_account_id = ?2",
            [client, provider],
        )?
    {
        return Err(CommitError::Invalid(Invalid::ProviderNotLinked));
    }
    let id = db.insert(
        "INSERT INTO threads (client_account_id, provider_client_account_id, relation_type, relation_id,
             created_by_id, created_at, updated_at, message_count, subject, served)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, ?7, '')",
        params![
            client,
            draft.provider_client_account_id,
            draft.relation_type,
            draft.relation_id,
            creator,
            now,
            draft.subject,
        ],
    )?;
    let row = ThreadRow {
        thread: Thread {
            id,
            client_account_id: Some(client),
            provider_client_account_id: draft.provider_client_account_id,
            relation_type: draft.relation_type.clone(),
            relation_id: draft.relation_id,
            created_by_id: Some(creator),
            subject: draft.subject.clone(),
            created_at: Some(now),
            updated_at: Some(now),
            last_message: None,
            unread_count: None,
            awaiting_approval: None,
        },
        message_count: 0,
        waits_until: None,
    };
    save(db, &row)?;
    if let Some(subject) = &draft.subject {
        search_index::put(db, id, 0, subject, true)?;
    }
    events::add(db, now, &Event::thread("thread.created", id))?;
    Ok(row)
}

/// Writes everything that can change.
pub fn save(db: &Connection, row: &ThreadRow) -> Result<(), StoreError> {
    db.run(
        "UPDATE threads SET updated_at = ?2, message_count = ?3, waits_until = ?4, served = ?5 WHERE id = ?1",
        params![row.thread.id, row.thread.updated_at, row.message_count, row.waits_until, head(&row.thread)?],
    )?;
    Ok(())
}

impl ThreadRow {
    /// Takes in a message that changed, if lists show it.
    pub fn show_changed(&mut self, message: &Message) {
        if self.thread.last_message.as_ref().is_some_and(|last| last.id == message.id) {
            self.show_last(message);
        }
    }

    /// Takes in a message that is the newest.
    pub fn show_last(&mut self, message: &Message) {
        let (Some(created_by_id), Some(created_at)) = (message.created_by_id, message.created_at) else { return };
        let excerpt = excerpt(&message.message);
        self.thread.last_message = Some(LastMessage { id: message.id, created_by_id, created_at, excerpt });
    }

    /// Looks again at what of it waits.
    pub fn look_for_waiting(&mut self, db: &Connection) -> Result<(), StoreError> {
        let sql = "SELECT max(expires_at) FROM actions
            WHERE status IN ('awaiting_approval', 'drifted') AND thread_id = ?1";
        self.waits_until = db.one(sql, [self.thread.id], |row| row.get(0))?.flatten();
        Ok(())
    }
}

/// The JSON of a thread for one viewer, without the closing brace.
pub fn open_json(head: &str, unread_count: i64, awaiting_approval: bool) -> String {
    format!(r#"{head},"unread_count":{},"awaiting_approval":{awaiting_approval}"#, unread_count.max(0))
}
