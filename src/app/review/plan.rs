//! What a decision is about: one block's items exactly as they came, the digest over them, and everything
//! that speaks against deciding on them at all.

use serde_json::Value;

use crate::{
    api::{self, Action, ActionError, Id, Item, Message, Mode, Operation, QueuedAction, Status, Time},
    blocks::{self, BlockType},
};

/// Names one action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    pub thread: Id,
    pub message: Id,
    /// `None`: the server knows no bindings, so only the thread's last codeaction can be meant.
    pub block: Option<u32>,
}

/// An action as it is shown and decided on.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub subject: Subject,
    /// `None`: the server does not say; it waits as far as the thread shows.
    pub status: Option<Status>,
    /// Of this block alone, exactly as received.
    pub items: Vec<Value>,
    /// What the server says the items' digest is.
    pub served_digest: Option<String>,
    /// What it is.
    pub digest: Option<String>,
    /// Whether the message has several blocks, so that a decision has to name one.
    pub one_of_several: bool,
    pub author: Option<Id>,
    pub posted_at: Option<Time>,
    pub expires_at: Option<Time>,
    pub decided_by: Option<Id>,
    pub reason: Option<String>,
    /// Why its run failed, in words.
    pub error: Option<String>,
    /// The first of the items that can't be approved, and why: found once, for it is asked for in every frame.
    pub(super) unsound: Option<Flaw>,
}

/// Why a plan can't be approved, whatever the person has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    NotWaiting(Status),
    /// Nothing in it.
    Empty,
    NoDigest,
    /// What arrived is not what the server says it sent.
    OtherDigest,
    /// An item of a kind or with an operation that this version does not know.
    UnknownWord(String),
    /// An item that is not made as items are; its number, from 1.
    Unreadable(usize),
    /// A change whose *before* is not what the record holds; the item's number, from 1.
    Contradictory(usize),
}

impl Plan {
    /// The plan of one block of a message from a server that knows bindings.
    #[must_use]
    pub fn bound(thread: Id, message: &Message, action: &Action) -> Option<Self> {
        let subject = Subject { thread, message: message.id, block: Some(action.block?) };
        let blocks = message.actions.iter().flatten().filter(|action| action.block.is_some()).count();
        let mut plan = Self::of(subject, &message.action_items, action, blocks > 1);
        plan.author = message.created_by_id;
        plan.posted_at = message.created_at;
        Some(plan)
    }

    /// The plan of one row of the queue.
    #[must_use]
    pub fn queued(row: &QueuedAction) -> Option<Self> {
        let subject = Subject { thread: row.thread_id, message: row.message_id, block: Some(row.action.block?) };
        // How many blocks the message has is not known here: naming the block is never wrong.
        let mut plan = Self::of(subject, &row.action_items, &row.action, true);
        plan.author = row.author_id;
        Some(plan)
    }

    fn of(subject: Subject, items: &[Value], action: &Action, one_of_several: bool) -> Self {
        let of_block = |item: &&Value| item.get("block").map_or(Some(0), Value::as_u64) == subject.block.map(u64::from);
        let items: Vec<Value> = items.iter().filter(of_block).cloned().collect();
        Self {
            digest: api::digest(subject.thread, subject.message, subject.block.unwrap_or(0), &items).ok(),
            unsound: first_flaw(&items, true),
            subject,
            status: Some(action.status.clone()),
            items,
            served_digest: action.digest.clone(),
            one_of_several,
            author: None,
            posted_at: None,
            expires_at: action.expires_at,
            decided_by: action.decided_by_id,
            reason: action.reason.clone(),
            error: action.error.as_ref().map(ActionError::words),
        }
    }

    /// The plan that a plain approval in the thread would mean, from a server that knows no bindings: that of
    /// the last message with a codeaction, if it waits. An approval that came to a preview wrote nothing: what it
    /// shows waits now. `messages`: oldest first.
    #[must_use]
    pub fn unbound(thread: Id, messages: &[&Message]) -> Option<Self> {
        let code = messages.iter().rposition(|message| has_block(message, BlockType::CodeAction))?;
        let (message, later) = (messages[code], &messages[code + 1..]);
        let shown = match later.iter().rposition(|later| has_block(later, BlockType::ApproveCodeAction)) {
            Some(approval) => later[approval + 1..].iter().rfind(|later| later.action_mode.is_some())?,
            None => message,
        };
        let wants = shown.action_items.iter().any(|item| item.get("needs_approval") == Some(&Value::Bool(true)));
        if message.actions.is_some() || !wants || shown.action_mode != Some(Mode::Preview) {
            return None;
        }
        let subject = Subject { thread, message: message.id, block: None };
        Some(Self {
            digest: api::digest(thread, message.id, 0, &shown.action_items).ok(),
            unsound: first_flaw(&shown.action_items, false),
            subject,
            status: None,
            items: shown.action_items.clone(),
            served_digest: None,
            one_of_several: false,
            author: message.created_by_id,
            posted_at: message.created_at,
            expires_at: None,
            decided_by: None,
            reason: None,
            error: None,
        })
    }

    /// Whether a decision can name exactly this plan.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.subject.block.is_some()
    }

    /// Whether it awaits a decision.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.status.as_ref().is_none_or(Status::waits)
    }

    /// Equal exactly where everything that is decided on is equal: the action, where it stands, its items.
    #[must_use]
    pub fn identity(&self) -> String {
        let Subject { thread, message, block } = self.subject;
        let digest = self.digest.as_deref().unwrap_or("none");
        let status = self.status.as_ref().map_or("unknown", Status::as_str);
        let served = self.served_digest.as_deref().unwrap_or("none");
        format!("{thread}/{message}/{block:?} {status} {digest} {served}")
    }

    /// What speaks against approving it, the gravest first.
    #[must_use]
    pub fn flaw(&self) -> Option<Flaw> {
        if let Some(status) = self.status.as_ref().filter(|status| !status.waits()) {
            return Some(Flaw::NotWaiting(status.clone()));
        }
        if self.items.is_empty() {
            return Some(Flaw::Empty);
        }
        if self.is_bound() {
            match (&self.served_digest, &self.digest) {
                (Some(served), Some(own)) if served.eq_ignore_ascii_case(own) => {}
                (None, _) => return Some(Flaw::NoDigest),
                _ => return Some(Flaw::OtherDigest),
            }
        }
        self.unsound.clone()
    }
}

fn first_flaw(items: &[Value], is_bound: bool) -> Option<Flaw> {
    (1..).zip(items).find_map(|(number, item)| flaw_of(number, item, is_bound))
}

fn flaw_of(number: usize, value: &Value, is_bound: bool) -> Option<Flaw> {
    match value.get("type").and_then(Value::as_str) {
        Some("preview") => {}
        Some(other) => return Some(Flaw::UnknownWord(other.to_owned())),
        None => return Some(Flaw::Unreadable(number)),
    }
    if !is_bound && value.get("operation").is_none() {
        // The seed document's preview objects say no more than this.
        return None;
    }
    let Ok(item) = serde_json::from_value::<Item>(value.clone()) else { return Some(Flaw::Unreadable(number)) };
    if let Operation::Other(word) = &item.operation {
        return Some(Flaw::UnknownWord(word.clone()));
    }
    let record = item.record.as_ref()?;
    let before = |field: &str| record.fields.get(field).unwrap_or(&Value::Null);
    let agrees = item.changes.iter().all(|change| same(before(&change.field), &change.before));
    (!agrees).then_some(Flaw::Contradictory(number))
}

/// Whether two values are the same JSON document, however its numbers are spelt.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    one == other || matches!((api::canonical(one), api::canonical(other)), (Ok(one), Ok(other)) if one == other)
}

/// Whether an acting block of that type stands in the message.
pub fn has_block(message: &Message, block_type: BlockType) -> bool {
    // Cheaper than parsing, and every such block holds its name in some case.
    let named = message.message.len() >= block_type.name().len()
        && message.message.to_ascii_lowercase().contains(block_type.name());
    named && blocks::parse(&message.message).of_type(block_type).next().is_some()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
