//! What can be asked for: filters, pages and windows, as query parameters.

use crate::api::Id;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Whether a next page may hold more: what `Link` says, or, where the server sends none, whether this
    /// page is full.
    pub has_next: bool,
}

/// Filters, order and page of `GET /chat/threads`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadQuery {
    pub client_account_id: Option<Id>,
    pub provider_client_account_id: Option<Id>,
    pub relation_type: Option<String>,
    pub relation_id: Option<Id>,
    /// Never blank: the server refuses that.
    pub free_text: Option<String>,
    /// An attribute; `-` in front for descending.
    pub order_by: Option<String>,
    /// From 1.
    pub page: Option<u32>,
    /// 1 to 1000.
    pub per_page: Option<u32>,
    /// Extension.
    pub awaiting_approval: Option<bool>,
    /// Extension.
    pub unread: Option<bool>,
    /// Extension.
    pub participant_id: Option<Id>,
}

/// Which part of a thread's messages: by page, or (extension) by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageWindow {
    /// Page 1 holds the newest.
    pub page: Option<u32>,
    pub per_page: Option<u32>,
    /// Extension: only messages older than this one.
    pub before: Option<Id>,
    /// Extension: only messages newer than this one.
    pub after: Option<Id>,
    /// Extension: how many at most, for `before` and `after`; 1 to 1000.
    pub limit: Option<u32>,
}

/// Filters and page of `GET /chat/actions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionQuery {
    /// A status word such as `awaiting_approval`.
    pub status: Option<String>,
    pub client_account_id: Option<Id>,
    pub decided_by_id: Option<Id>,
    pub author_id: Option<Id>,
    pub page: Option<u32>,
    pub per_page: Option<u32>,
}

/// Filters and page of `GET /records`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordQuery {
    pub client_account_id: Option<Id>,
    pub record_type: Option<String>,
    pub page: Option<u32>,
    pub per_page: Option<u32>,
}

/// Query parameters, encoded by whoever makes the URL.
pub(super) type Pairs = Vec<(&'static str, String)>;

impl ThreadQuery {
    pub(super) fn pairs(&self) -> Pairs {
        pairs([
            ("client_account_id", text(self.client_account_id)),
            ("provider_client_account_id", text(self.provider_client_account_id)),
            ("relation_type", self.relation_type.clone()),
            ("relation_id", text(self.relation_id)),
            ("free_text", self.free_text.clone()),
            ("order_by", self.order_by.clone()),
            ("page", text(self.page)),
            ("per_page", text(self.per_page)),
            ("awaiting_approval", text(self.awaiting_approval)),
            ("unread", text(self.unread)),
            ("participant_id", text(self.participant_id)),
        ])
    }
}

impl MessageWindow {
    /// As `GET /chat/threads/{id}` names them.
    pub(super) fn thread_pairs(&self) -> Pairs {
        pairs([
            ("page", text(self.page)),
            ("per_page", text(self.per_page)),
            ("messages_before", text(self.before)),
            ("messages_after", text(self.after)),
            ("messages_limit", text(self.limit)),
        ])
    }

    /// As `GET …/messages` names them.
    pub(super) fn message_pairs(&self) -> Pairs {
        pairs([("before", text(self.before)), ("after", text(self.after)), ("limit", text(self.limit))])
    }
}

impl ActionQuery {
    pub(super) fn pairs(&self) -> Pairs {
        pairs([
            ("status", self.status.clone()),
            ("client_account_id", text(self.client_account_id)),
            ("decided_by_id", text(self.decided_by_id)),
            ("author_id", text(self.author_id)),
            ("page", text(self.page)),
            ("per_page", text(self.per_page)),
        ])
    }
}

impl RecordQuery {
    pub(super) fn pairs(&self) -> Pairs {
        pairs([
            ("client_account_id", text(self.client_account_id)),
            ("type", self.record_type.clone()),
            ("page", text(self.page)),
            ("per_page", text(self.per_page)),
        ])
    }
}

fn text<T: ToString>(value: Option<T>) -> Option<String> {
    value.map(|value| value.to_string())
}

fn pairs<const N: usize>(all: [(&'static str, Option<String>); N]) -> Pairs {
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
