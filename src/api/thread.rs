//! Chat threads.

use serde::{Deserialize, Serialize};

use super::{Id, Message, Participant, Time};

/// Characters that a thread's subject may have.
pub const LONGEST_SUBJECT: usize = 200;

/// A thread as lists show it: without its messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Thread {
    pub id: Id,
    #[serde(default)]
    pub client_account_id: Option<Id>,
    #[serde(default)]
    pub provider_client_account_id: Option<Id>,
    #[serde(default)]
    pub relation_type: Option<String>,
    #[serde(default)]
    pub relation_id: Option<Id>,
    #[serde(default)]
    pub created_by_id: Option<Id>,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub created_at: Option<Time>,
    /// When something was last posted or edited.
    #[serde(default)]
    pub updated_at: Option<Time>,
    #[serde(default)]
    pub last_message: Option<LastMessage>,
    /// Messages of others after one's read mark.
    #[serde(default)]
    pub unread_count: Option<u64>,
    #[serde(default)]
    pub awaiting_approval: Option<bool>,
}

/// The newest message of a thread, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct LastMessage {
    pub id: Id,
    pub created_by_id: Id,
    pub created_at: Time,
    /// The beginning of the visible text, on one line.
    pub excerpt: String,
}

/// A thread as `GET /chat/threads/{id}` shows it: with participants and one page of messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct ThreadDetail {
    #[serde(flatten)]
    pub thread: Thread,
    #[serde(default)]
    pub participants: Vec<Participant>,
    /// Oldest first.
    #[serde(default)]
    pub messages: Vec<Message>,
    /// Whether there are older ones than these.
    #[serde(default)]
    pub has_more_messages: Option<bool>,
}

/// The body of `POST /chat/threads`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NewThread {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_account_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_client_account_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation_id: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
