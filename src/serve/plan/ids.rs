//! Ids of records that do not exist yet: what code sees in their place, and the real ones once drawn.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::api::{Id, Record};

/// The real ids of a run's creates, by their number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreatedIds(pub BTreeMap<u32, Id>);

impl CreatedIds {
    /// The id of the run's `n`-th create.
    #[must_use]
    pub fn get(&self, n: u32) -> Option<Id> {
        self.0.get(&n).copied()
    }
}

/// The id under which the code of later blocks sees the `n`-th create of an earlier block of its message. It
/// is no other create's `-n`, and stays within the integers of I-JSON.
#[must_use]
pub fn stand_in(block: u32, n: u32) -> Id {
    -(((i64::from(block) + 1) << 32) | i64::from(n))
}

/// The real ids of what earlier blocks of a message created, by their stand-ins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandIns(BTreeMap<Id, Id>);

impl StandIns {
    /// Takes in what `block` created.
    pub fn add(&mut self, block: u32, created: &CreatedIds) {
        self.0.extend(created.0.iter().map(|(n, id)| (stand_in(block, *n), *id)));
    }

    pub(super) fn settle_record(&self, record: &mut Record) {
        record.id = self.0.get(&record.id).copied().unwrap_or(record.id);
        self.settle_fields(&mut record.fields);
    }

    /// Whole values only, as everywhere.
    pub(super) fn settle_fields(&self, fields: &mut Map<String, Value>) {
        if self.0.is_empty() {
            return;
        }
        for value in fields.values_mut() {
            if let Some(id) = value.as_i64().and_then(|id| self.0.get(&id)) {
                *value = (*id).into();
            }
        }
    }
}
