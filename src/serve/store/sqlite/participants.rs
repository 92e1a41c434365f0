//! Who takes part in a thread.

use rusqlite::{Connection, Row, params};

use super::{
    commit::Done,
    events::{self, Event},
    people,
    sql::{Sql, to_json},
};
use crate::{
    api::{Id, Participant, Person, Time},
    serve::model::{Answer, CommitError, Invalid, StoreError},
};

fn read(row: &Row<'_>) -> rusqlite::Result<Participant> {
    let user_id = row.get(2)?;
    let kind = people::kind(row.get_ref(4)?.as_str()?);
    Ok(Participant {
        id: row.get(0)?,
        thread_id: Some(row.get(1)?),
        user_id,
        user: Some(Person { id: user_id, name: row.get(3)?, kind }),
    })
}

const SELECT: &str =
    "SELECT p.id, p.thread_id, p.user_id, u.name, u.kind FROM participants p JOIN users u ON u.id = p.user_id";

/// As many as there are: to SQLite a negative limit is none.
pub const ALL: i64 = -1;

/// The thread's participants, in the order in which they came.
pub fn list(db: &Connection, thread_id: Id, limit: i64, offset: i64) -> Result<Vec<Participant>, StoreError> {
    let sql = format!("{SELECT} WHERE p.thread_id = ?1 ORDER BY p.id LIMIT ?2 OFFSET ?3");
    db.all(&sql, params![thread_id, limit, offset], read)
}

fn of_user(db: &Connection, thread_id: Id, user_id: Id) -> Result<Option<Participant>, StoreError> {
    db.one(&format!("{SELECT} WHERE p.thread_id = ?1 AND p.user_id = ?2"), [thread_id, user_id], read)
}

/// One row of a thread.
pub fn by_id(db: &Connection, thread_id: Id, participant_id: Id) -> Result<Option<Participant>, StoreError> {
    db.one(&format!("{SELECT} WHERE p.thread_id = ?1 AND p.id = ?2"), [thread_id, participant_id], read)
}

/// Makes a user a participant; `false`: already one.
pub fn join(db: &Connection, thread_id: Id, user_id: Id, now: Time) -> Result<bool, StoreError> {
    if db.exists("SELECT 1 FROM participants WHERE thread_id = ?1 AND user_id = ?2", [thread_id, user_id])? {
        return Ok(false);
    }
    let id = db.insert("INSERT INTO participants (thread_id, user_id) VALUES (?1, ?2)", [thread_id, user_id])?;
    let event = Event { participant_id: Some(id), ..Event::thread("participant.added", thread_id) };
    events::add(db, now, &event)?;
    Ok(true)
}

/// Makes another user a participant, who has to be eligible.
///
/// # Errors
/// When that user is unknown or not eligible.
pub fn invite(db: &Connection, thread_id: Id, user_id: Id, now: Time) -> Result<bool, CommitError> {
    if !people::access(db, user_id, thread_id)?.eligible {
        return Err(CommitError::Invalid(Invalid::Participant { user_id }));
    }
    Ok(join(db, thread_id, user_id, now)?)
}

/// `POST …/participants`.
pub fn add(db: &Connection, thread_id: Id, user_id: Id, now: Time) -> Result<Done, CommitError> {
    let is_new = invite(db, thread_id, user_id, now)?;
    let row = of_user(db, thread_id, user_id)?;
    let row = row.ok_or_else(|| StoreError::Internal("a participant is not there".to_owned()))?;
    let answer = Answer {
        status: if is_new { 201 } else { 200 },
        replayed: false,
        location: is_new.then(|| format!("/api/v2/chat/threads/{thread_id}/participants/{}", row.id)),
        etag: None,
        body: to_json(&row)?,
    };
    Ok(Done { answer, thread_id: Some(thread_id), message_id: None })
}

/// `DELETE …/participants/{id}`.
pub fn remove(db: &Connection, thread_id: Id, participant_id: Id, now: Time) -> Result<Done, CommitError> {
    let row = by_id(db, thread_id, participant_id)?.ok_or(CommitError::Invalid(Invalid::NoParticipant))?;
    db.run("DELETE FROM participants WHERE id = ?1", [participant_id])?;
    let event = Event {
        participant_id: Some(participant_id),
        data: Some(to_json(&row)?),
        ..Event::thread("participant.removed", thread_id)
    };
    events::add(db, now, &event)?;
    Ok(Done { answer: Answer::empty(), thread_id: Some(thread_id), message_id: None })
}
