//! Query parameters, read strictly.

use crate::support::TestApp;

#[tokio::test]
async fn an_unknown_parameter_is_400_and_names_itself_and_the_known_ones() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, Some("hello")).await;
    let base = format!("/chat/threads/{thread}");
    for (path, known) in [
        ("/chat/threads", "awaiting_approval"),
        (base.as_str(), "messages_before"),
        (&format!("{base}/messages"), "before"),
        (&format!("{base}/messages/1"), "none"),
        (&format!("{base}/messages/1/revisions"), "none"),
        (&format!("{base}/participants"), "per_page"),
        ("/chat/actions", "decided_by_id"),
        ("/records", "type"),
        ("/records/1", "none"),
        ("/users", "client_account_id"),
        ("/users/me", "none"),
    ] {
        let problem = ada.get(&format!("{path}?clinet_account_id=1")).await.problem(400);
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains("`clinet_account_id`") && detail.contains(known), "{path}: {detail}");
    }
    ada.post("/chat/threads?subject=x", serde_json::json!({})).await.problem(400);
}

#[tokio::test]
async fn repeated_malformed_and_out_of_range_values_are_400() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(1, Some("hello")).await;
    for query in [
        "page=1&page=2",
        "page=0",
        "page=-1",
        "page=x",
        "page=",
        "per_page=0",
        "per_page=1001",
        "client_account_id=x",
        "client_account_id=0",
        "client_account_id=-9223372036854775808",
        "client_account_id=9223372036854775808",
        "client_account_id=1.0",
        "relation_id=one",
        "relation_type=",
        "relation_type=%20",
        "order_by=name",
        "order_by=",
        "order_by=--id",
        "order_by=-id%20desc",
        "order_by=id%20down",
        "free_text=",
        "free_text=%20%09",
        "free_text=%ff",
        "free_text=%zz",
        "awaiting_approval=yes",
        "unread=1",
        "participant_id=me",
    ] {
        ada.get(&format!("/chat/threads?{query}")).await.problem(400);
    }
    for query in [
        "messages_limit=0",
        "messages_limit=1001",
        "messages_before=x",
        "messages_after=-1",
        "page=2&messages_before=1",
    ] {
        ada.get(&format!("/chat/threads/{thread}?{query}")).await.problem(400);
    }
    for query in ["limit=0", "limit=1001", "before=-1", "after=x", "page=1"] {
        ada.get(&format!("/chat/threads/{thread}/messages?{query}")).await.problem(400);
    }
    for query in ["type=", "type=%20", "type", "client_account_id="] {
        ada.get(&format!("/records?{query}")).await.problem(400);
    }
    for query in ["status=pending", "author_id=x", "page=0"] {
        ada.get(&format!("/chat/actions?{query}")).await.problem(400);
    }
}

#[tokio::test]
async fn ids_at_the_far_end_find_nothing() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    ada.thread_in(1, Some("hello")).await;
    for name in ["client_account_id", "provider_client_account_id", "relation_id", "participant_id"] {
        assert_eq!(ada.get(&format!("/chat/threads?{name}=9223372036854775807")).await.ids(), [0; 0]);
    }
    for path in ["/chat/threads?page=9223372036854775807&per_page=1000", "/records?page=9223372036854775807"] {
        assert_eq!(ada.get(path).await.ids(), [0; 0]);
    }
}
