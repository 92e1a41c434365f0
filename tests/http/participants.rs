//! Participants: listed, added, removed.

use serde_json::json;

use crate::support::{FISH, TIMBER, TestApp, user_id};

#[tokio::test]
async fn the_creator_and_whoever_posts_take_part() {
    let app = TestApp::new().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let thread = ada.thread_in(TIMBER, None).await;
    let path = format!("/chat/threads/{thread}/participants");
    let users = async || {
        let listed = ada.get(&path).await.ok();
        listed.as_array().expect("an array").iter().map(|row| row["user_id"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(users().await, [user_id("ada")]);
    ben.say(thread, "I am here").await;
    ben.say(thread, "still").await;
    assert_eq!(users().await, [user_id("ada"), user_id("ben")]);
}

#[tokio::test]
async fn one_is_added_once() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    let path = format!("/chat/threads/{thread}/participants");
    let added = ada.post(&path, json!({"user_id": user_id("ben")})).await;
    let row = added.created();
    assert_eq!(
        row,
        json!({
            "id": row["id"],
            "thread_id": thread,
            "user_id": user_id("ben"),
            "user": {"id": user_id("ben"), "name": "Name of ben", "kind": "human"},
        })
    );
    assert_eq!(ada.post(&path, json!({"user_id": user_id("ben")})).await.ok(), row);
    assert_eq!(ada.get(&path).await.ok()[1], row);
}

#[tokio::test]
async fn who_does_not_exist_or_is_not_eligible_is_422() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    let path = format!("/chat/threads/{thread}/participants");
    for user in [user_id("cleo"), user_id("fia"), user_id("nils"), 999] {
        assert_eq!(ada.post(&path, json!({"user_id": user})).await.pointers(), ["/user_id"]);
    }
    for body in
        [json!({}), json!({"user_id": null}), json!({"user_id": "2"}), json!({"user_id": 0}), json!({"user": 2})]
    {
        assert!(ada.post(&path, body).await.pointers().contains(&"/user_id".to_owned()));
    }
    assert_eq!(ada.get(&path).await.ids().len(), 1);
}

#[tokio::test]
async fn one_is_removed_once() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    let path = format!("/chat/threads/{thread}/participants");
    let id = ada.post(&path, json!({"user_id": user_id("ben")})).await.created()["id"].clone();
    let removed = ada.delete(&format!("{path}/{id}")).await;
    assert_eq!((removed.status.as_u16(), removed.text.as_str()), (204, ""));
    assert!(!removed.headers.contains_key("content-type"), "there is no content that could have a type");
    ada.delete(&format!("{path}/{id}")).await.problem(404);
    assert_eq!(ada.get(&path).await.ids().len(), 1);
}

#[tokio::test]
async fn participants_come_in_pages() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread =
        ada.thread(json!({"participants": [user_id("ben"), user_id("max"), user_id("robo")]})).await["id"].clone();
    let path = format!("/chat/threads/{thread}/participants");
    let all = ada.get(&path).await.ids();
    assert_eq!(all.len(), 4);
    let first = ada.get(&format!("{path}?per_page=3")).await;
    assert_eq!(first.ids(), all[..3]);
    assert!(
        first.header("link").contains(&format!("<{path}?per_page=3&page=2>; rel=\"next\"")),
        "{}",
        first.header("link")
    );
    let second = ada.get(&format!("{path}?per_page=3&page=2")).await;
    assert_eq!(second.ids(), all[3..]);
    assert!(second.header("link").contains("rel=\"prev\"") && !second.header("link").contains("rel=\"next\""));
    assert_eq!(ada.get(&format!("{path}?page=9")).await.ids(), [0; 0]);
}

#[tokio::test]
async fn a_thread_can_be_filtered_by_who_takes_part() {
    let app = TestApp::new().await;
    let max = app.sign_in("max").await;
    let with_ben =
        max.thread(json!({"client_account_id": TIMBER, "participants": [user_id("ben")]})).await["id"].as_i64();
    max.thread_in(FISH, None).await;
    let listed = max.get(&format!("/chat/threads?participant_id={}", user_id("ben"))).await.ids();
    assert_eq!(Some(listed[0]), with_ben);
    assert_eq!(listed.len(), 1);
}
