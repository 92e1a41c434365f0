//! Messages in a thread.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Action, Id, Time};

/// A message as everybody but its author's own error texts sees it: the text is always the redacted one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Message {
    pub id: Id,
    #[serde(default)]
    pub thread_id: Option<Id>,
    pub message: String,
    #[serde(default)]
    pub created_at: Option<Time>,
    #[serde(default)]
    pub created_by_id: Option<Id>,
    /// Preview objects exactly as they came, unknown fields included: the digest is over all of them.
    // `Item` is the typed view.
    #[serde(default)]
    #[cfg_attr(feature = "serve", schema(value_type = Vec<super::Item>))]
    pub action_items: Vec<Value>,
    #[serde(default)]
    pub action_mode: Option<Mode>,
    #[serde(default)]
    pub kind: Option<Kind>,
    /// Counts every change of what is served; the `ETag`.
    #[serde(default)]
    pub revision: Option<u64>,
    #[serde(default)]
    pub edited_at: Option<Time>,
    /// One for each top-level `codeaction`; of a server that knows no bindings, none at all.
    #[serde(default)]
    pub actions: Option<Vec<Action>>,
}

/// How the code of a message's `coderesult` was run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    Preview,
    Write,
    /// A mode this version does not know.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Who wrote a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person or a bot.
    User,
    /// The server, after running code; `created_by_id` is who caused it.
    Result,
    /// A kind this version does not know.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// The body of `POST …/messages` and of `PATCH …/messages/{id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewMessage {
    pub message: String,
}

/// The answer to a post or an edit: the message, and what its blocks made the server post, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Posted {
    #[serde(flatten)]
    pub message: Message,
    #[serde(default)]
    pub results: Vec<Message>,
}
