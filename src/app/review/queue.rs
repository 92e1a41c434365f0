//! Everything that awaits approval, across all threads, oldest first.

use super::{Plan, Subject};
use crate::{
    api::{Id, QueuedAction},
    app::Moment,
};

/// The server's list, or where it has none what the loaded threads show.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    rows: Vec<Plan>,
    taken_at: Option<Moment>,
    /// The number of the request that it was fetched with last; 0: none.
    pub asked: u64,
}

impl Queue {
    /// Takes in the server's list.
    pub fn take(&mut self, rows: &[QueuedAction], now: Moment) {
        self.replace(rows.iter().filter_map(Plan::queued).filter(Plan::waits).collect(), now);
    }

    /// Takes in plans, however they were found.
    pub fn replace(&mut self, mut plans: Vec<Plan>, now: Moment) {
        plans.sort_by_key(|plan| (plan.subject.message, plan.subject.block));
        plans.dedup_by_key(|plan| plan.subject);
        self.rows = plans;
        self.taken_at = Some(now);
    }

    /// Whether it has been filled at all.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.taken_at.is_some()
    }

    /// When it was filled last.
    #[must_use]
    pub fn taken_at(&self) -> Option<Moment> {
        self.taken_at
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn subjects(&self) -> impl Iterator<Item = Subject> {
        self.rows.iter().map(|plan| plan.subject)
    }

    /// Where an action stands in it, from 0.
    #[must_use]
    pub fn position(&self, subject: Subject) -> Option<usize> {
        self.rows.iter().position(|plan| plan.subject == subject)
    }

    #[must_use]
    pub fn get(&self, subject: Subject) -> Option<&Plan> {
        self.rows.iter().find(|plan| plan.subject == subject)
    }

    /// The oldest of a thread.
    #[must_use]
    pub fn of_thread(&self, thread: Id) -> Option<&Plan> {
        self.rows.iter().find(|plan| plan.subject.thread == thread)
    }

    /// The next one (or the previous one), seen from `from`, which need not be in it; after the last comes the
    /// first. Never `from` itself.
    #[must_use]
    pub fn beside(&self, from: Option<Subject>, forward: bool) -> Option<&Plan> {
        let order = |subject: Subject| (subject.message, subject.block);
        let others = || self.rows.iter().filter(|plan| Some(plan.subject) != from);
        let Some(from) = from else { return if forward { self.rows.first() } else { self.rows.last() } };
        if forward {
            others().find(|plan| order(plan.subject) > order(from)).or_else(|| others().next())
        } else {
            others().rfind(|plan| order(plan.subject) < order(from)).or_else(|| others().next_back())
        }
    }

    /// Takes in what waits of one message, in place of what was known of it.
    pub fn put(&mut self, message: Id, waiting: Vec<Plan>) {
        self.rows.retain(|plan| plan.subject.message != message);
        let place = self.rows.partition_point(|plan| plan.subject.message < message);
        self.rows.splice(place..place, waiting);
    }

    /// Takes out a thread that one may not see any more.
    pub fn forget_thread(&mut self, thread: Id) {
        self.rows.retain(|plan| plan.subject.thread != thread);
    }

    /// Takes out what has been decided.
    pub fn forget(&mut self, subject: Subject) {
        self.rows.retain(|plan| plan.subject != subject);
    }
}
