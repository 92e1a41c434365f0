//! What the operator does: accounts, users, grants, tokens, records from a file.

use rusqlite::{Connection, Row, params};

use super::{
    audit,
    commit::Done,
    events::{self, Event},
    people, records,
    sql::Sql,
};
use crate::{
    api::{Id, Time, UserKind},
    serve::{
        model::{Answer, AuditEntry, CommitError, Invalid, Scopes, StoreError},
        store::query::{AuditVerdict, Initialised, RecordDraft, TokenDraft, TokenInfo, UserDraft},
    },
};

/// Ids that an import may give stay well below 2^53, so that there are always new ones to draw.
const IMPORTED_IDS: Id = 1 << 52;

pub fn init(
    db: &Connection,
    account: &str,
    user: &UserDraft,
    token: &TokenDraft,
    now: Time,
) -> Result<Initialised, CommitError> {
    let account_id = account_add(db, account, now)?;
    let user_id = user_add(db, user, now)?;
    grant(db, &user.login, account_id, None, now)?;
    let token_id = token_issue(db, &user.login, token, now)?.id;
    Ok(Initialised { account_id, user_id, token_id })
}

pub fn account_add(db: &Connection, name: &str, now: Time) -> Result<Id, CommitError> {
    Ok(db.insert("INSERT INTO accounts (name, created_at) VALUES (?1, ?2)", params![name, now])?)
}

/// Opens threads of the client to the provider's users, hence a row in the client's audit.
pub fn account_link(db: &Connection, client: Id, provider: Id, now: Time) -> Result<(), CommitError> {
    account(db, client)?;
    account(db, provider)?;
    if client == provider {
        return Err(CommitError::Invalid(Invalid::OwnProvider));
    }
    if db.run("INSERT INTO account_links VALUES (?1, ?2) ON CONFLICT DO NOTHING", [client, provider])? > 0 {
        note(db, client, "grant", format!("account {provider} linked as provider"), now)?;
    }
    Ok(())
}

pub fn user_add(db: &Connection, user: &UserDraft, now: Time) -> Result<Id, CommitError> {
    if db.exists("SELECT 1 FROM users WHERE login = ?1", [&user.login])? {
        return Err(CommitError::Invalid(Invalid::Taken(user.login.clone())));
    }
    let sql = "INSERT INTO users (login, name, kind, created_at) VALUES (?1, ?2, ?3, ?4)";
    Ok(db.insert(sql, params![user.login, user.name, people::kind_word(user.kind), now])?)
}

/// Gives whether the user may now approve.
pub fn grant(
    db: &Connection,
    login: &str,
    account_id: Id,
    approver: Option<bool>,
    now: Time,
) -> Result<bool, CommitError> {
    let user = user(db, login)?;
    account(db, account_id)?;
    if user.kind == UserKind::Bot && approver == Some(true) {
        return Err(CommitError::Invalid(Invalid::BotApprover));
    }
    let can_approve = approver.unwrap_or(user.kind != UserKind::Bot);
    db.run(
        "INSERT INTO grants (user_id, account_id, can_approve) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET can_approve = excluded.can_approve",
        params![user.id, account_id, can_approve],
    )?;
    events::add(db, now, &Event { kind: "reset", ..Event::default() }.only_for(user.id))?;
    let may = if can_approve { "may approve" } else { "may not approve" };
    note(db, account_id, "grant", format!("user {} granted, {may}", user.id), now)?;
    Ok(can_approve)
}

/// Gives whether there was anything to take away.
pub fn revoke(db: &Connection, login: &str, account_id: Id, now: Time) -> Result<bool, CommitError> {
    let user = user(db, login)?;
    account(db, account_id)?;
    if db.run("DELETE FROM grants WHERE user_id = ?1 AND account_id = ?2", [user.id, account_id])? == 0 {
        return Ok(false);
    }
    for thread_id in threads_lost(db, user.id, account_id)? {
        let data = Some(format!(r#"{{"id":{thread_id}}}"#));
        let event = Event { data, ..Event::thread("thread.removed", thread_id) };
        events::add(db, now, &event.only_for(user.id))?;
    }
    events::add_records_lost(db, now, user.id, account_id)?;
    note(db, account_id, "grant", format!("user {} revoked", user.id), now)?;
    Ok(true)
}

/// The threads of an account that a user can no longer see.
fn threads_lost(db: &Connection, user_id: Id, account_id: Id) -> Result<Vec<Id>, StoreError> {
    db.all(
        "SELECT id FROM threads WHERE ?2 IN (client_account_id, provider_client_account_id) AND NOT EXISTS (
             SELECT 1 FROM grants WHERE user_id = ?1
                 AND account_id IN (threads.client_account_id, threads.provider_client_account_id))
         ORDER BY id",
        [user_id, account_id],
        |row| row.get(0),
    )
}

/// A bot's token never approves.
pub fn token_issue(db: &Connection, login: &str, token: &TokenDraft, now: Time) -> Result<TokenInfo, CommitError> {
    let user = user(db, login)?;
    let asked = token.scopes.unwrap_or(Scopes { read: true, post: true, approve: true });
    let is_bot = user.kind == UserKind::Bot;
    if is_bot && token.scopes.is_some_and(|scopes| scopes.approve) {
        return Err(CommitError::Invalid(Invalid::BotApprover));
    }
    let scopes = Scopes { approve: asked.approve && !is_bot, ..asked };
    let id = db.insert(
        "INSERT INTO tokens (user_id, hash, can_read, can_post, can_approve, created_at, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![user.id, token.hash, scopes.read, scopes.post, scopes.approve, now, token.expires_at],
    )?;
    let login = login.to_owned();
    Ok(TokenInfo { id, login, scopes, created_at: now, expires_at: token.expires_at, revoked_at: None })
}

/// Gives when it was revoked before, if it was; that time stays.
pub fn token_revoke(db: &Connection, id: Id, now: Time) -> Result<Option<Time>, CommitError> {
    let found = db.one("SELECT revoked_at FROM tokens WHERE id = ?1", [id], |row| row.get::<_, Option<Time>>(0))?;
    let revoked_before = found.ok_or(CommitError::Invalid(Invalid::Token))?;
    if revoked_before.is_none() {
        db.run("UPDATE tokens SET revoked_at = ?2 WHERE id = ?1", params![id, now])?;
    }
    Ok(revoked_before)
}

pub fn token_list(db: &Connection) -> Result<Vec<TokenInfo>, StoreError> {
    db.all(
        "SELECT t.id, u.login, t.can_read, t.can_post, t.can_approve, t.created_at, t.expires_at, t.revoked_at
         FROM tokens t JOIN users u ON u.id = t.user_id ORDER BY t.id",
        [],
        |row| {
            Ok(TokenInfo {
                id: row.get(0)?,
                login: row.get(1)?,
                scopes: Scopes { read: row.get(2)?, post: row.get(3)?, approve: row.get(4)? },
                created_at: row.get(5)?,
                expires_at: row.get(6)?,
                revoked_at: row.get(7)?,
            })
        },
    )
}

/// All of them or none.
pub fn record_import(
    db: &Connection,
    account_id: Id,
    drafts: &[RecordDraft],
    now: Time,
) -> Result<Vec<Id>, CommitError> {
    account(db, account_id)?;
    let mut ids = Vec::with_capacity(drafts.len());
    for (line, draft) in (1..).zip(drafts) {
        let wrong = |detail: &str| CommitError::Invalid(Invalid::Line { line, detail: detail.to_owned() });
        if draft.id.is_some_and(|id| !(1..=IMPORTED_IDS).contains(&id)) {
            return Err(wrong("an id is a whole number from 1 to 2^52"));
        }
        let put = records::put(db, account_id, &draft.record_type, draft.id, &draft.fields, now)?;
        ids.push(put.ok_or_else(|| wrong("the id belongs to a record of another account or type"))?);
    }
    note(db, account_id, "import", format!("{} records", ids.len()), now)?;
    Ok(ids)
}

/// Checks every account's chain, or one's. A noted hash has to be in one of them.
pub fn audit_verify(
    db: &Connection,
    account_id: Option<Id>,
    noted: Option<&str>,
) -> Result<Vec<(Id, AuditVerdict)>, CommitError> {
    let accounts = match account_id {
        Some(id) => vec![account(db, id)?],
        None => db.all("SELECT id FROM accounts ORDER BY id", [], |row| row.get(0))?,
    };
    let mut verdicts = Vec::with_capacity(accounts.len());
    for id in accounts {
        verdicts.push((id, audit::verify(db, id, noted)?));
    }
    let found = verdicts.iter().any(|(_, verdict)| matches!(verdict, AuditVerdict::Sound { .. }));
    if noted.is_some() && found {
        // It is in one chain; the others need not hold it.
        for (id, verdict) in &mut verdicts {
            if matches!(verdict, AuditVerdict::HeadMissing { .. }) {
                *verdict = audit::verify(db, *id, None)?;
            }
        }
    }
    Ok(verdicts)
}

/// Makes sure that an account is there.
pub fn account(db: &Connection, id: Id) -> Result<Id, CommitError> {
    if db.exists("SELECT 1 FROM accounts WHERE id = ?1", [id])? {
        Ok(id)
    } else {
        Err(CommitError::Invalid(Invalid::Account))
    }
}

struct User {
    id: Id,
    kind: UserKind,
}

fn user(db: &Connection, login: &str) -> Result<User, CommitError> {
    let read = |row: &Row<'_>| Ok(User { id: row.get(0)?, kind: people::kind(row.get_ref(1)?.as_str()?) });
    let found = db.one("SELECT id, kind FROM users WHERE login = ?1", [login], read)?;
    found.ok_or(CommitError::Invalid(Invalid::User))
}

/// An audit row of the operator's.
fn note(db: &Connection, account_id: Id, event: &str, outcome: String, now: Time) -> Result<(), CommitError> {
    let entry = AuditEntry {
        client_account_id: Some(account_id),
        thread_id: None,
        message_id: None,
        block: None,
        event: event.to_owned(),
        digest: None,
        plan: None,
        outcome,
    };
    let nothing = Done { answer: Answer::empty(), thread_id: None, message_id: None };
    audit::append(db, &[entry], None, &nothing, now)
}
