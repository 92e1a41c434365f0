//! Who asks, and what they are eligible for.

use sha2::{Digest, Sha256};

use crate::api::{AccountGrant, Id, Me, UserKind};

/// Who a request comes from, as of the moment its token was looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub user_id: Id,
    pub name: String,
    pub kind: UserKind,
    pub token_id: Id,
    pub scopes: Scopes,
    /// By account id, ascending.
    pub grants: Vec<Grant>,
}

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes {
    pub read: bool,
    pub post: bool,
    pub approve: bool,
}

/// A client account that a user is eligible for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    pub account_id: Id,
    pub account_name: String,
    pub can_approve: bool,
}

/// What decides who sees a thread, and what its code is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadScope {
    pub id: Id,
    pub client_account_id: Id,
    pub provider_client_account_id: Option<Id>,
    pub relation_type: Option<String>,
    pub relation_id: Option<Id>,
}

impl Viewer {
    /// The viewer's eligibility for a thread: through its client account or its provider account.
    #[must_use]
    pub fn access(&self, thread: &ThreadScope) -> Access {
        self.access_through((thread.client_account_id, thread.provider_client_account_id))
    }

    /// The same for a thread of which only the two accounts are known.
    #[must_use]
    pub fn access_through(&self, (client, provider): (Id, Option<Id>)) -> Access {
        let of_thread = |grant: &&Grant| grant.account_id == client || Some(grant.account_id) == provider;
        let mut grants = self.grants.iter().filter(of_thread).peekable();
        Access { eligible: grants.peek().is_some(), can_approve: grants.any(|grant| grant.can_approve) }
    }

    /// What `GET /users/me` answers.
    #[must_use]
    pub fn me(&self) -> Me {
        let account = |grant: &Grant| AccountGrant {
            id: grant.account_id,
            name: grant.account_name.clone(),
            can_approve: grant.can_approve,
        };
        Me {
            id: self.user_id,
            name: self.name.clone(),
            kind: self.kind,
            client_accounts: self.grants.iter().map(account).collect(),
        }
    }
}

/// What the store keeps of a token: its SHA-256.
#[must_use]
pub fn token_hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// What a user may do with a thread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    pub eligible: bool,
    pub can_approve: bool,
}
