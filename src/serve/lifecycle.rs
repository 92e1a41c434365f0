//! Where an action stands and what can become of it: the one table of statuses and events, pure. No other place
//! gives an action a status. Who may cause an event is decided in `actions`; how it is kept, in `store`.

use super::model::{Outcome, Verdict};
use crate::api::{Status, Time};

/// What happens to an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its code, new or changed, was processed: a person has to decide.
    Proposed,
    /// It was processed, nobody had to decide, and it was written.
    WrittenAtOnce,
    /// It was processed, nobody had to decide, but the write run came to another plan.
    DriftedAtOnce,
    /// It was processed, and failed.
    FailedAtOnce,
    /// Approved, and the write run's plan was the approved one.
    Written,
    /// Approved, but the write run came to another plan.
    Drifted,
    /// Approved, but the write run failed.
    Failed,
    Rejected,
    /// A later one changes the same.
    Superseded,
    /// Its time was up.
    Expired,
    /// Its code was taken away.
    Withdrawn,
}

/// What becomes of an action that stands at `status` (`None`: it is new); `None` where that cannot happen to it.
#[must_use]
pub fn next(status: Option<&Status>, event: Event) -> Option<Status> {
    match (status, event) {
        // What was written stays, and what is withdrawn stays away.
        (Some(Status::Written | Status::Withdrawn | Status::Other(_)), _) => None,
        // Code is processed when it comes. Its author may change what waits or came to nothing.
        (_, Event::Proposed) => Some(Status::AwaitingApproval),
        (_, Event::WrittenAtOnce) => Some(Status::Written),
        (_, Event::DriftedAtOnce) => Some(Status::Drifted),
        (_, Event::FailedAtOnce) => Some(Status::Failed),
        (Some(_), Event::Withdrawn) => Some(Status::Withdrawn),
        // Only what waits is decided, replaced, or too late.
        (Some(Status::AwaitingApproval | Status::Drifted), event) => match event {
            Event::Written => Some(Status::Written),
            Event::Drifted => Some(Status::Drifted),
            Event::Failed => Some(Status::Failed),
            Event::Rejected => Some(Status::Rejected),
            Event::Superseded => Some(Status::Superseded),
            Event::Expired => Some(Status::Expired),
            _ => None,
        },
        (None | Some(Status::Rejected | Status::Failed | Status::Superseded | Status::Expired), _) => None,
    }
}

/// Where an action stands at `now`: one that waited past its time has expired, recorded or not.
#[must_use]
pub fn at(stored: &Status, expires_at: Option<Time>, now: Time) -> Status {
    if expires_at.is_some_and(|end| end <= now) {
        next(Some(stored), Event::Expired).unwrap_or_else(|| stored.clone())
    } else {
        stored.clone()
    }
}

impl From<&Outcome> for Event {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Waits { .. } => Self::Proposed,
            Outcome::Drifted { .. } => Self::DriftedAtOnce,
            Outcome::Written { .. } => Self::WrittenAtOnce,
            Outcome::Failed { .. } => Self::FailedAtOnce,
        }
    }
}

impl From<&Verdict> for Event {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Written(_) => Self::Written,
            Verdict::Drifted { .. } => Self::Drifted,
            Verdict::Failed { .. } => Self::Failed,
            Verdict::Rejected { .. } => Self::Rejected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUSES: [&str; 9] = [
        "awaiting_approval",
        "drifted",
        "written",
        "rejected",
        "failed",
        "superseded",
        "withdrawn",
        "expired",
        "something_new",
    ];

    /// Every status and every event.
    #[test]
    fn what_becomes_of_an_action() {
        use Event::{
            Drifted, DriftedAtOnce, Expired, Failed, FailedAtOnce, Proposed, Rejected, Superseded, Withdrawn, Written,
            WrittenAtOnce,
        };
        let events = [
            Proposed,
            WrittenAtOnce,
            DriftedAtOnce,
            FailedAtOnce,
            Written,
            Drifted,
            Failed,
            Rejected,
            Superseded,
            Expired,
            Withdrawn,
        ];
        let row = |name: &str, status: Option<&Status>| {
            let cells = events.map(|event| next(status, event).map_or("-".to_owned(), |next| next.as_str().to_owned()));
            format!("{name}: {}", cells.join(" "))
        };
        let mut table = vec![row("new", None)];
        table.extend(STATUSES.map(|word| row(word, Some(&Status::from(word)))));
        let anew = "awaiting_approval written drifted failed";
        let decided = "written drifted failed rejected superseded expired";
        assert_eq!(
            table,
            [
                format!("new: {anew} - - - - - - -"),
                format!("awaiting_approval: {anew} {decided} withdrawn"),
                format!("drifted: {anew} {decided} withdrawn"),
                "written: - - - - - - - - - - -".to_owned(),
                format!("rejected: {anew} - - - - - - withdrawn"),
                format!("failed: {anew} - - - - - - withdrawn"),
                format!("superseded: {anew} - - - - - - withdrawn"),
                "withdrawn: - - - - - - - - - - -".to_owned(),
                format!("expired: {anew} - - - - - - withdrawn"),
                "something_new: - - - - - - - - - - -".to_owned(),
            ]
        );
    }

    #[test]
    fn time_runs_out_for_what_waits_alone() {
        let end = Some(Time::from_microseconds(10));
        for word in STATUSES {
            let status = Status::from(word);
            let over = if status.waits() { Status::Expired } else { status.clone() };
            assert_eq!(at(&status, end, Time::from_microseconds(9)), status);
            assert_eq!(at(&status, end, Time::from_microseconds(10)), over);
            assert_eq!(at(&status, None, Time::from_microseconds(10)), status);
        }
    }
}
