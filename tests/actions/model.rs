//! Random stories of posts, edits, decisions, rights that come and go, changes behind the back and time that
//! passes, told to a real desk and to a naive model: after every step both must say the same of every action and
//! every record.

use std::collections::{BTreeMap, BTreeSet};

use countersign::{
    api::Id,
    serve::model::{Commit, Work},
};
use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};

use crate::{
    story::{How, RECORDS, Sets, Step, steps},
    world::{APPROVE, CLIENT, REJECT, World, approval, code, id, problem, rejection, statuses},
};

/// Amounts below this are let through without a person.
const FREE: i64 = 10;
const EXPIRE_AFTER: i64 = 3_600;

/// What the model knows of an action.
#[derive(Clone, Debug)]
struct Proposal {
    message: Id,
    block: Option<usize>,
    sets: Sets,
    status: &'static str,
    /// The records that the shown plan changes, as it saw them.
    saw: BTreeMap<usize, Value>,
    expires_at: i64,
    /// The message as it was first served.
    first: Value,
}

impl Proposal {
    fn waits(&self) -> bool {
        matches!(self.status, "awaiting_approval" | "drifted")
    }
}

struct Story {
    world: World,
    ids: Vec<Id>,
    records: Vec<Value>,
    proposals: Vec<Proposal>,
    /// Seconds since the beginning.
    now: i64,
    author_is_eligible: bool,
    may_approve: bool,
}

impl Story {
    async fn begin() -> Self {
        let rules = format!(
            "expire_after = '{EXPIRE_AFTER}s'\n[[rules]]\nneeds_approval = false\nwhen = \"after['amount'] < {FREE}\""
        );
        let world = World::with(&rules).await;
        let records = vec![json!({"amount": 100, "text": 0}); RECORDS];
        let mut ids = Vec::new();
        for record in &records {
            ids.push(world.record("invoice", record.clone()).await);
        }
        Self { world, ids, records, proposals: Vec::new(), now: 0, author_is_eligible: true, may_approve: true }
    }

    fn text(&self, blocks: &[Sets]) -> String {
        let set = |(record, amount): (&usize, &i64)| {
            format!("records.update('invoice', {}, amount={amount})", self.ids[*record])
        };
        let codes: Vec<String> =
            blocks.iter().map(|sets| sets.iter().map(set).collect::<Vec<_>>().join("\n")).collect();
        code(&codes.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// The records that code would change now, as they are.
    fn would_change(&self, sets: &Sets) -> BTreeMap<usize, Value> {
        let changed = sets.iter().filter(|(record, amount)| self.records[**record]["amount"] != **amount);
        changed.map(|(record, _)| (*record, self.records[*record].clone())).collect()
    }

    fn write(&mut self, sets: &Sets) {
        for (record, amount) in sets {
            self.records[*record]["amount"] = (*amount).into();
        }
    }

    /// What processing a block comes to: its status and what its plan saw.
    fn process(&mut self, sets: &Sets) -> (&'static str, BTreeMap<usize, Value>) {
        let saw = self.would_change(sets);
        if saw.keys().any(|record| sets[record] >= FREE) {
            return ("awaiting_approval", saw);
        }
        self.write(sets);
        ("written", saw)
    }

    /// A later codeaction takes the place of those that wait and change the same.
    fn supersede(&mut self, later: usize) {
        let Proposal { message, block, saw, .. } = self.proposals[later].clone();
        for earlier in &mut self.proposals {
            let is_earlier = (earlier.message, earlier.block) < (message, block);
            if is_earlier && earlier.waits() && earlier.saw.keys().any(|record| saw.contains_key(record)) {
                earlier.status = "superseded";
            }
        }
    }

    fn last(&self) -> Option<usize> {
        (0..self.proposals.len())
            .filter(|index| self.proposals[*index].block.is_some())
            .max_by_key(|index| (self.proposals[*index].message, self.proposals[*index].block))
    }

    async fn tell(&mut self, step: &Step) {
        match step.clone() {
            Step::Post { blocks } => self.post(&blocks).await,
            Step::Edit { message, block, sets, shorter } => self.edit(message, block, sets, shorter).await,
            Step::Decide { target, approve, how, login } => self.decide(target, approve, how, login).await,
            Step::Change { record, text } => {
                self.records[record]["text"] = text.into();
                self.world.import("invoice", Some(self.ids[record]), self.records[record].clone()).await;
            }
            Step::Author { is_eligible } => {
                let (store, now) = (&self.world.store, self.world.now());
                if is_eligible {
                    store.grant("robo", CLIENT, None, now).await.expect("a grant");
                } else {
                    store.revoke("robo", CLIENT, now).await.expect("revoked");
                }
                self.author_is_eligible = is_eligible;
            }
            Step::Approver { may } => {
                self.world.store.grant("ada", CLIENT, Some(may), self.world.now()).await.expect("a grant");
                self.may_approve = may;
            }
            Step::Pass => {
                self.world.let_pass(EXPIRE_AFTER);
                self.now += EXPIRE_AFTER;
            }
            Step::Sweep => {
                let (work, now) = (Work::Expire, self.world.now());
                let sweep = Commit { now, actor: None, expect: vec![], work, key: None, audit: vec![] };
                self.world.store.commit(sweep).await.expect("swept");
            }
        }
        for proposal in self.proposals.iter_mut().filter(|proposal| proposal.waits()) {
            if proposal.expires_at <= self.now {
                proposal.status = "expired";
            }
        }
    }

    async fn post(&mut self, blocks: &[Sets]) {
        let posted = self.world.try_post("robo", &self.text(blocks)).await;
        if !self.author_is_eligible {
            assert!(posted.is_err());
            return;
        }
        let posted = posted.expect("a post");
        for (block, sets) in blocks.iter().enumerate() {
            let (status, saw) = self.process(sets);
            self.proposals.push(Proposal {
                message: id(&posted),
                block: Some(block),
                sets: sets.clone(),
                status,
                saw,
                expires_at: self.now + EXPIRE_AFTER,
                first: posted.clone(),
            });
            self.supersede(self.proposals.len() - 1);
        }
    }

    /// The blocks of a message, as they stand in its text.
    fn blocks_of(&self, message: Id) -> Vec<usize> {
        let mut blocks: Vec<usize> = (0..self.proposals.len())
            .filter(|index| self.proposals[*index].message == message && self.proposals[*index].block.is_some())
            .collect();
        blocks.sort_by_key(|index| self.proposals[*index].block);
        blocks
    }

    async fn edit(&mut self, message: usize, block: usize, new: Sets, shorter: bool) {
        if self.proposals.is_empty() {
            return;
        }
        let message = self.proposals[message % self.proposals.len()].message;
        let blocks = self.blocks_of(message);
        if blocks.is_empty() {
            return;
        }
        let changed = blocks[block % blocks.len()];
        let gone = (shorter && blocks.last() != Some(&changed)).then(|| blocks[blocks.len() - 1]);
        let kept: Vec<usize> = blocks.iter().copied().filter(|index| Some(*index) != gone).collect();
        let of = |index: usize| &self.proposals[index].sets;
        let wanted: Vec<Sets> =
            kept.iter().map(|index| if *index == changed { new.clone() } else { of(*index).clone() }).collect();
        // Two blocks with the same code cannot be told apart: leave such stories out.
        let all: Vec<Sets> = blocks.iter().map(|index| of(*index).clone()).collect();
        let unclear = |list: &[Sets]| list.len() == 2 && list[0] == list[1];
        let moved = all.len() == 2 && (wanted[0] == all[1] || wanted.get(1) == Some(&all[0]));
        if unclear(&wanted) || unclear(&all) || moved {
            return;
        }
        let edited = self.world.try_edit("robo", message, &self.text(&wanted)).await;
        if !self.author_is_eligible {
            assert!(edited.is_err());
            return;
        }
        let is_last = self.last().is_some_and(|last| self.proposals[last].message == message);
        let code_changed = gone.is_some() || self.proposals[changed].sets != new;
        if blocks.iter().any(|index| self.proposals[*index].status == "written") {
            assert_eq!(problem(edited), "written");
            return;
        }
        if code_changed && !is_last {
            assert_eq!(problem(edited), "not-the-last-codeaction");
            return;
        }
        let edited = edited.expect("an edit");
        if let Some(gone) = gone {
            self.proposals[gone].block = None;
            self.proposals[gone].status = "withdrawn";
        }
        if self.proposals[changed].sets != new {
            let (status, saw) = self.process(&new);
            let proposal = &mut self.proposals[changed];
            *proposal = Proposal {
                sets: new,
                status,
                saw,
                expires_at: self.now + EXPIRE_AFTER,
                first: edited,
                ..proposal.clone()
            };
            // As if it had been posted so.
            for block in kept {
                if block == changed || self.proposals[block].waits() {
                    self.supersede(block);
                }
            }
        }
    }

    async fn decide(&mut self, target: usize, approve: bool, how: How, login: &'static str) {
        let chosen = if matches!(how, How::Unbound) {
            self.last()
        } else {
            (!self.proposals.is_empty()).then(|| target % self.proposals.len())
        };
        let Some(chosen) = chosen else { return };
        let proposal = self.proposals[chosen].clone();
        let Some(block) = proposal.block else { return };
        let served = self.world.message("ada", proposal.message).await;
        let shown = match how {
            How::First => &proposal.first,
            How::Fresh | How::Unbound => &served,
        };
        let digest = |message: &Value| message["actions"][block]["digest"].clone();
        if !matches!(how, How::Unbound) && digest(shown).is_null() {
            return;
        }
        let text = match (how, approve) {
            (How::Unbound, true) => APPROVE.to_owned(),
            (How::Unbound, false) => REJECT.to_owned(),
            (_, true) => approval(shown, block),
            (_, false) => rejection(shown, block, "no"),
        };
        let answer = self.world.try_post(login, &text).await;
        let is_bound = !matches!(how, How::Unbound);
        let is_current = digest(shown) == digest(&served);
        if let Some(expected) = self.refusal(&proposal, approve, login, is_bound, is_current) {
            assert_eq!(problem(answer), expected);
            return;
        }
        answer.expect("a decision");
        if !approve {
            self.proposals[chosen].status = "rejected";
            return;
        }
        let would_see = self.would_change(&proposal.sets);
        if would_see == proposal.saw {
            self.proposals[chosen].status = "written";
            self.write(&proposal.sets);
        } else {
            let proposal = &mut self.proposals[chosen];
            proposal.status = "drifted";
            proposal.saw = would_see;
            proposal.expires_at = self.now + EXPIRE_AFTER;
            self.supersede(chosen);
        }
    }

    /// Why a decision is refused, if it is.
    fn refusal(
        &self,
        proposal: &Proposal,
        approve: bool,
        login: &str,
        is_bound: bool,
        is_current: bool,
    ) -> Option<&'static str> {
        match login {
            "robo" if !self.author_is_eligible => Some("forbidden"),
            "robo" if approve => Some("missing-scope"),
            "ada" if !self.may_approve => Some("may-not-approve"),
            "ben" => Some("may-not-approve"),
            _ if !proposal.waits() && is_bound => Some("stale-approval"),
            _ if !proposal.waits() => Some("not-waiting"),
            _ if is_bound && !is_current => Some("stale-approval"),
            _ if approve && !self.author_is_eligible => Some("author-not-eligible"),
            _ => None,
        }
    }

    /// Compares everything.
    async fn check(&self) {
        for (id, expected) in self.ids.iter().zip(&self.records) {
            assert_eq!(&self.world.fields("invoice", *id).await, expected);
        }
        for message in self.proposals.iter().map(|proposal| proposal.message).collect::<BTreeSet<_>>() {
            let mut expected: Vec<&Proposal> =
                self.proposals.iter().filter(|proposal| proposal.message == message).collect();
            expected.sort_by_key(|proposal| (proposal.block.is_none(), proposal.block));
            let expected: Vec<&str> = expected.iter().map(|proposal| proposal.status).collect();
            assert_eq!(statuses(&self.world.message("ben", message).await), expected, "message {message}");
        }
        let writes = self.world.audit().await.iter().filter(|row| *row == "write written").count();
        let written = self.proposals.iter().filter(|proposal| proposal.status == "written").count();
        assert_eq!(writes, written, "each write stands in the audit once");
    }
}

proptest! {
    #![proptest_config(Config { cases: 24, max_shrink_iters: 200, ..Config::default() })]

    #[test]
    fn the_desk_does_what_the_model_says(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut story = Story::begin().await;
            for step in &steps {
                story.tell(step).await;
                story.check().await;
            }
        });
    }
}
