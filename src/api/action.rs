//! Actions and their preview objects.

use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{Id, Record, Time};

/// What one `codeaction` block of a message came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Action {
    /// Which top-level `codeaction` of the message, from 0; `null` once it was withdrawn.
    #[serde(default)]
    pub block: Option<u32>,
    pub status: Status,
    #[serde(default)]
    #[cfg_attr(feature = "serve", schema(pattern = "^[0-9a-f]{64}$"))]
    pub digest: Option<String>,
    #[serde(default)]
    pub error: Option<ActionError>,
    /// What the code printed; for its author alone.
    #[serde(default)]
    pub output: Option<String>,
    #[serde(default)]
    pub expires_at: Option<Time>,
    #[serde(default)]
    pub decided_by_id: Option<Id>,
    #[serde(default)]
    pub decided_at: Option<Time>,
    #[serde(default)]
    pub decision_message_id: Option<Id>,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub result_message_id: Option<Id>,
}

/// Where an action stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    AwaitingApproval,
    /// Awaits approval too, of a plan that is not the one first shown.
    Drifted,
    Written,
    Rejected,
    Failed,
    Superseded,
    Withdrawn,
    Expired,
    /// A status this version does not know; shown as words, never armed on.
    Other(String),
}

impl Status {
    /// Whether a decision may be made on it.
    #[must_use]
    pub fn waits(&self) -> bool {
        matches!(self, Self::AwaitingApproval | Self::Drifted)
    }

    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::AwaitingApproval => "awaiting_approval",
            Self::Drifted => "drifted",
            Self::Written => "written",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Other(word) => word,
        }
    }
}

impl From<&str> for Status {
    fn from(word: &str) -> Self {
        match word {
            "awaiting_approval" => Self::AwaitingApproval,
            "drifted" => Self::Drifted,
            "written" => Self::Written,
            "rejected" => Self::Rejected,
            "failed" => Self::Failed,
            "superseded" => Self::Superseded,
            "withdrawn" => Self::Withdrawn,
            "expired" => Self::Expired,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl Serialize for Status {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(Self::from(word.as_ref()))
    }
}

/// Why a run failed. Never holds a line of the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct ActionError {
    /// The exception's class, or the limit that was broken.
    #[serde(rename = "type")]
    pub error_type: String,
    /// Counts from 1 within the block.
    #[serde(default)]
    pub line: Option<u32>,
    /// For the code's author alone; `null` for others.
    #[serde(default)]
    pub message: Option<String>,
}

impl ActionError {
    /// `ValueError in line 3: no such invoice`.
    #[must_use]
    pub fn words(&self) -> String {
        let line = self.line.map(|line| format!(" in line {line}")).unwrap_or_default();
        let message = self.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
        format!("{}{line}{message}", self.error_type)
    }
}

/// A preview object: one record's part of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Item {
    /// Always `preview`.
    #[serde(rename = "type")]
    pub item_type: String,
    /// Counts from 1 within the message; the same in preview and write.
    pub id: u32,
    pub needs_approval: bool,
    /// Which `codeaction` of the message it belongs to.
    #[serde(default)]
    pub block: u32,
    pub operation: Operation,
    pub object_type: String,
    /// `null` until created.
    #[serde(default)]
    pub object_id: Option<Id>,
    /// Made by the server from the record, never by the code.
    #[serde(default)]
    pub title: String,
    /// By field name.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// The whole record before; `null` for a create.
    #[serde(default)]
    pub record: Option<Record>,
    /// Why approval is, or is not, needed.
    #[serde(default)]
    pub rule: String,
}

/// One field's change. An absent field reads as `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Change {
    pub field: String,
    #[serde(default)]
    pub before: Value,
    /// Absent while `after_created` stands in its place; both are there once it is written.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub after: Option<Value>,
    /// The item whose new record's id the field takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_created: Option<u32>,
}

/// Tells a `null` that is there (`Some(Null)`) from a field that is not (`None`).
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// What is done to a record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    Create,
    Update,
    Delete,
    /// An operation this version does not know; shown as words, never armed on.
    Other(String),
}

impl Operation {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Other(word) => word,
        }
    }
}

impl Serialize for Operation {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Ok(match word.as_ref() {
            "create" => Self::Create,
            "update" => Self::Update,
            "delete" => Self::Delete,
            other => Self::Other(other.to_owned()),
        })
    }
}

/// One row of `GET /chat/actions`: an action, where it stands, and its items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct QueuedAction {
    pub thread_id: Id,
    pub message_id: Id,
    #[serde(flatten)]
    pub action: Action,
    #[serde(default)]
    #[cfg_attr(feature = "serve", schema(value_type = Vec<Item>))]
    pub action_items: Vec<Value>,
    /// Who wrote the code.
    #[serde(default)]
    pub author_id: Option<Id>,
}

/// The lines in a decision block that bind it to what was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    pub message_id: Id,
    /// Lower-case hex, 64 digits.
    pub digest: String,
    /// `None`: the message's last codeaction.
    pub block: Option<u32>,
}

impl Binding {
    /// The lines, as they stand in a decision block's body.
    #[must_use]
    pub fn lines(&self) -> String {
        let mut lines = format!("message_id: {}\ndigest: {}\n", self.message_id, self.digest);
        if let Some(block) = self.block {
            let _ = writeln!(lines, "block: {block}");
        }
        lines
    }
}
