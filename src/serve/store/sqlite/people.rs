//! Users, what they are eligible for, and whose a token is.

use rusqlite::{Connection, params};

use super::sql::{Sql, to_json};
use crate::{
    api::{Id, Person, Time, UserKind},
    serve::model::{Access, Grant, Scopes, StoreError, Viewer},
};

/// The kind of user that a column names.
pub fn kind(word: &str) -> UserKind {
    if word == "bot" { UserKind::Bot } else { UserKind::Human }
}

/// The column's word for a kind of user.
pub fn kind_word(kind: UserKind) -> &'static str {
    if kind == UserKind::Bot { "bot" } else { "human" }
}

/// Whose token it is; `None` for one that is unknown, expired or revoked.
pub fn viewer(db: &Connection, token_hash: &[u8; 32], now: Time) -> Result<Option<Viewer>, StoreError> {
    let found = db.one(
        "SELECT u.id, u.name, u.kind, t.id, t.can_read, t.can_post, t.can_approve
         FROM tokens t JOIN users u ON u.id = t.user_id
         WHERE t.hash = ?1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?2)",
        params![token_hash, now],
        |row| {
            let kind = kind(row.get_ref(2)?.as_str()?);
            Ok(Viewer {
                user_id: row.get(0)?,
                name: row.get(1)?,
                kind,
                token_id: row.get(3)?,
                scopes: Scopes {
                    read: row.get(4)?,
                    post: row.get(5)?,
                    approve: row.get::<_, bool>(6)? && kind != UserKind::Bot,
                },
                grants: Vec::new(),
            })
        },
    )?;
    found.map(|viewer| Ok(Viewer { grants: grants(db, viewer.user_id)?, ..viewer })).transpose()
}

/// What a user is eligible for, by account.
pub fn grants(db: &Connection, user_id: Id) -> Result<Vec<Grant>, StoreError> {
    db.all(
        "SELECT g.account_id, a.name, g.can_approve FROM grants g JOIN accounts a ON a.id = g.account_id
         WHERE g.user_id = ?1 ORDER BY g.account_id",
        [user_id],
        |row| Ok(Grant { account_id: row.get(0)?, account_name: row.get(1)?, can_approve: row.get(2)? }),
    )
}

/// What a user may do with a thread, as it is now; nothing where either is unknown.
pub fn access(db: &Connection, user_id: Id, thread_id: Id) -> Result<Access, StoreError> {
    // The sign keeps SQLite from putting the two into a table of its own, which takes longer than all the rest.
    let grants: Vec<bool> = db.all(
        "SELECT g.can_approve FROM threads t JOIN grants g
             ON g.user_id = ?1 AND +g.account_id IN (t.client_account_id, t.provider_client_account_id)
         WHERE t.id = ?2",
        [user_id, thread_id],
        |row| row.get(0),
    )?;
    Ok(Access { eligible: !grants.is_empty(), can_approve: grants.contains(&true) })
}

/// The people who share one of the viewer's accounts (that one), by id.
pub fn list(db: &Connection, viewer: &Viewer, client_account_id: Option<Id>) -> Result<String, StoreError> {
    let asked = |account_id: &Id| client_account_id.is_none_or(|only| only == *account_id);
    let accounts: Vec<Id> = viewer.grants.iter().map(|grant| grant.account_id).filter(asked).collect();
    let people = db.all(
        "SELECT id, name, kind FROM users WHERE id IN
             (SELECT user_id FROM grants WHERE account_id IN (SELECT value FROM json_each(?1)))
         ORDER BY id",
        [to_json(&accounts)?],
        |row| Ok(Person { id: row.get(0)?, name: row.get(1)?, kind: kind(row.get_ref(2)?.as_str()?) }),
    )?;
    to_json(&people)
}
