//! Several codeactions in one message, and what edits do to them.

use countersign::serve::actions::Refusal;
use serde_json::json;

use crate::world::{APPROVE, World, approval, code, id, items, problem, statuses};

const NOTES_ARE_FREE: &str = "[[rules]]\nneeds_approval = false\nobject_type = ['note', 'line']";

#[tokio::test]
async fn later_blocks_build_on_what_earlier_ones_wrote() {
    let world = World::with(NOTES_ARE_FREE).await;
    let invoice = world.record("invoice", json!({"amount": 1})).await;
    let first = "
note = records.create('note', text='first')
records.create('line', note=note['id'])
";
    let second = format!(
        "
note = records.find('note')[0]
records.update('invoice', {invoice}, note=note['id'], text=note['text'])
records.create('line', note=note['id'], own=records.create('note', text='second')['id'])
records.update('note', note['id'], seen=True)
"
    );
    let posted = world.post("robo", &code(&[first, &second])).await;
    assert_eq!(statuses(&posted), ["written", "awaiting_approval"]);
    let notes = world.records("note").await;
    let [(note, _)] = notes.as_slice() else { panic!("one note: {notes:?}") };
    assert_eq!(world.records("line").await[0].1, json!({"note": note}));
    assert_eq!(
        items(&posted, &["id", "block", "operation", "object_type", "object_id"]),
        json!([
            [1, 0, "create", "note", null],
            [2, 0, "create", "line", null],
            [3, 1, "update", "invoice", invoice],
            [4, 1, "create", "note", null],
            [5, 1, "create", "line", null],
            [6, 1, "update", "note", note],
        ])
    );
    assert_eq!(posted["action_items"][2]["changes"][0], json!({"field": "note", "before": null, "after": note}));
    assert_eq!(posted["action_items"][4]["changes"][1], json!({"field": "own", "before": null, "after_created": 4}));

    // The write run finds the record under its real id and comes to the very same plan.
    let approved = world.post("ada", &approval(&posted, 1)).await;
    let result = &approved["results"][0];
    assert_eq!(result["action_mode"], "write");
    assert_eq!(world.fields("note", *note).await, json!({"text": "first", "seen": true}));
    assert_eq!(world.fields("invoice", invoice).await, json!({"amount": 1, "note": note, "text": "first"}));
    let created = result["action_items"][1]["object_id"].as_i64().expect("a real id");
    assert_eq!(
        result["action_items"][2]["changes"][1],
        json!({"field": "own", "before": null, "after": created, "after_created": 4})
    );
    assert_eq!(world.fields("note", created).await["text"], "second");
}

#[tokio::test]
async fn blocks_that_wait_are_not_seen_and_failures_stop_nobody() {
    let world = World::with(NOTES_ARE_FREE).await;
    let posted = world
        .post(
            "robo",
            &code(&[
                "records.create('invoice')",
                "1 / 0",
                "print(len(records.find('invoice')))\nrecords.create('note')",
            ]),
        )
        .await;
    assert_eq!(statuses(&posted), ["awaiting_approval", "failed", "written"]);
    assert_eq!(posted["actions"][2]["output"], "0\n");
    assert_eq!(posted["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(items(&posted, &["id", "block"]), json!([[1, 0], [2, 2]]));
    let text = posted["message"].as_str().expect("a text");
    assert_eq!(text.matches("```coderesult\n[code hidden]\n```").count(), 3);
}

#[tokio::test]
async fn a_record_created_and_deleted_across_blocks_is_gone() {
    let world = World::with(NOTES_ARE_FREE).await;
    let delete = "records.delete('note', records.find('note')[0]['id'])";
    let posted = world.post("robo", &code(&["records.create('note')", delete, "print(records.find('note'))"])).await;
    assert_eq!(statuses(&posted), ["written", "written", "written"]);
    assert_eq!(posted["actions"][2]["output"], "[]\n");
    assert_eq!(world.records("note").await, []);
}

#[tokio::test]
async fn no_condition_lets_an_id_through_that_is_still_to_come() {
    let rules = "[[rules]]\nneeds_approval = false\nobject_type = 'note'
[[rules]]\nneeds_approval = false\nobject_type = 'invoice'\nwhen = \"after['amount'] <= 10\"";
    let world = World::with(rules).await;
    let invoice = world.record("invoice", json!({"amount": 1})).await;
    let to_note = format!("records.update('invoice', {invoice}, amount=records.find('note')[0]['id'])");
    for proposal in
        [code(&[&format!("records.create('note')\n{to_note}")]), code(&["records.create('note')", &to_note])]
    {
        let posted = world.post("robo", &proposal).await;
        assert_eq!(statuses(&posted).last().copied(), Some("awaiting_approval"), "{posted}");
        assert_eq!(world.fields("invoice", invoice).await["amount"], 1);
    }
    assert_eq!(statuses(&world.post("robo", &code(&[&update(invoice, 10)])).await), ["written"]);
}

fn update(invoice: i64, amount: i64) -> String {
    format!("records.update('invoice', {invoice}, amount={amount})")
}

#[tokio::test]
async fn an_edit_of_the_text_alone_keeps_code_and_digest() {
    let world = World::new().await;
    let invoice = world.record("invoice", json!({"amount": 1})).await;
    let posted = world.post("robo", &code(&[&update(invoice, 2)])).await;
    let text = posted["message"].as_str().expect("a text").replace("Look:", "Please look:");
    let edited = world.edit("robo", id(&posted), &text).await;
    assert_eq!(edited["message"], text);
    assert_eq!(edited["actions"], posted["actions"]);
    assert_eq!(edited["action_items"], posted["action_items"]);
    assert_ne!(edited["revision"], posted["revision"]);
    world.post("ada", &approval(&posted, 0)).await;
    assert_eq!(world.fields("invoice", invoice).await["amount"], 2);
    assert_eq!(problem(world.try_edit("robo", id(&posted), &text).await), "written");
}

#[tokio::test]
async fn changed_code_is_previewed_anew() {
    let world = World::new().await;
    let invoice = world.record("invoice", json!({"amount": 1})).await;
    let posted = world.post("robo", &code(&[&update(invoice, 2), &update(invoice, 3)])).await;
    let edited = world.edit("robo", id(&posted), &code(&[&update(invoice, 7), &update(invoice, 3)])).await;
    assert_eq!(items(&edited, &["block", "changes"])[0][1][0]["after"], 7);
    assert_ne!(edited["actions"][0]["digest"], posted["actions"][0]["digest"]);
    assert_eq!(edited["actions"][1]["digest"], posted["actions"][1]["digest"]);
    assert_eq!(world.refused("ada", &approval(&posted, 0)).await, "stale-approval");

    let less = world.edit("robo", id(&posted), &code(&[&update(invoice, 3)])).await;
    assert_eq!(statuses(&less), ["awaiting_approval", "withdrawn"]);
    assert_eq!(less["actions"][1]["block"], json!(null));
    let failing = world.edit("robo", id(&posted), &code(&["1 / 0"])).await;
    assert_eq!(statuses(&failing)[0], "failed");
    let again = world.edit("robo", id(&posted), &code(&[&update(invoice, 9)])).await;
    assert_eq!(statuses(&again)[0], "awaiting_approval");
    world.post("ada", APPROVE).await;
    assert_eq!(world.fields("invoice", invoice).await["amount"], 9);
    assert_eq!(
        world.audit().await,
        [
            "preview awaiting_approval",
            "preview awaiting_approval",
            "edit edited",
            "preview awaiting_approval",
            "refusal stale-approval",
            "edit edited",
            "edit edited",
            "preview failed",
            "edit edited",
            "preview awaiting_approval",
            "approval written",
            "write written",
        ]
    );
}

#[tokio::test]
async fn an_edit_may_come_to_a_write() {
    let world = World::with(NOTES_ARE_FREE).await;
    let posted = world.post("robo", &code(&["records.create('invoice')"])).await;
    let edited = world.edit("robo", id(&posted), &code(&["records.create('note')"])).await;
    assert_eq!(statuses(&edited), ["written"]);
    assert_eq!(edited["results"][0]["action_mode"], "write");
    assert_eq!(world.records("note").await.len(), 1);
}

#[tokio::test]
async fn edits_that_are_refused() {
    let world = World::with(NOTES_ARE_FREE).await;
    let first = world.post("robo", &code(&["records.create('invoice', n=1)"])).await;
    let served = first["message"].as_str().expect("a text").to_owned();
    assert_eq!(problem(world.try_edit("ada", id(&first), "mine").await), "not-the-author");
    for text in [
        "",
        &format!("{served}\n```codeaction\nx\n```"),
        &format!("{served}\n```approvecodeaction\n```"),
        &served.replace("coderesult\n[code hidden]", "coderesult\n{}"),
        &code(&["[code hidden]", "[code hidden]"]),
        &code(&[" "]),
    ] {
        assert_eq!(problem(world.try_edit("robo", id(&first), text).await), "invalid-message", "{text:?}");
    }
    world.post("robo", &code(&["records.create('invoice', n=2)"])).await;
    for text in ["no code", &code(&["records.create('invoice', n=3)"])] {
        assert_eq!(problem(world.try_edit("robo", id(&first), text).await), "not-the-last-codeaction");
    }
    world.edit("robo", id(&first), &served.replace("Look", "See")).await;
    let approved = world.post("ada", APPROVE).await;
    assert_eq!(problem(world.try_edit("ada", id(&approved), "other").await), "decided");
    for login in ["ada", "ben"] {
        let result = id(&approved["results"][0]);
        assert_eq!(problem(world.try_edit(login, result, "other").await), "posted-by-server");
    }
    let viewer = world.viewer("robo").await;
    let edit = world.desk.edit(&viewer, world.thread, id(&first), "x".to_owned(), Some(1), world.now()).await;
    assert!(matches!(edit, Err(Refusal::Precondition(2..))), "{edit:?}");
}

#[tokio::test]
async fn a_plain_message_stays_plain() {
    let world = World::new().await;
    let posted = world.post("ben", "hello").await;
    assert_eq!(world.edit("ben", id(&posted), "hello there").await["message"], "hello there");
    assert_eq!(problem(world.try_edit("ben", id(&posted), &code(&["x"])).await), "invalid-message");
    assert_eq!(world.audit().await, ["edit edited"]);
}
