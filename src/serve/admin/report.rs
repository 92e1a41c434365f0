//! What an admin command prints: sentences for people, or one JSON object a line for programs.

use std::{
    fmt,
    io::{self, Write},
};

use serde_json::{Value, json};

use crate::{
    api::Id,
    safe_text::SafeText,
    serve::{
        model::Scopes,
        store::query::{AuditVerdict, TokenInfo},
    },
};

/// Prints what was made or found.
pub struct Report<'a, W: Write> {
    out: io::BufWriter<&'a mut W>,
    json: bool,
}

impl<'a, W: Write> Report<'a, W> {
    pub fn new(out: &'a mut W, json: bool) -> Self {
        Self { out: io::BufWriter::new(out), json }
    }

    /// One thing: as an object, or as a sentence.
    pub fn line(&mut self, object: &Value, sentence: fmt::Arguments<'_>) -> io::Result<()> {
        if self.json { self.export(object) } else { self.sentence(sentence) }
    }

    /// One thing that only programs are told.
    pub fn object(&mut self, object: &Value) -> io::Result<()> {
        if self.json { self.export(object) } else { Ok(()) }
    }

    /// What only people are told. Names and fields may hold anything; a terminal is shown what is harmless.
    pub fn sentence(&mut self, sentence: fmt::Arguments<'_>) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        writeln!(self.out, "{}", SafeText::line(&sentence.to_string()))
    }

    /// A line of a file to be.
    pub fn export(&mut self, object: &Value) -> io::Result<()> {
        writeln!(self.out, "{object}")
    }

    /// Writes out what is still held back.
    pub fn end(mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A token without its secret.
pub fn token(token: &TokenInfo) -> Value {
    json!({
        "id": token.id,
        "login": token.login,
        "scopes": scopes(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    })
}

/// The names of the scopes that are there.
pub fn scopes(scopes: Scopes) -> Vec<&'static str> {
    let all = [(scopes.read, "read"), (scopes.post, "post"), (scopes.approve, "approve")];
    all.into_iter().filter(|(there, _)| *there).map(|(_, name)| name).collect()
}

/// A row of the audit as a sentence.
pub fn audit_row(row: &Value) -> String {
    let text = |name: &str| match &row[name] {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    };
    format!(
        "{} {} account {} user {} thread {} message {}: {} {}",
        text("id"),
        text("at"),
        text("client_account_id"),
        text("user_id"),
        text("thread_id"),
        text("message_id"),
        text("event"),
        text("outcome"),
    )
}

/// What the check of one account's chain came to.
pub fn verdict(account: Id, verdict: &AuditVerdict) -> (Value, String) {
    let last = |head: &Option<String>| head.as_deref().map_or_else(String::new, |head| format!("; head {head}"));
    match verdict {
        AuditVerdict::Sound { rows, head } => (
            json!({"client_account_id": account, "sound": true, "rows": rows, "head": head}),
            format!("account {account}: {rows} rows as they were written{}", last(head)),
        ),
        AuditVerdict::Broken { row } => (
            json!({"client_account_id": account, "sound": false, "row": row}),
            format!("account {account}: row {row} was changed, or the one before it is gone"),
        ),
        AuditVerdict::PlanChanged { row } => (
            json!({"client_account_id": account, "sound": false, "row": row}),
            format!("account {account}: the plan that is kept for row {row} was changed"),
        ),
        AuditVerdict::HeadMissing { head } => (
            json!({"client_account_id": account, "sound": false, "head": head}),
            format!("account {account}: the noted hash is not in the chain: rows were taken off its end{}", last(head)),
        ),
    }
}
