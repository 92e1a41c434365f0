//! Idempotency keys: one request, one piece of work, one answer.

use super::world::{World, at};
use crate::{
    api::Id,
    serve::{
        model::{Actor, Answer, ClaimedKey, Commit, CommitError, Expect, Work},
        store::Claim,
    },
};

fn key(world: &World, body: u8) -> ClaimedKey {
    ClaimedKey {
        user_id: world.ada.user_id,
        key: "k".into(),
        request: "POST /chat/threads/1/messages".into(),
        body_hash: [body; 32],
        lease: None,
    }
}

fn say(world: &World, thread: Id, key: Option<ClaimedKey>, now: u64) -> Commit {
    let work = Work::Post(World::post(&world.ada, thread, "Hi"));
    Commit { now: at(now), actor: None, expect: Vec::new(), work, key, audit: Vec::new() }
}

async fn count(world: &World, thread: Id) -> usize {
    world.see(&world.ada, thread, at(0)).await["messages"].as_array().map_or(0, Vec::len)
}

#[tokio::test]
async fn the_same_request_again_finds_its_answer() {
    let world = World::new().await;
    let thread = world.thread().await;
    let first = world.store.commit(say(&world, thread, Some(key(&world, 1)), 1)).await.expect("posted");
    assert!(!first.replayed);
    let again = world.store.commit(say(&world, thread, Some(key(&world, 1)), 2)).await.expect("replayed");
    assert_eq!(again, Answer { replayed: true, ..first.clone() });
    assert_eq!(world.store.claim(&key(&world, 1), at(3)).await.expect("a store"), Claim::Replay(again));
    let reused = world.store.commit(say(&world, thread, Some(key(&world, 2)), 3)).await;
    assert!(matches!(reused, Err(CommitError::KeyReused)));
    assert_eq!(world.store.claim(&key(&world, 2), at(3)).await.expect("a store"), Claim::OtherBody);
    assert_eq!(count(&world, thread).await, 1);
    let others = ClaimedKey { user_id: world.bo.user_id, ..key(&world, 1) };
    let elsewhere = ClaimedKey { request: "POST /chat/threads".into(), ..key(&world, 1) };
    for other in [others, elsewhere] {
        assert!(!world.store.commit(say(&world, thread, Some(other), 4)).await.expect("posted").replayed);
    }
    let day = 24 * 3600;
    assert!(world.store.commit(say(&world, thread, Some(key(&world, 1)), day)).await.expect("replayed").replayed);
    assert!(!world.store.commit(say(&world, thread, Some(key(&world, 1)), day + 2)).await.expect("posted").replayed);
}

#[tokio::test]
async fn sixteen_at_once_make_one_message_and_sixteen_equal_answers() {
    let world = World::new().await;
    let thread = world.thread().await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (store, commit) = (world.store.clone(), say(&world, thread, Some(key(&world, 1)), 1));
        tasks.spawn(async move { store.commit(commit).await.expect("answered") });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(answers.iter().all(|answer| answer.body == answers[0].body));
    assert_eq!(count(&world, thread).await, 1);
}

#[tokio::test]
async fn a_refusal_is_replayed_too_and_a_failure_is_not() {
    let world = World::new().await;
    let thread = world.thread().await;
    let answer = Answer { status: 409, body: "{\"status\":409}".into(), ..Answer::empty() };
    let refuse = Commit { work: Work::Refuse(answer.clone()), ..say(&world, thread, Some(key(&world, 1)), 1) };
    assert_eq!(world.store.commit(refuse).await.expect("answered"), answer);
    let again = world.store.commit(say(&world, thread, Some(key(&world, 1)), 2)).await.expect("replayed");
    assert_eq!(again, Answer { replayed: true, ..answer });
    let other = ClaimedKey { key: "other".into(), ..key(&world, 1) };
    assert!(world.store.commit(say(&world, 999, Some(other.clone()), 3)).await.is_err());
    assert!(!world.store.commit(say(&world, thread, Some(other), 4)).await.expect("posted").replayed);
}

#[tokio::test]
async fn an_answer_is_not_replayed_to_who_lost_access() {
    let world = World::new().await;
    let thread = world.thread().await;
    let eligible = Expect::Eligible { user_id: world.ada.user_id, thread_id: thread };
    let first = Expect::LastCodeaction { thread_id: thread, last: None };
    let actor = Some(Actor { user_id: world.ada.user_id, token_id: world.ada.token_id });
    let commit = Commit { actor, expect: vec![eligible, first], ..say(&world, thread, Some(key(&world, 1)), 1) };
    world.store.commit(commit.clone()).await.expect("posted");
    let others = Expect::Eligible { user_id: world.cy.user_id, thread_id: thread };
    let again = Commit { expect: vec![commit.expect[0].clone(), others], ..commit.clone() };
    assert!(world.store.commit(again).await.expect("replayed").replayed, "others' eligibility was then");
    world.store.revoke("ada", world.acme, at(2)).await.expect("revoked");
    assert!(matches!(world.store.commit(commit).await, Err(CommitError::Changed(Expect::Eligible { .. }))));
}

#[tokio::test]
async fn a_claim_is_a_lease_with_an_end() {
    let world = World::new().await;
    let thread = world.thread().await;
    let Claim::Claimed { lease } = world.store.claim(&key(&world, 1), at(1)).await.expect("a store") else {
        panic!("not claimed")
    };
    let held = ClaimedKey { lease: Some(lease), ..key(&world, 1) };
    assert_eq!(world.store.claim(&key(&world, 1), at(2)).await.expect("a store"), Claim::Running);
    assert_eq!(world.store.claim(&key(&world, 2), at(2)).await.expect("a store"), Claim::OtherBody);
    let unclaimed = world.store.commit(say(&world, thread, Some(key(&world, 1)), 2)).await;
    assert!(matches!(unclaimed, Err(CommitError::KeyTaken)));
    world.store.release(&held).await.expect("released");
    let Claim::Claimed { lease } = world.store.claim(&key(&world, 1), at(3)).await.expect("a store") else {
        panic!("not claimed")
    };
    let first = ClaimedKey { lease: Some(lease), ..key(&world, 1) };
    // The holder is gone; another takes over, and the first can no longer write.
    let Claim::Claimed { lease } = world.store.claim(&key(&world, 1), at(3 + 60)).await.expect("a store") else {
        panic!("not claimed")
    };
    let second = ClaimedKey { lease: Some(lease), ..key(&world, 1) };
    let late = world.store.commit(say(&world, thread, Some(first.clone()), 64)).await;
    assert!(matches!(late, Err(CommitError::KeyTaken)));
    world.store.release(&first).await.expect("nothing to release");
    let answer = world.store.commit(say(&world, thread, Some(second.clone()), 65)).await.expect("posted");
    assert!(!answer.replayed);
    world.store.release(&second).await.expect("nothing to release");
    assert!(matches!(world.store.claim(&key(&world, 1), at(66)).await.expect("a store"), Claim::Replay(_)));
    assert_eq!(count(&world, thread).await, 1);
}
