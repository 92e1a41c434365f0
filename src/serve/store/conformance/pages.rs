//! Pages of a thread are kept between reads; whoever reads must never notice. Each test reads first, so that
//! the page is kept, and then changes something.

use serde_json::{Value, json};

use super::world::{World, at, json_of, sets, status, waits};
use crate::{
    api::{Id, Status},
    config::server::Supersede,
    serve::{
        model::{Commit, Edit, Verdict, Viewer, Work, token_hash},
        store::{
            Role, Store,
            query::{Lookup, MessagePage, Paging},
        },
    },
};

const DAY: u64 = 24 * 3600;

fn id(object: &Value) -> Id {
    object["id"].as_i64().expect("an id")
}

/// Ada's thread with a proposal of Bo's that waits, as both have just seen it.
async fn proposed() -> (World, Id, Value) {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[100]).await);
    let posted = world.waiting(&world.bo, thread, sets(&invoices[0], 150), at(1)).await;
    for viewer in [&world.ada, &world.bo, &world.ada, &world.bo] {
        world.see(viewer, thread, at(2)).await;
    }
    (world, thread, posted)
}

fn edit(editor: &Viewer, thread_id: Id, message_id: Id, raw: &str) -> Work {
    Work::Edit(Edit {
        thread_id,
        message_id,
        editor_id: editor.user_id,
        raw: raw.into(),
        blocks: Vec::new(),
        supersede: Supersede::Overlap,
    })
}

#[tokio::test]
async fn what_an_author_alone_may_see_is_seen_by_the_author_alone() {
    let (world, thread, _) = proposed().await;
    for _ in 0..3 {
        let as_author = world.see(&world.bo, thread, at(3)).await;
        let as_other = world.see(&world.ada, thread, at(3)).await;
        assert_eq!(as_author["messages"][0]["actions"][0]["output"], "secret output");
        assert_eq!(as_other["messages"][0]["actions"][0]["output"], Value::Null);
        assert_eq!((&as_author["unread_count"], &as_other["unread_count"]), (&json!(0), &json!(1)));
    }
    let mark = Work::MarkRead { thread_id: thread, user_id: world.ada.user_id, message_id: 1 };
    world.commit(mark, at(4)).await.expect("marked");
    assert_eq!(world.see(&world.ada, thread, at(5)).await["unread_count"], 0);
}

#[tokio::test]
async fn every_change_of_a_thread_is_seen_by_the_next_reader() {
    let (world, thread, posted) = proposed().await;
    let see = async |now| {
        let seen = world.see(&world.ada, thread, at(now)).await;
        assert_eq!(seen, world.see(&world.ada, thread, at(now)).await);
        seen
    };
    let said = world.say(&world.ada, thread, "one", at(3)).await;
    assert_eq!(see(4).await["messages"][1]["message"], "one");
    world.commit(edit(&world.ada, thread, id(&said), "two"), at(5)).await.expect("edited");
    assert_eq!(see(6).await["messages"][1]["message"], "two");
    let add = Work::AddParticipant { thread_id: thread, user_id: world.bo.user_id };
    world.commit(add, at(7)).await.expect("there already");
    let participants = see(8).await["participants"].as_array().cloned().expect("participants");
    assert_eq!(participants.len(), 2);
    let remove = Work::RemoveParticipant { thread_id: thread, participant_id: id(&participants[1]) };
    world.commit(remove, at(9)).await.expect("removed");
    assert_eq!(see(10).await["participants"].as_array().map(Vec::len), Some(1));
    let reject = Verdict::Rejected { reason: Some("no".into()) };
    let decision = World::decision(&world.ada, thread, id(&posted), reject);
    world.commit(Work::Post(decision), at(11)).await.expect("rejected");
    let seen = see(12).await;
    assert_eq!(status(&seen["messages"][0]), Status::Rejected);
    assert_eq!(seen["messages"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn what_supersedes_an_action_of_another_page_is_seen_there() {
    let (world, thread, _) = proposed().await;
    let first = async || {
        let page = MessagePage::ById { before: None, after: Some(0), limit: 1 };
        match world.store.messages(&world.ada, thread, page, at(9)).await.expect("a store") {
            Lookup::Found(found) => status(&super::world::value(&found.body.to_text())[0]),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(first().await, Status::AwaitingApproval);
    assert_eq!(first().await, Status::AwaitingApproval);
    let invoices = world.store.record_list(world.acme, Some("invoice"), 0, 1).await.expect("records");
    let post = World::propose(&world.bo, thread, vec![(sets(&invoices[0], 7), waits(at(3)))]);
    world.commit(Work::Post(post), at(3)).await.expect("posted");
    assert_eq!(first().await, Status::Superseded);
}

#[tokio::test]
async fn an_action_expires_for_readers_of_a_kept_page_by_the_clock_alone() {
    let (world, thread, _) = proposed().await;
    let another = &world.invoices(&[1]).await[1];
    let later = World::propose(&world.bo, thread, vec![(sets(another, 7), waits(at(100)))]);
    world.commit(Work::Post(later), at(100)).await.expect("posted");
    let states = async |now| {
        let seen = world.see(&world.ada, thread, at(now)).await;
        (status(&seen["messages"][0]), status(&seen["messages"][1]), seen["awaiting_approval"] == true)
    };
    let (waits, over) = (Status::AwaitingApproval, Status::Expired);
    for _ in 0..2 {
        assert_eq!(states(DAY).await, (waits.clone(), waits.clone(), true));
    }
    for _ in 0..2 {
        assert_eq!(states(DAY + 1).await, (over.clone(), waits.clone(), true));
    }
    assert_eq!(states(DAY + 100).await, (over.clone(), over.clone(), false));
    world.commit(Work::Expire, at(DAY + 50)).await.expect("swept");
    assert_eq!(states(DAY + 51).await, (over.clone(), waits.clone(), true));
    assert_eq!(states(DAY + 100).await, (over.clone(), over, false));
}

#[tokio::test]
async fn what_is_written_beside_the_server_is_seen_by_its_next_reader() {
    let (world, thread, posted) = proposed().await;
    let beside = Store::open(&world.store.path().to_string_lossy(), Role::Operator).expect("a second process");
    let commit =
        |work, now| Commit { now: at(now), actor: None, expect: Vec::new(), work, key: None, audit: Vec::new() };
    let post = Work::Post(World::post(&world.ada, thread, "from beside"));
    let said = json_of(&beside.commit(commit(post, 3)).await.expect("posted"));
    let seen = world.see(&world.ada, thread, at(4)).await;
    assert_eq!(seen["messages"][1]["message"], "from beside");
    beside.commit(commit(edit(&world.ada, thread, id(&said), "changed"), 5)).await.expect("edited");
    assert_eq!(world.see(&world.ada, thread, at(6)).await["messages"][1]["message"], "changed");
    let other = World::decision(&world.ada, thread, id(&posted), Verdict::Rejected { reason: None });
    beside.commit(commit(Work::Post(other), 7)).await.expect("rejected");
    assert_eq!(status(&world.see(&world.ada, thread, at(8)).await["messages"][0]), Status::Rejected);
    beside.close().await;
}

#[tokio::test]
async fn a_lost_account_and_a_revoked_token_close_a_kept_page_at_once() {
    let (world, thread, _) = proposed().await;
    let page = MessagePage::Page(Paging::default());
    let bo = async |now| world.store.viewer(token_hash("bo"), at(now)).await.expect("a store");
    let before = bo(3).await.expect("bo");
    assert!(matches!(world.store.thread(&before, thread, page, at(3)).await, Ok(Lookup::Found(_))));
    let beside = Store::open(&world.store.path().to_string_lossy(), Role::Operator).expect("a second process");
    beside.revoke("bo", world.acme, at(4)).await.expect("revoked");
    let without = bo(5).await.expect("bo");
    assert!(matches!(world.store.thread(&without, thread, page, at(5)).await, Ok(Lookup::Forbidden)));
    beside.grant("bo", world.acme, None, at(6)).await.expect("granted");
    let again = bo(7).await.expect("bo");
    assert!(matches!(world.store.thread(&again, thread, page, at(7)).await, Ok(Lookup::Found(_))));
    beside.token_revoke(again.token_id, at(8)).await.expect("revoked");
    assert_eq!(bo(9).await, None);
    beside.close().await;
}
