//! What is particular to a database that is a file.

use std::time::Duration;

use super::*;
use crate::{
    api::{Id, Time, UserKind},
    serve::{
        model::{Answer, AuditEntry, ClaimedKey, Commit, Work},
        store::{
            Claim, Store,
            query::{AuditVerdict, UserDraft},
        },
    },
};

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("deep").join("store.db")
}

fn open(path: &Path, role: Role) -> Result<Store, OpenError> {
    Store::open(&format!("sqlite:{}", path.display()), role)
}

/// A commit of one audit row with this plan, and of nothing else.
fn audited(account: Id, plan: &[u8]) -> Commit {
    let entry = AuditEntry {
        client_account_id: Some(account),
        thread_id: None,
        message_id: None,
        block: None,
        event: "write".into(),
        digest: None,
        plan: Some(plan.to_vec()),
        outcome: "written".into(),
    };
    let work = Work::Refuse(Answer::empty());
    Commit { now: Time::from_microseconds(0), actor: None, expect: vec![], work, key: None, audit: vec![entry] }
}

fn change(path: &Path, sql: &str) {
    Connection::open(path).expect("the file").execute_batch(sql).expect("a change");
}

#[tokio::test]
async fn a_new_file_is_made_for_its_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&file(&folder), Role::Server).expect("a store");
    assert!(store.was_created());
    assert_eq!(store.path(), file(&folder).canonicalize().expect("a path"));
    store.ping().await.expect("it answers");
    let mode = std::os::unix::fs::PermissionsExt::mode(&store.path().metadata().expect("a file").permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(open(&file(&folder), Role::Founder).expect("a store"));
    change(&file(&folder), "PRAGMA user_version = 99");
    let Err(refused) = open(&file(&folder), Role::Server) else { panic!("opened") };
    assert!(matches!(refused, OpenError::Newer { found: 99, .. }), "{refused}");
    assert!(refused.to_string().contains("update countersign"));
}

#[test]
fn what_is_no_database_of_ours_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = folder.path().join("letter.txt");
    std::fs::write(&text, "Dear reader, this is no database at all, and it is longer than a header.".repeat(20))
        .expect("a file");
    let foreign = folder.path().join("foreign.db");
    change(&foreign, "CREATE TABLE mine (x)");
    // Its lock would lie beside it.
    let inner = folder.path().join("inner");
    std::fs::create_dir(&inner).expect("a folder");
    for path in [text.as_path(), foreign.as_path(), inner.as_path(), Path::new("/proc/none/store.db")] {
        let before = std::fs::read(path).ok();
        let Err(refused) = open(path, Role::Server) else { panic!("opened {}", path.display()) };
        assert!(matches!(refused, OpenError::CannotOpen { .. }), "{refused}");
        assert!(refused.to_string().contains(&path.display().to_string()), "{refused}");
        assert!(std::fs::read(path).ok() == before, "{} was changed", path.display());
    }
    for word in ["postgres://host/db", "mysql:db", "file:store.db", "", "sqlite:", "sqlite::memory:", ":memory:"] {
        assert!(matches!(Store::open(word, Role::Server), Err(OpenError::Unsupported(_))), "{word}");
    }
}

#[tokio::test]
async fn one_server_at_a_time_and_the_operator_beside_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = open(&file(&folder), Role::Server).expect("a store");
    let Err(second) = open(&file(&folder), Role::Server) else { panic!("two servers") };
    assert!(matches!(second, OpenError::InUse { .. }), "{second}");
    let mut wake_ups = server.wake_ups();
    let operator = open(&file(&folder), Role::Operator).expect("beside the server");
    let now = Time::from_microseconds(0);
    let account = operator.account_add("Acme", now).await.expect("an account");
    operator.record_import(account, vec![], now).await.expect("nothing");
    let draft = crate::serve::store::query::RecordDraft {
        record_type: "t".into(),
        id: None,
        fields: serde_json::Map::default(),
    };
    operator.record_import(account, vec![draft], now).await.expect("a record");
    tokio::time::timeout(Duration::from_secs(30), wake_ups.changed()).await.expect("in time").expect("noticed");
    assert_eq!(server.record_list(account, None, 0, 10).await.expect("a store").len(), 1);
    server.close().await;
    drop(server);
    open(&file(&folder), Role::Server).expect("the first is gone");
}

#[tokio::test]
async fn keys_held_by_a_server_that_died_are_free_when_the_next_one_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = ClaimedKey { user_id: 1, key: "k".into(), request: "POST /x".into(), body_hash: [1; 32], lease: None };
    let now = Time::from_microseconds(1);
    let died = open(&file(&folder), Role::Server).expect("a store");
    let user = UserDraft { login: "ada".into(), name: "Ada".into(), kind: UserKind::Human };
    died.user_add(user, now).await.expect("a user");
    assert!(matches!(died.claim(&key, now).await.expect("a store"), Claim::Claimed { .. }));
    let operator = open(&file(&folder), Role::Operator).expect("beside it");
    assert_eq!(operator.claim(&key, now).await.expect("a store"), Claim::Running, "the operator frees nothing");
    died.close().await;
    drop(died);
    let next = open(&file(&folder), Role::Server).expect("a store");
    assert!(matches!(next.claim(&key, now).await.expect("a store"), Claim::Claimed { .. }));
}

#[tokio::test]
async fn a_row_of_the_audit_that_is_changed_or_taken_out_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&file(&folder), Role::Founder).expect("a store");
    let now = Time::from_microseconds(0);
    let account = store.account_add("Acme", now).await.expect("an account");
    for _ in 0..4 {
        store.record_import(account, vec![], now).await.expect("a row");
    }
    let verdict = async || store.audit_verify(Some(account), None).await.expect("a store").remove(0).1;
    let AuditVerdict::Sound { rows: 4, head: Some(head) } = verdict().await else { panic!("not sound") };
    let broken = |row| AuditVerdict::Broken { row };
    change(&file(&folder), "UPDATE audit SET outcome = 'none' WHERE id = 2");
    assert_eq!(verdict().await, broken(2));
    change(&file(&folder), "UPDATE audit SET outcome = '0 records' WHERE id = 2");
    assert!(matches!(verdict().await, AuditVerdict::Sound { .. }));
    change(&file(&folder), "CREATE TABLE kept AS SELECT * FROM audit; DELETE FROM audit WHERE id = 3");
    assert_eq!(verdict().await, broken(4));
    change(&file(&folder), "INSERT INTO audit SELECT * FROM kept WHERE id = 3; DELETE FROM audit WHERE id = 4");
    assert!(matches!(verdict().await, AuditVerdict::Sound { rows: 3, .. }), "the end is missed only by who knows it");
    let noted = store.audit_verify(None, Some(&head)).await.expect("a store");
    assert!(matches!(noted[0].1, AuditVerdict::HeadMissing { .. }));
    store.commit(audited(account, b"[1]")).await.expect("a row with a plan");
    assert!(matches!(verdict().await, AuditVerdict::Sound { rows: 4, .. }));
    change(&file(&folder), "UPDATE audit_plans SET plan = CAST('[2]' AS BLOB)");
    assert!(matches!(verdict().await, AuditVerdict::PlanChanged { .. }));
    change(&file(&folder), "DELETE FROM audit_plans");
    assert!(matches!(verdict().await, AuditVerdict::Sound { .. }), "plans may be pruned");
}

#[tokio::test]
async fn a_backup_is_a_whole_database_and_overwrites_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(&file(&folder), Role::Server).expect("a store");
    let account = store.account_add("Acme", Time::from_microseconds(0)).await.expect("an account");
    let copy = folder.path().join("copy.db");
    store.backup(&copy).await.expect("a backup");
    assert!(matches!(store.backup(&copy).await, Err(BackupError::Exists)));
    let restored = open(&copy, Role::Server).expect("a store");
    assert!(restored.record_list(account, None, 0, 1).await.is_ok());
}
