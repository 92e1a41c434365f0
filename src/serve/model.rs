//! What the rooms of the server hand to each other: who asks, what is stored of a message and its actions,
//! and the [`Commit`] that every change goes through. Data only: no SQL, no HTTP, no decision.

mod stored;
mod viewer;
mod work;

pub use self::{
    stored::{Equals, Seen, StoredAction, StoredMessage, VersionedRecord},
    viewer::{Access, Grant, Scopes, ThreadScope, Viewer, token_hash},
    work::{
        ActionRun, Decision, Edit, EditedBlock, MessageDraft, Outcome, Post, ResultDraft, ThreadDraft, ThreadTarget,
        Verdict, Work,
    },
};
use crate::api::{Id, Status, Time};

/// One change, with everything that belongs to it. The store writes all of it in one transaction or nothing.
#[derive(Clone, Debug)]
pub struct Commit {
    pub now: Time,
    /// Who causes it; `None`: the operator, from the command line, or the server itself.
    pub actor: Option<Actor>,
    /// Checked inside the transaction, before anything is written.
    pub expect: Vec<Expect>,
    pub work: Work,
    /// Takes the answer, so that the same request again finds it.
    pub key: Option<ClaimedKey>,
    pub audit: Vec<AuditEntry>,
}

/// Whose request a commit carries out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub user_id: Id,
    pub token_id: Id,
}

/// What must still be true when a commit is written.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// The token is neither revoked nor expired.
    Token(Id),
    /// The user is eligible for the account (in which a thread is to be made).
    Account { user_id: Id, account_id: Id },
    /// The user is eligible for the thread.
    Eligible { user_id: Id, thread_id: Id },
    /// The user may approve in the thread.
    CanApprove { user_id: Id, thread_id: Id },
    /// The thread's last top-level codeaction is this one; `None`: there is none.
    LastCodeaction { thread_id: Id, last: Option<(Id, u32)> },
    /// The action stands as it did.
    Action { message_id: Id, block: u32, status: Status, digest: Option<String> },
    /// The message has not changed.
    Revision { message_id: Id, revision: u64 },
    /// A run's reads still hold.
    Seen(Seen),
    /// No more than `limit` changes have gone through the rule that day, these `more` included.
    DailyLimit { use_of: RuleUse, limit: u32 },
}

/// Changes that a rule with a daily limit lets through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleUse {
    /// Names the rule across restarts: a hash of what it says.
    pub rule: String,
    pub author_id: Id,
    /// The UTC day, as `2026-11-22`.
    pub day: String,
    pub more: u32,
}

/// Why a commit was not written.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Something is no longer as the request found it; nothing was written.
    #[error("no longer as it was: {0:?}")]
    Changed(Expect),
    /// The key is being worked on by another request, or its lease ended and another took it.
    #[error("another request with this idempotency key is running")]
    KeyTaken,
    /// The key was used for another body.
    #[error("this idempotency key was used for another body")]
    KeyReused,
    /// What was named does not exist or cannot be linked that way.
    #[error("{0}")]
    Invalid(Invalid),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A name or number in a request that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    #[error("there is no such user, or one not eligible for this thread")]
    Participant { user_id: Id },
    #[error("the provider account is not linked to the client account")]
    ProviderNotLinked,
    #[error("there is no such account")]
    Account,
    #[error("there is no such user")]
    User,
    #[error("an account cannot be its own provider")]
    OwnProvider,
    #[error("{0} is taken already")]
    Taken(String),
    #[error("a bot may not approve")]
    BotApprover,
    #[error("the thread has no such message")]
    Message,
    /// For 404.
    #[error("the thread has no such participant")]
    NoParticipant,
    #[error("there is no such token")]
    Token,
    /// A line of an import, from 1, and what is wrong with it.
    #[error("line {line}: {detail}")]
    Line { line: usize, detail: String },
}

/// Why the store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Busy, full or out of reach: the same request may succeed later.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// A defect: of the data, or of ours.
    #[error("the database answered with something unexpected: {0}")]
    Internal(String),
}

/// What the audit says; the store adds place, hash and chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// The chain that it belongs to; `None`: the thread's or message's account.
    pub client_account_id: Option<Id>,
    pub thread_id: Option<Id>,
    /// `None`: the message that this commit posts, if any.
    pub message_id: Option<Id>,
    /// The codeaction of that message whose digest the row takes, as it stands after the commit, where
    /// [`Self::digest`] is not given.
    pub block: Option<u32>,
    /// `preview`, `approval`, `rejection`, `write`, `drift`, `refusal`, `edit`, `grant`, `import`.
    pub event: String,
    pub digest: Option<String>,
    /// Canonical JSON of the plan; kept beside the row under its hash.
    pub plan: Option<Vec<u8>>,
    pub outcome: String,
}

/// The idempotency key of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimedKey {
    /// What [`Claim::Claimed`](super::store::Claim) gave. `None`: never claimed; the commit takes the key,
    /// or replays, in its own transaction.
    pub lease: Option<i64>,
    pub user_id: Id,
    pub key: String,
    /// Method and path, without `/api/v2`.
    pub request: String,
    /// SHA-256 of the body, byte for byte.
    pub body_hash: [u8; 32],
}

/// What a request is answered with; the same for whoever sends it again with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// It was given before, to a request with the same key: nothing was done now.
    pub replayed: bool,
    /// A path, `/api/v2` included.
    pub location: Option<String>,
    /// A message's revision.
    pub etag: Option<u64>,
    /// JSON; a problem's where the status says so; empty for 204.
    pub body: String,
}

impl Answer {
    /// 204.
    #[must_use]
    pub fn empty() -> Self {
        Self { status: 204, replayed: false, location: None, etag: None, body: String::new() }
    }
}
