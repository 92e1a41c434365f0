//! Messages without code, what is unread of them, and pages of them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{World, at, value};
use crate::{
    api::Id,
    serve::{
        model::{CommitError, Expect, Invalid, Work},
        store::query::{Lookup, MessageListing, MessagePage, Paging},
    },
};

#[tokio::test]
async fn a_message_is_answered_as_it_is_read() {
    let world = World::new().await;
    let thread = world.thread().await;
    let answer = world.commit(Work::Post(World::post(&world.bo, thread, " Hi \n")), at(9)).await.expect("a message");
    let mut posted = value(&answer.body);
    let id = posted["id"].as_i64().expect("an id");
    assert_eq!(answer.status, 201);
    assert_eq!(answer.location, Some(format!("/api/v2/chat/threads/{thread}/messages/{id}")));
    assert_eq!(answer.etag, Some(1));
    assert_eq!(posted["results"], json!([]));
    posted.as_object_mut().expect("an object").remove("results");
    let Lookup::Found(read) = world.store.message(&world.ada, thread, id, at(9)).await.expect("a store") else {
        panic!("no message")
    };
    assert_eq!(read.revision, 1);
    assert_eq!(value(&read.body), posted);
    let expected = json!({
        "id": id, "thread_id": thread, "message": " Hi \n", "created_at": "2026-11-22T12:00:09.000000Z",
        "created_by_id": world.bo.user_id, "action_items": [], "action_mode": null, "kind": "user", "revision": 1,
        "edited_at": null, "actions": []
    });
    assert_eq!(posted, expected);
    let seen = world.see(&world.ada, thread, at(9)).await;
    assert_eq!(seen["updated_at"], "2026-11-22T12:00:09.000000Z");
    assert_eq!(seen["messages"], json!([expected]));
    let who: Vec<_> = seen["participants"].as_array().expect("an array").iter().map(|each| &each["user_id"]).collect();
    assert!(who.contains(&&json!(world.bo.user_id)), "whoever posts takes part");
}

#[tokio::test]
async fn ids_are_unique_across_threads_and_lead_nowhere_else() {
    let world = World::new().await;
    let (one, two) = (world.thread().await, world.thread().await);
    let first = world.say(&world.ada, one, "one", at(1)).await["id"].as_i64().expect("an id");
    let second = world.say(&world.ada, two, "two", at(1)).await["id"].as_i64().expect("an id");
    assert_ne!(first, second);
    assert_eq!(world.store.message(&world.ada, one, second, at(2)).await.expect("a store"), Lookup::Absent);
    assert_eq!(world.store.revisions(&world.ada, one, second).await.expect("a store"), Lookup::Absent);
    assert_eq!(world.store.stored_message(one, second).await.expect("a store"), None);
    assert_eq!(world.store.message(&world.ada, 999, second, at(2)).await.expect("a store"), Lookup::Absent);
    assert_eq!(world.store.message(&world.cy, one, first, at(2)).await.expect("a store"), Lookup::Forbidden);
}

#[tokio::test]
async fn a_post_whose_expectation_does_not_hold_leaves_nothing() {
    let world = World::new().await;
    let thread = world.thread().await;
    let before = world.see(&world.ada, thread, at(2)).await;
    let events = world.store.newest_event().await.expect("a store");
    for expect in [
        Expect::Eligible { user_id: world.cy.user_id, thread_id: thread },
        Expect::CanApprove { user_id: world.bo.user_id, thread_id: thread },
        Expect::Token(999),
        Expect::Revision { message_id: 1, revision: u64::MAX },
        Expect::LastCodeaction { thread_id: thread, last: Some((1, 0)) },
    ] {
        let work = Work::Post(World::post(&world.bo, thread, "Hi"));
        let refused = world.commit_if(vec![expect.clone()], work, at(1)).await;
        assert!(matches!(refused, Err(CommitError::Changed(what)) if what == expect));
    }
    assert_eq!(world.see(&world.ada, thread, at(2)).await, before);
    assert_eq!(world.store.newest_event().await.expect("a store"), events);
}

#[tokio::test]
async fn a_read_mark_moves_forward_only() {
    let world = World::new().await;
    let thread = world.thread().await;
    let mut ids = Vec::new();
    for author in [&world.ada, &world.bo, &world.bo, &world.ada, &world.bo] {
        ids.push(world.say(author, thread, "Hi", at(1)).await["id"].as_i64().expect("an id"));
    }
    let unread = async |viewer| world.see(viewer, thread, at(2)).await["unread_count"].as_u64().expect("a number");
    let mark = |message_id| Work::MarkRead { thread_id: thread, user_id: world.ada.user_id, message_id };
    assert_eq!((unread(&world.ada).await, unread(&world.bo).await), (3, 2));
    assert_eq!(world.commit(mark(ids[2]), at(3)).await.expect("marked").status, 204);
    assert_eq!((unread(&world.ada).await, unread(&world.bo).await), (1, 2));
    world.commit(mark(ids[0]), at(4)).await.expect("no move");
    assert_eq!(unread(&world.ada).await, 1);
    world.say(&world.bo, thread, "more", at(5)).await;
    world.say(&world.ada, thread, "mine", at(5)).await;
    assert_eq!(unread(&world.ada).await, 2);
    let other = world.thread().await;
    let elsewhere = world.say(&world.bo, other, "Hi", at(6)).await["id"].as_i64().expect("an id");
    for message_id in [elsewhere, 999, Id::MAX] {
        let refused = world.commit(mark(message_id), at(7)).await;
        assert!(matches!(refused, Err(CommitError::Invalid(Invalid::Message))));
    }
}

fn ids(listing: &MessageListing) -> Vec<Id> {
    value(&listing.body.to_text()).as_array().expect("an array").iter().filter_map(|each| each["id"].as_i64()).collect()
}

#[tokio::test]
async fn pages_count_from_the_newest_and_ids_from_where_one_is() {
    let world = World::new().await;
    let (thread, noise) = (world.thread().await, world.thread().await);
    let mut all: Vec<Id> = Vec::new();
    for turn in 0..7 {
        all.push(world.say(&world.ada, thread, &turn.to_string(), at(turn)).await["id"].as_i64().expect("an id"));
        world.say(&world.ada, noise, "noise", at(turn)).await;
    }
    let read = async |page| match world.store.messages(&world.bo, thread, page, at(9)).await.expect("a store") {
        Lookup::Found(listing) => listing,
        other => panic!("{other:?}"),
    };
    let page = |page, per_page| MessagePage::Page(Paging { page, per_page });
    for (number, expected, more) in
        [(1, &all[4..7], true), (2, &all[1..4], true), (3, &all[0..1], false), (4, &all[0..0], false)]
    {
        let listing = read(page(number, 3)).await;
        assert_eq!((ids(&listing).as_slice(), listing.has_more), (expected, more), "page {number}");
        assert_eq!(listing.first_id, expected.first().copied());
        assert_eq!(listing.last_id, expected.last().copied());
    }
    assert!(ids(&read(page(u64::MAX, 1_000)).await).is_empty());
    let by_id = |before, after, limit| MessagePage::ById { before, after, limit };
    for (page, expected, more) in [
        (by_id(None, None, 2), &all[5..7], true),
        (by_id(Some(all[5]), None, 2), &all[3..5], true),
        (by_id(Some(all[2]), None, 2), &all[0..2], false),
        (by_id(Some(all[0]), None, 2), &all[0..0], false),
        (by_id(None, Some(all[1]), 2), &all[2..4], true),
        (by_id(None, Some(all[4]), 2), &all[5..7], false),
        (by_id(Some(all[3]), Some(all[1]), 5), &all[2..3], false),
        (by_id(None, Some(Id::MAX), 2), &all[0..0], false),
        (by_id(Some(Id::MIN), None, 2), &all[0..0], false),
    ] {
        let listing = read(page).await;
        assert_eq!((ids(&listing).as_slice(), listing.has_more), (expected, more), "{page:?}");
    }
    let Lookup::Found(whole) = world.store.thread(&world.bo, thread, page(2, 3), at(9)).await.expect("a store") else {
        panic!("no thread")
    };
    let whole = value(&whole.body.to_text());
    assert_eq!(whole["has_more_messages"], true);
    assert_eq!(whole["messages"][0]["id"], all[1]);
}

/// One of two people posts, or one reads up to a message.
#[derive(Clone, Debug)]
enum Step {
    Post(bool),
    Read(bool, prop::sample::Index),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        any::<bool>().prop_map(Step::Post),
        (any::<bool>(), any::<prop::sample::Index>()).prop_map(|(who, what)| Step::Read(who, what)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn the_unread_count_is_that_of_a_naive_reader(steps in prop::collection::vec(step(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let world = World::new().await;
            let thread = world.thread().await;
            let mut messages: Vec<(Id, bool)> = Vec::new();
            let mut marks = [0, 0];
            let who = |is_ada| if is_ada { &world.ada } else { &world.bo };
            for step in steps {
                match step {
                    Step::Post(is_ada) => {
                        let message: Value = world.say(who(is_ada), thread, "Hi", at(1)).await;
                        messages.push((message["id"].as_i64().expect("an id"), is_ada));
                    }
                    Step::Read(..) if messages.is_empty() => {}
                    Step::Read(is_ada, what) => {
                        let (message_id, _) = *what.get(&messages);
                        let user_id = who(is_ada).user_id;
                        let work = Work::MarkRead { thread_id: thread, user_id, message_id };
                        world.commit(work, at(2)).await.expect("marked");
                        let mark = &mut marks[usize::from(is_ada)];
                        *mark = message_id.max(*mark);
                    }
                }
                for is_ada in [true, false] {
                    let unread = messages.iter()
                        .filter(|(id, by_ada)| *by_ada != is_ada && *id > marks[usize::from(is_ada)])
                        .count();
                    let seen = world.see(who(is_ada), thread, at(3)).await;
                    assert_eq!(seen["unread_count"], unread);
                }
            }
        });
    }
}
