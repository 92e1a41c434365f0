//! Who may see what: 404 for what does not exist, 403 for what does but is not theirs.

use axum::http::Method;
use countersign::api::Time;
use serde_json::json;

use crate::support::{FIRM, FISH, TIMBER, TestApp};

const BELOW: [(Method, &str); 10] = [
    (Method::GET, ""),
    (Method::PUT, "/read"),
    (Method::GET, "/messages"),
    (Method::POST, "/messages"),
    (Method::GET, "/messages/{m}"),
    (Method::PATCH, "/messages/{m}"),
    (Method::GET, "/messages/{m}/revisions"),
    (Method::GET, "/participants"),
    (Method::POST, "/participants"),
    (Method::DELETE, "/participants/{p}"),
];

#[tokio::test]
async fn every_route_below_a_thread_is_404_without_the_thread_and_403_without_access() {
    let app = TestApp::new().await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let thread = ada.thread_in(TIMBER, Some("secret plans")).await;
    let message = ada.get(&format!("/chat/threads/{thread}/messages")).await.ids()[0];
    let participant = ada.get(&format!("/chat/threads/{thread}/participants")).await.ids()[0];
    for (method, tail) in BELOW {
        let tail = tail.replace("{m}", &message.to_string()).replace("{p}", &participant.to_string());
        let body = json!({"message": "x", "message_id": message, "user_id": 3});
        let body = match tail.as_str() {
            "/read" => json!({"message_id": message}),
            "/participants" => json!({"user_id": 3}),
            _ if method == Method::GET || method == Method::DELETE => body,
            _ => json!({"message": "x"}),
        };
        let there = cleo.call(method.clone(), &format!("/chat/threads/{thread}{tail}")).json(&body).await;
        there.problem(403);
        assert!(!there.text.contains("secret"));
        cleo.call(method, &format!("/chat/threads/{}{tail}", thread + 1000)).json(&body).await.problem(404);
    }
    assert_eq!(ada.get(&format!("/chat/threads/{thread}")).await.ok()["messages"][0]["message"], "secret plans");
}

#[tokio::test]
async fn ids_of_any_odd_form_are_404() {
    let app = TestApp::new().await;
    let (ada, cleo) = (app.sign_in("ada").await, app.sign_in("cleo").await);
    let thread = ada.thread_in(TIMBER, Some("hello")).await;
    for id in [
        "0",
        "-1",
        "x",
        "1.0",
        "01",
        "+1",
        "1e0",
        "%20",
        "%FF",
        "%00",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "99999999999999999999999",
        "1;drop",
        "%F0%9F%98%80",
    ] {
        ada.get(&format!("/chat/threads/{id}")).await.problem(404);
        ada.get(&format!("/api/v2/chat/threads/{id}/messages")).await.problem(404);
        ada.get(&format!("/chat/threads/{thread}/messages/{id}")).await.problem(404);
        ada.patch(&format!("/chat/threads/{thread}/messages/{id}"), json!({"message": "x"})).await.problem(404);
        ada.delete(&format!("/chat/threads/{thread}/participants/{id}")).await.problem(404);
        ada.get(&format!("/records/{id}")).await.problem(404);
    }
    for id in ["0", "x", "9223372036854775807", "9223372036854775808"] {
        let below = format!("/chat/threads/{thread}/messages/{id}");
        cleo.get(&below).await.problem(403);
        cleo.get(&format!("{below}/revisions")).await.problem(403);
        cleo.patch(&below, json!({"message": "x"})).await.problem(403);
        cleo.delete(&format!("/chat/threads/{thread}/participants/{id}")).await.problem(403);
    }
}

#[tokio::test]
async fn a_message_of_another_thread_is_404() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let (one, other) = (ada.thread_in(TIMBER, Some("one")).await, ada.thread_in(TIMBER, Some("other")).await);
    let message = ada.get(&format!("/chat/threads/{other}/messages")).await.ids()[0];
    let path = format!("/chat/threads/{one}/messages/{message}");
    ada.get(&path).await.problem(404);
    ada.get(&format!("{path}/revisions")).await.problem(404);
    ada.patch(&path, json!({"message": "x"})).await.problem(404);
    ada.put(&format!("/chat/threads/{one}/read"), json!({"message_id": message})).await.problem(404);
    let participant = ada.get(&format!("/chat/threads/{other}/participants")).await.ids()[0];
    ada.delete(&format!("/chat/threads/{one}/participants/{participant}")).await.problem(404);
}

#[tokio::test]
async fn a_thread_is_open_to_its_client_account_and_to_its_provider() {
    let app = TestApp::new().await;
    let (ada, fia, cleo) = (app.sign_in("ada").await, app.sign_in("fia").await, app.sign_in("cleo").await);
    let thread = ada.thread(json!({"provider_client_account_id": FIRM})).await["id"].clone();
    for client in [&ada, &fia] {
        client.get(&format!("/chat/threads/{thread}")).await.ok();
        assert_eq!(client.get("/chat/threads").await.ids().len(), 1);
    }
    cleo.get(&format!("/chat/threads/{thread}")).await.problem(403);
    let own = ada.thread_in(TIMBER, None).await;
    fia.get(&format!("/chat/threads/{own}")).await.problem(403);
}

#[tokio::test]
async fn taking_part_opens_nothing_and_losing_the_account_closes_the_thread() {
    let app = TestApp::new().await;
    let (max, ada) = (app.sign_in("max").await, app.sign_in("ada").await);
    let thread = max.thread_in(FISH, Some("hello")).await;
    app.store.revoke("max", FISH, Time::now()).await.expect("revoked");
    max.get(&format!("/chat/threads/{thread}")).await.problem(403);
    max.post(&format!("/chat/threads/{thread}/messages"), json!({"message": "x"})).await.problem(403);
    assert_eq!(max.get("/chat/threads").await.ids(), [0; 0]);
    assert_eq!(
        ada.get(&format!("/chat/threads?participant_id={}", crate::support::user_id("max"))).await.ids(),
        [0; 0]
    );
}

#[tokio::test]
async fn lists_and_searches_leave_out_what_is_not_accessible() {
    let app = TestApp::new().await;
    let (ada, cleo, nils) = (app.sign_in("ada").await, app.sign_in("cleo").await, app.sign_in("nils").await);
    ada.thread_in(TIMBER, Some("the invoice")).await;
    let theirs = cleo.thread_in(FISH, Some("an invoice")).await;
    assert_eq!(cleo.get("/chat/threads").await.ids(), [theirs]);
    assert_eq!(cleo.get("/chat/threads?free_text=invoice").await.ids(), [theirs]);
    assert_eq!(cleo.get(&format!("/chat/threads?client_account_id={TIMBER}")).await.ids(), [0; 0]);
    assert_eq!(nils.get("/chat/threads?free_text=invoice").await.ids(), [0; 0]);
}
