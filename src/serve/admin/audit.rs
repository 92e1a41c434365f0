//! The audit: listed, and checked against what it was when it was written.

use std::io::Write;

use serde_json::Value;

use super::{
    Admin, AdminError, BATCH,
    error::refused,
    report::{self, Report},
};
use crate::{
    api::Id,
    serve::{
        model::{CommitError, Invalid},
        store::query::AuditVerdict,
    },
};

impl Admin<'_> {
    pub async fn audit<W: Write>(
        &self,
        account: Option<Id>,
        wanted: impl Fn(&Value) -> bool,
        report: &mut Report<'_, W>,
    ) -> Result<(), AdminError> {
        let mut after = 0;
        loop {
            let rows = self.store.audit_list(account, after, BATCH).await?;
            let Some(last) = rows.last().and_then(|row| row["id"].as_i64()) else { return Ok(()) };
            after = last;
            for row in rows.into_iter().filter(|row| wanted(row)) {
                let sentence = report::audit_row(&row);
                report.line(&row, format_args!("{sentence}"))?;
            }
        }
    }

    pub async fn audit_verify<W: Write>(
        &self,
        account: Option<Id>,
        head: Option<&str>,
        report: &mut Report<'_, W>,
    ) -> Result<(), AdminError> {
        let verdicts = self.store.audit_verify(account, head).await.map_err(|error| match error {
            CommitError::Invalid(Invalid::Account) => AdminError::NoAccount(account.unwrap_or_default()),
            other => refused(other),
        })?;
        let mut broken = Vec::new();
        for (account, verdict) in verdicts {
            let (object, sentence) = report::verdict(account, &verdict);
            report.line(&object, format_args!("{sentence}"))?;
            if !matches!(verdict, AuditVerdict::Sound { .. }) {
                broken.push(sentence);
            }
        }
        if broken.is_empty() { Ok(()) } else { Err(AdminError::Broken(broken.join("; "))) }
    }
}
