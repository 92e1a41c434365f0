//! Who takes part in a thread.

use serde::{Deserialize, Serialize};

use super::{Id, UserKind};

/// One user's part in one thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Participant {
    pub id: Id,
    #[serde(default)]
    pub thread_id: Option<Id>,
    pub user_id: Id,
    #[serde(default)]
    pub user: Option<Person>,
}

/// A user as others see one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Person {
    pub id: Id,
    pub name: String,
    pub kind: UserKind,
}

/// The body of `POST …/participants`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewParticipant {
    pub user_id: Id,
}
