//! A small firm's day, as its server would serve it.

use countersign::api::{self, Id};
use serde_json::{Value, json};

use crate::server::Server;

pub const IDA: Id = 1;
pub const OLA: Id = 2;
pub const ROBO: Id = 3;

/// The thread with an action that awaits approval, and that action's message.
pub const CREDIT: Id = 12;
pub const PROPOSAL: Id = 105;
/// Another thread with another one, which is older.
pub const REMINDERS: Id = 14;
pub const REMINDER_PROPOSAL: Id = 95;

const CODE: &str = "```codeaction\n[code hidden]\n```\n```coderesult\n[code hidden]\n```";

/// Threads, people and messages.
pub fn server() -> Server {
    let mut server = Server::new();
    server.me = Some(
        serde_json::from_value(json!({
            "id": IDA, "name": "Ida Berg", "kind": "human",
            "client_accounts": [
                { "id": 3, "name": "Nordlys Kaffe AS", "can_approve": true },
                { "id": 4, "name": "Fjordtre", "can_approve": false },
            ]
        }))
        .expect("me"),
    );
    server.people = Some(
        serde_json::from_value(json!([
            { "id": IDA, "name": "Ida Berg", "kind": "human" },
            { "id": OLA, "name": "Ola Nordmann", "kind": "human" },
            { "id": ROBO, "name": "Robo", "kind": "bot" },
        ]))
        .expect("people"),
    );
    thread(&mut server, 11, 3, "Coffee for the new office", "2026-11-22T09:31:00Z", 2);
    thread(&mut server, CREDIT, 3, "Credit on invoice 2041", "2026-11-22T09:12:00Z", 0);
    thread(&mut server, 13, 4, "Year-end: stock count", "2026-11-21T14:00:00Z", 0);
    thread(&mut server, REMINDERS, 3, "Reminders for October", "2026-11-20T08:00:00Z", 0);
    thread(
        &mut server,
        15,
        3,
        "日本語のスレッド 👩\u{200d}👩\u{200d}👧 with a subject that goes on and on",
        "2026-11-12T08:00:00Z",
        0,
    );
    office(&mut server);
    credit(&mut server);
    reminders(&mut server);
    say(&mut server, 13, 90, OLA, "2026-11-21T14:00:00Z", "The shelves are counted. `stock.csv` is in the folder.");
    say(&mut server, 15, 80, OLA, "2026-11-12T08:00:00Z", "ok");
    server
}

/// The same firm on a server that tells what happens.
pub fn live_server() -> Server {
    let mut server = server();
    server.is_live = true;
    server
}

fn thread(server: &mut Server, id: Id, account: Id, subject: &str, at: &str, unread: u64) {
    server.threads.insert(
        id,
        json!({ "id": id, "client_account_id": account, "subject": subject, "created_by_id": IDA,
                "created_at": "2026-11-01T08:00:00Z", "updated_at": at, "unread_count": unread, "awaiting_approval": false }),
    );
    server.messages.insert(id, Vec::new());
}

/// Posts a message, and notes it as its thread's last.
pub fn say(server: &mut Server, thread: Id, id: Id, author: Id, at: &str, text: &str) {
    let message = json!({
        "id": id, "thread_id": thread, "message": text, "created_by_id": author, "created_at": at,
        "action_items": [], "action_mode": null, "kind": "user", "revision": 1, "actions": [],
    });
    server.messages.get_mut(&thread).expect("the thread").push(message);
    let excerpt: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
    server.threads.get_mut(&thread).expect("the thread")["last_message"] =
        json!({ "id": id, "created_by_id": author, "created_at": at, "excerpt": excerpt });
}

/// Has Robo propose something that awaits approval.
pub fn propose(server: &mut Server, thread: Id, id: Id, at: &str, text: &str, items: Value) {
    say(server, thread, id, ROBO, at, &format!("{text}\n{CODE}"));
    let digest = api::digest(thread, id, 0, items.as_array().expect("items")).expect("a digest");
    let message = server.message(id);
    message["action_items"] = items;
    message["action_mode"] = json!("preview");
    message["actions"] = json!([{
        "block": 0, "status": "awaiting_approval", "digest": digest, "error": null, "output": null,
        "expires_at": "2026-11-29T09:12:00Z",
    }]);
    server.threads.get_mut(&thread).expect("the thread")["awaiting_approval"] = json!(true);
}

fn office(server: &mut Server) {
    say(
        server,
        11,
        101,
        OLA,
        "2026-11-21T15:20:00Z",
        "Shall we order for the new office too? They are **12** people, so:\n\n| beans | kg | price |\n|:--|--:|--:|\n| Dark roast | 6 | 1 140,00 |\n| Decaf | 1 | 210,00 |\n\nSee [the list](https://example.com/beans).",
    );
    say(
        server,
        11,
        102,
        IDA,
        "2026-11-22T08:02:00Z",
        "Yes. I check what we pay now:\n\n```python\ndef total(lines):\n    # in øre\n    return sum(line[\"amount\"] for line in lines)\n```",
    );
    say(
        server,
        11,
        103,
        OLA,
        "2026-11-22T09:30:00Z",
        "Good:\n\n1. compare\n2. order\n   - before Friday\n   - to the _new_ address\n\n> They close at four.",
    );
    say(server, 11, 104, OLA, "2026-11-22T09:31:00Z", "And no `\u{1b}[31m` tricks \u{202e}please.");
}

fn credit(server: &mut Server) {
    say(
        server,
        CREDIT,
        100,
        OLA,
        "2026-11-22T09:02:00Z",
        "The customer sent 32 of 240 boards back. @robo, please prepare the credit note.",
    );
    let items = json!([
        {
            "type": "preview", "id": 1, "needs_approval": true, "block": 0, "operation": "create",
            "object_type": "credit_note", "object_id": null, "title": "credit_note new 2041-K1",
            "changes": [
                { "field": "amount", "before": null, "after": 380_000 },
                { "field": "number", "before": null, "after": "2041-K1" },
                { "field": "reason", "before": null, "after": "32 of 240 boards returned" },
            ],
            "record": null, "rule": "no rule lets this through: approval is needed",
        },
        {
            "type": "preview", "id": 2, "needs_approval": true, "block": 0, "operation": "update",
            "object_type": "invoice", "object_id": 25, "title": "invoice #25 2041",
            "changes": [
                { "field": "amount", "before": 4_125_000, "after": 3_745_000 },
                { "field": "credit_note", "before": null, "after_created": 1 },
                { "field": "status", "before": "open", "after": "partly credited" },
            ],
            "record": {
                "id": 25, "type": "invoice", "client_account_id": 3,
                "fields": {
                    "amount": 4_125_000, "currency": "NOK", "customer": "Bygg & Bolig Vest AS", "status": "open",
                    "lines": [{ "quantity": 240, "text": "Spruce 48×198", "unit_price": 9500 }],
                }
            },
            "rule": "no rule lets this through: approval is needed",
        },
    ]);
    propose(server, CREDIT, PROPOSAL, "2026-11-22T09:12:00Z", "Here is the booking.", items);
}

fn reminders(server: &mut Server) {
    let items = json!([{
        "type": "preview", "id": 1, "needs_approval": true, "block": 0, "operation": "update",
        "object_type": "invoice", "object_id": 30, "title": "invoice #30 2019",
        "changes": [{ "field": "reminder", "before": 1, "after": 2 }],
        "record": { "id": 30, "type": "invoice", "client_account_id": 3, "fields": { "reminder": 1 } },
        "rule": "no rule lets this through: approval is needed",
    }]);
    propose(server, REMINDERS, REMINDER_PROPOSAL, "2026-11-20T08:00:00Z", "A second reminder for 2019.", items);
}

/// The same firm on a server that offers the seed document alone.
pub fn seed_server() -> Server {
    let mut server = server();
    server.seed_only = true;
    server.me = None;
    server.people = None;
    let extensions = ["kind", "revision", "actions", "edited_at"];
    for message in server.messages.values_mut().flatten().filter_map(Value::as_object_mut) {
        message.retain(|name, _| !extensions.contains(&name.as_str()));
    }
    let attributes =
        ["id", "client_account_id", "provider_client_account_id", "relation_type", "relation_id", "created_by_id"];
    for thread in server.threads.values_mut().filter_map(Value::as_object_mut) {
        thread.retain(|name, _| attributes.contains(&name.as_str()));
        thread.insert("relation_type".to_owned(), json!("invoice"));
        thread.insert("relation_id".to_owned(), json!(7));
    }
    server
}
