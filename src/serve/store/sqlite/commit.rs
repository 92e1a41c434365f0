//! One commit: everything that belongs to a change, inside the writer's transaction.

use rusqlite::Connection;

use super::{audit, edit, expect, expire, keys, participants, post, reading};
use crate::{
    api::Id,
    serve::{
        fault,
        model::{Answer, Commit, CommitError, Expect, Work},
    },
};

/// What a piece of work came to, and what it was about.
pub struct Done {
    pub answer: Answer,
    pub thread_id: Option<Id>,
    pub message_id: Option<Id>,
}

/// Writes a commit, or replays what its key was answered before.
///
/// # Errors
/// When something is not as the request found it. The caller undoes what was written.
pub fn commit(db: &Connection, commit: &Commit) -> Result<Answer, CommitError> {
    let now = commit.now;
    // The server's own upkeep is held nowhere.
    let step: fn(&str) = if commit.actor.is_some() { fault::point } else { |_: &str| {} };
    let (access, rest): (Vec<&Expect>, Vec<&Expect>) =
        commit.expect.iter().partition(|expect| expect::is_access(expect, commit.actor));
    expect::check(db, &access, now)?;
    if let Some(key) = &commit.key
        && let Some(answer) = keys::take(db, key, now)?
    {
        return Ok(answer);
    }
    expect::check(db, &rest, now)?;
    step("checked");
    let done = match &commit.work {
        Work::Post(post) => post::post(db, post, now)?,
        Work::Edit(edit) => edit::edit(db, edit, now)?,
        Work::AddParticipant { thread_id, user_id } => participants::add(db, *thread_id, *user_id, now)?,
        Work::RemoveParticipant { thread_id, participant_id } => {
            participants::remove(db, *thread_id, *participant_id, now)?
        }
        Work::MarkRead { thread_id, user_id, message_id } => reading::mark(db, *thread_id, *user_id, *message_id, now)?,
        Work::Refuse(answer) => Done { answer: answer.clone(), thread_id: None, message_id: None },
        Work::Expire => expire::expire(db, now)?,
    };
    step("worked");
    expect::count_uses(db, &rest)?;
    audit::append(db, &commit.audit, commit.actor.map(|actor| actor.user_id), &done, now)?;
    step("audited");
    if let Some(key) = &commit.key {
        keys::keep(db, key, &done.answer, now)?;
    }
    step("kept");
    Ok(done.answer)
}
