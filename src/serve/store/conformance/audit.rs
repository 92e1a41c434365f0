//! The audit's chains.

use super::world::{World, at, sets, waits};
use crate::{
    api::Id,
    serve::{
        model::{AuditEntry, Commit, Work},
        store::query::AuditVerdict,
    },
};

pub fn entry(event: &str, block: Option<u32>) -> AuditEntry {
    AuditEntry {
        client_account_id: None,
        thread_id: None,
        message_id: None,
        block,
        event: event.into(),
        digest: None,
        plan: Some(b"[]".to_vec()),
        outcome: "awaiting_approval".into(),
    }
}

async fn rows(world: &World, account: Option<Id>) -> Vec<serde_json::Value> {
    world.store.audit_list(account, 0, 1_000).await.expect("a store")
}

#[tokio::test]
async fn a_commit_adds_its_rows_to_its_accounts_chain() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[1]).await);
    let before = rows(&world, Some(world.acme)).await;
    let work = Work::Post(World::propose(&world.bo, thread, vec![(sets(&invoices[0], 2), waits(at(1)))]));
    let actor = Some(crate::serve::model::Actor { user_id: world.bo.user_id, token_id: world.bo.token_id });
    let audit = vec![entry("preview", Some(0)), entry("refusal", None)];
    let commit = Commit { now: at(1), actor, expect: Vec::new(), work, key: None, audit };
    let answer = world.store.commit(commit).await.expect("posted");
    let posted = super::world::json_of(&answer);
    let after = rows(&world, Some(world.acme)).await;
    assert_eq!(after[..before.len()], before);
    let new = &after[before.len()..];
    assert_eq!(new.len(), 2);
    assert_eq!(new[0]["event"], "preview");
    assert_eq!(new[0]["user_id"], world.bo.user_id);
    assert_eq!(new[0]["thread_id"], thread);
    assert_eq!(new[0]["message_id"], posted["id"]);
    assert_eq!(new[0]["digest"], posted["actions"][0]["digest"]);
    assert_eq!(new[0]["at"], "2026-11-22T12:00:01.000000Z");
    assert_eq!(new[0]["previous_hash"], before.last().expect("grants")["hash"]);
    assert_eq!(new[1]["previous_hash"], new[0]["hash"]);
    assert_eq!(new[1]["digest"], serde_json::Value::Null);
    assert_eq!(new[0]["plan_hash"], new[1]["plan_hash"]);
}

#[tokio::test]
async fn grants_and_imports_are_rows_and_every_chain_is_sound() {
    let world = World::new().await;
    world.invoices(&[1, 2]).await;
    world.store.revoke("bo", world.acme, at(1)).await.expect("a store");
    let events: Vec<_> = rows(&world, Some(world.acme)).await.iter().map(|row| row["event"].clone()).collect();
    assert_eq!(events, ["grant", "grant", "grant", "import", "grant"]);
    let verdicts = world.store.audit_verify(None, None).await.expect("a store");
    assert_eq!(verdicts.len(), 3);
    assert!(verdicts.iter().all(|(_, verdict)| matches!(verdict, AuditVerdict::Sound { .. })), "{verdicts:?}");
    let head = match &verdicts[0].1 {
        AuditVerdict::Sound { head: Some(head), .. } => head.clone(),
        other => panic!("{other:?}"),
    };
    let noted = world.store.audit_verify(Some(world.acme), Some(&head)).await.expect("a store");
    assert_eq!(noted, [(world.acme, AuditVerdict::Sound { rows: 5, head: Some(head.clone()) })]);
    let unknown = world.store.audit_verify(None, Some("00")).await.expect("a store");
    assert!(unknown.iter().all(|(_, verdict)| matches!(verdict, AuditVerdict::HeadMissing { .. })));
    assert!(world.store.audit_verify(Some(999), None).await.is_err());
}
