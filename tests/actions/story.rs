//! Random stories for the model: what is posted, edited, decided and done behind its back.

use std::collections::BTreeMap;

use proptest::prelude::*;

pub const RECORDS: usize = 3;

/// The amounts that a block sets, by record.
pub type Sets = BTreeMap<usize, i64>;

#[derive(Clone, Debug)]
pub enum Step {
    /// Proposes amounts, block by block.
    Post {
        blocks: Vec<Sets>,
    },
    /// Lets a block of a message set something else; with `shorter`, takes its last block away as well.
    Edit {
        message: usize,
        block: usize,
        sets: Sets,
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
    /// The author of all code loses the account, or gets it back.
    Author {
        is_eligible: bool,
    },
    /// Ada loses the right to approve, or gets it back.
    Approver {
        may: bool,
    },
    Pass,
    /// What has expired is recorded. Nobody can tell.
    Sweep,
}

#[derive(Clone, Copy, Debug)]
pub enum How {
    /// Bound to what is served now.
    Fresh,
    /// Bound to what was served first.
    First,
    Unbound,
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let amount = prop_oneof![Just(5_i64), Just(20), Just(30)];
    let sets = proptest::collection::btree_map(0..RECORDS, amount, 1..3);
    let how = prop_oneof![3 => Just(How::Fresh), 1 => Just(How::First), 2 => Just(How::Unbound)];
    let login = prop_oneof![4 => Just("ada"), 1 => Just("ben"), 1 => Just("robo")];
    let step = prop_oneof![
        4 => proptest::collection::vec(sets.clone(), 1..3).prop_map(|blocks| Step::Post { blocks }),
        2 => (any::<usize>(), 0..2_usize, sets, any::<bool>())
            .prop_map(|(message, block, sets, shorter)| Step::Edit { message, block, sets, shorter }),
        6 => (any::<usize>(), any::<bool>(), how, login)
            .prop_map(|(target, approve, how, login)| Step::Decide { target, approve, how, login }),
        2 => (0..RECORDS, 0..3_u8).prop_map(|(record, text)| Step::Change { record, text }),
        1 => prop::bool::weighted(0.6).prop_map(|is_eligible| Step::Author { is_eligible }),
        1 => prop::bool::weighted(0.6).prop_map(|may| Step::Approver { may }),
        1 => Just(Step::Pass),
        1 => Just(Step::Sweep),
    ];
    proptest::collection::vec(step, 1..20)
}
