//! The records of an account: read from a file, listed, written out so that they can be read again.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use serde_json::{Value, json};

use super::{Admin, AdminError, BATCH, error::refused, import, report::Report};
use crate::{
    api::{Id, Record},
    serve::model::{CommitError, Invalid},
};

impl Admin<'_> {
    pub async fn record_import<W: Write>(
        &self,
        file: PathBuf,
        account: Id,
        report: &mut Report<'_, W>,
    ) -> Result<(), AdminError> {
        let text = import::read(&file)?;
        let (drafts, lines) = import::parse(&text, &file)?;
        let types: Vec<String> = drafts.iter().map(|draft| draft.record_type.clone()).collect();
        let imported = self.store.record_import(account, drafts, self.now).await;
        let ids = imported.map_err(|error| match error {
            CommitError::Invalid(Invalid::Account) => AdminError::NoAccount(account),
            CommitError::Invalid(Invalid::Line { line, detail }) => {
                // The store counts records; blank lines of the file are none.
                let line = lines.get(line.saturating_sub(1)).copied().unwrap_or(line);
                AdminError::Line { path: file, line, detail }
            }
            other => refused(other),
        })?;
        for (id, record_type) in ids.iter().zip(types) {
            report.object(&json!({"id": id, "type": record_type, "client_account_id": account}))?;
        }
        let records = if ids.len() == 1 { "record" } else { "records" };
        Ok(report.sentence(format_args!("imported {} {records} into account {account}", ids.len()))?)
    }

    pub async fn record_list<W: Write>(
        &self,
        account: Id,
        record_type: Option<&str>,
        report: &mut Report<'_, W>,
    ) -> Result<(), AdminError> {
        let list = |Record { id, record_type, fields, .. }: Record| {
            let fields = Value::Object(fields);
            let object = json!({"id": id, "type": record_type, "client_account_id": account, "fields": fields});
            report.line(&object, format_args!("{record_type} {id} {fields}"))
        };
        self.each_record(account, record_type, list).await
    }

    pub async fn record_export<W: Write>(
        &self,
        account: Id,
        record_type: Option<&str>,
        report: &mut Report<'_, W>,
    ) -> Result<(), AdminError> {
        let export = |Record { id, record_type, fields, .. }: Record| {
            report.export(&json!({"type": record_type, "id": id, "fields": fields}))
        };
        self.each_record(account, record_type, export).await
    }

    /// Does something with each record of an account (of one type), by id.
    async fn each_record(
        &self,
        account: Id,
        record_type: Option<&str>,
        mut with: impl FnMut(Record) -> io::Result<()>,
    ) -> Result<(), AdminError> {
        let mut after = 0;
        loop {
            let found = self.store.record_list(account, record_type, after, BATCH).await;
            let records = found.map_err(|error| match error {
                CommitError::Invalid(Invalid::Account) => AdminError::NoAccount(account),
                other => refused(other),
            })?;
            let Some(last) = records.last() else { return Ok(()) };
            after = last.id;
            records.into_iter().try_for_each(&mut with)?;
        }
    }
}
