//! Following the event stream for long: a copy kept by events alone, a reader that is too slow, silence.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    stream::{Event, Follower},
    support::{Client, TIMBER, TestApp},
};

#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut_off_and_can_resume() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let thread = ada.thread_in(TIMBER, None).await;
    let mut slow = Follower::open(&ada, None).await;
    let mut last = slow.expect("ready").await.id;
    let mut posted = Vec::new();
    for number in 0..40 {
        posted.push(ada.say(thread, &format!("{number} {}", "x".repeat(60_000))).await["id"].clone());
    }
    let mut seen = Vec::new();
    while let Some(event) = slow.next().await {
        if event.kind == "message.created" {
            seen.push(event.data["id"].clone());
        }
        last = event.id;
    }
    assert!(seen.len() < posted.len(), "it was cut off");
    let mut resumed = Follower::open(&ada, Some(&last)).await;
    while seen.last() != posted.last() {
        let event = resumed.next().await.expect("a replay goes at the reader's pace");
        if event.kind == "message.created" {
            seen.push(event.data["id"].clone());
        }
    }
    assert_eq!(seen, posted);
}

#[tokio::test]
async fn a_silent_stream_has_a_heartbeat() {
    let app = TestApp::new().await;
    let ada = app.sign_in("ada").await;
    let mut follower = Follower::open(&ada, None).await;
    assert!(follower.piece().await.expect("ready").contains("ready"));
    assert!(follower.piece().await.expect("a comment").starts_with(':'));
}

/// A client's copy of what it may see, kept up to date by events alone.
#[derive(Debug, Default, PartialEq)]
struct Copy {
    threads: BTreeMap<i64, Value>,
    messages: BTreeMap<(i64, i64), Value>,
    participants: BTreeMap<(i64, i64), Value>,
    records: BTreeMap<i64, Value>,
}

impl Copy {
    /// As a fresh `GET` of everything gives it.
    async fn fresh(client: &Client) -> Self {
        let mut copy = Self::default();
        for thread in client.get("/chat/threads?per_page=1000").await.ok().as_array().expect("threads") {
            let id = thread["id"].as_i64().expect("an id");
            copy.threads.insert(id, thread.clone());
            for message in
                client.get(&format!("/chat/threads/{id}/messages?limit=1000")).await.ok().as_array().expect("messages")
            {
                copy.messages.insert((id, message["id"].as_i64().expect("an id")), message.clone());
            }
            for row in
                client.get(&format!("/chat/threads/{id}/participants")).await.ok().as_array().expect("participants")
            {
                copy.participants.insert((id, row["id"].as_i64().expect("an id")), row.clone());
            }
        }
        for record in client.get("/records?per_page=1000").await.ok().as_array().expect("records") {
            copy.records.insert(record["id"].as_i64().expect("an id"), record.clone());
        }
        copy
    }

    fn apply(&mut self, event: &Event) {
        let id = |name: &str| event.data[name].as_i64().unwrap_or_default();
        match event.kind.as_str() {
            "thread.created" | "thread.updated" | "thread.read" => {
                drop(self.threads.insert(id("id"), event.data.clone()));
            }
            "thread.removed" => {
                self.threads.remove(&id("id"));
                self.messages.retain(|(thread, _), _| *thread != id("id"));
                self.participants.retain(|(thread, _), _| *thread != id("id"));
            }
            "message.created" | "message.updated" => {
                drop(self.messages.insert((id("thread_id"), id("id")), event.data.clone()));
            }
            "participant.added" => drop(self.participants.insert((id("thread_id"), id("id")), event.data.clone())),
            "participant.removed" => drop(self.participants.remove(&(id("thread_id"), id("id")))),
            "record.changed" if event.data["fields"].is_null() => drop(self.records.remove(&id("id"))),
            "record.changed" => drop(self.records.insert(id("id"), event.data.clone())),
            other => panic!("an event of an unknown kind: {other}"),
        }
    }
}

#[tokio::test]
async fn events_applied_to_an_old_copy_give_what_a_fresh_get_gives() {
    let app = TestApp::new().await;
    let (ada, ben, robo, max) =
        (app.sign_in("ada").await, app.sign_in("ben").await, app.sign_in("robo").await, app.sign_in("max").await);
    let invoice = app.record(TIMBER, "invoice", json!({"number": "1", "amount": 1})).await;
    let old = ada.thread_in(TIMBER, Some("from before")).await;
    let mut follower = Follower::open(&ben, None).await;
    follower.expect("ready").await;
    let mut copy = Copy::fresh(&ben).await;

    let chat = async {
        for number in 0..10 {
            let said = ada.say(old, &format!("number {number}")).await;
            if number % 3 == 0 {
                let path = format!("/chat/threads/{old}/messages/{}", said["id"]);
                ada.patch(&path, json!({"message": format!("number {number}, edited")})).await.ok();
            }
        }
    };
    let approvals = async {
        for amount in 2..6 {
            let thread = robo.thread_in(TIMBER, None).await;
            let code = format!(
                "```codeaction\nrecords.update('invoice', {invoice}, amount={amount})\nrecords.create('note', n={amount})\n```"
            );
            robo.say(thread, &code).await;
            let decision = if amount % 2 == 0 { "```approvecodeaction\n```" } else { "```rejectcodeaction\nno\n```" };
            max.say(thread, decision).await;
        }
    };
    let people = async {
        for _ in 0..5 {
            let row = ada.post(&format!("/chat/threads/{old}/participants"), json!({"user_id": 6})).await.json();
            ada.delete(&format!("/chat/threads/{old}/participants/{}", row["id"])).await;
        }
        let newest = ben.get(&format!("/chat/threads/{old}")).await.ok()["messages"][0]["id"].clone();
        ben.put(&format!("/chat/threads/{old}/read"), json!({"message_id": newest})).await;
    };
    tokio::join!(chat, approvals, people);
    let end = ada.say(old, "the end").await["id"].clone();

    loop {
        let event = follower.next().await.expect("an event");
        copy.apply(&event);
        let over = event.kind == "thread.updated" && event.data["id"] == old && event.data["last_message"]["id"] == end;
        if over {
            break;
        }
    }
    let fresh = Copy::fresh(&ben).await;
    assert_eq!(copy.threads, fresh.threads);
    assert_eq!(copy.messages, fresh.messages);
    assert_eq!(copy.participants, fresh.participants);
    assert_eq!(copy.records, fresh.records);
    assert!(fresh.records.len() > 1 && fresh.threads.len() == 5, "something happened");
}
