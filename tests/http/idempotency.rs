//! `Idempotency-Key`: the same request does its work once.

use std::future::IntoFuture;

use countersign::api::Time;
use serde_json::json;

use crate::support::{Answer, Client, TIMBER, TestApp, user_id};

const KEY: &str = "idempotency-key";

fn replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

async fn thread(app: &TestApp) -> (Client, String) {
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    (ada, format!("/chat/threads/{thread}/messages"))
}

#[tokio::test]
async fn the_same_request_is_answered_the_same_and_done_once() {
    let app = TestApp::new().await;
    let (ada, path) = thread(&app).await;
    let first = ada.post(&path, json!({"message": "once"})).header(KEY, "\"k-1\"").await;
    assert!(!replayed(&first));
    for (path, key) in [(path.clone(), "\"k-1\""), (path.clone(), "k-1"), (format!("/api/v2{path}"), "k-1")] {
        let again = ada.post(&path, json!({"message": "once"})).header(KEY, key).await;
        assert!(replayed(&again), "{}", again.text);
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!(again.header("etag"), first.header("etag"));
        assert!(again.header("location").ends_with(first.header("location")));
    }
    assert_eq!(ada.get(&path).await.ids().len(), 1);
    let other = ada.post(&path, json!({"message": "once"})).header(KEY, "k-2").await;
    assert!(!replayed(&other));
    assert_eq!(ada.get(&path).await.ids().len(), 2);
}

#[tokio::test]
async fn another_spelling_of_the_path_is_the_same_request() {
    let app = TestApp::new().await;
    let (ada, path) = thread(&app).await;
    let first = ada.post(&path, json!({"message": "once"})).header(KEY, "k").await;
    assert!(!replayed(&first) && path.contains("/threads/1/"), "{path}");
    for spelling in [path.replace("/1/", "/%31/"), format!("/api/v2{}", path.replace("/1/", "/%31/"))] {
        let again = ada.post(&spelling, json!({"message": "once"})).header(KEY, "k").await;
        assert!(replayed(&again), "{spelling}: {}", again.text);
        assert_eq!(again.text, first.text);
        ada.post(&spelling, json!({"message": "twice"})).header(KEY, "k").await.problem(422);
    }
    assert_eq!(ada.get(&path).await.ids().len(), 1);
}

#[tokio::test]
async fn another_body_is_422_even_if_it_means_the_same() {
    let app = TestApp::new().await;
    let (ada, path) = thread(&app).await;
    ada.post(&path, json!({"message": "once"})).header(KEY, "k").await.created();
    let spaced = ada.call(axum::http::Method::POST, &path).body("{\"message\": \"once\"}").header(KEY, "k").await;
    assert_eq!(spaced.problem(422)["type"], "/problems/idempotency-key-reused");
    let again = ada.post(&path, json!({"message": "once"})).header(KEY, "k").await;
    assert!(replayed(&again), "the first answer stands");
}

#[tokio::test]
async fn another_user_or_path_has_keys_of_its_own() {
    let app = TestApp::new().await;
    let (ada, path) = thread(&app).await;
    let ben = app.sign_in("ben").await;
    let other_path = format!("/chat/threads/{}/messages", ada.thread_in(TIMBER, None).await);
    for (client, path) in [(&ada, &path), (&ben, &path), (&ada, &other_path)] {
        let answer = client.post(path, json!({"message": "hello"})).header(KEY, "k").await;
        answer.created();
        assert!(!replayed(&answer));
    }
    let (second_token, _) = app.token("ada", None, None).await;
    assert!(replayed(&second_token.post(&path, json!({"message": "hello"})).header(KEY, "k").await));
}

#[tokio::test]
async fn every_post_takes_a_key() {
    let app = TestApp::new().await;
    let (ada, messages) = thread(&app).await;
    let participants = messages.replace("messages", "participants");
    for (path, body) in [
        ("/chat/threads", json!({"subject": "x", "message": "hello"})),
        (messages.as_str(), json!({"message": "hello"})),
        (participants.as_str(), json!({"user_id": user_id("ben")})),
    ] {
        let first = ada.post(path, body.clone()).header(KEY, "k").await;
        first.created();
        let again = ada.post(path, body).header(KEY, "k").await;
        assert_eq!((replayed(&again), again.created()), (true, first.created()), "{path}");
        assert_eq!(again.header("location"), first.header("location"));
    }
    assert_eq!(ada.get("/chat/threads").await.ids().len(), 2);
}

#[tokio::test]
async fn malformed_keys_are_400() {
    let app = TestApp::new().await;
    let (ada, path) = thread(&app).await;
    for key in ["", "\"\"", "\"open", "closed\"", "a\"b", "two words", &"x".repeat(256)] {
        ada.post(&path, json!({"message": "x"})).header(KEY, key).await.problem(400);
    }
    ada.post(&path, json!({"message": "x"})).header(KEY, "a").header(KEY, "b").await.problem(400);
    assert_eq!(ada.get(&path).await.ids(), [0; 0]);
    ada.post(&path, json!({"message": "x"})).header(KEY, &"x".repeat(255)).await.created();
}

#[tokio::test]
async fn a_422_is_replayed_and_a_404_is_not_kept() {
    let app = TestApp::new().await;
    let (ada, path) = thread(&app).await;
    let participants = path.replace("messages", "participants");
    let body = json!({"user_id": user_id("cleo")});
    let refused = ada.post(&participants, body.clone()).header(KEY, "k").await;
    refused.problem(422);
    app.store.grant("cleo", TIMBER, Some(false), Time::now()).await.expect("granted");
    let again = ada.post(&participants, body.clone()).header(KEY, "k").await;
    assert_eq!((replayed(&again), &again.text), (true, &refused.text));
    again.problem(422);
    ada.post(&participants, body).header(KEY, "k2").await.created();
    let blank = ada.post(&path, json!({"message": " "})).header(KEY, "b").await;
    blank.problem(422);
    assert!(replayed(&ada.post(&path, json!({"message": " "})).header(KEY, "b").await));

    let nowhere = "/chat/threads/999/messages";
    for _ in 0..2 {
        let answer = ada.post(nowhere, json!({"message": "x"})).header(KEY, "n").await;
        answer.problem(404);
        assert!(!replayed(&answer));
    }
}

#[tokio::test]
async fn access_is_checked_anew_before_a_replay() {
    let app = TestApp::new().await;
    let (ada, path) = thread(&app).await;
    let made = ada.post("/chat/threads", json!({"message": "hello"})).header(KEY, "t").await;
    made.created();
    ada.post(&path, json!({"message": "hello"})).header(KEY, "m").await.created();
    app.store.revoke("ada", TIMBER, Time::now()).await.expect("revoked");
    let messages = ada.post(&path, json!({"message": "hello"})).header(KEY, "m").await;
    messages.problem(403);
    let thread = ada.post("/chat/threads", json!({"message": "hello"})).header(KEY, "t").await;
    assert!(!thread.status.is_success(), "{}", thread.text);
    assert!(!thread.text.contains("hello"));
}

#[tokio::test]
async fn sixteen_at_once_make_one_message() {
    let app = TestApp::new().await;
    let (ada, path) = thread(&app).await;
    let calls =
        (0..16).map(|_| tokio::spawn(ada.post(&path, json!({"message": "once"})).header(KEY, "k").into_future()));
    let calls: Vec<_> = calls.collect();
    let mut firsts = 0;
    let mut texts = std::collections::HashSet::new();
    for call in calls {
        let answer = call.await.expect("an answer");
        answer.created();
        firsts += usize::from(!replayed(&answer));
        texts.insert(answer.text);
    }
    assert_eq!((firsts, texts.len(), ada.get(&path).await.ids().len()), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_at_once_run_their_code_once() {
    let app = TestApp::new().await;
    let (ada, path) = thread(&app).await;
    let body = json!({"message": "```codeaction\nprint(1)\n```"});
    let send = || ada.post(&path, body.clone()).header(KEY, "k").into_future();
    let calls: Vec<_> = (0..16).map(|_| tokio::spawn(send())).collect();
    let (mut firsts, mut texts) = (0, std::collections::HashSet::new());
    for call in calls {
        let answer = call.await.expect("an answer");
        if answer.status == 201 {
            firsts += usize::from(!replayed(&answer));
            texts.insert(answer.text);
        } else {
            assert_eq!(answer.problem(409)["type"], "/problems/idempotency-key-in-use");
            assert!(answer.header("retry-after").parse::<u64>().is_ok());
        }
    }
    // The message and the result of its code.
    assert_eq!((firsts, texts.len(), ada.get(&path).await.ids().len()), (1, 1, 2));
    let late = send().await;
    assert!(replayed(&late) && texts.contains(&late.text), "that it was running is never the answer that is kept");
}
