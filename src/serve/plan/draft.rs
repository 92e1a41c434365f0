//! A plan in the making: takes the changes of a run one by one and merges them. Where the records come from,
//! and whether a change is allowed, is not its business.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::{Plan, PlannedChange, Target, same};
use crate::api::{Id, Record};

/// What a run has changed so far.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    touched: Vec<Touched>,
    place: HashMap<(String, Id), usize>,
    creates: u32,
}

/// A record that a run has created, updated or deleted.
#[derive(Clone, Debug)]
pub struct Touched {
    record_type: String,
    id: Id,
    origin: Origin,
    /// `None`: deleted.
    fields: Option<Map<String, Value>>,
    references: BTreeMap<String, u32>,
}

#[derive(Clone, Debug)]
enum Origin {
    Created(u32),
    Existing(Record),
}

impl Draft {
    /// Creates a record: gives the id under which the run knows it, `-n` for its `n`-th create.
    pub fn create(&mut self, record_type: &str, fields: Map<String, Value>) -> Id {
        let references = self.references(&fields).collect();
        self.creates += 1;
        let id = -Id::from(self.creates);
        let origin = Origin::Created(self.creates);
        self.touch(Touched { record_type: record_type.to_owned(), id, origin, fields: Some(fields), references });
        id
    }

    /// Takes in a record that exists, as it is before the run, so that the run may change it.
    pub fn take(&mut self, record: Record) {
        self.touch(Touched {
            record_type: record.record_type.clone(),
            id: record.id,
            fields: Some(record.fields.clone()),
            origin: Origin::Existing(record),
            references: BTreeMap::new(),
        });
    }

    /// A record that the run has touched.
    #[must_use]
    pub fn get(&self, record_type: &str, id: Id) -> Option<&Touched> {
        self.touched.get(*self.place.get(&(record_type.to_owned(), id))?)
    }

    /// Every record that the run has touched, in order of first touch.
    pub fn touched(&self) -> impl Iterator<Item = &Touched> {
        self.touched.iter()
    }

    /// How many records the run has touched, less those that it both created and deleted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.touched.iter().filter(|record| !record.vanished()).count()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives a touched record other fields. A field that keeps its value keeps its meaning too: a negative
    /// amount that is merely written back does not become the id of a create.
    pub fn set(&mut self, record_type: &str, id: Id, fields: Map<String, Value>) {
        let mut references: BTreeMap<_, _> = self.references(&fields).collect();
        if let Some(record) = self.get_mut(record_type, id) {
            let old = record.fields.take().unwrap_or_default();
            references
                .retain(|field, _| record.references.contains_key(field) || !same(old.get(field), fields.get(field)));
            record.references = references;
            record.fields = Some(fields);
        }
    }

    /// Deletes a touched record.
    pub fn delete(&mut self, record_type: &str, id: Id) {
        if let Some(record) = self.get_mut(record_type, id) {
            record.fields = None;
            record.references.clear();
        }
    }

    /// The merged changes: what came to nothing is gone.
    #[must_use]
    pub fn finish(self) -> Plan {
        let created: BTreeSet<u32> = self.touched.iter().filter_map(Touched::remaining_create).collect();
        Plan { changes: self.touched.into_iter().filter_map(|record| record.change(&created)).collect() }
    }

    fn touch(&mut self, record: Touched) {
        self.place.insert((record.record_type.clone(), record.id), self.touched.len());
        self.touched.push(record);
    }

    fn get_mut(&mut self, record_type: &str, id: Id) -> Option<&mut Touched> {
        self.touched.get_mut(*self.place.get(&(record_type.to_owned(), id))?)
    }

    /// The fields whose whole value is the id of a create that the run has made by now. One that comes later
    /// cannot be meant: its id is not known yet, and a number is a number.
    fn references(&self, fields: &Map<String, Value>) -> impl Iterator<Item = (String, u32)> + use<> {
        let creates = self.creates;
        let found: Vec<_> = fields
            .iter()
            .filter_map(|(field, value)| {
                let n = u32::try_from(value.as_i64()?.checked_neg()?).ok()?;
                (1..=creates).contains(&n).then(|| (field.clone(), n))
            })
            .collect();
        found.into_iter()
    }
}

impl Touched {
    #[must_use]
    pub fn record_type(&self) -> &str {
        &self.record_type
    }

    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// As the run sees them now; `None` once it deleted the record.
    #[must_use]
    pub fn fields(&self) -> Option<&Map<String, Value>> {
        self.fields.as_ref()
    }

    fn vanished(&self) -> bool {
        matches!(self.origin, Origin::Created(_)) && self.fields.is_none()
    }

    fn remaining_create(&self) -> Option<u32> {
        match self.origin {
            Origin::Created(n) if self.fields.is_some() => Some(n),
            _ => None,
        }
    }

    fn change(self, created: &BTreeSet<u32>) -> Option<PlannedChange> {
        let target = match (self.origin, self.fields) {
            (Origin::Created(_), None) => return None,
            (Origin::Created(n), Some(after)) => Target::Create { n, after },
            (Origin::Existing(before), None) => Target::Delete { before },
            (Origin::Existing(before), Some(after)) => {
                if self.references.is_empty() && unchanged(&before.fields, &after) {
                    return None;
                }
                Target::Update { before, after }
            }
        };
        let mut references = self.references;
        references.retain(|_, n| created.contains(n));
        Some(PlannedChange {
            record_type: self.record_type,
            target,
            references,
            needs_approval: true,
            rule: String::new(),
        })
    }
}

fn unchanged(before: &Map<String, Value>, after: &Map<String, Value>) -> bool {
    before.len() == after.len() && before.iter().all(|(field, value)| same(Some(value), after.get(field)))
}
