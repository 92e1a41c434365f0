//! What is the same of every commit that a request makes: who asks, what must still hold, and what to do when
//! it no longer does.

use super::{Desk, Refusal};
use crate::{
    api::{Id, Time},
    serve::{
        fault,
        model::{Actor, Answer, AuditEntry, ClaimedKey, Commit, CommitError, Expect, Viewer, Work},
    },
};

/// How often code is run again because what it read has changed.
pub(super) const RERUNS: usize = 3;

/// How an attempt to commit ended, where it did not fail for good.
pub(super) enum Committed {
    Done(Answer),
    /// What the code has read, or a rule's daily limit, is no longer as it was: run it again.
    Outrun,
    /// What is decided on, or edited, is no longer as it was: look at it anew.
    Moved,
}

/// What a commit holds beside the work.
pub(super) struct Around {
    pub expect: Vec<Expect>,
    pub audit: Vec<AuditEntry>,
    pub key: Option<Key>,
    pub now: Time,
}

/// A request's idempotency key.
#[derive(Clone, Debug)]
pub struct Key {
    pub claimed: ClaimedKey,
    /// What a refusal is answered with, where it is kept for whoever sends the same request again.
    pub answer_to: fn(&Refusal) -> Option<Answer>,
}

impl Desk {
    pub(super) async fn commit(&self, viewer: &Viewer, work: Work, around: Around) -> Result<Committed, Refusal> {
        let Around { mut expect, audit, key, now } = around;
        expect.insert(0, Expect::Token(viewer.token_id));
        let actor = Some(Actor { user_id: viewer.user_id, token_id: viewer.token_id });
        fault::point("ready");
        let key = key.map(|key| key.claimed);
        let committed = self.store.commit(Commit { now, actor, expect, work, key, audit }).await;
        fault::point("answered");
        match committed {
            Ok(answer) => Ok(Committed::Done(answer)),
            Err(CommitError::Changed(Expect::Seen(_) | Expect::DailyLimit { .. })) => Ok(Committed::Outrun),
            Err(CommitError::Changed(
                Expect::LastCodeaction { .. } | Expect::Action { .. } | Expect::Revision { .. },
            )) => Ok(Committed::Moved),
            // Somebody else's eligibility: the decision looks at it anew.
            Err(CommitError::Changed(Expect::Eligible { user_id, .. })) if user_id != viewer.user_id => {
                Ok(Committed::Moved)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Notes in the audit that a decision was refused, and with it what its key is answered from now on.
    /// Nothing else is stored. Gives that answer, where there is one.
    pub(super) async fn audit_refusal(
        &self,
        viewer: &Viewer,
        thread_id: Id,
        refused: Option<(Id, u32)>,
        refusal: &Refusal,
        (key, now): (Option<Key>, Time),
    ) -> Result<Option<Answer>, Refusal> {
        let entry = AuditEntry {
            thread_id: Some(thread_id),
            message_id: refused.map(|(message_id, _)| message_id),
            block: refused.map(|(_, block)| block),
            ..audit("refusal", refusal.outcome())
        };
        let kept = key.and_then(|key| Some(((key.answer_to)(refusal)?, key.claimed)));
        let (answer, key) = kept.unzip();
        let is_kept = answer.is_some();
        let commit = Commit {
            now,
            actor: Some(Actor { user_id: viewer.user_id, token_id: viewer.token_id }),
            expect: Vec::new(),
            work: Work::Refuse(answer.unwrap_or_else(Answer::empty)),
            key,
            audit: vec![entry],
        };
        let answer = self.store.commit(commit).await?;
        Ok(is_kept.then_some(answer))
    }
}

/// An audit row about the message that the commit posts.
pub(super) fn audit(event: &str, outcome: &str) -> AuditEntry {
    AuditEntry {
        client_account_id: None,
        thread_id: None,
        message_id: None,
        block: None,
        event: event.to_owned(),
        digest: None,
        plan: None,
        outcome: outcome.to_owned(),
    }
}
