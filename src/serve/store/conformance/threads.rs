//! Threads: made, seen, and by whom.

use serde_json::json;

use super::world::{World, at, json_of, value};
use crate::{
    config::server::Supersede,
    serve::{
        model::{CommitError, Expect, Invalid, MessageDraft, Post, ThreadDraft, ThreadTarget, Work},
        store::query::{Lookup, MessagePage, Paging, ThreadQuery},
    },
};

fn draft(world: &World) -> ThreadDraft {
    ThreadDraft { client_account_id: world.acme, ..ThreadDraft::default() }
}

fn new_thread(world: &World, draft: ThreadDraft, text: Option<&str>) -> Work {
    Work::Post(Post {
        thread: ThreadTarget::New(draft),
        author_id: world.ada.user_id,
        message: text.map(|text| MessageDraft { raw: text.into(), runs: Vec::new() }),
        decision: None,
        supersede: Supersede::Overlap,
    })
}

#[tokio::test]
async fn a_new_thread_is_answered_as_it_is_read() {
    let world = World::new().await;
    let draft = ThreadDraft {
        provider_client_account_id: Some(world.firm),
        relation_type: Some("invoice".into()),
        relation_id: Some(17),
        subject: Some("Overdue".into()),
        participants: vec![world.bo.user_id, world.fi.user_id, world.bo.user_id],
        ..draft(&world)
    };
    let answer = world.commit(new_thread(&world, draft, Some("Hello\n\nthere")), at(5)).await.expect("a thread");
    let thread = json_of(&answer);
    let id = thread["id"].as_i64().expect("an id");
    assert_eq!(answer.status, 201);
    assert_eq!(answer.location, Some(format!("/api/v2/chat/threads/{id}")));
    assert_eq!(thread, world.see(&world.ada, id, at(6)).await);
    assert_eq!(thread["client_account_id"], world.acme);
    assert_eq!(thread["provider_client_account_id"], world.firm);
    assert_eq!(thread["relation_type"], "invoice");
    assert_eq!(thread["relation_id"], 17);
    assert_eq!(thread["created_by_id"], world.ada.user_id);
    assert_eq!(thread["subject"], "Overdue");
    assert_eq!(thread["created_at"], "2026-11-22T12:00:05.000000Z");
    assert_eq!(thread["updated_at"], thread["created_at"]);
    assert_eq!(thread["last_message"]["excerpt"], "Hello there");
    assert_eq!(thread["unread_count"], 0);
    assert_eq!(thread["awaiting_approval"], false);
    assert_eq!(thread["has_more_messages"], false);
    assert_eq!(thread["messages"][0]["message"], "Hello\n\nthere");
    assert_eq!(thread["messages"].as_array().map(Vec::len), Some(1));
    let who: Vec<_> =
        thread["participants"].as_array().expect("an array").iter().map(|each| &each["user_id"]).collect();
    assert_eq!(who, [&json!(world.ada.user_id), &json!(world.bo.user_id), &json!(world.fi.user_id)]);
    assert_eq!(thread["participants"][1]["user"]["name"], "bo's name");
}

#[tokio::test]
async fn what_is_absent_is_null() {
    let world = World::new().await;
    let id = world.thread().await;
    let thread = world.see(&world.ada, id, at(0)).await;
    for field in ["provider_client_account_id", "relation_type", "relation_id", "subject", "last_message"] {
        assert_eq!(thread.get(field), Some(&serde_json::Value::Null), "{field}");
    }
}

#[tokio::test]
async fn a_thread_that_names_what_is_not_there_is_not_made() {
    let world = World::new().await;
    let unknown = ThreadDraft { client_account_id: 999, ..ThreadDraft::default() };
    let unlinked = ThreadDraft { provider_client_account_id: Some(world.other), ..draft(&world) };
    let stranger = ThreadDraft { participants: vec![world.cy.user_id], ..draft(&world) };
    let nobody = ThreadDraft { participants: vec![999], ..draft(&world) };
    for (draft, expected) in [
        (unknown, Invalid::Account),
        (unlinked, Invalid::ProviderNotLinked),
        (stranger, Invalid::Participant { user_id: world.cy.user_id }),
        (nobody, Invalid::Participant { user_id: 999 }),
    ] {
        match world.commit(new_thread(&world, draft, Some("Hi")), at(1)).await {
            Err(CommitError::Invalid(invalid)) => assert_eq!(invalid, expected),
            other => panic!("{other:?}"),
        }
    }
    assert!(world.ids(&world.ada, &ThreadQuery::default(), at(2)).await.is_empty());
}

#[tokio::test]
async fn an_account_that_was_lost_meanwhile_makes_no_thread() {
    let world = World::new().await;
    let expect = Expect::Account { user_id: world.ada.user_id, account_id: world.acme };
    world.store.revoke("ada", world.acme, at(1)).await.expect("a store");
    let refused = world.commit_if(vec![expect.clone()], new_thread(&world, draft(&world), None), at(2)).await;
    assert!(matches!(refused, Err(CommitError::Changed(what)) if what == expect));
}

#[tokio::test]
async fn a_thread_is_open_to_its_client_and_its_provider_and_closed_to_others() {
    let world = World::new().await;
    let id =
        world.thread_with(ThreadDraft { provider_client_account_id: Some(world.firm), ..draft(&world) }, at(0)).await;
    let inside = world.thread().await;
    let page = MessagePage::Page(Paging::default());
    for (viewer, opens, opens_inside) in
        [(&world.ada, true, true), (&world.fi, true, false), (&world.bot, true, false), (&world.cy, false, false)]
    {
        for (thread, expected) in [(id, opens), (inside, opens_inside)] {
            let found = world.store.thread(viewer, thread, page, at(1)).await.expect("a store");
            assert_eq!(matches!(found, Lookup::Found(_)), expected, "{}", viewer.name);
            assert_eq!(found == Lookup::Forbidden, !expected, "{}", viewer.name);
        }
        assert_eq!(world.store.thread(viewer, 999, page, at(1)).await.expect("a store"), Lookup::Absent);
    }
    assert!(world.store.access(world.fi.user_id, id).await.expect("a store").can_approve);
    assert!(!world.store.access(world.bo.user_id, id).await.expect("a store").can_approve);
    assert!(!world.store.access(world.bot.user_id, id).await.expect("a store").can_approve);
    assert!(!world.store.access(world.cy.user_id, id).await.expect("a store").eligible);
}

#[tokio::test]
async fn participation_alone_opens_nothing() {
    let world = World::new().await;
    let id = world.thread().await;
    let join = Work::AddParticipant { thread_id: id, user_id: world.bo.user_id };
    world.commit(join, at(1)).await.expect("a participant");
    assert!(world.store.revoke("bo", world.acme, at(2)).await.expect("a store"));
    let bo =
        world.store.viewer(super::super::super::model::token_hash("bo"), at(3)).await.expect("a store").expect("bo");
    let found = world.store.message(&bo, id, 1, at(3)).await.expect("a store");
    assert_eq!(found, Lookup::Forbidden);
}

#[tokio::test]
async fn a_thread_names_all_who_take_part_however_many() {
    let world = World::new().await;
    let id = world.thread().await;
    let beside = rusqlite::Connection::open(world.store.path()).expect("the database");
    let numbers = serde_json::to_string(&(0..1_500).collect::<Vec<_>>()).expect("JSON");
    let users = "INSERT INTO users (login, name, kind, created_at)
        SELECT 'guest-' || value, 'Guest', 'human', 0 FROM json_each(?1)";
    beside.execute(users, [numbers]).expect("users");
    let join = "INSERT INTO participants (thread_id, user_id) SELECT ?1, id FROM users WHERE name = 'Guest'";
    beside.execute(join, [id]).expect("participants");
    let thread = world.see(&world.ada, id, at(1)).await;
    assert_eq!(thread["participants"].as_array().map(Vec::len), Some(1_501));
}

#[tokio::test]
async fn participants_come_once_and_go() {
    let world = World::new().await;
    let id = world.thread().await;
    let add = |user_id| Work::AddParticipant { thread_id: id, user_id };
    let first = world.commit(add(world.bo.user_id), at(1)).await.expect("a participant");
    let again = world.commit(add(world.bo.user_id), at(2)).await.expect("the same");
    assert_eq!((first.status, again.status), (201, 200));
    assert_eq!(first.body, again.body);
    assert_eq!(json_of(&first)["thread_id"], id);
    assert_eq!(json_of(&first)["user"]["kind"], "human");
    for user_id in [world.cy.user_id, 999] {
        let refused = world.commit(add(user_id), at(3)).await;
        assert!(matches!(refused, Err(CommitError::Invalid(Invalid::Participant { .. }))), "{refused:?}");
    }
    let list = |paging| world.store.participants(&world.ada, id, paging);
    let Lookup::Found(all) = list(Paging::default()).await.expect("a store") else { panic!("no list") };
    assert_eq!(value(&all.body).as_array().map(Vec::len), Some(2));
    let Lookup::Found(one) = list(Paging { page: 1, per_page: 1 }).await.expect("a store") else { panic!("no list") };
    assert!(one.has_next && value(&one.body)[0]["user_id"] == world.ada.user_id);
    let participant_id = json_of(&first)["id"].as_i64().expect("an id");
    let other = world.thread().await;
    let remove = |thread_id| Work::RemoveParticipant { thread_id, participant_id };
    let elsewhere = world.commit(remove(other), at(4)).await;
    assert!(matches!(elsewhere, Err(CommitError::Invalid(Invalid::NoParticipant))));
    assert_eq!(world.commit(remove(id), at(5)).await.expect("removed").status, 204);
    assert!(world.commit(remove(id), at(6)).await.is_err());
    let back = world.commit(add(world.bo.user_id), at(7)).await.expect("a participant");
    assert_ne!(json_of(&back)["id"], participant_id, "ids are never used again");
}
