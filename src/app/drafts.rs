//! What was written and not sent, and which threads keep quiet, in the form in which it is kept on disk.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Editing;
use crate::api::{Id, Time};

/// Drafts by thread, messages that were on their way, and threads of which nobody wants to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drafts {
    pub threads: BTreeMap<Id, String>,
    pub unsent: Vec<Unsent>,
    /// Threads that are to keep quiet.
    pub muted: BTreeSet<Id>,
    /// Messages that were being changed, by thread.
    pub edits: BTreeMap<Id, Edit>,
}

/// A message that was being changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    #[serde(flatten)]
    pub editing: Editing,
    /// What it was to become.
    pub text: String,
}

/// A message of which it is not known that it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    pub thread: Id,
    /// The idempotency key that it was sent with.
    pub key: String,
    pub text: String,
    /// When it was written.
    #[serde(default)]
    pub at: Option<Time>,
}
