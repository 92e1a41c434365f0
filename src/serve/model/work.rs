//! What a commit does: posts, edits, decisions and what is smaller.

use super::Answer;
use crate::{
    api::{ActionError, Id, Mode, Time},
    config::server::Supersede,
    serve::plan::Plan,
};

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
    /// blocks of the message create stands in it under [`stand_in`](crate::serve::plan::stand_in)s, which the store
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
