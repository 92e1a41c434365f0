//! What leaves the server of a message. Reads, lists, excerpts, the search index, revisions and events are
//! all built from what [`served`] returns, so that hidden code has one door to stay behind. It knows who
//! wrote the code; who may see the thread at all is decided elsewhere.

use serde_json::Value;

use crate::{
    api::{Action, ActionError, Id, Kind, Message, Mode, Time},
    blocks,
    serve::lifecycle,
};

/// How many characters of a message a list shows.
const EXCERPT: usize = 160;

/// A message with everything that the server knows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    pub id: Id,
    pub thread_id: Id,
    /// Its place in the thread, from 1.
    pub ordinal: u64,
    pub author_id: Id,
    pub kind: Kind,
    pub mode: Option<Mode>,
    pub revision: u64,
    pub created_at: Time,
    pub edited_at: Option<Time>,
    /// Code and results included.
    pub raw: String,
    /// In the order in which they are served.
    pub actions: Vec<ActionSource>,
    /// The items of a message that the server posted; other messages show their actions'.
    pub result_items: Vec<Value>,
}

/// An action with everything that is for its code's author alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionSource {
    pub action: Action,
    pub items: Vec<Value>,
}

/// Whose eyes an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eyes {
    /// Who wrote the message's code: sees what it printed and why it failed.
    CodeAuthor,
    Anyone,
}

/// The message as it may be shown to a viewer.
#[must_use]
pub fn served(source: &Source, eyes: Eyes) -> Message {
    let shown = |action: &ActionSource| if action.action.block.is_some() { action.items.clone() } else { Vec::new() };
    let mut action_items: Vec<Value> = source.actions.iter().flat_map(shown).collect();
    action_items.extend(source.result_items.iter().cloned());
    Message {
        id: source.id,
        thread_id: Some(source.thread_id),
        message: blocks::redact(&source.raw),
        created_at: Some(source.created_at),
        created_by_id: Some(source.author_id),
        action_items,
        action_mode: source.mode,
        kind: Some(source.kind),
        revision: Some(source.revision),
        edited_at: source.edited_at,
        actions: Some(served_actions(source, eyes)),
    }
}

/// Its actions as they may be shown to a viewer: all that differs from one viewer to the other.
#[must_use]
pub fn served_actions(source: &Source, eyes: Eyes) -> Vec<Action> {
    source.actions.iter().map(|each| served_action(&each.action, eyes)).collect()
}

/// An action as it may be shown to a viewer.
#[must_use]
pub fn served_action(action: &Action, eyes: Eyes) -> Action {
    let mut shown = action.clone();
    if eyes == Eyes::Anyone {
        shown.output = None;
        if let Some(ActionError { message, .. }) = &mut shown.error {
            *message = None;
        }
    }
    shown
}

/// Shows as expired what waited past its time, before a sweep has recorded it.
pub fn expire(message: &mut Message, now: Time) {
    for action in message.actions.iter_mut().flatten() {
        action.status = lifecycle::at(&action.status, action.expires_at, now);
    }
}

/// The beginning of a served text, on one line.
#[must_use]
pub fn excerpt(served_text: &str) -> String {
    let mut line = String::with_capacity(EXCERPT);
    let mut characters = 0;
    for word in served_text.split_whitespace() {
        for character in (!line.is_empty()).then_some(' ').into_iter().chain(word.chars()) {
            if characters == EXCERPT {
                line.push('…');
                return line;
            }
            line.push(character);
            characters += 1;
        }
    }
    line
}

/// What free text is searched in: the served text without its hidden blocks. What stood before and after
/// one is kept apart by a NUL, which no text and no query holds.
#[must_use]
pub fn searchable(served_text: &str) -> String {
    let parsed = blocks::parse(served_text);
    let hidden = parsed.blocks.iter().filter(|block| block.block_type.hides_body()).map(|block| block.span.clone());
    let mut spans: Vec<_> = hidden.chain(parsed.html_fences).collect();
    spans.sort_by_key(|span| span.start);
    let mut visible = String::with_capacity(served_text.len());
    let mut done = 0;
    for span in spans {
        if span.start >= done {
            visible.push_str(&served_text[done..span.start]);
            visible.push('\0');
        }
        done = done.max(span.end);
    }
    visible.push_str(&served_text[done..]);
    visible
}

#[cfg(test)]
#[path = "served_tests.rs"]
mod tests;
