//! Read marks: how far a user has read a thread.

use rusqlite::{Connection, params};

use super::{
    commit::Done,
    events::{self, Event},
    messages,
    sql::Sql,
};
use crate::{
    api::{Id, Time},
    serve::model::{Answer, CommitError, Invalid},
};

/// Moves a user's mark forward to a message; never back.
///
/// # Errors
/// When the thread has no such message.
pub fn mark(db: &Connection, thread_id: Id, user_id: Id, message_id: Id, now: Time) -> Result<Done, CommitError> {
    let ordinal = messages::ordinal(db, thread_id, message_id)?.ok_or(CommitError::Invalid(Invalid::Message))?;
    let sql = "SELECT read_id FROM reading WHERE user_id = ?1 AND thread_id = ?2";
    let was: Option<Id> = db.one(sql, [user_id, thread_id], |row| row.get(0))?;
    if was.unwrap_or_default() < message_id {
        // Marks are near the end: what is after one is quicker to count than what is before.
        db.run(
            "INSERT INTO reading (user_id, thread_id, read_id, others_read, own)
             SELECT ?1, ?2, ?3, message_count - unread, 0 FROM
                 (SELECT message_count FROM threads WHERE id = ?2),
                 (SELECT count(*) AS unread FROM messages WHERE thread_id = ?2 AND ordinal > ?4 AND author_id <> ?1)
             WHERE true
             ON CONFLICT DO UPDATE SET read_id = excluded.read_id, others_read = excluded.others_read - own",
            params![user_id, thread_id, message_id, ordinal],
        )?;
        events::add(db, now, &Event::thread("thread.read", thread_id).only_for(user_id))?;
    }
    Ok(Done { answer: Answer::empty(), thread_id: Some(thread_id), message_id: None })
}
