//! A message on its way: shown at once, sent once, never lost.

use std::time::Duration;

use super::{Effect, Loading, Model, Moment, poll::send_next};
use crate::{
    api::Id,
    blocks::{self, BlockType},
    safe_text::SafeText,
};

/// A message that the server has not confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its idempotency key: the same however often it is sent.
    pub key: String,
    pub text: String,
    pub progress: Progress,
    pub since: Moment,
    /// From an earlier run of the program: sent by itself as soon as it is known that the server can tell a
    /// repeat from a second message.
    pub found: bool,
}

/// How far it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    Sending,
    /// It never got out; it is sent when the server can be reached again.
    Waiting,
    /// It needs a person: why, and whether it may have arrived all the same.
    Failed {
        words: SafeText,
        may_have_arrived: bool,
    },
}

impl Outgoing {
    /// Whether it surely did not arrive and is not to be sent as it stands unless a person says so.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        matches!(self.progress, Progress::Failed { may_have_arrived: false, .. })
    }

    /// Whether it would decide something. Such a message is sent once and kept on no disk.
    #[must_use]
    pub fn decides(&self) -> bool {
        decides(&self.text)
    }

    /// Whether it failed in a way that leaves open whether it arrived.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        matches!(self.progress, Progress::Failed { may_have_arrived: true, .. })
    }
}

/// For how long a server that knows idempotency keys remembers them, and some to spare.
const REMEMBERED: Duration = Duration::from_hours(23);

/// Whether it is sent without anybody doing anything: from an earlier run, and the server still knows its key by now,
/// as far as can be told.
#[must_use]
pub fn goes_by_itself(model: &Model, outgoing: &Outgoing) -> bool {
    let knows_no_keys = model.lacks.me && model.threads.loading == Loading::Loaded && !model.knows_keys();
    outgoing.found && is_remembered(outgoing, model.now) && !knows_no_keys
}

fn is_remembered(outgoing: &Outgoing, now: Moment) -> bool {
    let age = now.wall.as_microseconds() - outgoing.since.wall.as_microseconds();
    u128::try_from(age).is_ok_and(|age| age < REMEMBERED.as_micros())
}

/// Has what an earlier run left behind sent again, under its key, once that can't double it.
pub fn send_found(model: &mut Model) -> Vec<Effect> {
    if !model.knows_keys() {
        return Vec::new();
    }
    let now = model.now;
    let mut threads = Vec::new();
    for (thread, conversation) in &mut model.conversations {
        for outgoing in conversation.outgoing.iter_mut().filter(|outgoing| outgoing.found) {
            outgoing.found = false;
            if is_remembered(outgoing, now) {
                outgoing.progress = Progress::Waiting;
                threads.push(*thread);
            }
        }
    }
    threads.into_iter().flat_map(|thread| send_next(model, thread)).collect()
}

/// Sends what waits in any thread.
pub fn send_waiting(model: &mut Model) -> Vec<Effect> {
    let threads: Vec<Id> = model.conversations.keys().copied().collect();
    threads.into_iter().flat_map(|thread| send_next(model, thread)).collect()
}

/// Keeps what waits from being sent under another name than that of who wrote it, until a person says so.
pub fn hold(model: &mut Model, words: &SafeText) {
    for conversation in model.conversations.values_mut() {
        for outgoing in conversation.outgoing.iter_mut().filter(|outgoing| outgoing.progress == Progress::Waiting) {
            outgoing.progress = Progress::Failed { words: words.clone(), may_have_arrived: false };
            outgoing.found = false;
        }
    }
}

/// Whether a text holds a block that approves or rejects.
pub fn decides(text: &str) -> bool {
    let decision = [BlockType::ApproveCodeAction, BlockType::RejectCodeAction];
    blocks::parse(text).top_level().any(|block| decision.contains(&block.block_type))
}
