//! What earlier blocks of a message write, as later ones see it before any of it is in the database.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    api::Id,
    serve::plan::{Plan, PlannedChange, Target, stand_in},
};

/// Changes that count as made; `None` for a record that was deleted.
#[derive(Clone, Debug, Default)]
pub struct Overlay {
    records: BTreeMap<(String, Id), Option<Map<String, Value>>>,
}

impl Overlay {
    /// Takes in what `block` writes. Its creates have no ids yet: stand-ins take their place.
    pub fn absorb(&mut self, block: u32, plan: &Plan) {
        for change in &plan.changes {
            let id = match &change.target {
                Target::Create { n, .. } => stand_in(block, *n),
                Target::Update { before, .. } | Target::Delete { before } => before.id,
            };
            self.records.insert((change.record_type.clone(), id), fields_after(block, change));
        }
    }

    /// Whether code of later blocks knows a created record by this id, which is not its real one.
    pub fn stands_in(&self, id: Id) -> bool {
        id < 0 && self.records.keys().any(|(_, known)| *known == id)
    }

    /// The record as it was left, where an earlier block changed it.
    pub(super) fn get(&self, record_type: &str, id: Id) -> Option<&Option<Map<String, Value>>> {
        self.records.get(&(record_type.to_owned(), id))
    }

    /// All changed records of a type.
    pub(super) fn of_type(&self, record_type: &str) -> impl Iterator<Item = (Id, Option<&Map<String, Value>>)> {
        self.records
            .range((record_type.to_owned(), Id::MIN)..=(record_type.to_owned(), Id::MAX))
            .map(|((_, id), fields)| (*id, fields.as_ref()))
    }
}

fn fields_after(block: u32, change: &PlannedChange) -> Option<Map<String, Value>> {
    let mut fields = change.after()?.clone();
    for (field, n) in &change.references {
        fields.insert(field.clone(), stand_in(block, *n).into());
    }
    Some(fields)
}
