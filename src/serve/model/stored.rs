//! What the store keeps of messages, their actions and records, as `actions` reads it.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{
    api::{Id, Item, Record, Status, Time},
    serve::{lifecycle, plan},
};

/// A message as it was posted, with what became of its code. Only `actions` reads the raw text.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredMessage {
    pub id: Id,
    pub thread_id: Id,
    pub author_id: Id,
    /// Posted by the server.
    pub is_result: bool,
    /// It approved or rejected an action.
    pub is_decision: bool,
    pub revision: u64,
    /// Everything, code included.
    pub raw: String,
    /// By block; withdrawn ones last.
    pub actions: Vec<StoredAction>,
}

/// One `codeaction` and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAction {
    pub id: Id,
    pub message_id: Id,
    pub thread_id: Id,
    /// `None` once withdrawn.
    pub block: Option<u32>,
    /// As stored: whoever compares with `expires_at` finds out whether it has expired.
    pub status: Status,
    /// The code's author.
    pub author_id: Id,
    /// As served.
    pub items: Vec<Value>,
    /// The id of its first item within the message.
    pub first_item_id: u32,
    pub digest: Option<String>,
    pub expires_at: Option<Time>,
}

impl StoredAction {
    /// What a write run's plan must equal: the items that were shown, in the form of [`plan::comparable`].
    ///
    /// # Errors
    /// When an item is none.
    pub fn shown_plan(&self, whole_records: bool) -> Result<Vec<u8>, serde_json::Error> {
        let items: Vec<Item> = self.items.iter().map(Item::deserialize).collect::<Result<_, _>>()?;
        plan::comparable(items, whole_records)
    }

    /// Where it stands at `now`: one that waited past its time has expired.
    #[must_use]
    pub fn status_at(&self, now: Time) -> Status {
        lifecycle::at(&self.status, self.expires_at, now)
    }
}

/// One record with the version that a change raises.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionedRecord {
    pub record: Record,
    pub version: i64,
}

/// Something that a run saw; checked again inside the writing transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    /// A record of the account; `None`: it was not there.
    Record { account_id: Id, record_type: String, id: Id, version: Option<i64> },
    /// All records of a type: the version that every change among them raises; 0 before the first.
    Type { account_id: Id, record_type: String, version: i64 },
}

/// Field values that a `find` asks for.
pub type Equals = Map<String, Value>;
