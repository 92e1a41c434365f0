//! Reviewing: one action at a time, read to its end, then decided on, exactly as it was shown and only once.
//!
//! [`plan`] is what a decision is about, [`arming`] when `y` counts, [`decision`] what becomes of a decision
//! on its way, [`queue`] what else waits, [`reasons`] what becomes of a reason that did not go out. [`steps`] is
//! what the person does, [`outcomes`] what comes back.

pub mod arming;
mod decision;
mod outcomes;
mod plan;
mod queue;
mod reasons;
mod steps;

use crate::{
    api::{Id, Message, Status},
    app::{Composer, Model, Moment},
    safe_text::SafeText,
};

pub use decision::{Decision, Decisions, State, Verdict};
pub(super) use outcomes::{NO_ACCESS, answered, checked, lost_access, observe, record_changed, refused_access};
pub use plan::{Flaw, Plan, Subject, has_block};
pub use queue::Queue;
pub(super) use reasons::{leave, leave_reason, put_away as put_reasons_away};
pub use steps::obstacle;
pub(super) use steps::{approve, drawn, fetch_message, look_again, open_here, poll, reject, send_rejection, step};

use arming::{Arming, NotYet};

/// The review that is open.
#[derive(Clone, Debug)]
pub struct Review {
    /// What is on the screen. It changes only when the person looks again or goes on.
    pub plan: Plan,
    /// What has happened since to the action or its thread.
    pub moved: Option<Moved>,
    /// The reason of a rejection, while it is being written.
    pub reason: Option<Composer>,
    pub arming: Arming,
    /// The offset of the first row.
    pub top: usize,
    /// Rows to scroll in the next frame, beyond `top`; down is positive.
    pub scroll_by: isize,
    /// What came of the last attempt to decide.
    pub said: Option<SafeText>,
    /// The message, where it lies outside what is loaded of its thread.
    single: Option<Message>,
    /// The newest message of the thread that holds code, as of the last look.
    newest_code: Option<Id>,
    /// The thread has been fetched since the review opened.
    thread_seen: bool,
    /// The approval was turned down because of a drift: the new plan takes the place of this one as it comes.
    awaits_new_plan: bool,
}

/// The thread has moved on.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    pub words: SafeText,
    /// What there is to look at now; `None`: nothing any more.
    pub plan: Option<Plan>,
}

/// Why `y` would not approve now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A decision on this action is on its way.
    Busy,
    /// Its answer was lost; the client is finding out.
    Unknown,
    /// One has decided on exactly this.
    Decided,
    Moved,
    Flaw(Flaw),
    NotAllowed,
    Offline,
    /// The window does not have the focus.
    Elsewhere,
    NotYet(NotYet),
}

impl Review {
    fn of(plan: Plan, now: Moment, last_y: Option<Moment>) -> Self {
        Self {
            arming: Arming::new(plan.identity(), now, last_y),
            plan,
            moved: None,
            reason: None,
            top: 0,
            scroll_by: 0,
            said: None,
            single: None,
            newest_code: None,
            thread_seen: false,
            awaits_new_plan: false,
        }
    }

    /// Whether nothing is left to decide: the action has been decided, or is not to be seen any more.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let now = self.moved.as_ref().map_or(Some(&self.plan), |moved| moved.plan.as_ref());
        !now.is_some_and(Plan::waits)
    }

    /// Takes in that the thread has moved on. What became of a decided action takes the place of what was read, for
    /// nothing can be approved in it; a plan that waits has to be looked at anew.
    fn became(&mut self, words: SafeText, plan: Option<Plan>, now: Moment) {
        match plan {
            Some(plan) if !plan.waits() => {
                self.arming = Arming::new(plan.identity(), now, self.arming.last_y());
                (self.plan, self.moved, self.said) = (plan, None, None);
                self.awaits_new_plan = false;
            }
            plan => self.moved = Some(Moved { words, plan }),
        }
    }
}

/// What happened to an action, in one sentence.
#[must_use]
pub fn fate(model: &Model, plan: &Plan) -> SafeText {
    let me = model.me.as_ref().map(|me| me.id);
    let who = plan.decided_by.map(|id| if Some(id) == me { "You".into() } else { model.people.name(id) });
    let somebody = who.as_ref().map_or("Somebody", |name| &**name);
    let words = match plan.status.as_ref() {
        Some(Status::Written) => format!("{somebody} approved it: it is written."),
        Some(Status::Rejected) => match plan.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()) {
            Some(reason) => sentence(&format!("{somebody} rejected it: {reason}")),
            None => format!("{somebody} rejected it."),
        },
        Some(Status::Failed) => match &plan.error {
            Some(error) => sentence(&format!("It failed, nothing was written: {error}")),
            None => "It failed: nothing was written.".to_owned(),
        },
        Some(Status::Superseded) => "A later action has taken its place.".to_owned(),
        Some(Status::Withdrawn) => "Its author has withdrawn it.".to_owned(),
        Some(Status::Expired) => "It has expired.".to_owned(),
        Some(Status::Drifted) => "The records have changed: this is another plan now.".to_owned(),
        Some(Status::AwaitingApproval) | None => "This is another plan now.".to_owned(),
        Some(Status::Other(word)) => format!("It is “{word}” now, which this version does not know."),
    };
    SafeText::line(&words)
}

/// With an end, so that another sentence can follow.
fn sentence(words: &str) -> String {
    let words = words.trim_end();
    let end = if words.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{words}{end}")
}
