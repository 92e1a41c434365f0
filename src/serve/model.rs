//! What the rooms of the server hand to each other: who asks, what is stored of a message and its actions,
//! and the [`Commit`] that every change goes through. Data only: no SQL, no HTTP, no decision.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    api::{AccountGrant, ActionError, Id, Me, Mode, Record, Status, Time, UserKind},
    config::server::Supersede,
    serve::{lifecycle, plan::Plan},
};

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
    /// What a write run's plan must equal: [`Plan::comparable`] with whole records and without.
    pub plan_whole: Vec<u8>,
    pub plan_fields: Vec<u8>,
    /// The id of its first item within the message.
    pub first_item_id: u32,
    pub digest: Option<String>,
    pub expires_at: Option<Time>,
}

impl StoredAction {
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

/// The change itself.
#[derive(Clone, Debug)]
pub enum Work {
    Post(Post),
    Edit(Edit),
    AddParticipant {
        thread_id: Id,
        user_id: Id,
    },
    RemoveParticipant {
        thread_id: Id,
        participant_id: Id,
    },
    MarkRead {
        thread_id: Id,
        user_id: Id,
        message_id: Id,
    },
    /// Nothing but the audit rows and the answer (a 409 or 422) to the key.
    Refuse(Answer),
    /// Marks actions as expired whose time is up.
    Expire,
}

/// A new message, in a thread that exists or comes to exist with it.
#[derive(Clone, Debug)]
pub struct Post {
    pub thread: ThreadTarget,
    pub author_id: Id,
    /// `None` only for a new thread without a first message.
    pub message: Option<MessageDraft>,
    pub decision: Option<Decision>,
    /// Which waiting actions of the thread the message's codeactions replace.
    pub supersede: Supersede,
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThreadTarget {
    Existing(Id),
    New(ThreadDraft),
}

/// A thread to come; names and links are checked by the store, lengths and blanks were before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ThreadDraft {
    pub client_account_id: Id,
    pub provider_client_account_id: Option<Id>,
    pub relation_type: Option<String>,
    pub relation_id: Option<Id>,
    pub subject: Option<String>,
    /// Besides the creator.
    pub participants: Vec<Id>,
}

/// What a user posted.
#[derive(Clone, Debug)]
pub struct MessageDraft {
    /// As posted, without `coderesult` blocks: the store puts them in, for only it knows the ids.
    pub raw: String,
    /// One for each top-level codeaction, in order.
    pub runs: Vec<ActionRun>,
}

/// What processing one codeaction came to.
#[derive(Clone, Debug)]
pub struct ActionRun {
    pub block: u32,
    /// The plan that the message shows (after a drift the write run's); empty after a failure. What earlier
    /// blocks of the message create stands in it under [`stand_in`](super::plan::stand_in)s, which the store
    /// settles.
    pub plan: Plan,
    /// A wish: the store takes the next free ones where other blocks of the message hold them.
    pub first_item_id: u32,
    pub outcome: Outcome,
    /// What the code printed.
    pub output: String,
}

/// How far a codeaction got when it was posted.
#[derive(Clone, Debug)]
pub enum Outcome {
    Waits {
        expires_at: Time,
    },
    /// The automatic write run came to another plan than the preview: this one.
    Drifted {
        expires_at: Time,
    },
    /// No approval was needed: written with the post, the result is posted.
    Written {
        result: ResultDraft,
    },
    Failed {
        error: ActionError,
    },
}

/// A message that the server posts: nothing but one `coderesult`.
#[derive(Clone, Debug)]
pub struct ResultDraft {
    pub mode: Mode,
    /// The plan of which it shows the items; written when the mode is `Write`.
    pub plan: Plan,
    pub output: String,
}

/// A change of one's own message.
#[derive(Clone, Debug)]
pub struct Edit {
    pub thread_id: Id,
    pub message_id: Id,
    pub editor_id: Id,
    /// The whole new text, hidden code restored. Its `coderesult` blocks are replaced by the store.
    pub raw: String,
    pub supersede: Supersede,
    /// Each top-level codeaction of the new text: the stored block that it keeps, or a new run.
    pub blocks: Vec<EditedBlock>,
}

/// What an edit does to one codeaction.
#[derive(Clone, Debug)]
pub enum EditedBlock {
    /// Code unchanged: the action stays as it is, now counted as this block.
    Kept { was_block: u32 },
    /// Code changed: the action starts anew.
    Rerun { was_block: u32, run: ActionRun },
}

/// What a posted decision block does to an action.
#[derive(Clone, Debug)]
pub struct Decision {
    pub message_id: Id,
    pub block: u32,
    pub verdict: Verdict,
}

/// The decision and its outcome.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Approved, and the write run's plan was the approved one.
    Written(ResultDraft),
    /// Approved, but the write run's plan is another: it waits anew.
    Drifted {
        result: ResultDraft,
        expires_at: Time,
    },
    /// Approved, but the write run failed: the approval is spent.
    Failed {
        error: ActionError,
        output: String,
    },
    Rejected {
        reason: Option<String>,
    },
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

/// Field values that a `find` asks for.
pub type Equals = Map<String, Value>;
