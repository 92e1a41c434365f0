//! Which threads the list shows and in what order: the question that is put to the server, as data. Says
//! nothing of what was found.

use crate::api::Id;

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Never blank.
    pub search: Option<String>,
    pub filter: Filter,
    pub order: Order,
}

impl Listing {
    /// Whether it may leave threads out.
    #[must_use]
    pub fn narrows(&self) -> bool {
        self.search.is_some() || self.filter != Filter::default()
    }
}

/// The filters of the API; they combine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub client_account: Option<Id>,
    pub provider_account: Option<Id>,
    pub relation_type: Option<String>,
    pub relation_id: Option<Id>,
    pub awaiting_approval: Option<bool>,
    pub unread: Option<bool>,
    pub participant: Option<Id>,
}

/// By which attribute, and which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    pub by: Attribute,
    pub descending: bool,
}

impl Default for Order {
    fn default() -> Self {
        Self { by: Attribute::UpdatedAt, descending: true }
    }
}

impl Order {
    /// As the API writes it; `None` for its own default, so that a server without our additions is not asked
    /// for an attribute that it does not have.
    #[must_use]
    pub fn parameter(self) -> Option<String> {
        let sign = if self.descending { "-" } else { "" };
        (self != Self::default()).then(|| format!("{sign}{}", self.by.name()))
    }

    /// For the list's head: `newest activity first`.
    #[must_use]
    pub fn words(self) -> String {
        let (title, [up, down]) = (self.by.title(), self.by.ends());
        format!("by {title}, {}", if self.descending { down } else { up })
    }
}

/// What threads can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attribute {
    UpdatedAt,
    CreatedAt,
    Subject,
    ClientAccount,
    ProviderAccount,
    RelationType,
    RelationId,
    CreatedBy,
    Id,
}

impl Attribute {
    /// In the order in which they are offered.
    pub const ALL: [Self; 9] = [
        Self::UpdatedAt,
        Self::CreatedAt,
        Self::Subject,
        Self::ClientAccount,
        Self::ProviderAccount,
        Self::RelationType,
        Self::RelationId,
        Self::CreatedBy,
        Self::Id,
    ];

    /// As the API names it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::UpdatedAt => "updated_at",
            Self::CreatedAt => "created_at",
            Self::Subject => "subject",
            Self::ClientAccount => "client_account_id",
            Self::ProviderAccount => "provider_client_account_id",
            Self::RelationType => "relation_type",
            Self::RelationId => "relation_id",
            Self::CreatedBy => "created_by_id",
            Self::Id => "id",
        }
    }

    /// As people name it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::UpdatedAt => "last activity",
            Self::CreatedAt => "beginning",
            Self::Subject => "subject",
            Self::ClientAccount => "account",
            Self::ProviderAccount => "provider",
            Self::RelationType => "kind of thing",
            Self::RelationId => "number of the thing",
            Self::CreatedBy => "who started it",
            Self::Id => "number",
        }
    }

    /// What comes first, upwards and downwards.
    #[must_use]
    pub fn ends(self) -> [&'static str; 2] {
        match self {
            Self::UpdatedAt | Self::CreatedAt => ["oldest first", "newest first"],
            Self::Subject | Self::RelationType => ["from A to Z", "from Z to A"],
            _ => ["lowest first", "highest first"],
        }
    }

    /// Which way one expects it at first.
    #[must_use]
    pub fn starts_descending(self) -> bool {
        matches!(self, Self::UpdatedAt | Self::CreatedAt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_order_is_not_asked_for() {
        assert_eq!(Order::default().parameter(), None);
        assert_eq!(Order { by: Attribute::Subject, descending: false }.parameter().as_deref(), Some("subject"));
        assert_eq!(Order { by: Attribute::Id, descending: true }.parameter().as_deref(), Some("-id"));
        assert_eq!(Order::default().words(), "by last activity, newest first");
    }
}
