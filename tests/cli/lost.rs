//! Decisions on a bad network: an answer that is lost is looked for, never guessed; nothing is decided twice.

use std::{
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use countersign::api;
use serde_json::{Value, json};

use crate::fake_server::{FakeServer, Reply, Request};

/// Message 7 of thread 1, whose one action has this status.
fn message(status: &str) -> Value {
    let items = [json!({
        "type": "preview", "id": 1, "needs_approval": true, "block": 0, "operation": "update", "object_type": "invoice",
        "object_id": 17, "title": "invoice #17", "changes": [], "record": null, "rule": "none",
    })];
    json!({
        "id": 7, "thread_id": 1, "message": "```codeaction\n[code hidden]\n```", "action_mode": "preview",
        "action_items": items, "actions": [{"block": 0, "status": status, "digest": digest(&items)}],
    })
}

fn digest(items: &[Value]) -> String {
    api::digest(1, 7, 0, items).expect("a digest")
}

fn shown_digest() -> String {
    message("awaiting_approval")["actions"][0]["digest"].as_str().expect("a digest").to_owned()
}

/// A server on which posts are handled by `post`, and which shows the action as decided once `written` is set.
async fn server(written: Arc<AtomicBool>, post: impl Fn(&AtomicBool) -> Reply + Send + Sync + 'static) -> FakeServer {
    FakeServer::start(move |request: &Request| {
        if request.line.starts_with("POST") {
            return post(&written);
        }
        let status = if written.load(Ordering::SeqCst) { "written" } else { "awaiting_approval" };
        match request.line.as_str() {
            "GET /api/v2/chat/threads/1/messages/7" => Reply::json(200, &message(status).to_string()),
            _ => Reply::json(404, "{}"),
        }
    })
    .await
}

async fn approve(url: &str, digest: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear().env("COUNTERSIGN_URL", url).env("COUNTERSIGN_TOKEN", "csn_s3cret").env("HOME", "/nonexistent");
    command.args(["approve", "1", "--message", "7", "--digest", digest]);
    tokio::task::spawn_blocking(move || command.output().expect("the program starts")).await.expect("it ends")
}

fn posts(server: &FakeServer) -> Vec<Request> {
    server.requests().into_iter().filter(|request| request.line.starts_with("POST")).collect()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn an_answer_that_is_lost_after_the_write_is_found() {
    let server = server(Arc::default(), |written| {
        written.store(true, Ordering::SeqCst);
        Reply::Bytes(Vec::new())
    })
    .await;
    let output = approve(&server.url(), &shown_digest()).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("Written"));
    assert_eq!(posts(&server).len(), 1, "what is written is not sent again");
}

#[tokio::test]
async fn an_answer_that_is_lost_before_the_write_is_sent_again_under_its_key() {
    let tries = std::sync::atomic::AtomicUsize::new(0);
    let server = server(Arc::default(), move |written| {
        if tries.fetch_add(1, Ordering::SeqCst) < 2 {
            return Reply::Bytes(Vec::new());
        }
        written.store(true, Ordering::SeqCst);
        Reply::json(201, &json!({"id": 8, "message": "```approvecodeaction\n```", "results": []}).to_string())
    })
    .await;
    let output = approve(&server.url(), &shown_digest()).await;
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let posts = posts(&server);
    assert_eq!(posts.len(), 3);
    let keys: Vec<_> = posts.iter().map(|post| post.header("idempotency-key").expect("a key")).collect();
    assert!(keys.iter().all(|key| *key == keys[0] && key.len() == 32), "{keys:?}");
    assert!(posts.iter().all(|post| post.body == posts[0].body));
}

#[tokio::test]
async fn what_is_sent_is_bound_to_what_was_shown() {
    let server = server(Arc::default(), |written| {
        written.store(true, Ordering::SeqCst);
        Reply::json(201, &json!({"id": 8, "message": "", "results": []}).to_string())
    })
    .await;
    approve(&server.url(), &shown_digest()).await;
    let body: Value = serde_json::from_str(&posts(&server)[0].body).expect("JSON");
    let expected = format!("```approvecodeaction\nmessage_id: 7\ndigest: {}\nblock: 0\n```", shown_digest());
    assert_eq!(body, json!({ "message": expected }));
}

#[tokio::test]
async fn another_digest_is_never_sent() {
    let server = server(Arc::default(), |_| Reply::json(500, "{}")).await;
    let output = approve(&server.url(), &"0".repeat(64)).await;
    assert_eq!(output.status.code(), Some(5), "{}", text(&output));
    assert!(posts(&server).is_empty());
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason() {
    let stale = r#"{"type": "/problems/stale-approval", "detail": "Look at it \u001b[31magain."}"#;
    let server = server(Arc::default(), move |_| Reply::problem(409, stale)).await;
    let output = approve(&server.url(), &shown_digest()).await;
    assert_eq!(output.status.code(), Some(5));
    let text = text(&output);
    assert!(text.contains("again.") && !text.contains('\u{1b}'), "{text:?}");
    assert_eq!(posts(&server).len(), 1);
}
