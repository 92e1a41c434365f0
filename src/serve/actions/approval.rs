//! Who may decide what: pure, and asked for every decision, whichever way it came. What a decision can do to an
//! action stands in `lifecycle`. It runs nothing and stores nothing.

use super::{Refusal, decision::Kind};
use crate::{
    api::{Binding, Id, ProblemType, Status, Time, UserKind},
    config::server::ApprovalSettings,
    serve::{
        lifecycle::{Event, next},
        model::{Access, StoredAction, Viewer},
    },
};

/// Who asks to decide in a thread.
pub(super) struct Decider<'a> {
    pub viewer: &'a Viewer,
    /// To the thread.
    pub access: Access,
}

/// The action that a decision found.
pub(super) struct Target<'a> {
    pub action: &'a StoredAction,
    /// Whether the code's author is still eligible for the thread.
    pub author_is_eligible: bool,
}

/// Whether this decision may be made: the one place that says so, whichever way it came.
///
/// # Errors
/// 403, 409 or 422: who may not, what does not wait, and what is not bound.
pub(super) fn authorize_decision(
    decider: &Decider<'_>,
    kind: &Kind,
    binding: Option<&Binding>,
    target: Option<&Target<'_>>,
    settings: &ApprovalSettings,
    now: Time,
) -> Result<(), Refusal> {
    let author_id = target.map(|target| target.action.author_id);
    may_decide(decider, kind, author_id, settings)?;
    if settings.require_digest && *kind == Kind::Approve && binding.is_none() {
        return Err(Refusal::invalid(
            ProblemType::DigestRequired,
            "this server takes only approvals that name what was seen: add the lines `message_id:` and `digest:`",
        ));
    }
    let Some(target) = target else {
        return Err(match binding {
            Some(_) => stale("no such action is in this thread"),
            None => Refusal::conflict(ProblemType::NoCodeaction, "The thread has no codeaction to decide on."),
        });
    };
    waits(target, kind, binding, now)
}

/// Whether the decider may decide anything here at all.
fn may_decide(
    decider: &Decider<'_>,
    kind: &Kind,
    author_id: Option<Id>,
    settings: &ApprovalSettings,
) -> Result<(), Refusal> {
    let Decider { viewer, access } = decider;
    let is_author = author_id == Some(viewer.user_id);
    if !access.eligible {
        return Err(Refusal::forbidden(
            ProblemType::Forbidden,
            "You are not eligible for the client account of this thread.",
        ));
    }
    let withdraws = matches!(kind, Kind::Reject { .. }) && is_author;
    if withdraws && viewer.scopes.post {
        return Ok(());
    }
    if !viewer.scopes.approve {
        return Err(Refusal::forbidden(
            ProblemType::MissingScope,
            "This token lacks the scope `approve`: ask an operator for one that has it.",
        ));
    }
    if withdraws {
        return Ok(());
    }
    if !access.can_approve || viewer.kind != UserKind::Human {
        return Err(Refusal::forbidden(
            ProblemType::MayNotApprove,
            "You may not decide on actions of this client account: ask somebody who may.",
        ));
    }
    if settings.four_eyes && is_author && *kind == Kind::Approve {
        return Err(Refusal::forbidden(ProblemType::FourEyes, "You wrote this code: somebody else has to approve it."));
    }
    Ok(())
}

/// Whether the action waits for this very decision.
fn waits(target: &Target<'_>, kind: &Kind, binding: Option<&Binding>, now: Time) -> Result<(), Refusal> {
    let event = if *kind == Kind::Approve { Event::Written } else { Event::Rejected };
    let status = target.action.status_at(now);
    if next(Some(&status), event).is_none() {
        return Err(match binding {
            Some(_) => stale(in_words(&status)),
            None => Refusal::conflict(
                ProblemType::NotWaiting,
                format!("The thread's last codeaction waits for no decision: {}.", in_words(&status)),
            ),
        });
    }
    if binding.is_some_and(|binding| Some(&binding.digest) != target.action.digest.as_ref()) {
        return Err(stale("it shows another plan by now"));
    }
    if *kind == Kind::Approve && !target.author_is_eligible {
        return Err(Refusal::conflict(
            ProblemType::AuthorNotEligible,
            "Whoever wrote this code is no longer eligible for the client account: reject it.",
        ));
    }
    Ok(())
}

fn stale(why: &str) -> Refusal {
    Refusal::conflict(
        ProblemType::StaleApproval,
        format!("What you decided on is not what waits: {why}. Nothing was done: look at it again."),
    )
}

fn in_words(status: &Status) -> &'static str {
    match status {
        Status::AwaitingApproval | Status::Drifted => "it waits",
        Status::Written => "it was written already",
        Status::Rejected => "it was rejected",
        Status::Failed => "it failed",
        Status::Superseded => "a later one took its place",
        Status::Withdrawn => "its author withdrew it",
        Status::Expired => "its time is up",
        Status::Other(_) => "it stands otherwise",
    }
}

#[cfg(test)]
#[path = "approval_tests.rs"]
mod tests;
