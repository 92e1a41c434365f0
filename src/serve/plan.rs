//! A plan: what one run of an action's code would change, as data. Preview, digest, policy, comparison and
//! application all work on it. It knows how it is shown, not who may approve it nor how it is stored.

mod draft;
mod ids;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

pub use self::{
    draft::{Draft, Touched},
    ids::{CreatedIds, StandIns, stand_in},
};
use crate::api::{Change, Id, Item, Operation, Record, canonical};

/// The longest title, in characters.
const MAX_TITLE: usize = 120;

/// The merged changes of one run, in order of first touch, at most one a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    pub changes: Vec<PlannedChange>,
}

/// What the plan does to one record.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedChange {
    pub record_type: String,
    pub target: Target,
    /// The fields that take the id of a record which the same run creates, with the number of that create.
    pub references: BTreeMap<String, u32>,
    /// Whether a person has to approve it, and why: filled in by policy.
    pub needs_approval: bool,
    pub rule: String,
}

/// Which record, and what becomes of it. Fields hold neither `id` nor `type`, and no `null`.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The run's `n`-th create, from 1; the code sees the id `-n`.
    Create {
        n: u32,
        after: Map<String, Value>,
    },
    Update {
        before: Record,
        after: Map<String, Value>,
    },
    Delete {
        before: Record,
    },
}

impl Plan {
    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether a person has to look at any of it.
    #[must_use]
    pub fn needs_approval(&self) -> bool {
        self.changes.iter().any(|change| change.needs_approval)
    }

    /// The ids of the existing records that it changes.
    pub fn touched(&self) -> impl Iterator<Item = Id> {
        self.changes.iter().filter_map(|change| change.before().map(|record| record.id))
    }

    /// The plan as preview objects. `first_id` is the first item's id within the message; `created` holds
    /// the real ids of the run's creates, once they are drawn.
    #[must_use]
    pub fn items(&self, block: u32, first_id: u32, created: Option<&CreatedIds>) -> Vec<Item> {
        let item_of_create: HashMap<u32, u32> = (first_id..)
            .zip(&self.changes)
            .filter_map(|(id, change)| match change.target {
                Target::Create { n, .. } => Some((n, id)),
                _ => None,
            })
            .collect();
        (first_id..)
            .zip(&self.changes)
            .map(|(id, change)| Item {
                item_type: "preview".to_owned(),
                id,
                needs_approval: change.needs_approval,
                block,
                operation: change.operation(),
                object_type: change.record_type.clone(),
                object_id: match &change.target {
                    Target::Create { n, .. } => created.and_then(|ids| ids.get(*n)),
                    Target::Update { before, .. } | Target::Delete { before } => Some(before.id),
                },
                title: change.title(),
                changes: change.fields_changed(&item_of_create, created),
                record: change.before().cloned(),
                rule: change.rule.clone(),
            })
            .collect()
    }

    /// See [`comparable`].
    ///
    /// # Errors
    /// As [`canonical`].
    pub fn comparable(&self, whole_records: bool) -> Result<Vec<u8>, serde_json::Error> {
        comparable(self.items(0, 1, None), whole_records)
    }

    /// Puts real ids in the place of those that stood for records which earlier blocks of the message created.
    pub fn settle(&mut self, ids: &StandIns) {
        for change in &mut self.changes {
            match &mut change.target {
                Target::Create { after, .. } => ids.settle_fields(after),
                Target::Update { before, after } => {
                    ids.settle_record(before);
                    ids.settle_fields(after);
                }
                Target::Delete { before } => ids.settle_record(before),
            }
        }
    }
}

/// The canonical form by which a plan as it was shown and a later run's are compared: everything but the policy's
/// words and the numbers that its place in the message gave it. `whole_records`: whether a difference anywhere in
/// a changed record counts.
///
/// # Errors
/// As [`canonical`].
pub fn comparable(mut items: Vec<Item>, whole_records: bool) -> Result<Vec<u8>, serde_json::Error> {
    let shown_from = items.first().map_or(1, |first| first.id);
    for (id, item) in (1..).zip(&mut items) {
        (item.id, item.block, item.needs_approval) = (id, 0, false);
        item.rule.clear();
        for created in item.changes.iter_mut().filter_map(|change| change.after_created.as_mut()) {
            *created = created.saturating_sub(shown_from).saturating_add(1);
        }
        if !whole_records {
            item.record = None;
            item.title.clear();
        }
    }
    canonical(&items)
}

impl PlannedChange {
    #[must_use]
    pub fn operation(&self) -> Operation {
        match self.target {
            Target::Create { .. } => Operation::Create,
            Target::Update { .. } => Operation::Update,
            Target::Delete { .. } => Operation::Delete,
        }
    }

    /// The record's id as the code knows it: `-n` for the run's `n`-th create.
    #[must_use]
    pub fn id_seen(&self) -> Id {
        match &self.target {
            Target::Create { n, .. } => -Id::from(*n),
            Target::Update { before, .. } | Target::Delete { before } => before.id,
        }
    }

    /// The record as it is before; `None` for a create.
    #[must_use]
    pub fn before(&self) -> Option<&Record> {
        match &self.target {
            Target::Create { .. } => None,
            Target::Update { before, .. } | Target::Delete { before } => Some(before),
        }
    }

    /// The fields afterwards, as the code saw them; `None` for a delete.
    #[must_use]
    pub fn after(&self) -> Option<&Map<String, Value>> {
        match &self.target {
            Target::Create { after, .. } | Target::Update { after, .. } => Some(after),
            Target::Delete { .. } => None,
        }
    }

    /// The fields afterwards as they are written, with the real ids of the run's creates; `None` for a delete.
    #[must_use]
    pub fn written(&self, created: &CreatedIds) -> Option<Map<String, Value>> {
        let mut fields = self.after()?.clone();
        for (field, n) in &self.references {
            if let (Some(value), Some(id)) = (fields.get_mut(field), created.get(*n)) {
                *value = id.into();
            }
        }
        Some(fields)
    }

    /// The names of the fields that differ.
    pub fn fields(&self) -> impl Iterator<Item = &String> {
        let before = self.before().map(|record| &record.fields);
        let after = self.after();
        let names: BTreeSet<&String> = before.into_iter().chain(after).flat_map(Map::keys).collect();
        names.into_iter().filter(move |name| {
            self.references.contains_key(*name)
                || !same(before.and_then(|fields| fields.get(*name)), after.and_then(|fields| fields.get(*name)))
        })
    }

    /// What a person calls the record: made from its own fields, never by the code.
    fn title(&self) -> String {
        let fields = self.before().map(|record| &record.fields).or_else(|| self.after());
        let number = match &self.target {
            Target::Create { .. } => "new".to_owned(),
            Target::Update { before, .. } | Target::Delete { before } => format!("#{}", before.id),
        };
        let name = fields.and_then(|fields| {
            ["number", "name", "title", "subject", "description"]
                .iter()
                .find_map(|field| fields.get(*field).filter(|value| value.is_string() || value.is_number()))
        });
        let title = match name {
            Some(Value::String(name)) => format!("{} {number} {name}", self.record_type),
            Some(name) => format!("{} {number} {name}", self.record_type),
            None => format!("{} {number}", self.record_type),
        };
        heading(&title)
    }

    /// Each field that differs, by name; absent reads as `null`.
    fn fields_changed(&self, item_of_create: &HashMap<u32, u32>, created: Option<&CreatedIds>) -> Vec<Change> {
        let value = |fields: Option<&Map<String, Value>>, name: &String| {
            fields.and_then(|fields| fields.get(name)).cloned().unwrap_or(Value::Null)
        };
        self.fields()
            .map(|name| {
                let before = value(self.before().map(|record| &record.fields), name);
                let reference = self.references.get(name).and_then(|n| Some((*n, *item_of_create.get(n)?)));
                let after = match reference {
                    None => Some(value(self.after(), name)),
                    Some((n, _)) => created.and_then(|ids| ids.get(n)).map(Value::from),
                };
                Change { field: name.clone(), before, after, after_created: reference.map(|(_, item)| item) }
            })
            .collect()
    }
}

/// `text` on one line and of a readable length; what is left out stands in the record itself.
fn heading(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_TITLE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// Whether two values are the same JSON document: `1` is `1.0`, but neither `true` nor `"1"`. Absent is `null`.
#[must_use]
pub fn same(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (None | Some(Value::Null), None | Some(Value::Null)) => true,
        (Some(one), Some(other)) => {
            one == other || matches!((canonical(one), canonical(other)), (Ok(one), Ok(other)) if one == other)
        }
        _ => false,
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
