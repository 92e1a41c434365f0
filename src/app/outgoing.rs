//! A message on its way: shown at once, sent once, never lost.

use super::Moment;
use crate::{
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
    /// Whether it would decide something. Such a message is never sent by itself a second time.
    #[must_use]
    pub fn decides(&self) -> bool {
        decides(&self.text)
    }
}

/// Whether a text holds a block that approves or rejects.
pub fn decides(text: &str) -> bool {
    let decision = [BlockType::ApproveCodeAction, BlockType::RejectCodeAction];
    blocks::parse(text).top_level().any(|block| decision.contains(&block.block_type))
}
