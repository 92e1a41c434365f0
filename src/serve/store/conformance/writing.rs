//! Many writers at once, and what remains when the database is closed or lost.

use std::collections::BTreeSet;

use super::world::{World, at, sets, waits};
use crate::serve::{
    model::{Commit, CommitError, Expect, ResultDraft, StoreError, Verdict, Work},
    store::{Role, Store, query::MessagePage, query::Paging},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_posts_all_arrive_once_and_in_order() {
    let world = World::new().await;
    let thread = world.thread().await;
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..16 {
        let posts: Vec<Commit> = (0..10)
            .map(|turn| Commit {
                now: at(turn),
                actor: None,
                expect: Vec::new(),
                work: Work::Post(World::post(&world.bo, thread, &format!("{writer} {turn}"))),
                key: None,
                audit: Vec::new(),
            })
            .collect();
        let store = world.store.clone();
        tasks.spawn(async move {
            let mut ids = Vec::new();
            for post in posts {
                let answer = store.commit(post).await.expect("posted");
                ids.push(super::world::json_of(&answer)["id"].as_i64().expect("an id"));
            }
            assert!(ids.is_sorted());
            ids
        });
    }
    let acknowledged: BTreeSet<i64> = tasks.join_all().await.into_iter().flatten().collect();
    assert_eq!(acknowledged.len(), 160);
    let page = MessagePage::Page(Paging { page: 1, per_page: 1_000 });
    let super::super::query::Lookup::Found(listing) =
        world.store.messages(&world.ada, thread, page, at(99)).await.expect("a store")
    else {
        panic!("no thread")
    };
    let kept = super::world::value(&listing.body.to_text());
    let ids: Vec<i64> = kept.as_array().expect("messages").iter().filter_map(|each| each["id"].as_i64()).collect();
    assert_eq!(ids, acknowledged.into_iter().collect::<Vec<_>>());
    assert_eq!(world.see(&world.ada, thread, at(99)).await["unread_count"], 160);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_approvals_at_once_write_once() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[0]).await);
    let plan = sets(&invoices[0], 1);
    let posted = world.waiting(&world.bo, thread, plan.clone(), at(1)).await;
    let message_id = posted["id"].as_i64().expect("an id");
    let expect = Expect::Action {
        message_id,
        block: 0,
        status: crate::api::Status::AwaitingApproval,
        digest: posted["actions"][0]["digest"].as_str().map(str::to_owned),
    };
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let result = ResultDraft { mode: crate::api::Mode::Write, plan: plan.clone(), output: String::new() };
        let decision = World::decision(&world.ada, thread, message_id, Verdict::Written(result));
        let commit = Commit {
            now: at(2),
            actor: None,
            expect: vec![expect.clone()],
            work: Work::Post(decision),
            key: None,
            audit: vec![super::audit::entry("write", None)],
        };
        let store = world.store.clone();
        tasks.spawn(async move { store.commit(commit).await.is_ok() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|written| *written).count(), 1);
    let record = world.store.record(world.acme, "invoice", invoices[0].id).await.expect("a store").expect("a record");
    assert_eq!(record.version, 2);
    let audit = world.store.audit_list(Some(world.acme), 0, 1_000).await.expect("a store");
    assert_eq!(audit.iter().filter(|row| row["event"] == "write").count(), 1);
    assert_eq!(world.see(&world.ada, thread, at(3)).await["messages"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn what_was_acknowledged_is_there_when_it_is_opened_again() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[0]).await);
    let work = Work::Post(World::propose(&world.bo, thread, vec![(sets(&invoices[0], 1), waits(at(1)))]));
    world.commit(work, at(1)).await.expect("posted");
    let before = world.see(&world.bo, thread, at(2)).await;
    let path = world.store.path().to_owned();
    world.store.close().await;
    let closed = world.store.ping().await;
    assert!(matches!(closed, Err(StoreError::Unavailable(_))), "{closed:?}");
    let refused = world.commit(Work::Expire, at(2)).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Unavailable(_)))));
    let World { store, folder, bo, .. } = world;
    drop(store);
    let again = Store::open(&path.to_string_lossy(), Role::Server).expect("opened again");
    assert!(!again.was_created());
    again.ping().await.expect("a store");
    let page = MessagePage::Page(Paging::default());
    let super::super::query::Lookup::Found(after) = again.thread(&bo, thread, page, at(2)).await.expect("a store")
    else {
        panic!("no thread")
    };
    assert_eq!(super::world::value(&after.body.to_text()), before);
    drop(folder);
}
