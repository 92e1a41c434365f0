//! `records` as an action's code reaches them: reads through a [`RecordSource`], changes into a draft of the
//! plan, every read noted so that it can be checked again when the plan is written.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

pub use super::overlay::Overlay;
use super::{
    arguments::{Arguments, checked},
    conversation::{CallError, Host},
    wire::{Call, Exception},
};
use crate::{
    api::{Id, Record},
    config::server::SandboxSettings,
    serve::{
        model::{Equals, Seen, StoreError, VersionedRecord},
        plan::{Draft, Plan, same},
    },
};

/// Where records are read from: those of one account.
pub trait RecordSource: Sync {
    fn account_id(&self) -> Id;

    fn read(
        &self,
        record_type: &str,
        id: Id,
    ) -> impl Future<Output = Result<Option<VersionedRecord>, StoreError>> + Send;

    /// The records of a type whose fields equal all of `equals`, and the version of the type.
    fn find(
        &self,
        record_type: &str,
        equals: &Equals,
    ) -> impl Future<Output = Result<(Vec<VersionedRecord>, i64), StoreError>> + Send;
}

/// The records of one run: what it reads, and what it has changed so far.
pub(super) struct Workspace<'a, S> {
    source: &'a S,
    overlay: &'a Overlay,
    calls_left: usize,
    settings: &'a SandboxSettings,
    /// Each record as the run first read it.
    read: HashMap<(String, Id), Option<Record>>,
    seen: BTreeSet<Seen>,
    draft: Draft,
}

type Fields = Map<String, Value>;

impl<S: RecordSource> Host for Workspace<'_, S> {
    async fn call(&mut self, call: Call) -> Result<Value, CallError> {
        self.calls_left = self.calls_left.checked_sub(1).ok_or_else(|| self.too_many_calls())?;
        let method = call.method.clone();
        let mut arguments = Arguments::new(call);
        match method.as_str() {
            "get" => {
                let (record_type, id) = arguments.record()?;
                arguments.no_more()?;
                self.get(&record_type, id).await
            }
            "find" => {
                let record_type = arguments.record_type()?;
                self.find(&record_type, arguments.rest()).await
            }
            "create" => {
                let record_type = arguments.record_type()?;
                self.create(&record_type, arguments.fields()?)
            }
            "update" => {
                let (record_type, id) = arguments.record()?;
                self.update(&record_type, id, arguments.fields()?).await
            }
            "delete" => {
                let (record_type, id) = arguments.record()?;
                arguments.no_more()?;
                self.delete(&record_type, id).await
            }
            _ => Err(Exception::new("AttributeError", "records has no such method").into()),
        }
    }
}

impl<'a, S: RecordSource> Workspace<'a, S> {
    pub(super) fn new(source: &'a S, overlay: &'a Overlay, settings: &'a SandboxSettings) -> Self {
        Self {
            source,
            overlay,
            calls_left: settings.host_calls,
            settings,
            read: HashMap::new(),
            seen: BTreeSet::new(),
            draft: Draft::default(),
        }
    }

    /// What the run came to, and what it read.
    pub(super) fn finish(self) -> (Plan, Vec<Seen>) {
        (self.draft.finish(), self.seen.into_iter().collect())
    }

    async fn get(&mut self, record_type: &str, id: Id) -> Result<Value, CallError> {
        Ok(self.current(record_type, id).await?.map_or(Value::Null, |fields| dict(id, fields)))
    }

    async fn find(&mut self, record_type: &str, mut equals: Equals) -> Result<Value, CallError> {
        let wanted_id = equals.remove("id");
        let stored: Equals = equals.clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
        let (records, version) = self.source.find(record_type, &stored).await?;
        let account_id = self.source.account_id();
        self.seen.insert(Seen::Type { account_id, record_type: record_type.to_owned(), version });
        let mut found: HashMap<Id, Option<Fields>> = HashMap::new();
        for VersionedRecord { record, .. } in records {
            found.insert(record.id, Some(record.fields.clone()));
            // The type's version answers for it: any change of the record raises that too.
            self.read.entry((record_type.to_owned(), record.id)).or_insert(Some(record));
        }
        found.extend(self.overlay.of_type(record_type).map(|(id, fields)| (id, fields.cloned())));
        let own = self.draft.touched().filter(|record| record.record_type() == record_type);
        found.extend(own.map(|record| (record.id(), record.fields().cloned())));
        let mut matching: Vec<(Id, Fields)> = found
            .into_iter()
            .filter_map(|(id, fields)| Some((id, fields?)))
            .filter(|(id, _)| wanted_id.as_ref().is_none_or(|wanted| same(Some(wanted), Some(&(*id).into()))))
            .filter(|(_, fields)| equals.iter().all(|(name, value)| same(fields.get(name), Some(value))))
            .collect();
        matching.sort_by_key(|(id, _)| in_order(*id));
        Ok(matching.into_iter().map(|(id, fields)| dict(id, fields)).collect())
    }

    fn create(&mut self, record_type: &str, mut fields: Fields) -> Result<Value, CallError> {
        fields.retain(|_, value| !value.is_null());
        checked(&fields)?;
        self.one_more_change()?;
        let id = self.draft.create(record_type, fields.clone());
        Ok(dict(id, fields))
    }

    async fn update(&mut self, record_type: &str, id: Id, set: Fields) -> Result<Value, CallError> {
        let mut fields = self.opened(record_type, id).await?;
        for (name, value) in set {
            if value.is_null() {
                fields.remove(&name);
            } else {
                fields.insert(name, value);
            }
        }
        checked(&fields)?;
        self.draft.set(record_type, id, fields.clone());
        Ok(dict(id, fields))
    }

    async fn delete(&mut self, record_type: &str, id: Id) -> Result<Value, CallError> {
        self.opened(record_type, id).await?;
        self.draft.delete(record_type, id);
        Ok(Value::Null)
    }

    /// The fields of a record that is about to change; from now on it stands in the draft.
    async fn opened(&mut self, record_type: &str, id: Id) -> Result<Fields, CallError> {
        let missing = || Exception::new("KeyError", format!("there is no {record_type} with the id {id}"));
        let fields = self.current(record_type, id).await?.ok_or_else(missing)?;
        if self.draft.get(record_type, id).is_none() {
            self.one_more_change()?;
            self.draft.take(Record {
                id,
                record_type: record_type.to_owned(),
                client_account_id: self.source.account_id(),
                fields: fields.clone(),
            });
        }
        Ok(fields)
    }

    /// A record as the run sees it now.
    async fn current(&mut self, record_type: &str, id: Id) -> Result<Option<Fields>, CallError> {
        if let Some(record) = self.draft.get(record_type, id) {
            return Ok(record.fields().cloned());
        }
        if let Some(fields) = self.overlay.get(record_type, id) {
            return Ok(fields.clone());
        }
        // Only the run's own creates and stand-ins have such ids.
        if id <= 0 {
            return Ok(None);
        }
        let key = (record_type.to_owned(), id);
        if let Some(record) = self.read.get(&key) {
            return Ok(record.as_ref().map(|record| record.fields.clone()));
        }
        let found = self.source.read(record_type, id).await?;
        self.seen.insert(Seen::Record {
            account_id: self.source.account_id(),
            record_type: record_type.to_owned(),
            id,
            version: found.as_ref().map(|found| found.version),
        });
        let record = found.map(|found| found.record);
        let fields = record.as_ref().map(|record| record.fields.clone());
        self.read.insert(key, record);
        Ok(fields)
    }

    fn one_more_change(&self) -> Result<(), CallError> {
        let most = self.settings.changes;
        if self.draft.len() < most {
            return Ok(());
        }
        let message = format!("more records were changed than the {most} that a run may change");
        Err(CallError::Limit(Exception::new("ChangeLimit", message)))
    }

    fn too_many_calls(&self) -> CallError {
        let most = self.settings.host_calls;
        let message = format!("`records` was called more often than the {most} times that a run may call it");
        CallError::Limit(Exception::new("HostCallLimit", message))
    }
}

/// A record as the code sees it.
fn dict(id: Id, mut fields: Fields) -> Value {
    fields.insert("id".to_owned(), id.into());
    Value::Object(fields)
}

/// Records by id; those that do not exist yet come last, in the order in which they were created, as they
/// will once they do.
fn in_order(id: Id) -> (u8, Id) {
    let own_creates = -Id::from(u32::MAX)..0;
    if own_creates.contains(&id) {
        (2, -id)
    } else if id < 0 {
        (1, id.saturating_neg())
    } else {
        (0, id)
    }
}
