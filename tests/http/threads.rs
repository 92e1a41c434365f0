//! Threads: made, read page by page, and marked as read.

use serde_json::{Value, json};

use crate::{
    listing::links,
    support::{Client, FIRM, FISH, TIMBER, TestApp, ids, user_id},
};

fn assert_time(value: &Value) {
    let text = value.as_str().expect("a time");
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{text}");
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

#[tokio::test]
async fn what_was_read_of_a_thread_makes_another() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let body =
        json!({"client_account_id": TIMBER, "subject": "Again", "participants": [user_id("ben")], "message": "Hi"});
    let made = ada.post("/chat/threads", body).await.created();
    let read = ada.get(&format!("/chat/threads/{}", made["id"])).await.ok();
    let again = ada.post("/chat/threads", read).await.created();
    let users = |thread: &Value| -> Vec<Value> {
        thread["participants"].as_array().expect("participants").iter().map(|each| each["user_id"].clone()).collect()
    };
    assert_ne!(again["id"], made["id"]);
    assert_eq!((users(&again), &again["subject"]), (users(&made), &made["subject"]));
    for participant in [json!({}), json!({"user_id": "2"}), json!({"user_id": null})] {
        let refused = ada.post("/chat/threads", json!({"participants": [participant]})).await.problem(422);
        assert_eq!(refused["errors"][0]["pointer"], "/participants/0", "{refused}");
    }
}
