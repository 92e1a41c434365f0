//! Reasons that were written for a rejection and have not gone out with one. They are there again for the next try;
//! where there is nothing left to reject, because somebody was faster, they become a draft to the thread.

use super::{Plan, Subject};
use crate::app::{Effect, Model, update::drafts_changed};

/// `Esc`, below the reason: nothing is decided.
pub fn leave_reason(model: &mut Model) -> Vec<Effect> {
    set_aside(model);
    hand_over(model)
}

/// Leaves the review, whatever was being written in it.
pub fn leave(model: &mut Model) -> Vec<Effect> {
    let effects = leave_reason(model);
    model.review = None;
    effects
}

/// Keeps what is being written.
pub fn set_aside(model: &mut Model) {
    if let Some(review) = &mut model.review
        && let Some(reason) = review.reason.take()
    {
        model.decisions.keep_reason(review.plan.subject, reason.text());
    }
}

/// What was written to reject the action under review becomes a draft, if that can't be rejected any more.
pub fn hand_over(model: &mut Model) -> Vec<Effect> {
    let Some(review) = &model.review else { return Vec::new() };
    let now = review.moved.as_ref().map_or(Some(&review.plan), |moved| moved.plan.as_ref());
    if now.is_some_and(Plan::waits) {
        return Vec::new();
    }
    let Some(effects) = into_draft(model, review.plan.subject) else { return Vec::new() };
    effects.into_iter().chain([model.say(IN_DRAFT, false)]).collect()
}

/// What is said of it.
pub const IN_DRAFT: &str = "The reason that you wrote is in the draft to this thread.";

/// What was written to reject an action becomes a draft to its thread; `None`: nothing was.
pub fn into_draft(model: &mut Model, subject: Subject) -> Option<Vec<Effect>> {
    let reason = model.decisions.take_reason(subject)?;
    model.conversations.entry(subject.thread).or_default().add_to_draft(&reason);
    Some(drafts_changed(model))
}
