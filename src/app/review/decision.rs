//! Decisions on their way: the text that is posted, and what is known of what became of it. One decision on
//! one plan is sent once; when its answer is lost, the client looks and never guesses.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use super::{Plan, Subject};
use crate::{api, app::Moment, safe_text::SafeText};

/// For how long a lost decision may still be carried out: the server's limit for all runs of a request, and
/// some for the way.
pub const MAY_STILL_HAPPEN: Duration = Duration::from_secs(12);

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    Approve,
    /// With a reason, which may be blank.
    Reject(String),
}

/// One decision that has been sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// [`Plan::identity`] of what was decided on.
    pub identity: String,
    pub verdict: Verdict,
    /// Its idempotency key.
    pub key: String,
    pub state: State,
}

/// What is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Sending,
    /// The answer was lost, then.
    Checking {
        since: Moment,
    },
}

/// All decisions whose outcome is open, and a memory of those that are settled.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    open: BTreeMap<Subject, Decision>,
    /// What was decided on, by action: a late answer that still shows it waiting must not offer it again.
    settled: HashMap<Subject, String>,
    /// Keys of decisions that were sent and, as far as the server shows, did not arrive: the same decision is
    /// sent under the same key, should the first be still on its way.
    lost_keys: HashMap<(Subject, String, Verdict), String>,
    /// Plans of which it is known that they would not be written as they stand, and why: by their identity.
    outdated: HashMap<String, SafeText>,
    /// Reasons for a rejection that were written and have not gone out with one.
    reasons: HashMap<Subject, String>,
}

impl Decisions {
    #[must_use]
    pub fn get(&self, subject: Subject) -> Option<&Decision> {
        self.open.get(&subject)
    }

    /// Why a plan would not be written as it stands, as far as is known.
    #[must_use]
    pub fn outdated(&self, plan: &Plan) -> Option<&SafeText> {
        self.outdated.get(&plan.identity())
    }

    /// Notes why a plan would not be written as it stands. Whether that is news.
    pub fn outdate(&mut self, plan: &Plan, words: &SafeText) -> bool {
        self.outdated.insert(plan.identity(), words.clone()).as_ref() != Some(words)
    }

    /// Keeps a reason for the next try.
    pub fn keep_reason(&mut self, subject: Subject, reason: String) {
        if !reason.trim().is_empty() {
            self.reasons.insert(subject, reason);
        }
    }

    /// What was written to reject it and has not gone out, if anything.
    pub fn take_reason(&mut self, subject: Subject) -> Option<String> {
        self.reasons.remove(&subject)
    }

    /// All of them.
    pub fn take_reasons(&mut self) -> Vec<String> {
        self.reasons.drain().map(|(_, reason)| reason).collect()
    }

    /// Those whose answer was lost.
    pub fn checking(&self) -> impl Iterator<Item = Subject> {
        let lost = self.open.iter().filter(|(_, decision)| matches!(decision.state, State::Checking { .. }));
        lost.map(|(subject, _)| *subject)
    }

    /// Whether exactly this plan was decided on.
    #[must_use]
    pub fn has_settled(&self, plan: &Plan) -> bool {
        self.settled.get(&plan.subject).is_some_and(|identity| *identity == plan.identity())
    }

    /// Notes that a decision is sent under the key that it was lost with, else under `fresh_key`; returns the key.
    pub fn send(&mut self, plan: &Plan, verdict: Verdict, fresh_key: String) -> String {
        let identity = plan.identity();
        let lost = (plan.subject, identity.clone(), verdict.clone());
        let key = self.lost_keys.remove(&lost).unwrap_or(fresh_key);
        let decision = Decision { identity, verdict, key: key.clone(), state: State::Sending };
        self.open.insert(plan.subject, decision);
        key
    }

    /// The answer was lost.
    pub fn lose(&mut self, subject: Subject, now: Moment) {
        if let Some(decision) = self.open.get_mut(&subject) {
            decision.state = State::Checking { since: now };
        }
    }

    /// The server took it, or shows that it is done.
    pub fn settle(&mut self, subject: Subject) -> Option<Decision> {
        let decision = self.open.remove(&subject)?;
        self.settled.insert(subject, decision.identity.clone());
        Some(decision)
    }

    /// Nothing came of what was settled: it may be decided on anew.
    pub fn reopen(&mut self, subject: Subject) {
        self.settled.remove(&subject);
    }

    /// The server turned it away: as if it had never been sent.
    pub fn refuse(&mut self, subject: Subject) {
        if let Some(Decision { verdict: Verdict::Reject(reason), .. }) = self.open.remove(&subject) {
            self.keep_reason(subject, reason);
        }
    }

    /// The server shows no sign of it, and it can't happen any more.
    pub fn give_up(&mut self, subject: Subject) {
        if let Some(decision) = self.open.remove(&subject) {
            if let Verdict::Reject(reason) = &decision.verdict {
                self.keep_reason(subject, reason.clone());
            }
            self.lost_keys.insert((subject, decision.identity, decision.verdict), decision.key);
        }
    }

    /// Whether a lost decision may still be carried out.
    #[must_use]
    pub fn may_still_happen(&self, subject: Subject, now: Moment) -> bool {
        matches!(self.open.get(&subject), Some(Decision { state: State::Checking { since }, .. })
            if now.since(*since) < MAY_STILL_HAPPEN)
    }

    /// The server shows another plan for the action: what was decided on is history.
    pub fn saw(&mut self, plan: &Plan) {
        if self.settled.get(&plan.subject).is_some_and(|identity| *identity != plan.identity()) {
            self.settled.remove(&plan.subject);
        }
    }
}

/// The message that carries out a verdict on a plan.
#[must_use]
pub fn decision_text(plan: &Plan, verdict: &Verdict) -> String {
    let binding = match (plan.subject.block, &plan.served_digest) {
        (Some(block), Some(digest)) => {
            let block = plan.one_of_several.then_some(block);
            api::Binding { message_id: plan.subject.message, digest: digest.to_ascii_lowercase(), block }.lines()
        }
        _ => String::new(),
    };
    match verdict {
        Verdict::Approve => format!("```approvecodeaction\n{binding}```"),
        Verdict::Reject(reason) => {
            let reason = reason.trim();
            let longest = reason.split(|c| c != '`').map(str::len).max().unwrap_or(0);
            let fence = "`".repeat(longest.max(2) + 1);
            // The blank line keeps a reason that looks like a binding from being read as one.
            let reason = if reason.is_empty() { String::new() } else { format!("\n{reason}\n") };
            format!("{fence}rejectcodeaction\n{binding}{reason}{fence}")
        }
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
