//! The event stream, event by event.

use std::{future::IntoFuture, time::Duration};

use countersign::api::Time;
use serde_json::{Value, json};

use crate::{
    stream::{Event, Follower},
    support::{FISH, TIMBER, TestApp, eventually, user_id},
};

fn data<'a>(events: &'a [Event], kind: &str) -> &'a Value {
    &events.iter().find(|event| event.kind == kind).expect("such an event").data
}

#[tokio::test]
async fn it_opens_with_ready_and_then_tells_what_get_would() {
    let app = TestApp::new().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let thread = ada.thread_in(TIMBER, None).await;
    let mut stream = Follower::open(&ben, None).await;
    let ready = stream.expect("ready").await;
    assert!(!ready.id.is_empty() && ready.data == json!({}));
    let mut message = ada.say(thread, "hello").await;
    message.as_object_mut().expect("an object").remove("results");
    let events = stream.expect_all(&["message.created", "thread.updated"]).await;
    assert_eq!(data(&events, "message.created"), &message);
    assert_eq!(data(&events, "thread.updated"), &ben.get("/chat/threads").await.ok()[0]);
    assert_eq!(data(&events, "thread.updated")["unread_count"], 1);
    ada.patch(&format!("/chat/threads/{thread}/messages/{}", message["id"]), json!({"message": "hi"})).await.ok();
    let events = stream.expect_all(&["message.updated", "thread.updated"]).await;
    assert_eq!(data(&events, "message.updated")["message"], "hi");
    let added = ada.post(&format!("/chat/threads/{thread}/participants"), json!({"user_id": user_id("max")})).await;
    assert_eq!(stream.expect("participant.added").await.data, added.created());
    ben.put(&format!("/chat/threads/{thread}/read"), json!({"message_id": message["id"]})).await;
    assert_eq!(stream.expect("thread.read").await.data["id"], thread);
}

#[tokio::test]
async fn an_id_resumes_with_nothing_lost_or_repeated() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    let mut stream = Follower::open(&ada, None).await;
    let mut last = stream.expect("ready").await.id;
    drop(stream);
    let mut seen = Vec::new();
    for round in 0..3 {
        ada.say(thread, &format!("{round}a")).await;
        ada.say(thread, &format!("{round}b")).await;
        let mut stream = Follower::open(&ada, Some(&last)).await;
        stream.expect("ready").await;
        for _ in 0..4 {
            let event = stream.next().await.expect("an event");
            if event.kind == "message.created" {
                seen.push(event.data["message"].clone());
            }
            last = event.id;
        }
    }
    assert_eq!(seen, ["0a", "0b", "1a", "1b", "2a", "2b"]);
}

#[tokio::test]
async fn an_unknown_id_and_a_new_grant_are_a_reset() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for unknown in ["999999", "nonsense", "-5"] {
        let mut stream = Follower::open(&ada, Some(unknown)).await;
        stream.expect("ready").await;
        stream.expect("reset").await;
    }
    let mut stream = Follower::open(&ada, None).await;
    stream.expect("ready").await;
    app.store.grant("ada", FISH, None, Time::now()).await.expect("granted");
    stream.expect("reset").await;
}

#[tokio::test]
async fn a_lost_account_removes_its_threads_and_shows_nothing_more() {
    let app = TestApp::new().await;
    let (ada, max) = (app.sign_in("ada").await, app.sign_in("max").await);
    let thread = ada.thread_in(TIMBER, Some("hello")).await;
    let mut stream = Follower::open(&max, None).await;
    stream.expect("ready").await;
    app.store.revoke("max", TIMBER, Time::now()).await.expect("revoked");
    assert_eq!(stream.expect("thread.removed").await.data, json!({"id": thread}));
    ada.say(thread, "secret").await;
    app.sign_in("cleo").await.thread_in(FISH, None).await;
    let event = stream.expect("thread.created").await;
    assert_eq!(event.data["client_account_id"], FISH);
}

#[tokio::test]
async fn a_revoked_token_ends_the_stream() {
    let app = TestApp::new().await;
    let (ada, id) = app.token("ada", None, None).await;
    let mut stream = Follower::open(&ada, None).await;
    stream.expect("ready").await;
    app.store.token_revoke(id, Time::now()).await.expect("revoked");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn one_user_has_a_limited_number_of_streams() {
    let app = TestApp::with(|settings| settings.serve.streams_per_user = 2).await;
    let ada = app.sign_in("ada").await;
    let first = Follower::open(&ada, None).await;
    let _second = Follower::open(&ada, None).await;
    let third = ada.get("/chat/events").await;
    third.problem(429);
    assert!(third.header("retry-after").parse::<u64>().is_ok());
    let _of_another = Follower::open(&app.sign_in("ben").await, None).await;
    drop(first);
    eventually("a free place", async || {
        let call = tokio::time::timeout(Duration::from_millis(50), ada.get("/chat/events").into_future());
        // An answer that never ends is an open stream.
        call.await.is_err()
    })
    .await;
}

#[tokio::test]
async fn it_wants_a_token_that_may_read() {
    let app = TestApp::new().await;
    app.stranger().get("/chat/events").await.problem(401);
    app.token("ada", Some("post"), None).await.0.get("/chat/events").await.problem(403);
    app.sign_in("ada").await.get("/chat/events?since=1").await.problem(400);
}
