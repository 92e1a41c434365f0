//! Reasons that were written for a rejection and have not gone out with one. They are there again for the next try;
//! where there is nothing left to reject, because somebody was faster, they become a draft to the thread. Never do
//! they join a draft that holds something else: the next Enter would send both.

use super::Subject;
use crate::{
    app::{Command, Context, Effect, Model, history, update::drafts_changed},
    blocks,
};

/// `Esc`, below the reason: nothing is decided. Where nothing is left to decide either, that leaves the review.
pub fn leave_reason(model: &mut Model) -> Vec<Effect> {
    if model.review.as_ref().is_some_and(super::Review::is_over) {
        return leave(model);
    }
    set_aside(model);
    Vec::new()
}

/// Leaves the review, whatever was being written in it.
pub fn leave(model: &mut Model) -> Vec<Effect> {
    set_aside(model);
    let effects = hand_over(model);
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

/// What was written to reject the action under review is handed over, if that can't be rejected any more.
pub fn hand_over(model: &mut Model) -> Vec<Effect> {
    let Some(review) = model.review.as_ref().filter(|review| review.is_over()) else { return Vec::new() };
    let Some(handed) = release(model, review.plan.subject) else { return Vec::new() };
    let said = model.say(handed.words, false);
    handed.effects.into_iter().chain([said]).collect()
}

/// A reason that was handed over.
pub struct Handed {
    /// Where it is now.
    pub words: String,
    pub effects: Vec<Effect>,
}

/// What was written to reject an action becomes a draft to its thread, or where something else is being written, can
/// be recalled there; `None`: nothing was written.
pub fn release(model: &mut Model, subject: Subject) -> Option<Handed> {
    let reason = harmless(model.decisions.take_reason(subject)?);
    if model.conversations.entry(subject.thread).or_default().offer_draft(&reason) {
        let words = "The reason that you wrote is in the draft to this thread.".to_owned();
        return Some(Handed { words, effects: drafts_changed(model) });
    }
    history::remember(model, &reason);
    let earlier = model.keymap.key_for(Context::Composer, Command::Earlier);
    let how = earlier.map_or_else(String::new, |key| format!(": {key} brings it while you write"));
    let words = format!("The reason that you wrote is not in the draft, which holds something else{how}.");
    Some(Handed { words, effects: Vec::new() })
}

/// What one person wrote to reject stands in no question that is put to another: it can be recalled where one writes.
pub fn put_away(model: &mut Model) {
    for reason in model.decisions.take_reasons() {
        history::remember(model, &harmless(reason));
    }
}

/// What would act as a message of its own is quoted: it was written to be read.
fn harmless(reason: String) -> String {
    if blocks::parse(&reason).top_level().next().is_none() {
        return reason;
    }
    reason.lines().map(|line| format!("> {line}")).collect::<Vec<_>>().join("\n")
}
