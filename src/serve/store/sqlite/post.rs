//! A new message, in a thread that is there or comes with it.

use std::collections::HashSet;

use rusqlite::Connection;

use super::{
    actions::{self, ActionRow, Shown},
    commit::Done,
    decision, messages,
    messages::Change,
    participants,
    sql::to_json,
    stage::Stage,
    thread_page, threads,
};
use crate::{
    api::{Id, Kind, Message, Mode, Posted, Time},
    serve::{
        lifecycle,
        model::{Answer, CommitError, Expect, MessageDraft, Post, StoreError, ThreadTarget},
        served::Source,
        store::results::{result_json, with_results},
    },
};

/// Carries out a post.
///
/// # Errors
/// When what it names is unknown or gone.
pub fn post(db: &Connection, post: &Post, now: Time) -> Result<Done, CommitError> {
    let (thread, is_new) = match &post.thread {
        ThreadTarget::New(draft) => (threads::create(db, draft, post.author_id, now)?, true),
        ThreadTarget::Existing(id) => {
            let missing = Expect::Eligible { user_id: post.author_id, thread_id: *id };
            (threads::load(db, *id)?.ok_or(CommitError::Changed(missing))?, false)
        }
    };
    let thread_id = thread.thread.id;
    participants::join(db, thread_id, post.author_id, now)?;
    if let ThreadTarget::New(draft) = &post.thread {
        let mut named = HashSet::new();
        for user_id in draft.participants.iter().filter(|user_id| named.insert(**user_id)) {
            participants::invite(db, thread_id, *user_id, now)?;
        }
    }
    let author_id = post.author_id;
    let mut stage = Stage::new(db, now, thread, author_id);
    let message = match &post.message {
        Some(draft) => Some(place(&mut stage, draft, post)?),
        None => None,
    };
    let message_id = message.as_ref().map(|source| source.id);
    let (message, results) = stage.finish(message.as_ref().map(|source| (source, Change::Created)))?;
    let answer = match message {
        Some(message) if !is_new => posted(201, thread_id, message, results)?,
        _ => thread_answer(db, author_id, thread_id, now)?,
    };
    Ok(Done { answer, thread_id: Some(thread_id), message_id })
}

/// Puts the message into the thread: its actions, its decision.
fn place(stage: &mut Stage<'_>, draft: &MessageDraft, post: &Post) -> Result<Source, CommitError> {
    let mode = (!draft.runs.is_empty()).then_some(Mode::Preview);
    let mut source = stage.insert(Kind::User, post.decision.is_some(), mode, &draft.raw)?;
    for (position, run) in (0..).zip(&draft.runs) {
        let mut row = ActionRow {
            id: 0,
            thread_id: source.thread_id,
            message_id: source.id,
            position,
            author_id: source.author_id,
            action: actions::blank(run.block, actions::after(None, lifecycle::Event::from(&run.outcome))?),
            shown: Shown::default(),
        };
        actions::insert(stage.db, &mut row)?;
        stage.process(&mut row, None, run, &[])?;
        stage.supersede(&row, post.supersede)?;
    }
    if let Some(decision) = &post.decision {
        decision::decide(stage, source.id, decision, post.supersede)?;
    }
    if mode.is_some() {
        show_results(stage.db, &mut source)?;
        messages::save(stage.db, &source)?;
    }
    Ok(source)
}

/// Puts what became of a message's codeactions into its text.
pub fn show_results(db: &Connection, source: &mut Source) -> Result<(), StoreError> {
    source.actions = messages::action_sources(db, source.thread_id, source.id)?;
    let results = source
        .actions
        .iter()
        .filter(|each| each.action.block.is_some())
        .map(|each| result_json(Mode::Preview, &each.items, each.action.output.as_deref(), each.action.error.as_ref()))
        .collect::<Result<Vec<_>, _>>()?;
    source.raw = with_results(&source.raw, &results);
    Ok(())
}

/// The answer to a post or an edit.
pub fn posted(status: u16, thread_id: Id, message: Message, results: Vec<Message>) -> Result<Answer, StoreError> {
    let location = format!("/api/v2/chat/threads/{thread_id}/messages/{}", message.id);
    Ok(Answer {
        status,
        replayed: false,
        location: (status == 201).then_some(location),
        etag: message.revision,
        body: to_json(&Posted { message, results })?,
    })
}

fn thread_answer(db: &Connection, author_id: Id, thread_id: Id, now: Time) -> Result<Answer, CommitError> {
    Ok(Answer {
        status: 201,
        replayed: false,
        location: Some(format!("/api/v2/chat/threads/{thread_id}")),
        etag: None,
        body: thread_page::whole_thread(db, author_id, thread_id, now)?,
    })
}
