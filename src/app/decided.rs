//! What one has decided lately, asked for when it is looked at. Which of it is of today, whoever draws it says:
//! a day is a matter of time zones.

use super::{Answer, Call, Effect, FailureKind, Loading, Model, Outcome, Overlay, model::Purpose};
use crate::{api::QueuedAction, safe_text::SafeText};

/// The list, while it is open.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// The newest decision first.
    pub rows: Vec<QueuedAction>,
    pub loading: Loading,
    /// The first row shown.
    pub top: usize,
}

/// `D`: opens it.
pub fn show(model: &mut Model) -> Vec<Effect> {
    let Some(by) = model.me.as_ref().map(|me| me.id) else {
        return vec![model.say("This server does not tell who decided what.", false)];
    };
    model.overlay = Some(Overlay::Decided(Decided::default()));
    vec![model.request(Purpose::Decided, Call::Decided { by })]
}

/// It came.
pub fn answered(model: &mut Model, outcome: Outcome) -> Vec<Effect> {
    let Some(Overlay::Decided(decided)) = &mut model.overlay else { return Vec::new() };
    match outcome {
        Ok(Answer::Decided(rows)) => {
            decided.rows = rows;
            decided.loading = Loading::Loaded;
        }
        Ok(_) => {}
        Err(failure) => {
            let words = match failure.kind {
                FailureKind::Unsupported => "This server does not tell who decided what.",
                _ => &failure.words,
            };
            decided.loading = Loading::Failed(SafeText::line(words));
        }
    }
    Vec::new()
}
