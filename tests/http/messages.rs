//! Messages: posted, read, paged, edited, with their revisions.

use axum::http::Method;
use serde_json::json;

use crate::support::{Client, TIMBER, TestApp, ids, user_id};

async fn one_message(app: &TestApp, text: &str) -> (Client, String, i64) {
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, Some(text)).await;
    let path = format!("/chat/threads/{thread}/messages");
    let message = ada.get(&path).await.ids()[0];
    (ada, format!("{path}/{message}"), thread)
}

#[tokio::test]
async fn a_message_is_kept_exactly_as_posted() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    let path = format!("/chat/threads/{thread}/messages");
    for text in
        ["  spaces around \n\n", "\u{202e}bidi \u{1b}[31m \r\n tab\t", "é e\u{301} 👩‍👩‍👧‍👦", "```sql\nselect 1\n```", "x"]
    {
        let posted = ada.post(&path, json!({"message": text})).await;
        let message = posted.created();
        assert_eq!(message["message"], text);
        assert_eq!(message["results"], json!([]));
        assert_eq!(posted.header("location"), format!("{path}/{}", message["id"]));
        let mut shown = ada.get(posted.header("location")).await.ok();
        shown["results"] = json!([]);
        assert_eq!(shown, message);
    }
}

#[tokio::test]
async fn blank_and_long_messages_are_422() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    let path = format!("/chat/threads/{thread}/messages");
    for body in [
        json!({}),
        json!({"message": null}),
        json!({"message": ""}),
        json!({"message": " \n\t "}),
        json!({"message": "a\u{0}"}),
        json!({"message": "å".repeat(32_769)}),
        json!({"message": 5}),
    ] {
        assert_eq!(ada.post(&path, body).await.pointers(), ["/message"]);
    }
    ada.post(&path, json!({"message": "å".repeat(32_768)})).await.created();
    assert_eq!(ada.get(&path).await.ids().len(), 1);
}

#[tokio::test]
async fn messages_are_paged_by_id() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    let mut all = Vec::new();
    for number in 0..6 {
        all.push(ada.say(thread, &format!("message {number}")).await["id"].as_i64().expect("an id"));
    }
    let path = format!("/chat/threads/{thread}/messages");
    for (query, expected) in [
        (String::new(), &all[..]),
        ("?limit=2".to_owned(), &all[4..]),
        (format!("?limit=2&before={}", all[4]), &all[2..4]),
        (format!("?limit=2&after={}", all[0]), &all[1..3]),
        (format!("?after={}&before={}", all[0], all[4]), &all[1..4]),
        (format!("?after={}", all[5]), &all[..0]),
        (format!("?before={}", all[0]), &all[..0]),
        ("?after=9223372036854775807".to_owned(), &all[..0]),
    ] {
        assert_eq!(ada.get(&format!("{path}{query}")).await.ids(), expected, "{query}");
    }
    let page = ada.get(&format!("{path}?limit=2")).await;
    assert_eq!(
        page.header("link"),
        format!("<{path}?limit=2>; rel=\"first\", <{path}?limit=2&before={}>; rel=\"next\"", all[4])
    );
    let last = ada.get(&format!("{path}?limit=2&before={}", all[2])).await;
    assert_eq!(last.header("link"), format!("<{path}?limit=2>; rel=\"first\""));
}

#[tokio::test]
async fn message_ids_are_unique_across_threads() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let (one, other) = (ada.thread_in(TIMBER, Some("a")).await, ada.thread_in(TIMBER, Some("b")).await);
    let mut all = ada.get(&format!("/chat/threads/{one}/messages")).await.ids();
    all.extend(ada.get(&format!("/chat/threads/{other}/messages")).await.ids());
    assert_ne!(all[0], all[1]);
}

#[tokio::test]
async fn an_edit_raises_the_revision_and_keeps_what_was() {
    let app = TestApp::new().await;
    let (ada, path, thread) = one_message(&app, "first").await;
    let before = ada.get(&path).await;
    assert_eq!(before.header("etag"), format!("\"{}\"", before.ok()["revision"]));
    let edited = ada.patch(&path, json!({"message": "second"})).await;
    let message = edited.ok();
    assert_eq!((&message["message"], &message["results"]), (&json!("second"), &json!([])));
    assert!(message["edited_at"].is_string());
    assert!(message["revision"].as_u64() > before.ok()["revision"].as_u64());
    assert_eq!(edited.header("etag"), format!("\"{}\"", message["revision"]));
    assert_eq!(ada.get(&path).await.header("etag"), edited.header("etag"));
    ada.patch(&path, json!({"message": "third"})).await.ok();
    let revisions = ada.get(&format!("{path}/revisions")).await.ok();
    let texts: Vec<_> =
        revisions.as_array().expect("an array").iter().map(|revision| revision["message"].clone()).collect();
    assert_eq!(texts, ["first", "second"]);
    let listed = ada.get("/chat/threads").await.ok();
    assert_eq!(listed[0]["last_message"]["excerpt"], "third");
    assert_eq!(ids(&ada.get(&format!("/chat/threads/{thread}")).await.ok()["messages"]).len(), 1);
}

#[tokio::test]
async fn if_match_guards_an_edit() {
    let app = TestApp::new().await;
    let (ada, path, _) = one_message(&app, "first").await;
    let etag = ada.get(&path).await.header("etag").to_owned();
    let edit = |if_match: &str, text: &str| ada.patch(&path, json!({"message": text})).header("if-match", if_match);
    edit(&etag, "second").await.ok();
    edit(&etag, "lost update").await.problem(412);
    edit(&format!("W/{}", ada.get(&path).await.header("etag")), "weak").await.problem(412);
    edit("\"nonsense\"", "x").await.problem(412);
    edit("\"of, another\"", "x").await.problem(412);
    for malformed in ["nonsense", "\"1\" \"2\"", "*, \"2\""] {
        edit(malformed, "x").await.problem(400);
    }
    assert_eq!(ada.get(&path).await.ok()["message"], "second");
    let current = ada.get(&path).await.header("etag").to_owned();
    edit(&format!("\"x,y\", {etag} ,{current}"), "third").await.ok();
    edit("*", "fourth").await.ok();
}

#[tokio::test]
async fn only_the_author_may_edit() {
    let app = TestApp::new().await;
    let (_, path, _) = one_message(&app, "mine").await;
    let ben = app.sign_in("ben").await;
    ben.patch(&path, json!({"message": "yours"})).await.problem(403);
    assert_eq!(ben.get(&path).await.ok()["message"], "mine");
}

#[tokio::test]
async fn a_bad_edit_changes_nothing() {
    let app = TestApp::new().await;
    let (ada, path, _) = one_message(&app, "mine").await;
    for body in [
        json!({}),
        json!({"message": " "}),
        json!({"message": "x", "extra": 1}),
        json!({"message": "x".repeat(65_537)}),
        json!({"message": "```codeaction\nprint(1)\n```"}),
        json!({"message": "```approvecodeaction\n```"}),
        json!({"message": "```codeaction\n[code hidden]\n```"}),
    ] {
        ada.patch(&path, body).await.problem(422);
    }
    ada.call(Method::PATCH, &path).body("{\"message\"").await.problem(400);
    assert_eq!(ada.get(&path).await.ok()["message"], "mine");
    assert_eq!(ada.get(&format!("{path}/revisions")).await.ok(), json!([]));
}

#[tokio::test]
async fn what_stands_in_quotes_and_lists_is_hidden_and_does_nothing() {
    let app = TestApp::new().await;
    let (ada, path, _) =
        one_message(&app, "> ```codeaction\n> canary()\n> ```\n\n- ~~~coderesult\n  canary\n  ~~~\n").await;
    let message = ada.get(&path).await;
    assert!(!message.text.contains("canary"), "{}", message.text);
    assert_eq!((&message.ok()["actions"], &message.ok()["action_mode"]), (&json!([]), &json!(null)));
    assert_eq!(message.ok()["message"].as_str().expect("text").matches("[code hidden]").count(), 2);
    assert_eq!(message.ok()["created_by_id"], user_id("ada"));
}
