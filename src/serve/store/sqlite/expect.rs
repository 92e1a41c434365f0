//! What must still be true inside the transaction that writes.

use rusqlite::{Connection, params};

use super::{actions, people, records, sql::Sql, threads};
use crate::{
    api::Time,
    serve::{
        lifecycle,
        model::{Actor, CommitError, Expect, RuleUse, Seen, StoreError},
    },
};

/// Whether even a replayed answer depends on it: its reader may still have it.
pub fn is_access(expect: &Expect, actor: Option<Actor>) -> bool {
    match expect {
        Expect::Token(_) => true,
        Expect::Account { user_id, .. } | Expect::Eligible { user_id, .. } => {
            actor.is_some_and(|actor| actor.user_id == *user_id)
        }
        _ => false,
    }
}

/// Checks what a commit expects.
///
/// # Errors
/// The first that does not hold.
pub fn check(db: &Connection, expected: &[&Expect], now: Time) -> Result<(), CommitError> {
    for expect in expected {
        if !holds(db, expect, now)? {
            return Err(CommitError::Changed((*expect).clone()));
        }
    }
    Ok(())
}

fn holds(db: &Connection, expect: &Expect, now: Time) -> Result<bool, StoreError> {
    match expect {
        Expect::Token(id) => db.exists(
            "SELECT 1 FROM tokens WHERE id = ?1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?2)",
            params![id, now],
        ),
        Expect::Account { user_id, account_id } => {
            Ok(people::grants(db, *user_id)?.iter().any(|grant| grant.account_id == *account_id))
        }
        Expect::Eligible { user_id, thread_id } => Ok(people::access(db, *user_id, *thread_id)?.eligible),
        Expect::CanApprove { user_id, thread_id } => Ok(people::access(db, *user_id, *thread_id)?.can_approve),
        Expect::LastCodeaction { thread_id, last } => Ok(threads::last_codeaction(db, *thread_id)? == *last),
        Expect::Action { message_id, block, status, digest } => {
            let action = actions::standing(db, *message_id, *block)?;
            Ok(action.is_some_and(|action| {
                lifecycle::at(&action.status, action.expires_at, now) == *status && action.digest == *digest
            }))
        }
        Expect::Revision { message_id, revision } => {
            let sql = "SELECT revision FROM message_sources WHERE id = ?1";
            Ok(db.one(sql, [message_id], |row| row.get::<_, u64>(0))? == Some(*revision))
        }
        Expect::Seen(seen) => still(db, seen),
        Expect::DailyLimit { use_of, limit } => {
            let uses = records::rule_uses(db, &use_of.rule, use_of.author_id, &use_of.day)?;
            Ok(uses.saturating_add(use_of.more) <= *limit)
        }
    }
}

/// Whether a run would see the same again.
fn still(db: &Connection, seen: &Seen) -> Result<bool, StoreError> {
    match seen {
        Seen::Record { account_id, record_type, id, version } => {
            Ok(records::version(db, *account_id, record_type, *id)? == *version)
        }
        Seen::Type { account_id, record_type, version } => {
            Ok(records::type_version(db, *account_id, record_type)? == *version)
        }
    }
}

/// Counts what rules with a daily limit let through.
pub fn count_uses(db: &Connection, expected: &[&Expect]) -> Result<(), StoreError> {
    for expect in expected {
        if let Expect::DailyLimit { use_of: RuleUse { rule, author_id, day, more }, .. } = expect {
            db.run(
                "INSERT INTO rule_uses (rule, author_id, day, uses) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET uses = uses + excluded.uses",
                params![rule, author_id, day, more],
            )?;
        }
    }
    Ok(())
}
