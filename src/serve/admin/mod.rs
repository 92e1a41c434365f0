//! The `admin` commands: what an operator does on the database itself, also beside a running server. They
//! make, list and check; what a request may do is decided elsewhere.

mod audit;
mod error;
mod import;
mod records;
mod report;

use std::{
    io::{self, Write},
    path::PathBuf,
};

use serde_json::{Value, json};

pub use self::error::AdminError;
use self::{
    error::{eligibility_error, refused},
    report::Report,
};
use super::{
    model::{CommitError, Invalid, Scopes, token_hash},
    store::{
        BackupError, Role, Store,
        query::{TokenDraft, TokenInfo, UserDraft},
    },
};
use crate::{
    api::{Id, Time, UserKind},
    cli::{AccountCommand, AdminCommand, AuditCommand, RecordCommand, Scope, TokenCommand, UserCommand},
};

/// What every token begins with, so that people and scanners for leaked secrets recognise one.
const TOKEN_PREFIX: &str = "csn_";
/// How many rows are read at a time.
const BATCH: u64 = 1000;

/// Does `command` on `database` and writes to `out` what was made or found: sentences, or with `json` one
/// object a line. What a person should know besides goes to `notes`.
///
/// # Errors
/// See [`AdminError`].
pub async fn run(
    database: &str,
    command: AdminCommand,
    json: bool,
    out: &mut (impl Write + Send),
    notes: &mut (impl Write + Send),
) -> Result<(), AdminError> {
    let role = if matches!(command, AdminCommand::Init { .. }) { Role::Founder } else { Role::Operator };
    let store = Store::open(database, role)?;
    if store.was_created() {
        writeln!(notes, "created the database {}", store.path().display())?;
    }
    let mut report = Report::new(out, json);
    let result = Admin { store: &store, now: Time::now() }.run(command, &mut report, notes).await;
    store.close().await;
    report.end()?;
    result
}

/// One command's work.
struct Admin<'a> {
    store: &'a Store,
    now: Time,
}

impl Admin<'_> {
    async fn run<W: Write + Send>(
        &self,
        command: AdminCommand,
        report: &mut Report<'_, W>,
        notes: &mut (impl Write + Send),
    ) -> Result<(), AdminError> {
        match command {
            AdminCommand::Init { account, user, name } => self.init(account, user, name, report, notes).await,
            AdminCommand::Account(AccountCommand::Add { name }) => self.account_add(&name, report).await,
            AdminCommand::Account(AccountCommand::Link { client, provider }) => {
                self.account_link(client, provider, report).await
            }
            AdminCommand::User(UserCommand::Add { login, name, bot }) => {
                let kind = if bot { UserKind::Bot } else { UserKind::Human };
                self.user_add(user(login, name, kind)?, report).await
            }
            AdminCommand::Grant { login, account, approver, no_approver } => {
                let approver = (approver || no_approver).then_some(approver);
                self.grant(login, account, approver, report).await
            }
            AdminCommand::Revoke { login, account } => self.revoke(login, account, report).await,
            AdminCommand::Token(TokenCommand::Issue { login, expires, scopes }) => {
                let expires_at = expires.map(|duration| self.now.plus(duration));
                self.token_issue(login, expires_at, scopes.as_deref().map(granted), report, notes).await
            }
            AdminCommand::Token(TokenCommand::Revoke { id }) => self.token_revoke(id, report).await,
            AdminCommand::Token(TokenCommand::List) => self.token_list(report).await,
            AdminCommand::Record(RecordCommand::Import { file, account }) => {
                self.record_import(file, account, report).await
            }
            AdminCommand::Record(RecordCommand::List { account, record_type }) => {
                self.record_list(account, record_type.as_deref(), report).await
            }
            AdminCommand::Record(RecordCommand::Export { account, record_type }) => {
                self.record_export(account, record_type.as_deref(), report).await
            }
            AdminCommand::Audit { account, thread, event, command: None } => {
                let wanted = |row: &Value| {
                    thread.is_none_or(|thread| row["thread_id"] == thread)
                        && event.as_ref().is_none_or(|event| row["event"] == event.as_str())
                };
                self.audit(account, wanted, report).await
            }
            AdminCommand::Audit {
                thread: None,
                event: None,
                account,
                command: Some(AuditCommand::Verify { head }),
            } => self.audit_verify(account, head.as_deref(), report).await,
            AdminCommand::Audit { command: Some(AuditCommand::Verify { .. }), .. } => Err(AdminError::PartOfChain),
            AdminCommand::Backup { path } => self.backup(path, report).await,
        }
    }

    async fn init<W: Write>(
        &self,
        account: String,
        login: String,
        name: Option<String>,
        report: &mut Report<'_, W>,
        notes: &mut impl Write,
    ) -> Result<(), AdminError> {
        let account = fit("an account's name", account)?;
        let name = name.unwrap_or_else(|| login.clone());
        let user = user(login, name, UserKind::Human)?;
        let secret = new_token()?;
        let token = TokenDraft { hash: token_hash(&secret), scopes: None, expires_at: None };
        let made = self.store.init(&account, user.clone(), token, self.now).await.map_err(|error| match error {
            CommitError::Invalid(Invalid::Taken(what)) => AdminError::Taken(what),
            other => refused(other),
        })?;
        let (account_id, user_id, token_id) = (made.account_id, made.user_id, made.token_id);
        report.line(&json!({"id": account_id, "name": account}), format_args!("account {account_id}: {account}"))?;
        report.line(
            &json!({"id": user_id, "login": user.login, "name": user.name, "kind": "human"}),
            format_args!("user {user_id}: {} ({}), may approve in account {account_id}", user.login, user.name),
        )?;
        let object =
            json!({"id": token_id, "token": secret, "user_id": user_id, "account_id": account_id, "login": user.login});
        report.line(&object, format_args!("token {token_id}: {secret}"))?;
        Ok(warn_once(notes)?)
    }

    async fn account_add<W: Write>(&self, name: &str, report: &mut Report<'_, W>) -> Result<(), AdminError> {
        let name = fit("an account's name", name.to_owned())?;
        let id = self.store.account_add(&name, self.now).await.map_err(refused)?;
        Ok(report.line(&json!({"id": id, "name": name}), format_args!("account {id}: {name}"))?)
    }

    async fn account_link<W: Write>(
        &self,
        client: Id,
        provider: Id,
        report: &mut Report<'_, W>,
    ) -> Result<(), AdminError> {
        self.store.account_link(client, provider, self.now).await.map_err(|error| match error {
            CommitError::Invalid(Invalid::Account) => AdminError::NoAccounts { client, provider },
            CommitError::Invalid(Invalid::OwnProvider) => AdminError::OwnProvider(client),
            other => refused(other),
        })?;
        report.line(
            &json!({"id": client, "provider_client_account_id": provider}),
            format_args!("account {provider} may be the provider in threads of account {client}"),
        )?;
        Ok(())
    }

    async fn user_add<W: Write>(&self, user: UserDraft, report: &mut Report<'_, W>) -> Result<(), AdminError> {
        let id = self.store.user_add(user.clone(), self.now).await.map_err(refused)?;
        let object = json!({"id": id, "login": user.login, "name": user.name, "kind": user.kind});
        Ok(report.line(&object, format_args!("user {id}: {} ({})", user.login, user.name))?)
    }

    async fn grant<W: Write>(
        &self,
        login: String,
        account: Id,
        approver: Option<bool>,
        report: &mut Report<'_, W>,
    ) -> Result<(), AdminError> {
        let granted = self.store.grant(&login, account, approver, self.now).await;
        let can_approve = granted.map_err(|error| eligibility_error(error, &login, account))?;
        let may = if can_approve { "may approve" } else { "may not approve" };
        report.line(
            &json!({"login": login, "client_account_id": account, "can_approve": can_approve}),
            format_args!("{login} is eligible for account {account} and {may} there"),
        )?;
        Ok(())
    }

    async fn revoke<W: Write>(&self, login: String, account: Id, report: &mut Report<'_, W>) -> Result<(), AdminError> {
        let revoked = self.store.revoke(&login, account, self.now).await;
        if !revoked.map_err(|error| eligibility_error(error, &login, account))? {
            return Err(AdminError::NotEligible { login, account });
        }
        report.line(
            &json!({"login": login, "client_account_id": account, "revoked": true}),
            format_args!("{login} is no longer eligible for account {account}"),
        )?;
        Ok(())
    }

    async fn token_issue<W: Write>(
        &self,
        login: String,
        expires_at: Option<Time>,
        scopes: Option<Scopes>,
        report: &mut Report<'_, W>,
        notes: &mut impl Write,
    ) -> Result<(), AdminError> {
        let secret = new_token()?;
        let draft = TokenDraft { hash: token_hash(&secret), scopes, expires_at };
        let token = self.store.token_issue(&login, draft, self.now).await.map_err(|error| match error {
            CommitError::Invalid(Invalid::User) => AdminError::NoUser(login),
            CommitError::Invalid(Invalid::BotApprover) => AdminError::BotScope,
            other => refused(other),
        })?;
        let mut object = report::token(&token);
        object["token"] = secret.clone().into();
        report.line(&object, format_args!("token {} of {}: {secret}", token.id, token.login))?;
        Ok(warn_once(notes)?)
    }

    async fn token_revoke<W: Write>(&self, id: Id, report: &mut Report<'_, W>) -> Result<(), AdminError> {
        let revoked_before = self.store.token_revoke(id, self.now).await.map_err(|error| match error {
            CommitError::Invalid(Invalid::Token) => AdminError::NoToken(id),
            other => refused(other),
        })?;
        if let Some(at) = revoked_before {
            return Err(AdminError::RevokedBefore { id, at });
        }
        Ok(report.line(&json!({"id": id, "revoked": true}), format_args!("token {id} is worth nothing from now on"))?)
    }

    async fn token_list<W: Write>(&self, report: &mut Report<'_, W>) -> Result<(), AdminError> {
        for token in self.store.token_list().await? {
            let state = token_state(&token, self.now);
            let scopes = report::scopes(token.scopes).join(",");
            report.line(
                &report::token(&token),
                format_args!("token {} of {}: {scopes}; {state}", token.id, token.login),
            )?;
        }
        Ok(())
    }

    async fn backup<W: Write>(&self, path: PathBuf, report: &mut Report<'_, W>) -> Result<(), AdminError> {
        self.store.backup(&path).await.map_err(|error| match error {
            BackupError::Exists => AdminError::BackupExists(path.clone()),
            BackupError::CannotWrite(reason) => AdminError::CannotBackUp { path: path.clone(), reason },
            BackupError::Store(error) => error.into(),
        })?;
        let path = path.display();
        Ok(report.line(&json!({"path": path.to_string()}), format_args!("the database was copied to {path}"))?)
    }
}

/// A user to be, if names are fit.
fn user(login: String, name: String, kind: UserKind) -> Result<UserDraft, AdminError> {
    Ok(UserDraft { login: fit("a login", login)?, name: fit("a user's name", name)?, kind })
}

/// `text`, unless it is blank or holds what cannot be seen.
fn fit(what: &'static str, text: String) -> Result<String, AdminError> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        Err(AdminError::Unfit { what })
    } else {
        Ok(text)
    }
}

/// 256 random bits.
pub(crate) fn new_token() -> Result<String, AdminError> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(AdminError::NoRandomness)?;
    Ok(format!("{TOKEN_PREFIX}{}", hex::encode(bits)))
}

fn warn_once(notes: &mut impl Write) -> io::Result<()> {
    writeln!(notes, "The token is shown this once: the database keeps only its hash.")
}

fn granted(scopes: &[Scope]) -> Scopes {
    Scopes {
        read: scopes.contains(&Scope::Read),
        post: scopes.contains(&Scope::Post),
        approve: scopes.contains(&Scope::Approve),
    }
}

fn token_state(token: &TokenInfo, now: Time) -> String {
    match (token.revoked_at, token.expires_at) {
        (Some(at), _) => format!("revoked at {at}"),
        (None, Some(at)) if at <= now => format!("expired at {at}"),
        (None, Some(at)) => format!("expires at {at}"),
        (None, None) => "never expires".to_owned(),
    }
}
