//! `/metrics`: what Prometheus is told.

use axum::http::Method;
use countersign::serve::http::metrics_router;
use serde_json::json;

use crate::{
    stream::Follower,
    support::{Client, TestApp},
};

#[tokio::test]
async fn it_counts_by_route_and_says_nothing_of_what_was_asked() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, Some("swordfish")).await;
    for path in ["", "/api/v2"] {
        ada.get(&format!("{path}/chat/threads/{thread}")).await.ok();
    }
    ada.get("/chat/threads?free_text=swordfish").await.ok();
    ada.get("/chat/threads?swordfish=1").await.problem(400);
    ada.call(Method::from_bytes(b"SWORDFISH").expect("a method"), "/chat/threads").await.problem(405);
    ada.get("/swordfish").await.problem(404);
    let _stream = Follower::open(&ada, None).await;
    let watcher = Client { router: metrics_router(app.app.clone()), token: None };
    let page = watcher.get("/metrics").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    for line in [
        r#"countersign_http_requests_total{method="GET",route="/chat/threads/{thread_id}",status="200"} 2"#,
        r#"countersign_http_requests_total{method="GET",route="/chat/threads",status="200"} 1"#,
        r#"countersign_http_requests_total{method="GET",route="/chat/threads",status="400"} 1"#,
        r#"countersign_http_requests_total{method="other",route="/chat/threads",status="405"} 1"#,
        r#"countersign_http_requests_total{method="GET",route="none",status="404"} 1"#,
        r#"countersign_http_request_duration_seconds_count{route="/chat/threads/{thread_id}"} 2"#,
        "countersign_event_streams 1",
        "countersign_changes_under_way 0",
        "# EOF",
    ] {
        assert!(page.text.lines().any(|each| each == line), "{line} is not in\n{}", page.text);
    }
    for secret in ["swordfish", "SWORDFISH", ada.token.as_deref().expect("a token")] {
        assert!(!page.text.contains(secret));
    }
}

#[tokio::test]
async fn it_is_alone_on_its_listener_and_not_on_the_other() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    ada.get("/metrics").await.problem(404);
    let watcher = Client { router: metrics_router(app.app.clone()), ..ada };
    assert_eq!(watcher.get("/chat/threads").open().await.status(), 404);
    watcher.post("/metrics", json!({})).await.problem(405);
}
