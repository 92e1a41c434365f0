//! What can be asked of the store, already checked, and the shapes of what it answers. Bodies of answers
//! are JSON, put together from what was serialised when it was written. No SQL.

use bytes::Bytes;

use crate::{
    api::{Id, Status, Time, UserKind},
    serve::model::Scopes,
};

/// A page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Paging {
    /// From 1.
    pub page: u64,
    pub per_page: u64,
}

impl Default for Paging {
    fn default() -> Self {
        Self { page: 1, per_page: 100 }
    }
}

impl Paging {
    /// As SQL counts them.
    #[must_use]
    pub fn limit_and_offset(self) -> (i64, i64) {
        let offset = self.page.saturating_sub(1).saturating_mul(self.per_page);
        (i64::try_from(self.per_page).unwrap_or(i64::MAX), i64::try_from(offset).unwrap_or(i64::MAX))
    }
}

/// `GET /chat/threads`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadQuery {
    pub client_account_id: Option<Id>,
    pub provider_client_account_id: Option<Id>,
    pub relation_type: Option<String>,
    pub relation_id: Option<Id>,
    /// Not blank.
    pub free_text: Option<String>,
    pub awaiting_approval: Option<bool>,
    pub unread: Option<bool>,
    /// A user who takes part.
    pub participant_id: Option<Id>,
    pub order: ThreadOrder,
    pub paging: Paging,
}

/// By what a list of threads is ordered; absent values come last either way, ids break ties in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadOrder {
    pub by: ThreadAttribute,
    pub descending: bool,
}

impl Default for ThreadOrder {
    fn default() -> Self {
        Self { by: ThreadAttribute::UpdatedAt, descending: true }
    }
}

/// What threads can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ThreadAttribute {
    Id,
    ClientAccountId,
    ProviderClientAccountId,
    RelationType,
    RelationId,
    CreatedById,
    CreatedAt,
    UpdatedAt,
    Subject,
}

impl ThreadAttribute {
    pub const ALL: [Self; 9] = [
        Self::Id,
        Self::ClientAccountId,
        Self::ProviderClientAccountId,
        Self::RelationType,
        Self::RelationId,
        Self::CreatedById,
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::Subject,
    ];

    /// Its name on the wire, which is its column's too.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::ClientAccountId => "client_account_id",
            Self::ProviderClientAccountId => "provider_client_account_id",
            Self::RelationType => "relation_type",
            Self::RelationId => "relation_id",
            Self::CreatedById => "created_by_id",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Subject => "subject",
        }
    }
}

/// Which messages of a thread. The answer is always oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessagePage {
    /// Page 1 holds the newest.
    Page(Paging),
    /// Those next to an id: the newest before `before`; with `after`, the oldest after it.
    ById { before: Option<Id>, after: Option<Id>, limit: u64 },
}

/// `GET /chat/actions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionQuery {
    pub status: Option<Status>,
    pub client_account_id: Option<Id>,
    pub decided_by_id: Option<Id>,
    pub author_id: Option<Id>,
    pub paging: Paging,
}

/// `GET /records`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordQuery {
    pub client_account_id: Option<Id>,
    pub record_type: Option<String>,
    pub paging: Paging,
}

/// What a path names, for a viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<T> {
    Found(T),
    /// It is there, but not for this viewer: 403.
    Forbidden,
    /// 404.
    Absent,
}

impl<T> Lookup<T> {
    /// The same with another content.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Lookup<U> {
        match self {
            Self::Found(found) => Lookup::Found(change(found)),
            Self::Forbidden => Lookup::Forbidden,
            Self::Absent => Lookup::Absent,
        }
    }

    /// The same with another content, if there is one.
    pub fn try_map<U>(self, change: impl FnOnce(T) -> Option<U>) -> Option<Lookup<U>> {
        match self {
            Self::Found(found) => change(found).map(Lookup::Found),
            Self::Forbidden => Some(Lookup::Forbidden),
            Self::Absent => Some(Lookup::Absent),
        }
    }
}

/// A page of a list: a JSON array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    pub body: String,
    /// Whether the next page holds anything.
    pub has_next: bool,
}

/// A body in pieces, so that what is kept of one need not be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces(pub Vec<Bytes>);

impl Pieces {
    /// In one piece.
    #[must_use]
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.0.concat()).into_owned()
    }
}

/// A page of messages: a JSON array, or the thread around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageListing {
    pub body: Pieces,
    /// Whether more follow in the direction of paging: older ones, or newer ones after [`MessagePage::ById`]'s `after`.
    pub has_more: bool,
    /// The oldest and newest on the page.
    pub first_id: Option<Id>,
    pub last_id: Option<Id>,
}

/// One message, as JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedMessage {
    pub body: String,
    /// The `ETag`.
    pub revision: u64,
}

/// What the event stream hands out next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Events {
    /// In order; `next` is where to go on from, also past events that are not for this viewer.
    Some { events: Vec<Event>, next: i64 },
    /// The place is older than what is kept, or unknown: start anew from `next`.
    Reset { next: i64 },
}

/// One event for one viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: i64,
    /// Such as `message.created`; `reset` where a new grant makes what was seen incomplete.
    pub kind: String,
    /// JSON, made now.
    pub data: String,
}

/// A token to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenDraft {
    /// [`token_hash`](super::super::model::token_hash) of what the user is given.
    pub hash: [u8; 32],
    /// `None`: all that the user may have.
    pub scopes: Option<Scopes>,
    pub expires_at: Option<Time>,
}

/// A token, as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    pub id: Id,
    pub login: String,
    pub scopes: Scopes,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub revoked_at: Option<Time>,
}

/// A user to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserDraft {
    pub login: String,
    pub name: String,
    pub kind: UserKind,
}

/// What `admin init` made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Initialised {
    pub account_id: Id,
    pub user_id: Id,
    pub token_id: Id,
}

/// A line of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordDraft {
    pub record_type: String,
    /// `None`: a new record. Given: it is replaced, or made with this id.
    pub id: Option<Id>,
    pub fields: serde_json::Map<String, serde_json::Value>,
}

/// What [`Store::audit_verify`](super::Store::audit_verify) found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every row is as it was written; the hash of the newest.
    Sound { rows: u64, head: Option<String> },
    /// The first row that is not as it was written, or that follows one that is gone.
    Broken { row: Id },
    /// The first row whose plan, kept beside it, is not the one that was hashed. One that was pruned is missed by nobody.
    PlanChanged { row: Id },
    /// All rows fit, but the chain does not hold the hash that was noted.
    HeadMissing { head: Option<String> },
}
