//! Lists of threads: filtered, ordered, searched, page by page.

use serde_json::{Value, json};

use crate::support::{Answer, FIRM, FISH, TIMBER, TestApp};

pub fn links(answer: &Answer) -> std::collections::BTreeMap<String, String> {
    let each = answer.header("link").split(", ").map(|link| {
        let (target, relation) = link.split_once("; rel=").expect("a relation");
        (relation.trim_matches('"').to_owned(), target.trim_matches(['<', '>']).to_owned())
    });
    each.collect()
}

#[tokio::test]
async fn filters_are_exact_and_combine() {
    let app = TestApp::new().await;
    let max = app.sign_in("max").await;
    let make = async |body: Value| max.thread(body).await["id"].as_i64().expect("an id");
    let plain = make(json!({"client_account_id": TIMBER})).await;
    let invoice = make(json!({"client_account_id": TIMBER, "relation_type": "invoice", "relation_id": 17})).await;
    let other = make(json!({"client_account_id": TIMBER, "relation_type": "invoice", "relation_id": 18})).await;
    let served =
        make(json!({"client_account_id": TIMBER, "provider_client_account_id": FIRM, "relation_type": "Invoice"}))
            .await;
    let fish = make(json!({"client_account_id": FISH, "relation_type": "invoice", "relation_id": 17})).await;
    for (query, expected) in [
        ("", vec![plain, invoice, other, served, fish]),
        ("client_account_id=1", vec![plain, invoice, other, served]),
        ("provider_client_account_id=3", vec![served]),
        ("relation_type=invoice", vec![invoice, other, fish]),
        ("relation_id=17", vec![invoice, fish]),
        ("relation_type=invoice&relation_id=17&client_account_id=2", vec![fish]),
        ("relation_type=invoic", vec![]),
    ] {
        assert_eq!(max.get(&format!("/chat/threads?order_by=id&{query}")).await.ids(), expected, "{query}");
    }
}

#[tokio::test]
async fn any_attribute_orders_with_absent_values_last() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let make = async |body: Value| ada.thread(body).await["id"].as_i64().expect("an id");
    let (b, none, a) =
        (make(json!({"subject": "b"})).await, make(json!({})).await, make(json!({"subject": "a"})).await);
    let also_a = make(json!({"subject": "a"})).await;
    for (order, expected) in [
        ("subject", [a, also_a, b, none]),
        ("subject%20asc", [a, also_a, b, none]),
        ("-subject", [b, also_a, a, none]),
        ("subject%20desc", [b, also_a, a, none]),
        ("subject+desc", [b, also_a, a, none]),
        ("id", [b, none, a, also_a]),
        ("-id", [also_a, a, none, b]),
        ("client_account_id", [b, none, a, also_a]),
        ("-client_account_id", [also_a, a, none, b]),
        ("-created_at", [also_a, a, none, b]),
    ] {
        assert_eq!(ada.get(&format!("/chat/threads?order_by={order}")).await.ids(), expected, "{order}");
    }
    for attribute in [
        "id",
        "client_account_id",
        "provider_client_account_id",
        "relation_type",
        "relation_id",
        "created_by_id",
        "created_at",
        "updated_at",
        "subject",
    ] {
        assert_eq!(ada.get(&format!("/chat/threads?order_by={attribute}")).await.ids().len(), 4, "{attribute}");
    }
    ada.say(b, "news").await;
    assert_eq!(ada.get("/chat/threads").await.ids()[0], b, "the default is the newest update first");
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for number in 0..7 {
        ada.thread(json!({"subject": format!("Ærlig & co {}", number / 3), "message": "same word"})).await;
    }
    for query in ["order_by=subject&", "order_by=-subject&", "free_text=same%20word&", ""] {
        let mut next = Some(format!("/api/v2/chat/threads?{query}per_page=3"));
        let mut all = Vec::new();
        let mut pages = 0;
        while let Some(path) = next {
            let page = ada.get(&path).await;
            all.extend(page.ids());
            let links = links(&page);
            assert!(links["first"].starts_with("/api/v2/chat/threads?") && links["first"].contains("page=1"));
            assert_eq!(links.contains_key("prev"), pages > 0);
            pages += 1;
            next = links.get("next").cloned();
        }
        assert_eq!(pages, 3);
        let mut sorted = all.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!((all.len(), sorted.len()), (7, 7), "{query}");
    }
    let past = ada.get("/chat/threads?page=4&per_page=3").await;
    assert_eq!(past.ids(), [0; 0]);
    assert!(!links(&past).contains_key("next"));
}

#[tokio::test]
async fn links_keep_the_filters_and_are_percent_encoded() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for _ in 0..3 {
        ada.thread(json!({"subject": "Ærlig {a|b} & 100% <c>", "relation_type": "x+y"})).await;
    }
    for filters in [
        "free_text=%C3%A6rlig%20%7Ba%7Cb%7D%20%26&relation_type=x%2By",
        "free_text=ærlig+{a|b}&relation_type=x%2by",
        "free_text=100%25+%3Cc%3E",
    ] {
        let mut next = format!("/chat/threads?{filters}&per_page=1");
        for page in 1..=3 {
            let answer = ada.get(&next).await;
            assert_eq!(answer.ids().len(), 1, "{next}");
            let links = links(&answer);
            assert!(
                links.values().all(|link| link.bytes().all(|byte| byte.is_ascii_graphic() && !b"{|}".contains(&byte)))
            );
            assert_eq!(links.contains_key("next"), page < 3, "{next}");
            next = links.get("next").cloned().unwrap_or_default();
        }
    }
}

#[tokio::test]
async fn search_finds_parts_of_words_in_subjects_and_messages_without_regard_to_case() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let make = async |subject: &str, message: &str| {
        ada.thread(json!({"subject": subject, "message": message})).await["id"].as_i64().expect("an id")
    };
    let subject = make("Ærlig talt", "x").await;
    let message = make("y", "Min Straße, 100% sikker: a_b \"sitat\" c:\\temp ΟΔΟΣ").await;
    for (text, expected) in [
        ("ærlig", vec![subject]),
        ("ÆRLI", vec![subject]),
        ("strasse", vec![message]),
        ("STRASSE", vec![message]),
        ("0%25", vec![message]),
        ("%25", vec![message]),
        ("a_b", vec![message]),
        ("a%25b", vec![]),
        ("axb", vec![]),
        ("%22sitat%22", vec![message]),
        ("c:%5Ctemp", vec![message]),
        ("%CE%BF%CE%B4%CE%BF%CF%83", vec![message]),
        ("%CE%BF%CE%B4%CE%BF%CF%82", vec![message]),
        ("t", vec![subject, message]),
        ("lt", vec![subject]),
        ("talt%20x", vec![]),
        ("nowhere", vec![]),
    ] {
        assert_eq!(ada.get(&format!("/chat/threads?order_by=id&free_text={text}")).await.ids(), expected, "{text}");
    }
}

#[tokio::test]
async fn search_combines_with_filters() {
    let app = TestApp::new().await;
    let max = app.sign_in("max").await;
    let timber =
        max.thread(json!({"client_account_id": TIMBER, "relation_type": "document", "message": "an INVOICE"})).await;
    max.thread(json!({"client_account_id": TIMBER, "message": "an invoice"})).await;
    max.thread(json!({"client_account_id": FISH, "relation_type": "document", "message": "invoices"})).await;
    let found = max.get("/chat/threads?free_text=invoice&client_account_id=1&relation_type=document").await.ids();
    assert_eq!(found, [timber["id"].as_i64().expect("an id")]);
}

#[tokio::test]
async fn search_is_no_way_to_hidden_code_or_old_revisions() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let quoted = ada.thread_in(TIMBER, Some("> ```codeaction\n> swordfish = 1\n> ```\nplain")).await;
    assert_eq!(ada.get("/chat/threads?free_text=swordfish").await.ids(), [0; 0]);
    assert_eq!(ada.get("/chat/threads?free_text=code%20hidden").await.ids(), [0; 0]);
    assert_eq!(ada.get("/chat/threads?free_text=plain").await.ids(), [quoted]);
    let thread = ada.thread_in(TIMBER, Some("before")).await;
    let message = ada.get(&format!("/chat/threads/{thread}/messages")).await.ids()[0];
    ada.patch(&format!("/chat/threads/{thread}/messages/{message}"), json!({"message": "after"})).await.ok();
    assert_eq!(ada.get("/chat/threads?free_text=before").await.ids(), [0; 0]);
    assert_eq!(ada.get("/chat/threads?free_text=after").await.ids(), [thread]);
}
