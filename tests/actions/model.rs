//! Random stories of posts, edits, decisions, changes behind the back and time that passes, told to a real
//! desk and to a naive model: after every step both must say the same of every action and every record.

use countersign::api::Id;
use proptest::{prelude::*, test_runner::Config};
use serde_json::{Value, json};

use crate::world::{APPROVE, REJECT, World, approval, code, id, problem, rejection, statuses};

/// Amounts below this are let through without a person.
const FREE: i64 = 10;
const EXPIRE_AFTER: i64 = 3_600;
const RECORDS: usize = 2;

#[derive(Clone, Debug)]
enum Step {
    /// Proposes an amount for a record, block by block.
    Post {
        blocks: Vec<(usize, i64)>,
    },
    /// Gives a block of a message another amount; with `shorter`, takes its last block away as well.
    Edit {
        message: usize,
        block: usize,
        amount: i64,
        shorter: bool,
    },
    Decide {
        target: usize,
        approve: bool,
        how: How,
        login: &'static str,
    },
    /// Somebody else changes a record.
    Change {
        record: usize,
        text: u8,
    },
    Pass,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// Bound to what is served now.
    Fresh,
    /// Bound to what was served first.
    First,
    Unbound,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let amount = prop_oneof![Just(5_i64), Just(20), Just(30)];
    let block = (0..RECORDS, amount.clone());
    let how = prop_oneof![3 => Just(How::Fresh), 1 => Just(How::First), 2 => Just(How::Unbound)];
    let login = prop_oneof![4 => Just("ada"), 1 => Just("ben"), 1 => Just("robo")];
    let step = prop_oneof![
        4 => proptest::collection::vec(block, 1..3).prop_map(|blocks| Step::Post { blocks }),
        2 => (any::<usize>(), 0..2_usize, amount, any::<bool>())
            .prop_map(|(message, block, amount, shorter)| Step::Edit { message, block, amount, shorter }),
        6 => (any::<usize>(), any::<bool>(), how, login)
            .prop_map(|(target, approve, how, login)| Step::Decide { target, approve, how, login }),
        2 => (0..RECORDS, 0..3_u8).prop_map(|(record, text)| Step::Change { record, text }),
        1 => Just(Step::Pass),
    ];
    proptest::collection::vec(step, 1..20)
}

/// What the model knows of an action.
#[derive(Clone, Debug)]
struct Proposal {
    message: Id,
    block: Option<usize>,
    record: usize,
    amount: i64,
    status: &'static str,
    /// The record as the shown plan saw it; `None`: the plan is empty.
    saw: Option<Value>,
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
        Self { world, ids, records, proposals: Vec::new(), now: 0 }
    }

    fn text(&self, blocks: &[(usize, i64)]) -> String {
        let codes: Vec<String> = blocks
            .iter()
            .map(|(record, amount)| format!("records.update('invoice', {}, amount={amount})", self.ids[*record]))
            .collect();
        code(&codes.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What processing a block comes to: its status and what its plan saw.
    fn process(&mut self, record: usize, amount: i64) -> (&'static str, Option<Value>) {
        let before = self.records[record].clone();
        let saw = (before["amount"] != amount).then_some(before);
        if saw.is_some() && amount >= FREE {
            return ("awaiting_approval", saw);
        }
        self.records[record]["amount"] = amount.into();
        ("written", saw)
    }

    /// A later codeaction takes the place of those that wait with the same record.
    fn supersede(&mut self, later: usize) {
        let Proposal { message, block, record, saw, .. } = self.proposals[later].clone();
        if saw.is_none() {
            return;
        }
        for earlier in &mut self.proposals {
            let is_earlier = (earlier.message, earlier.block) < (message, block);
            if is_earlier && earlier.waits() && earlier.record == record && earlier.saw.is_some() {
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
            Step::Edit { message, block, amount, shorter } => self.edit(message, block, amount, shorter).await,
            Step::Decide { target, approve, how, login } => self.decide(target, approve, how, login).await,
            Step::Change { record, text } => {
                self.records[record]["text"] = text.into();
                self.world.import("invoice", Some(self.ids[record]), self.records[record].clone()).await;
            }
            Step::Pass => {
                self.world.let_pass(EXPIRE_AFTER);
                self.now += EXPIRE_AFTER;
            }
        }
        for proposal in self.proposals.iter_mut().filter(|proposal| proposal.waits()) {
            if proposal.expires_at <= self.now {
                proposal.status = "expired";
            }
        }
    }

    async fn post(&mut self, blocks: &[(usize, i64)]) {
        let posted = self.world.post("robo", &self.text(blocks)).await;
        for (block, (record, amount)) in blocks.iter().enumerate() {
            let (status, saw) = self.process(*record, *amount);
            self.proposals.push(Proposal {
                message: id(&posted),
                block: Some(block),
                record: *record,
                amount: *amount,
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

    async fn edit(&mut self, message: usize, block: usize, amount: i64, shorter: bool) {
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
        let amounts: Vec<(usize, i64)> = kept
            .iter()
            .map(|index| {
                let Proposal { record, amount: was, .. } = self.proposals[*index];
                (record, if *index == changed { amount } else { was })
            })
            .collect();
        // Two blocks with the same code cannot be told apart: leave such stories out.
        let all: Vec<(usize, i64)> =
            blocks.iter().map(|index| (self.proposals[*index].record, self.proposals[*index].amount)).collect();
        let unclear = |list: &[(usize, i64)]| list.len() == 2 && list[0] == list[1];
        let moved =
            all.len() == 2 && (amounts.contains(&all[1]) && amounts[0] == all[1] || amounts.get(1) == Some(&all[0]));
        if unclear(&amounts) || unclear(&all) || moved {
            return;
        }
        let edited = self.world.try_edit("robo", message, &self.text(&amounts)).await;
        let is_last = self.last().is_some_and(|last| self.proposals[last].message == message);
        let code_changed = gone.is_some() || self.proposals[changed].amount != amount;
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
        if self.proposals[changed].amount != amount {
            let (status, saw) = self.process(self.proposals[changed].record, amount);
            let proposal = &mut self.proposals[changed];
            *proposal = Proposal {
                amount,
                status,
                saw,
                expires_at: self.now + EXPIRE_AFTER,
                first: edited,
                ..proposal.clone()
            };
            self.supersede(changed);
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
        let may = login == "ada" || (login == "robo" && !approve);
        let is_bound = !matches!(how, How::Unbound);
        let refused = match login {
            "robo" if !may => Some("missing-scope"),
            _ if !may => Some("may-not-approve"),
            _ if !proposal.waits() && is_bound => Some("stale-approval"),
            _ if !proposal.waits() => Some("not-waiting"),
            _ if is_bound && digest(shown) != digest(&served) => Some("stale-approval"),
            _ => None,
        };
        if let Some(expected) = refused {
            assert_eq!(problem(answer), expected);
            return;
        }
        answer.expect("a decision");
        let current = self.records[proposal.record].clone();
        let proposal = &mut self.proposals[chosen];
        if !approve {
            proposal.status = "rejected";
            return;
        }
        let would_see = (current["amount"] != proposal.amount).then_some(current);
        if would_see == proposal.saw {
            proposal.status = "written";
            self.records[proposal.record]["amount"] = proposal.amount.into();
        } else {
            proposal.status = "drifted";
            proposal.saw = would_see;
            proposal.expires_at = self.now + EXPIRE_AFTER;
        }
    }

    /// Compares everything.
    async fn check(&self) {
        for (id, expected) in self.ids.iter().zip(&self.records) {
            assert_eq!(&self.world.fields("invoice", *id).await, expected);
        }
        for message in self.proposals.iter().map(|proposal| proposal.message).collect::<std::collections::BTreeSet<_>>()
        {
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
