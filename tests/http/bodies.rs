//! Request bodies: what is taken, what is ignored, what is refused and how it is named.

use axum::http::Method;
use serde_json::{Value, json};

use crate::support::{Client, TestApp, user_id};

const LIMIT: usize = 1 << 20;

async fn sent(
    client: &Client,
    content_type: Option<&str>,
    body: impl Into<axum::body::Body>,
) -> crate::support::Answer {
    let call = client.call(Method::POST, "/chat/threads").body(body);
    match content_type {
        Some(content_type) => call.header("content-type", content_type).await,
        None => call.await,
    }
}

#[tokio::test]
async fn a_body_without_a_type_or_with_curls_is_read_as_json() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for content_type in [
        None,
        Some("application/json"),
        Some("Application/JSON; charset=UTF-8"),
        Some("application/x-www-form-urlencoded"),
        Some("application/vnd.countersign+json"),
    ] {
        sent(&ada, content_type, r#"{"subject":"x"}"#).await.created();
    }
    for content_type in [
        "multipart/form-data; boundary=x",
        "application/xml",
        "text/xml",
        "text/plain",
        "application/json; charset=latin1",
        "application/octet-stream",
    ] {
        sent(&ada, Some(content_type), r#"{"subject":"x"}"#).await.problem(415);
    }
    ada.call(Method::POST, "/chat/threads").header("content-encoding", "gzip").body("{}").await.problem(415);
}

#[tokio::test]
async fn one_mebibyte_is_taken_and_one_byte_more_is_not() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let padded = |size: usize| format!("{{{}\"subject\":\"x\"}}", " ".repeat(size - 15));
    assert_eq!(padded(LIMIT).len(), LIMIT);
    sent(&ada, None, padded(LIMIT)).await.created();
    sent(&ada, None, padded(LIMIT + 1)).await.problem(413);
}

#[tokio::test]
async fn what_is_no_json_is_400() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let bodies: [&[u8]; 9] = [
        b"",
        b"  ",
        b"{",
        b"subject=x",
        b"{\"subject\":\"x\"} {}",
        b"{'a':1}",
        b"\xff",
        b"{\"a\":NaN}",
        b"{\"a\":\"\\ud800\"}",
    ];
    for body in bodies {
        sent(&ada, None, body).await.problem(400);
    }
}

#[tokio::test]
async fn what_is_json_of_another_shape_is_422() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for body in ["[]", "1", "null", "\"x\"", "[{\"subject\":\"x\"}]"] {
        assert_eq!(sent(&ada, None, body).await.pointers(), [""], "{body}");
    }
    for (body, pointer) in [
        (json!({"subject": 1}), "/subject"),
        (json!({"subject": "x".repeat(201)}), "/subject"),
        (json!({"relation_type": ""}), "/relation_type"),
        (json!({"relation_type": " \t"}), "/relation_type"),
        (json!({"relation_type": "x".repeat(65)}), "/relation_type"),
        (json!({"relation_id": "17"}), "/relation_id"),
        (json!({"relation_id": 1.5}), "/relation_id"),
        (json!({"relation_id": 0}), "/relation_id"),
        (json!({"relation_id": -1}), "/relation_id"),
        (json!({"relation_id": 9_007_199_254_740_992_i64}), "/relation_id"),
        (json!({"client_account_id": "1"}), "/client_account_id"),
        (json!({"client_account_id": true}), "/client_account_id"),
        (json!({"participants": 2}), "/participants"),
        (json!({"participants": [2, "x"]}), "/participants/1"),
        (json!({"message": ["x"]}), "/message"),
        (json!({"message": "a\u{0}b"}), "/message"),
        (json!({"subject": "a\u{0}b"}), "/subject"),
        (json!({"titel": "x"}), "/titel"),
        (json!({"a/b~c": "x"}), "/a~1b~0c"),
        (json!({"message": "x".repeat(65_537)}), "/message"),
    ] {
        assert_eq!(ada.post("/chat/threads", body.clone()).await.pointers(), [pointer], "{body}");
    }
    assert_eq!(ada.get("/chat/threads").await.ids(), [0; 0], "nothing was made");
}

#[tokio::test]
async fn duplicate_keys_are_422_wherever_they_stand() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    assert_eq!(sent(&ada, None, r#"{"subject":"x","subject":"x"}"#).await.pointers(), ["/subject"]);
    assert_eq!(sent(&ada, None, r#"{"subject":"x","s\u0075bject":"x"}"#).await.pointers(), ["/subject"]);
    assert_eq!(sent(&ada, None, r#"{"last_message":{"id":1,"id":1}}"#).await.pointers(), ["/last_message/id"]);
}

#[tokio::test]
async fn numbers_at_both_ends_of_i64_are_refused_or_taken_but_never_bent() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for number in ["9223372036854775807", "-9223372036854775808", "18446744073709551615", "1e400", "9007199254740993"] {
        let body = format!(r#"{{"relation_id":{number}}}"#);
        let refused = sent(&ada, None, body).await;
        assert_eq!(refused.pointers(), ["/relation_id"], "{number}");
        let errors = refused.problem(422)["errors"].clone();
        assert_eq!(errors[0]["detail"], "must be a positive integer below 2^53", "{number}");
    }
    for (body, pointer, said) in [
        (r#"{"participants":[1,9007199254740992]}"#, "/participants/1", "must be a positive integer below 2^53"),
        (r#"{"subject":1e400}"#, "/subject", "must be a string"),
        (r#"{"titel":1e400}"#, "/titel", "is not a field of this resource"),
        (r#"{"last_message":{"id":1e400}}"#, "/last_message/id", "a double does not reproduce"),
    ] {
        let refused = sent(&ada, None, body).await;
        assert_eq!(refused.pointers(), [pointer]);
        assert!(refused.text.contains(said), "{}", refused.text);
    }
    let thread = ada.thread_in(1, None).await;
    let body = r#"{"message":"x","thread_id":9223372036854775807}"#;
    let refused = ada.call(Method::POST, &format!("/chat/threads/{thread}/messages")).body(body).await;
    assert!(refused.problem(422)["errors"][0]["detail"].as_str().expect("words").contains("contradicts the path"));
    let body = r#"{"user_id":9223372036854775807}"#;
    let refused = ada.call(Method::POST, &format!("/chat/threads/{thread}/participants")).body(body).await;
    assert_eq!(
        refused.problem(422)["errors"],
        json!([
            {"pointer": "/user_id", "detail": "must be a positive integer below 2^53"}
        ])
    );
    let largest = sent(&ada, None, r#"{"relation_id":9007199254740991}"#).await.created();
    assert_eq!(largest["relation_id"], 9_007_199_254_740_991_i64);
}

#[tokio::test]
async fn several_mistakes_are_told_together() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let mut pointers = ada.post("/chat/threads", json!({"subject": 1, "relation_id": "x", "nope": 1})).await.pointers();
    pointers.sort();
    assert_eq!(pointers, ["/nope", "/relation_id", "/subject"]);
}

#[tokio::test]
async fn of_very_many_mistakes_some_are_told() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let unknown: serde_json::Map<_, _> = (0..50_000).map(|number| (format!("k{number}"), json!(1))).collect();
    let not_ids = json!({"participants": vec!["x"; 100_000]});
    for body in [Value::Object(unknown), not_ids] {
        let refused = ada.post("/chat/threads", body).await;
        assert_eq!(refused.pointers().len(), 20);
        assert!(refused.text.len() < 10_000, "an answer is no larger than it helps");
    }
}

#[tokio::test]
async fn one_person_named_very_often_takes_part_once() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    // Looked up anew each time, they would keep the writer busy for a minute.
    let thread = ada.thread(json!({"participants": vec![user_id("ben"); 200_000]})).await;
    assert_eq!(thread["participants"].as_array().expect("rows").len(), 2);
}

#[tokio::test]
async fn what_was_read_can_be_sent_back_unless_it_contradicts_the_path() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, Some("hello")).await;
    let messages = format!("/chat/threads/{thread}/messages");
    let mut message = ada.get(&messages).await.ok()[0].clone();
    let path = format!("{messages}/{}", message["id"]);
    message["message"] = "hello again".into();
    assert_eq!(ada.patch(&path, message.clone()).await.ok()["message"], "hello again");
    ada.post(&messages, message.clone()).await.created();
    for (field, value) in [("id", json!(999)), ("thread_id", json!(999)), ("thread_id", json!("x"))] {
        let mut other = message.clone();
        other[field] = value;
        assert_eq!(ada.patch(&path, other).await.pointers(), [format!("/{field}")]);
    }
    let mut other = message.clone();
    other["thread_id"] = 999.into();
    assert_eq!(ada.post(&messages, other).await.pointers(), ["/thread_id"]);

    let mut shown = ada.get(&format!("/chat/threads/{thread}")).await.ok();
    shown["participants"] = json!([2]);
    ada.post("/chat/threads", shown).await.created();

    let participants = format!("/chat/threads/{thread}/participants");
    let mut participant = ada.get(&participants).await.ok()[0].clone();
    ada.post(&participants, participant.clone()).await.ok();
    participant["thread_id"] = 999.into();
    assert_eq!(ada.post(&participants, participant).await.pointers(), ["/thread_id"]);
}

#[tokio::test]
async fn null_is_as_good_as_absent() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let fields = [
        "client_account_id",
        "provider_client_account_id",
        "relation_type",
        "relation_id",
        "subject",
        "participants",
        "message",
    ];
    let nothing: Value =
        fields.iter().map(|name| ((*name).to_owned(), Value::Null)).collect::<serde_json::Map<_, _>>().into();
    let thread = ada.post("/chat/threads", nothing).await.created();
    assert_eq!((&thread["client_account_id"], &thread["messages"]), (&json!(1), &json!([])));
}
