//! What may be written, decided here and nowhere else. Runs code through the sandbox, applies the policy,
//! makes the one [`Commit`](super::model::Commit) of a request. Knows no SQL and no HTTP.

mod approval;
mod committing;
mod decide;
mod decision;
mod edit;
mod policy;
mod post;
mod process;
mod refusal;
mod source;
mod text;

use std::sync::Arc;

use self::text::Content;
pub use self::{committing::Key, policy::BadCondition, refusal::Refusal};
use super::{
    model::{Answer, ThreadTarget, Viewer},
    sandbox::Pool,
    store::Store,
};
use crate::{
    api::{Id, Time},
    config::server::ApprovalSettings,
};

/// Tries the conditions of the operator's rules, so that a server with a bad one does not start.
///
/// # Errors
/// Names the first bad one.
pub async fn check_conditions(approvals: &ApprovalSettings, pool: &Pool) -> Result<(), BadCondition> {
    policy::check(&approvals.rules, &mut pool.session(Id::default())).await
}

/// The place where posts, edits and decisions are worked on.
#[derive(Clone)]
pub struct Desk {
    store: Store,
    pool: Pool,
    approvals: Arc<ApprovalSettings>,
}

impl Desk {
    #[must_use]
    pub fn new(store: Store, pool: Pool, approvals: ApprovalSettings) -> Self {
        Self { store, pool, approvals: Arc::new(approvals) }
    }

    /// Posts `text` (with a new thread where the target says so): runs its code, carries out its decision.
    /// The caller has looked at the token and at access to the thread; the text is judged here. `key` has been
    /// claimed where the text holds code or a decision ([`Self::takes_time`]); it goes into the commit of the
    /// work. A decision that is refused is audited, in one transaction with what its key is answered from now on:
    /// that answer is given then.
    ///
    /// # Errors
    /// See [`Refusal`]: then nothing was written but the audit.
    pub async fn post(
        &self,
        viewer: &Viewer,
        target: ThreadTarget,
        text: Option<String>,
        key: Option<Key>,
        now: Time,
    ) -> Result<Answer, Refusal> {
        let content = text.as_deref().map(text::read).transpose()?;
        match (target, content) {
            (ThreadTarget::Existing(thread_id), Some(Content::Decision(decision))) => {
                let text = text.unwrap_or_default();
                decide::decide(self, viewer, thread_id, decide::Request { text, decision, key, now }).await
            }
            (ThreadTarget::New(_), Some(Content::Decision(_))) => {
                Err(Refusal::message("a new thread has nothing to decide: leave the decision block out"))
            }
            (target, content) => post::post(self, viewer, target, post::Request { text, content, key, now }).await,
        }
    }

    /// Changes one's own message. `if_match`: the revision that the client saw.
    ///
    /// # Errors
    /// See [`Refusal`]: then nothing was written.
    pub async fn edit(
        &self,
        viewer: &Viewer,
        thread_id: Id,
        message_id: Id,
        text: String,
        if_match: Option<u64>,
        now: Time,
    ) -> Result<Answer, Refusal> {
        edit::edit(self, viewer, edit::Request { thread_id, message_id, text, if_match, now }).await
    }

    /// Whether a post of `text` runs code or decides, so that its idempotency key has to be claimed beforehand.
    #[must_use]
    pub fn takes_time(text: &str) -> bool {
        text::acts(text)
    }
}
