//! Records, read only.

use serde_json::json;

use crate::support::{FISH, TIMBER, TestApp};

#[tokio::test]
async fn records_of_ones_accounts_are_listed_and_shown() {
    let app = TestApp::new().await;
    let (ada, max) = (app.sign_in("ada").await, app.sign_in("max").await);
    let invoice =
        app.record(TIMBER, "invoice", json!({"number": "2041", "amount": 129_900, "lines": [{"vat": 0.25}]})).await;
    let customer = app.record(TIMBER, "customer", json!({"name": "Kari"})).await;
    let fish = app.record(FISH, "invoice", json!({"number": "7"})).await;
    let shown = json!({
        "id": invoice,
        "type": "invoice",
        "client_account_id": TIMBER,
        "fields": {"number": "2041", "amount": 129_900, "lines": [{"vat": 0.25}]},
    });
    assert_eq!(ada.get(&format!("/records/{invoice}")).await.ok(), shown);
    assert_eq!(ada.get("/records").await.ok()[0], shown);
    assert_eq!(ada.get("/records").await.ids(), [invoice, customer]);
    assert_eq!(max.get("/records").await.ids(), [invoice, customer, fish]);
    assert_eq!(max.get("/records?type=invoice").await.ids(), [invoice, fish]);
    assert_eq!(max.get(&format!("/records?type=invoice&client_account_id={FISH}")).await.ids(), [fish]);
    assert_eq!(ada.get(&format!("/records?client_account_id={FISH}")).await.ids(), [0; 0]);
}

#[tokio::test]
async fn a_record_elsewhere_is_403_and_none_is_404() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let fish = app.record(FISH, "invoice", json!({"secret": "x"})).await;
    ada.get(&format!("/records/{fish}")).await.problem(403);
    ada.get(&format!("/records/{}", fish + 1)).await.problem(404);
}

#[tokio::test]
async fn records_come_in_pages() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let mut all = Vec::new();
    for number in 0..5 {
        all.push(app.record(TIMBER, "invoice", json!({"number": number})).await);
    }
    let page = ada.get("/records?type=invoice&per_page=2&page=2").await;
    assert_eq!(page.ids(), all[2..4]);
    assert_eq!(
        page.header("link"),
        "</records?type=invoice&per_page=2&page=1>; rel=\"first\", </records?type=invoice&per_page=2&page=1>; rel=\"prev\", \
         </records?type=invoice&per_page=2&page=3>; rel=\"next\""
    );
    assert_eq!(ada.get("/records?per_page=2&page=3").await.ids(), all[4..]);
    assert_eq!(ada.get("/records?per_page=2&page=4").await.ids(), [0; 0]);
}
