//! Users and what they may see.

use serde::{Deserialize, Serialize};

use super::Id;

/// A person or a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum UserKind {
    Human,
    /// Never approves anything.
    Bot,
    /// A kind this version does not know.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// `GET /users/me`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Me {
    pub id: Id,
    pub name: String,
    pub kind: UserKind,
    pub client_accounts: Vec<AccountGrant>,
}

/// A client account that one is eligible for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct AccountGrant {
    pub id: Id,
    pub name: String,
    pub can_approve: bool,
}
