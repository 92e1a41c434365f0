//! Users: oneself, and the people one shares an account with.

use serde_json::json;

use crate::support::{FIRM, FISH, TIMBER, TestApp, ids, user_id};

#[tokio::test]
async fn one_sees_oneself_with_ones_accounts() {
    let app = TestApp::new().await;
    assert_eq!(
        app.sign_in("max").await.get("/users/me").await.ok(),
        json!({
            "id": user_id("max"),
            "name": "Name of max",
            "kind": "human",
            "client_accounts": [
                {"id": TIMBER, "name": "Nordic Timber", "can_approve": true},
                {"id": FISH, "name": "Fjord Fish", "can_approve": true},
            ],
        })
    );
    let robo = app.sign_in("robo").await.get("/users/me").await.ok();
    assert_eq!((&robo["kind"], &robo["client_accounts"][0]["can_approve"]), (&json!("bot"), &json!(false)));
    assert_eq!(app.sign_in("nils").await.get("/users/me").await.ok()["client_accounts"], json!([]));
}

#[tokio::test]
async fn one_sees_the_people_one_shares_an_account_with() {
    let app = TestApp::new().await;
    let max = app.sign_in("max").await;
    let people = |logins: &[&str]| logins.iter().map(|login| user_id(login)).collect::<Vec<_>>();
    let all = max.get("/users").await.ok();
    assert_eq!(ids(&all), people(&["ada", "ben", "cleo", "max", "robo"]));
    assert_eq!(all[0], json!({"id": user_id("ada"), "name": "Name of ada", "kind": "human"}));
    assert_eq!(max.get(&format!("/users?client_account_id={FISH}")).await.ids(), people(&["cleo", "max"]));
    assert_eq!(max.get(&format!("/users?client_account_id={FIRM}")).await.ids(), [0; 0]);
}
