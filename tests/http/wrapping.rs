//! What surrounds every request and answer: prefixes, headers, methods, unknown routes.

use axum::{
    Router,
    http::{Method, StatusCode},
    routing::get,
};
use countersign::serve::http::surrounded;
use serde_json::json;

use crate::support::{Client, TestApp};

#[tokio::test]
async fn every_route_lives_at_the_root_and_under_the_prefix() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, Some("hello")).await;
    for path in [
        "/chat/threads",
        &format!("/chat/threads/{thread}"),
        &format!("/chat/threads/{thread}/messages"),
        &format!("/chat/threads/{thread}/participants"),
        "/chat/actions",
        "/records",
        "/users",
        "/users/me",
        "/healthz",
        "/readyz",
    ] {
        let bare = ada.get(path).await.ok();
        assert_eq!(ada.get(&format!("/api/v2{path}")).await.ok(), bare, "{path}");
    }
}

#[tokio::test]
async fn links_and_locations_keep_the_prefix_that_was_used_and_name_no_host() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for prefix in ["", "/api/v2"] {
        let made =
            ada.post(&format!("{prefix}/chat/threads"), json!({"subject": "x"})).header("host", "evil.example").await;
        let id = made.created()["id"].clone();
        assert_eq!(made.header("location"), format!("{prefix}/chat/threads/{id}"));
        let listed = ada.get(&format!("{prefix}/chat/threads?per_page=1")).header("host", "evil.example").await;
        assert!(listed.header("link").starts_with(&format!("<{prefix}/chat/threads?")), "{}", listed.header("link"));
        assert_eq!(ada.get(made.header("location")).await.ok()["id"], id);
    }
}

#[tokio::test]
async fn every_answer_carries_the_standing_headers() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let too_large = ada.call(Method::POST, "/chat/threads").body(vec![b' '; (1 << 20) + 1]).await;
    let answers = [
        ada.get("/chat/threads").await,
        ada.post("/chat/threads", json!({})).await,
        ada.get("/nowhere").await,
        ada.delete("/chat/threads").await,
        ada.get("/chat/threads?x=1").await,
        ada.get("/chat/threads/999").await,
        ada.call(Method::POST, "/chat/threads").body("{").await,
        too_large,
        app.stranger().get("/chat/threads").await,
        app.stranger().get("/healthz").await,
    ];
    assert_eq!(
        answers.each_ref().map(|answer| answer.status.as_u16()),
        [200, 201, 404, 405, 400, 404, 400, 413, 401, 200]
    );
    let mut seen = std::collections::HashSet::new();
    for answer in &answers {
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(!answer.header("x-request-id").is_empty());
        assert!(seen.insert(answer.header("x-request-id").to_owned()), "each request has its own id");
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "no CORS");
        if !answer.status.is_success() {
            answer.problem(answer.status.as_u16());
        }
    }
}

#[tokio::test]
async fn a_sane_request_id_is_echoed_and_another_replaced() {
    let app = TestApp::new().await;
    let echoed = |id: &str| {
        let call = app.stranger().get("/healthz").header("x-request-id", id);
        async move { call.await.header("x-request-id").to_owned() }
    };
    assert_eq!(echoed("7f3a-11.b_c").await, "7f3a-11.b_c");
    for odd in ["", "a b", "<script>", &"x".repeat(129)] {
        let made = echoed(odd).await;
        assert!(!made.is_empty() && made != odd, "{odd}");
    }
}

#[tokio::test]
async fn another_method_is_405_and_told_which_ones_there_are() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for (method, path, allowed) in [
        (Method::DELETE, "/chat/threads", "GET,HEAD,POST"),
        (Method::PUT, "/api/v2/chat/threads/1", "GET,HEAD"),
        (Method::POST, "/chat/threads/1/messages/1", "GET,HEAD,PATCH"),
        (Method::GET, "/chat/threads/1/participants/1", "DELETE"),
        (Method::GET, "/chat/threads/1/read", "PUT"),
        (Method::OPTIONS, "/chat/threads", "GET,HEAD,POST"),
        (Method::POST, "/users/me", "GET,HEAD"),
    ] {
        let answer = ada.call(method, path).await;
        answer.problem(405);
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
    for path in ["/healthz", "/api/v2/readyz"] {
        let answer = app.stranger().call(Method::POST, path).await;
        answer.problem(405);
        assert_eq!(answer.header("allow"), "GET,HEAD", "needs no token for any method");
    }
}

#[tokio::test]
async fn what_is_no_route_is_404() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for path in [
        "/",
        "/chat",
        "/chat/threads/",
        "/chat/threads//messages",
        "/api/v2",
        "/api/v2/",
        "/api/v3/chat/threads",
        "/api/v2/api/v2/chat/threads",
    ] {
        ada.get(path).await.problem(404);
    }
}

#[tokio::test]
async fn head_answers_as_get_does_without_the_body() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, Some("hello")).await;
    for path in ["/chat/threads", &format!("/api/v2/chat/threads/{thread}"), "/users/me", "/healthz"] {
        let get = ada.get(path).await;
        let head = ada.call(Method::HEAD, path).await;
        assert_eq!((head.status, head.text.as_str()), (StatusCode::OK, ""));
        for header in ["content-type", "link", "cache-control"] {
            assert_eq!(head.header(header), get.header(header), "{path} {header}");
        }
        assert_eq!(head.header("content-length"), get.text.len().to_string());
    }
}

#[tokio::test]
async fn health_needs_no_token() {
    let app = TestApp::new().await;
    app.stranger().get("/healthz").await.ok();
    let ready = app.stranger().get("/readyz").await.ok();
    assert_eq!(ready["status"], "ready");
    let (confined_by, lacking) = (&ready["sandbox"]["confined_by"], &ready["sandbox"]["lacking"]);
    assert!(confined_by.as_array().is_some_and(|means| means.contains(&json!("cpu_time"))), "{ready}");
    assert!(lacking.as_array().is_some_and(|means| !means.contains(&json!("cpu_time"))), "{ready}");
}

#[tokio::test]
async fn readiness_fails_when_the_database_is_gone() {
    let app = TestApp::new().await;
    app.store.close().await;
    let answer = app.stranger().get("/readyz").await;
    answer.problem(503);
    assert!(answer.header("retry-after").parse::<u64>().is_ok());
    app.stranger().get("/healthz").await.ok();
}

#[tokio::test]
async fn readiness_fails_when_no_worker_can_run_code() {
    let app = TestApp::with(|settings| settings.sandbox.worker = Some("/nowhere/at/all".into())).await;
    let answer = app.stranger().get("/readyz").await;
    answer.problem(503);
    assert!(answer.header("retry-after").parse::<u64>().is_ok());
    app.stranger().get("/healthz").await.ok();
}

#[tokio::test]
async fn a_panic_is_500_without_its_words() {
    async fn fall() -> &'static str {
        assert!(std::env::args().count() == 0, "canary");
        "unreachable"
    }
    let app = TestApp::new().await;
    let router = surrounded(Router::new().route("/fall", get(fall)), app.app.clone());
    let answer = Client { router, token: None }.get("/api/v2/fall").await;
    answer.problem(500);
    assert!(!answer.text.contains("canary"));
    assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
    assert!(!answer.header("x-request-id").is_empty());
}

#[tokio::test]
async fn without_its_database_the_server_answers_503_and_says_when_to_try_again() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    app.store.close().await;
    for answer in [ada.get("/chat/threads").await, ada.post("/chat/threads", json!({"message": "x"})).await] {
        answer.problem(503);
        assert!(answer.header("retry-after").parse::<u64>().is_ok());
        assert!(!answer.text.to_lowercase().contains("sql"));
    }
}
