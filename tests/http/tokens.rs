//! Who may ask: tokens, scopes, and how often.

use std::time::Duration;

use axum::http::Method;
use countersign::api::Time;
use serde_json::json;

use crate::support::{Client, TestApp};

const ROUTES: [(Method, &str); 20] = [
    (Method::GET, "/chat/threads"),
    (Method::POST, "/chat/threads"),
    (Method::GET, "/chat/threads/1"),
    (Method::PUT, "/chat/threads/1/read"),
    (Method::GET, "/chat/threads/1/messages"),
    (Method::POST, "/chat/threads/1/messages"),
    (Method::GET, "/chat/threads/1/messages/1"),
    (Method::PATCH, "/chat/threads/1/messages/1"),
    (Method::GET, "/chat/threads/1/messages/1/revisions"),
    (Method::GET, "/chat/threads/1/participants"),
    (Method::POST, "/chat/threads/1/participants"),
    (Method::DELETE, "/chat/threads/1/participants/1"),
    (Method::GET, "/chat/actions"),
    (Method::GET, "/records"),
    (Method::GET, "/records/1"),
    (Method::GET, "/users"),
    (Method::GET, "/users/me"),
    // Nobody learns without one which routes there are.
    (Method::GET, "/nowhere"),
    (Method::GET, "/api/v2/chat/nowhere"),
    (Method::DELETE, "/chat/threads"),
];

#[tokio::test]
async fn without_a_valid_token_every_route_answers_401_and_always_the_same() {
    let app = TestApp::new().await;
    let ended = Time::from_microseconds(Time::now().as_microseconds() - 1);
    let (expired, _) = app.token("ada", None, Some(ended)).await;
    let (revoked, id) = app.token("ada", None, None).await;
    app.store.token_revoke(id, Time::now()).await.expect("revoked");
    let unknown = Client { token: Some("csn_nobody".to_owned()), ..app.stranger() };
    let mut bodies = std::collections::HashSet::new();
    for (method, path) in ROUTES {
        for client in [&app.stranger(), &unknown, &expired, &revoked] {
            let answer = client.call(method.clone(), path).body("{}").await;
            answer.problem(401);
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            bodies.insert(answer.text);
        }
    }
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn odd_authorization_headers_are_401_too() {
    let app = TestApp::new().await;
    let (ada, _) = app.token("ada", None, None).await;
    let token = ada.token.clone().expect("a token");
    let odd = [
        token.clone(),
        format!("Basic {token}"),
        format!("Bearer{token}"),
        "Bearer ".to_owned(),
        format!("Bearer {token} {token}"),
        format!("Bearer {}", &token[..token.len() - 1]),
        "Bearer ' OR 1=1 --".to_owned(),
    ];
    for value in odd {
        app.stranger().get("/users/me").header("authorization", &value).await.problem(401);
    }
    app.stranger().get("/users/me").header("authorization", &format!("bearer {token}")).await.ok();
}

#[tokio::test]
async fn a_revoked_token_and_a_lost_account_count_from_the_next_request() {
    let app = TestApp::new().await;
    let (ada, id) = app.token("ada", None, None).await;
    let thread = ada.thread_in(1, None).await;
    app.store.revoke("ada", 1, Time::now()).await.expect("revoked");
    ada.get(&format!("/chat/threads/{thread}")).await.problem(403);
    assert_eq!(ada.get("/chat/threads").await.ok(), json!([]));
    app.store.token_revoke(id, Time::now()).await.expect("revoked");
    ada.get("/chat/threads").await.problem(401);
}

#[tokio::test]
async fn a_token_counts_until_it_expires() {
    let app = TestApp::new().await;
    let (ada, _) = app.token("ada", None, Some(Time::now().plus(Duration::from_hours(1)))).await;
    ada.get("/users/me").await.ok();
}

#[tokio::test]
async fn each_route_wants_its_scope() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, Some("hello")).await;
    let message = ada.get(&format!("/chat/threads/{thread}/messages")).await.ids()[0];
    let base = format!("/chat/threads/{thread}");
    let (read, _) = app.token("ada", Some("read"), None).await;
    let (post, _) = app.token("ada", Some("post"), None).await;
    for path in [
        "/chat/threads",
        &base,
        &format!("{base}/messages"),
        &format!("{base}/messages/{message}"),
        &format!("{base}/messages/{message}/revisions"),
        &format!("{base}/participants"),
        "/chat/actions",
        "/records",
        "/users",
        "/users/me",
    ] {
        read.get(path).await.ok();
        post.get(path).await.problem(403);
    }
    let mark = json!({"message_id": message});
    assert_eq!(read.put(&format!("{base}/read"), mark.clone()).await.status, 204);
    post.put(&format!("{base}/read"), mark).await.problem(403);
    for client in [&read, &post] {
        let writes = [
            client.post("/chat/threads", json!({})).await,
            client.post(&format!("{base}/messages"), json!({"message": "x"})).await,
            client.patch(&format!("{base}/messages/{message}"), json!({"message": "y"})).await,
            client.post(&format!("{base}/participants"), json!({"user_id": 2})).await,
        ];
        for answer in writes {
            if client.token == post.token {
                assert!(answer.status.is_success(), "{}", answer.text);
            } else {
                assert_eq!(answer.problem(403)["type"], "/problems/missing-scope");
            }
        }
    }
    let participant = ada.get(&format!("{base}/participants")).await.ids()[1];
    read.delete(&format!("{base}/participants/{participant}")).await.problem(403);
    assert_eq!(post.delete(&format!("{base}/participants/{participant}")).await.status, 204);
}

#[tokio::test]
async fn too_many_requests_of_one_token_are_429_and_others_go_on() {
    let app = TestApp::with(|settings| settings.serve.requests_per_minute = 3).await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    for _ in 0..3 {
        ada.get("/users/me").await.ok();
    }
    let answer = ada.get("/users/me").await;
    answer.problem(429);
    assert!((1..=60).contains(&answer.header("retry-after").parse::<u64>().expect("seconds")));
    ben.get("/users/me").await.ok();
}

#[tokio::test]
async fn too_many_failed_sign_ins_are_429_and_a_valid_token_still_counts() {
    let app = TestApp::with(|settings| settings.serve.failed_sign_ins_per_minute = 2).await;
    let unknown = Client { token: Some("csn_guess".to_owned()), ..app.stranger() };
    for _ in 0..2 {
        unknown.get("/users/me").await.problem(401);
    }
    let answer = unknown.get("/users/me").await;
    answer.problem(429);
    assert!((1..=60).contains(&answer.header("retry-after").parse::<u64>().expect("seconds")));
    app.sign_in("ada").await.get("/users/me").await.ok();
}

#[tokio::test]
async fn forwarded_addresses_count_only_from_trusted_proxies() {
    let guess = async |app: &TestApp, address: &str| {
        let unknown = Client { token: Some("csn_guess".to_owned()), ..app.stranger() };
        unknown.get("/users/me").header("x-forwarded-for", address).await.status.as_u16()
    };
    let app = TestApp::with(|settings| settings.serve.failed_sign_ins_per_minute = 1).await;
    assert_eq!((guess(&app, "1.1.1.1").await, guess(&app, "2.2.2.2").await), (401, 429));
    let behind_proxy = TestApp::with(|settings| {
        settings.serve.failed_sign_ins_per_minute = 1;
        settings.serve.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    })
    .await;
    assert_eq!((guess(&behind_proxy, "1.1.1.1").await, guess(&behind_proxy, "2.2.2.2").await), (401, 401));
    assert_eq!(guess(&behind_proxy, "1.1.1.1").await, 429);
}
