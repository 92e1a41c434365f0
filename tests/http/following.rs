//! Following the event stream for long: a copy kept by events alone, a reader that is too slow, silence.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use axum::http::StatusCode;
use countersign::{
    api::Time,
    config::server::{OneOrMany, Rule},
    serve::model::{Commit, Work},
};
use serde_json::{Value, json};

use crate::{
    documented::DOCUMENT,
    stream::{Event, Follower},
    support::{Answer, Client, FIRM, FISH, TIMBER, TestApp, eventually, user_id},
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
        let id = |object: &Value| object["id"].as_i64().expect("an id");
        for thread in client.get("/chat/threads?per_page=1000").await.ok().as_array().expect("threads") {
            let thread_id = id(thread);
            let messages = client.get(&format!("/chat/threads/{thread_id}/messages?limit=1000")).await;
            let participants = client.get(&format!("/chat/threads/{thread_id}/participants?per_page=1000")).await;
            if [messages.status, participants.status].contains(&StatusCode::FORBIDDEN) {
                // Lost since it was listed, as an event will say.
                continue;
            }
            copy.threads.insert(thread_id, thread.clone());
            let rows = |answer: Answer| answer.ok().as_array().expect("an array").clone();
            copy.messages.extend(rows(messages).into_iter().map(|row| ((thread_id, id(&row)), row)));
            copy.participants.extend(rows(participants).into_iter().map(|row| ((thread_id, id(&row)), row)));
        }
        for record in client.get("/records?per_page=1000").await.ok().as_array().expect("records") {
            copy.records.insert(id(record), record.clone());
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

/// Somebody who reads everything once, in the midst of it all, and then only follows.
struct Observer {
    client: Client,
    copy: Copy,
    kinds: BTreeSet<String>,
}

impl Observer {
    /// Follows until the thread's last message is the one that says so.
    async fn watch(client: Client, thread: i64) -> Self {
        let mut stream = Follower::open(&client, None).await;
        let mut last = stream.expect("ready").await.id;
        let mut this = Self { copy: Copy::fresh(&client).await, client, kinds: BTreeSet::new() };
        loop {
            let Some(event) = stream.next().await else {
                // Too slow, or so the server found: it goes on from where it was.
                stream = Follower::open(&this.client, Some(&last)).await;
                stream.expect("ready").await;
                continue;
            };
            last.clone_from(&event.id);
            this.kinds.insert(event.kind.clone());
            if event.kind == "reset" {
                this.copy = Copy::fresh(&this.client).await;
            } else {
                this.copy.apply(&event);
            }
            let excerpt =
                &this.copy.threads.get(&thread).map_or(&Value::Null, |thread| &thread["last_message"]["excerpt"]);
            if event.kind == "thread.updated" && event.data["id"] == thread && *excerpt == "the end" {
                return this;
            }
        }
    }
}

/// Whatever becomes of it: what was true when it was thought of may no longer be.
async fn try_to_say(client: &Client, thread: i64, text: &str) -> Value {
    client.post(&format!("/chat/threads/{thread}/messages"), json!({"message": text})).await.json()
}

async fn chat(ada: Client, ben: Client, thread: i64) {
    for number in 0..15 {
        let said = ada.say(thread, &format!("number {number}")).await;
        if number % 3 == 0 {
            let path = format!("/chat/threads/{thread}/messages/{}", said["id"]);
            ada.patch(&path, json!({"message": format!("number {number}, edited")})).await.ok();
            ben.put(&format!("/chat/threads/{thread}/read"), json!({"message_id": said["id"]})).await;
            ben.say(thread, "read").await;
        }
    }
}

/// Somebody invites a person and takes them off again; others do the same to the same person meanwhile.
async fn people(client: Client, thread: i64, person: &'static str, stays: bool) {
    let path = format!("/chat/threads/{thread}/participants");
    let invite = async || {
        let row = client.post(&path, json!({"user_id": user_id(person)})).await;
        assert!([StatusCode::CREATED, StatusCode::OK].contains(&row.status), "{}", row.text);
        row.json()["id"].clone()
    };
    for _ in 0..10 {
        let left = client.delete(&format!("{path}/{}", invite().await)).await.status;
        assert!([StatusCode::NO_CONTENT, StatusCode::NOT_FOUND].contains(&left), "{left}");
    }
    if stays {
        invite().await;
    }
}

/// Somebody takes part by saying something, each time anew: others take them off meanwhile.
async fn drops_in(client: Client, thread: i64) {
    for number in 0..10 {
        client.say(thread, &format!("here again, {number}")).await;
    }
}

async fn agents(robo: Client, max: Client, invoice: i64) {
    for round in 0..6 {
        let thread = robo.thread_in(TIMBER, None).await;
        robo.say(thread, "```codeaction\nrecords.create('note', text='x')\nrecords.create('note', text='y')\n```")
            .await;
        robo.say(thread, "```codeaction\nfor note in records.find('note'):\n    if note['id'] % 2 == 0:\n        records.delete('note', note['id'])\n```").await;
        robo.say(thread, &format!("```codeaction\nrecords.update('invoice', {invoice}, amount={round})\n```")).await;
        // Some wait until they expire.
        match round % 3 {
            0 => drop(try_to_say(&max, thread, "```approvecodeaction\n```").await),
            1 => drop(try_to_say(&max, thread, "```rejectcodeaction\nno\n```").await),
            _ => {}
        }
    }
}

async fn operator(store: countersign::serve::store::Store, cleo: Client) {
    for round in 0..2 {
        cleo.thread_in(FISH, Some("hello")).await;
        let revoked = if round == 0 { ("max", FISH) } else { ("ben", FISH) };
        store.revoke(revoked.0, revoked.1, Time::now()).await.expect("revoked");
        cleo.thread_in(FISH, Some("not for whoever lost it")).await;
        if round == 0 {
            store.grant("max", FISH, None, Time::now()).await.expect("granted");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_copy_made_in_the_midst_of_everything_becomes_what_a_fresh_get_gives() {
    let app = TestApp::with(|settings| {
        settings.approvals.expire_after = Duration::from_millis(300);
        let note = Some(OneOrMany::One("note".to_owned()));
        settings.approvals.rules = vec![Rule { object_type: note, ..Rule::default() }];
    })
    .await;
    // Ben sees both accounts, and loses one of them for good.
    app.store.grant("ben", FISH, None, Time::now()).await.expect("granted");
    let [ada, ben, cleo, fia, max, robo] = ["ada", "ben", "cleo", "fia", "max", "robo"];
    let (ada, ben, cleo) = (app.sign_in(ada).await, app.sign_in(ben).await, app.sign_in(cleo).await);
    let (fia, max, robo) = (app.sign_in(fia).await, app.sign_in(max).await, app.sign_in(robo).await);
    let invoice = app.record(TIMBER, "invoice", json!({"number": "1", "amount": 1})).await;
    app.record(FISH, "catch", json!({"kilos": 7})).await;
    let thread = ada.thread(json!({"provider_client_account_id": FIRM, "message": "from before"})).await["id"].as_i64();
    let thread = thread.expect("an id");

    let writers = vec![
        tokio::spawn(chat(ada.clone(), ben.clone(), thread)),
        tokio::spawn(people(ada.clone(), thread, "robo", false)),
        tokio::spawn(people(ben.clone(), thread, "robo", true)),
        tokio::spawn(people(max.clone(), thread, "max", false)),
        tokio::spawn(drops_in(max.clone(), thread)),
        tokio::spawn(agents(robo, max.clone(), invoice)),
        tokio::spawn(operator(app.store.clone(), cleo)),
    ];
    let observers: Vec<_> =
        [ben, fia, max].into_iter().map(|client| tokio::spawn(Observer::watch(client, thread))).collect();
    for writer in writers {
        writer.await.expect("it writes");
    }
    eventually("what waits to expire", async || {
        ada.get("/chat/actions?status=awaiting_approval").await.ok() == json!([])
    })
    .await;
    let expire =
        Commit { now: Time::now(), actor: None, expect: Vec::new(), work: Work::Expire, key: None, audit: Vec::new() };
    app.store.commit(expire).await.expect("swept");
    ada.say(thread, "the end").await;

    let mut kinds = BTreeSet::from(["ready".to_owned()]);
    for observer in observers {
        let observer = observer.await.expect("it follows");
        let fresh = Copy::fresh(&observer.client).await;
        assert_eq!(observer.copy.threads, fresh.threads);
        assert_eq!(observer.copy.messages, fresh.messages);
        assert_eq!(observer.copy.participants, fresh.participants);
        assert_eq!(observer.copy.records, fresh.records);
        kinds.extend(observer.kinds);
    }
    let documented = DOCUMENT["components"]["schemas"]["StreamEvent"]["oneOf"].as_array().expect("kinds").iter();
    let documented = documented.map(|kind| kind["properties"]["event"]["enum"][0].as_str().expect("a name").to_owned());
    assert_eq!(kinds, documented.collect(), "all of them happened");
}
