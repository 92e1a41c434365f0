//! A pool of real workers, and records that live in memory.

use std::{collections::BTreeMap, time::Duration};

use countersign::{
    api::{ActionError, Id, Mode, Record},
    config::server::SandboxSettings,
    serve::{
        model::{Equals, StoreError, VersionedRecord},
        plan::{Plan, same},
        sandbox::{Context, Overlay, Pool, Ran, RecordSource},
    },
};
use serde_json::{Map, Value};

pub const ACCOUNT: Id = 7;

/// The default limits, with a deadline that a busy machine does not break.
pub fn settings() -> SandboxSettings {
    SandboxSettings {
        worker: Some(env!("CARGO_BIN_EXE_countersign").into()),
        run_timeout: Duration::from_secs(20),
        request_timeout: Duration::from_mins(1),
        // Half of them for the one account of most tests.
        workers: 4,
        ..SandboxSettings::default()
    }
}

pub fn context() -> Context {
    Context {
        thread_id: Some(3),
        client_account_id: ACCOUNT,
        relation_type: Some("invoice".to_owned()),
        relation_id: Some(12),
        author_id: 5,
        approver_id: None,
        mode: Mode::Preview,
    }
}

/// Records of one account, all at version 1.
#[derive(Default)]
pub struct Records(pub BTreeMap<Id, Record>);

impl Records {
    pub fn of(records: Value) -> Self {
        let Value::Array(records) = records else { panic!("a list of records") };
        let record = |(record, id): (Value, Id)| {
            let Value::Object(mut fields) = record else { panic!("a record") };
            let Some(Value::String(record_type)) = fields.remove("type") else { panic!("a type") };
            (id, Record { id, record_type, client_account_id: ACCOUNT, fields })
        };
        Self(records.into_iter().zip(1..).map(record).collect())
    }
}

impl RecordSource for Records {
    fn account_id(&self) -> Id {
        ACCOUNT
    }

    async fn read(&self, record_type: &str, id: Id) -> Result<Option<VersionedRecord>, StoreError> {
        let found = self.0.get(&id).filter(|record| record.record_type == record_type);
        Ok(found.map(|record| VersionedRecord { record: record.clone(), version: 1 }))
    }

    async fn find(&self, record_type: &str, equals: &Equals) -> Result<(Vec<VersionedRecord>, i64), StoreError> {
        let matches =
            |fields: &Map<String, Value>| equals.iter().all(|(name, value)| same(fields.get(name), Some(value)));
        let found = self.0.values().filter(|record| record.record_type == record_type && matches(&record.fields));
        Ok((found.map(|record| VersionedRecord { record: record.clone(), version: 1 }).collect(), 1))
    }
}

/// Runs `code` once on `records`, in a worker of its own.
pub async fn run_with(pool: &Pool, code: &str, records: &Records) -> Ran {
    pool.session(ACCOUNT).run(code, &context(), records, &Overlay::default()).await.expect("a run")
}

/// Runs `code` where there are no records.
pub async fn run(pool: &Pool, code: &str) -> Ran {
    run_with(pool, code, &Records::default()).await
}

/// The plan of a run that is to succeed.
pub fn plan(ran: Ran) -> Plan {
    ran.result.expect("no error")
}

/// The error of a run that is to fail.
pub fn error(ran: Ran) -> ActionError {
    ran.result.expect_err("an error")
}
