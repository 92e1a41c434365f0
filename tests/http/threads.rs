//! Threads: made, listed, filtered, ordered, searched, read page by page, and marked as read.

use serde_json::{Value, json};

use crate::support::{Answer, Client, FIRM, FISH, TIMBER, TestApp, ids, user_id};

fn assert_time(value: &Value) {
    let text = value.as_str().expect("a time");
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{text}");
}

fn links(answer: &Answer) -> std::collections::BTreeMap<String, String> {
    let each = answer.header("link").split(", ").map(|link| {
        let (target, relation) = link.split_once("; rel=").expect("a relation");
        (relation.trim_matches('"').to_owned(), target.trim_matches(['<', '>']).to_owned())
    });
    each.collect()
}

#[tokio::test]
async fn a_new_thread_is_answered_as_get_shows_it() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let made = ada
        .post(
            "/chat/threads",
            json!({
                "client_account_id": TIMBER,
                "provider_client_account_id": FIRM,
                "relation_type": "invoice",
                "relation_id": 17,
                "subject": "Late payment",
                "participants": [user_id("ben"), user_id("fia"), user_id("ben")],
                "message": "Hello there",
            }),
        )
        .await;
    let thread = made.created();
    let id = &thread["id"];
    assert_eq!(made.header("location"), format!("/chat/threads/{id}"));
    assert_eq!(ada.get(&format!("/chat/threads/{id}")).await.ok(), thread);
    let message = thread["messages"][0].clone();
    for time in [&thread["created_at"], &thread["updated_at"], &message["created_at"]] {
        assert_time(time);
    }
    let expected = json!({
        "id": id,
        "client_account_id": TIMBER,
        "provider_client_account_id": FIRM,
        "relation_type": "invoice",
        "relation_id": 17,
        "created_by_id": user_id("ada"),
        "subject": "Late payment",
        "created_at": thread["created_at"],
        "updated_at": thread["updated_at"],
        "last_message": {
            "id": message["id"],
            "created_by_id": user_id("ada"),
            "created_at": message["created_at"],
            "excerpt": "Hello there",
        },
        "unread_count": 0,
        "awaiting_approval": false,
        "participants": thread["participants"],
        "messages": [{
            "id": message["id"],
            "thread_id": id,
            "message": "Hello there",
            "created_at": message["created_at"],
            "created_by_id": user_id("ada"),
            "action_items": [],
            "action_mode": null,
            "kind": "user",
            "revision": message["revision"],
            "edited_at": null,
            "actions": [],
        }],
        "has_more_messages": false,
    });
    assert_eq!(thread, expected);
    let takes_part: Vec<_> =
        thread["participants"].as_array().expect("rows").iter().map(|row| &row["user_id"]).collect();
    assert_eq!(takes_part, [user_id("ada"), user_id("ben"), user_id("fia")]);
}

#[tokio::test]
async fn a_thread_in_the_list_has_every_attribute_and_no_messages() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let made = ada.post("/chat/threads", json!({})).await.created();
    let listed = ada.get("/chat/threads").await.ok();
    assert_eq!(
        listed,
        json!([{
            "id": made["id"],
            "client_account_id": TIMBER,
            "provider_client_account_id": null,
            "relation_type": null,
            "relation_id": null,
            "created_by_id": user_id("ada"),
            "subject": null,
            "created_at": made["created_at"],
            "updated_at": made["created_at"],
            "last_message": null,
            "unread_count": 0,
            "awaiting_approval": false,
        }])
    );
}

#[tokio::test]
async fn without_an_account_the_only_one_is_meant() {
    let app = TestApp::new().await;
    assert_eq!(app.sign_in("cleo").await.thread(json!({})).await["client_account_id"], FISH);
    for login in ["max", "nils"] {
        assert_eq!(app.sign_in(login).await.post("/chat/threads", json!({})).await.pointers(), ["/client_account_id"]);
    }
}

#[tokio::test]
async fn an_account_one_is_not_eligible_for_is_403_and_an_unlinked_provider_422() {
    let app = TestApp::new().await;
    let (ada, max) = (app.sign_in("ada").await, app.sign_in("max").await);
    for account in [FISH, FIRM, 999] {
        ada.post("/chat/threads", json!({"client_account_id": account})).await.problem(403);
    }
    for provider in [FISH, TIMBER, 999] {
        let answer = ada.post("/chat/threads", json!({"provider_client_account_id": provider})).await;
        assert_eq!(answer.pointers(), ["/provider_client_account_id"]);
    }
    let other_way =
        max.post("/chat/threads", json!({"client_account_id": FISH, "provider_client_account_id": FIRM})).await;
    assert_eq!(other_way.pointers(), ["/provider_client_account_id"]);
}

#[tokio::test]
async fn a_bad_start_leaves_no_thread() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for body in [
        json!({"message": ""}),
        json!({"message": "  \n "}),
        json!({"message": "```approvecodeaction\n```"}),
        json!({"message": "```rejectcodeaction\n```"}),
        json!({"message": "```coderesult\n{}\n```"}),
        json!({"message": "```codeaction\n[code hidden]\n```"}),
        json!({"participants": [999]}),
        json!({"participants": [user_id("ben"), user_id("cleo")], "message": "x"}),
    ] {
        ada.post("/chat/threads", body).await.problem(422);
    }
    let stranger = ada.post("/chat/threads", json!({"participants": [user_id("ben"), user_id("cleo")]})).await;
    assert_eq!(stranger.pointers(), ["/participants/1"]);
    assert_eq!(ada.get("/chat/threads").await.ids(), [0; 0]);
}

#[tokio::test]
async fn relation_and_subject_are_each_taken_alone_and_to_their_limits() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    for body in [
        json!({"relation_type": "invoice"}),
        json!({"relation_id": 17}),
        json!({"relation_type": "æ".repeat(64)}),
        json!({"subject": "ø".repeat(200)}),
        json!({"message": "å".repeat(32_768)}),
    ] {
        let thread = ada.post("/chat/threads", body.clone()).await.created();
        for (name, value) in body.as_object().expect("an object") {
            let kept = if name == "message" { &thread["messages"][0]["message"] } else { &thread[name] };
            assert_eq!(kept, value);
        }
    }
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

async fn thread_of(client: &Client, messages: usize) -> (i64, Vec<i64>) {
    let thread = client.thread_in(TIMBER, None).await;
    let mut all = Vec::new();
    for number in 0..messages {
        all.push(client.say(thread, &format!("message {number}")).await["id"].as_i64().expect("an id"));
    }
    (thread, all)
}

#[tokio::test]
async fn the_first_page_of_messages_holds_the_newest_oldest_first() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let (thread, all) = thread_of(&ada, 7).await;
    let path = format!("/chat/threads/{thread}");
    for (page, expected, more) in
        [(1, &all[4..], true), (2, &all[1..4], true), (3, &all[..1], false), (4, &all[..0], false)]
    {
        let answer = ada.get(&format!("{path}?per_page=3&page={page}")).await;
        let shown = answer.ok();
        assert_eq!(ids(&shown["messages"]), expected, "page {page}");
        assert_eq!(shown["has_more_messages"], more);
        let links = links(&answer);
        assert_eq!(links.get("next").cloned(), more.then(|| format!("{path}?per_page=3&page={}", page + 1)));
        assert_eq!(links.contains_key("prev"), page > 1);
    }
    let whole = ada.get(&path).await.ok();
    assert_eq!((ids(&whole["messages"]), &whole["has_more_messages"]), (all, &json!(false)));
}

#[tokio::test]
async fn messages_are_paged_by_id_while_others_write() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let (thread, all) = thread_of(&ada, 7).await;
    let mut next = Some(format!("/chat/threads/{thread}?messages_limit=3"));
    let mut backwards = Vec::new();
    while let Some(path) = next {
        let page = ada.get(&path).await;
        let shown = page.ok();
        let mut on_page = ids(&shown["messages"]);
        on_page.append(&mut backwards);
        backwards = on_page;
        assert_eq!(shown["has_more_messages"], backwards.first() != all.first());
        next = links(&page).get("next").cloned();
        ada.say(thread, "meanwhile").await;
    }
    assert_eq!(backwards, all);
    let after = ada.get(&format!("/chat/threads/{thread}?messages_after={}&messages_limit=2", all[1])).await;
    assert_eq!(ids(&after.ok()["messages"]), all[2..4]);
    assert_eq!(links(&after)["next"], format!("/chat/threads/{thread}?messages_after={}&messages_limit=2", all[3]));
    let between =
        ada.get(&format!("/chat/threads/{thread}?messages_after={}&messages_before={}", all[1], all[4])).await;
    assert_eq!(ids(&between.ok()["messages"]), all[2..4]);
    let from_the_start = ada.get(&format!("/chat/threads/{thread}?messages_after=0&messages_limit=2")).await;
    assert_eq!(ids(&from_the_start.ok()["messages"]), all[..2]);
    let path = format!("/chat/threads/{thread}/messages");
    assert_eq!(ada.get(&format!("{path}?after=0&before={}", all[2])).await.ids(), all[..2]);
    assert_eq!(ada.get(&format!("{path}?before=0")).await.ids(), [0; 0]);
}

#[tokio::test]
async fn the_read_mark_counts_others_messages_and_never_moves_back() {
    let app = TestApp::new().await;
    let (ada, ben) = (app.sign_in("ada").await, app.sign_in("ben").await);
    let (thread, all) = thread_of(&ada, 3).await;
    let unread = async |client: &Client| client.get("/chat/threads").await.ok()[0]["unread_count"].clone();
    let listed = async |client: &Client, flag: bool| client.get(&format!("/chat/threads?unread={flag}")).await.ids();
    assert_eq!((unread(&ada).await, unread(&ben).await), (json!(0), json!(3)));
    assert_eq!(
        (listed(&ben, true).await, listed(&ben, false).await, listed(&ada, true).await),
        (vec![thread], vec![], vec![])
    );
    let path = format!("/chat/threads/{thread}/read");
    let marked = ben.put(&path, json!({"message_id": all[1]})).await;
    assert_eq!((marked.status.as_u16(), marked.text.as_str()), (204, ""));
    assert_eq!(unread(&ben).await, 1);
    assert_eq!(ben.put(&path, json!({"message_id": all[0]})).await.status, 204);
    assert_eq!(unread(&ben).await, 1);
    assert_eq!(ben.put(&path, json!({"message_id": all[2]})).await.status, 204);
    assert_eq!((unread(&ben).await, listed(&ben, true).await), (json!(0), vec![]));
    ben.put(&path, json!({"message_id": all[2] + 1000})).await.problem(404);
    for body in [json!({}), json!({"message_id": "x"}), json!({"message_id": all[0], "more": 1})] {
        ben.put(&path, body).await.problem(422);
    }
}
