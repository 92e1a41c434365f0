//! Actions: what is posted with them, and what decisions do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::world::{World, at, change, fields, json_of, sets, status, value, waits};
use crate::{
    api::{ActionError, Id, Mode, Status, digest},
    serve::{
        model::{CommitError, Expect, Outcome, ResultDraft, Seen, Verdict, Work},
        plan::{Plan, Target, stand_in},
        store::query::Lookup,
    },
};

const DAY: u64 = 24 * 3600;

pub fn id(message: &Value) -> Id {
    message["id"].as_i64().expect("an id")
}

fn result(plan: &Plan) -> ResultDraft {
    ResultDraft { mode: Mode::Write, plan: plan.clone(), output: "written secret".into() }
}

pub async fn message(world: &World, viewer: &crate::serve::model::Viewer, thread: Id, message: Id, now: u64) -> Value {
    match world.store.message(viewer, thread, message, at(now)).await.expect("a store") {
        Lookup::Found(found) => value(&found.body),
        other => panic!("{other:?}"),
    }
}

async fn amount(world: &World, record: Id) -> Value {
    match world.store.record_by_id(&world.ada, record).await.expect("a store") {
        Lookup::Found(record) => value(&record)["fields"]["amount"].clone(),
        _ => Value::Null,
    }
}

#[tokio::test]
async fn a_waiting_action_shows_its_plan_under_the_digest_of_what_is_served() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[100]).await);
    let posted = world.waiting(&world.bo, thread, sets(&invoices[0], 150), at(1)).await;
    assert_eq!(posted["message"], "Look:\n```codeaction\n[code hidden]\n```\n```coderesult\n[code hidden]\n```");
    assert_eq!(posted["action_mode"], "preview");
    let items = posted["action_items"].as_array().expect("items");
    assert_eq!(
        items[0],
        json!({
            "type": "preview", "id": 1, "needs_approval": true, "block": 0, "operation": "update",
            "object_type": "invoice", "object_id": invoices[0].id, "title": items[0]["title"],
            "changes": [{"field": "amount", "before": 100, "after": 150}],
            "record": invoices[0], "rule": "no rule matches"
        })
    );
    let action = &posted["actions"][0];
    assert_eq!(action["status"], "awaiting_approval");
    assert_eq!(action["digest"], digest(thread, id(&posted), 0, items).expect("a digest"));
    assert_eq!(action["output"], "secret output");
    assert_eq!(action["expires_at"], "2026-11-23T12:00:01.000000Z");
    for field in ["error", "decided_by_id", "decided_at", "decision_message_id", "reason", "result_message_id"] {
        assert_eq!(action.get(field), Some(&Value::Null), "{field}");
    }
    let others = message(&world, &world.ada, thread, id(&posted), 2).await;
    assert_eq!(others["actions"][0]["output"], Value::Null);
    assert_eq!(others["actions"][0]["digest"], action["digest"]);
    assert_eq!(world.see(&world.ada, thread, at(2)).await["awaiting_approval"], true);
    assert_eq!(world.store.last_codeaction(thread).await.expect("a store"), Some((id(&posted), 0)));
    let stored = world.store.stored_message(thread, id(&posted)).await.expect("a store").expect("a message");
    assert!(stored.raw.contains("secret_code()") && stored.raw.contains("\"secret output\""));
    let shown = stored.actions[0].shown_plan(true).expect("canonical");
    assert_eq!(shown, sets(&invoices[0], 150).comparable(true).expect("canonical"));
    assert_eq!(amount(&world, invoices[0].id).await, 100, "nothing is written");
}

#[tokio::test]
async fn an_approval_writes_its_plan_once() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[100]).await);
    let plan = sets(&invoices[0], 150);
    let proposed = world.waiting(&world.bo, thread, plan.clone(), at(1)).await;
    let expect = Expect::Action {
        message_id: id(&proposed),
        block: 0,
        status: Status::AwaitingApproval,
        digest: proposed["actions"][0]["digest"].as_str().map(str::to_owned),
    };
    let seen = Expect::Seen(Seen::Record {
        account_id: world.acme,
        record_type: "invoice".into(),
        id: invoices[0].id,
        version: Some(1),
    });
    let work = Work::Post(World::decision(&world.ada, thread, id(&proposed), Verdict::Written(result(&plan))));
    let answer = world.commit_if(vec![expect.clone(), seen], work.clone(), at(2)).await.expect("approved");
    let approval = json_of(&answer);
    assert_eq!(amount(&world, invoices[0].id).await, 150);
    assert_eq!(approval["action_mode"], Value::Null);
    assert_eq!(approval["results"].as_array().map(Vec::len), Some(1));
    let posted = &approval["results"][0];
    assert_eq!(posted["message"], "```coderesult\n[code hidden]\n```");
    assert_eq!((&posted["kind"], &posted["action_mode"]), (&json!("result"), &json!("write")));
    assert_eq!(posted["created_by_id"], world.ada.user_id);
    assert_eq!(posted["action_items"][0]["needs_approval"], false);
    assert_eq!(posted["action_items"][0]["id"], 1);
    let after = message(&world, &world.ada, thread, id(&proposed), 3).await;
    let action = &after["actions"][0];
    assert_eq!(action["status"], "written");
    assert_eq!(action["decided_by_id"], world.ada.user_id);
    assert_eq!(action["decided_at"], "2026-11-22T12:00:02.000000Z");
    assert_eq!(action["decision_message_id"], approval["id"]);
    assert_eq!(action["result_message_id"], posted["id"]);
    assert_eq!(after["action_items"], proposed["action_items"], "they never change after the decision");
    assert_eq!(after["revision"], 2);
    let seen = world.see(&world.ada, thread, at(3)).await;
    assert_eq!(seen["awaiting_approval"], false);
    assert_eq!(seen["last_message"]["id"], posted["id"]);
    let stored = world.store.stored_message(thread, id(&approval)).await.expect("a store").expect("a message");
    assert!(stored.is_decision && !stored.is_result);
    let refused = world.commit_if(vec![expect.clone()], work, at(4)).await;
    assert!(matches!(refused, Err(CommitError::Changed(what)) if what == expect));
}

#[tokio::test]
async fn what_a_run_saw_is_checked_in_the_transaction_that_writes() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[100]).await);
    let plan = sets(&invoices[0], 150);
    let first = world.waiting(&world.bo, thread, plan.clone(), at(1)).await;
    let second = world.waiting(&world.bo, thread, Plan::default(), at(1)).await;
    let (kept, version) =
        world.store.find(world.acme, "invoice", &fields(json!({"amount": 100.0}))).await.expect("a store");
    assert_eq!((kept.len(), version), (1, 1));
    let record = |id, version| Seen::Record { account_id: world.acme, record_type: "invoice".into(), id, version };
    let of_type = |version| Seen::Type { account_id: world.acme, record_type: "invoice".into(), version };
    let reject = Work::Post(World::decision(&world.ada, thread, id(&second), Verdict::Rejected { reason: None }));
    for stale in [record(invoices[0].id, Some(7)), record(invoices[0].id, None), record(999, Some(1)), of_type(0)] {
        let refused = world.commit_if(vec![Expect::Seen(stale.clone())], reject.clone(), at(2)).await;
        assert!(matches!(refused, Err(CommitError::Changed(Expect::Seen(what))) if what == stale));
    }
    let unknown = Seen::Type { account_id: world.acme, record_type: "unknown".into(), version: 0 };
    let fresh = vec![record(invoices[0].id, Some(1)), record(999, None), of_type(1), unknown];
    let work = Work::Post(World::decision(&world.ada, thread, id(&first), Verdict::Written(result(&plan))));
    world.commit_if(fresh.into_iter().map(Expect::Seen).collect(), work, at(3)).await.expect("written");
    let now = world.store.record(world.acme, "invoice", invoices[0].id).await.expect("a store").expect("a record");
    assert_eq!(now.version, 2);
    assert_eq!(world.store.record(world.acme, "customer", invoices[0].id).await.expect("a store"), None);
    assert_eq!(world.store.record(world.other, "invoice", invoices[0].id).await.expect("a store"), None);
    assert_eq!(world.store.find(world.acme, "invoice", &fields(json!({"amount": 100}))).await.expect("a store").1, 2);
}

/// A plan that creates a customer and an invoice that names it.
fn creates() -> Plan {
    let mut invoice =
        change("invoice", Target::Create { n: 2, after: fields(json!({"customer": -1, "note": "-1", "amount": 5})) });
    invoice.references = BTreeMap::from([("customer".to_owned(), 1)]);
    Plan { changes: vec![change("customer", Target::Create { n: 1, after: fields(json!({"name": "New"})) }), invoice] }
}

#[tokio::test]
async fn records_that_are_created_know_each_other() {
    let world = World::new().await;
    let thread = world.thread().await;
    let outcome = Outcome::Written { result: result(&creates()) };
    let post = World::propose(&world.bo, thread, vec![(creates(), outcome)]);
    let posted = json_of(&world.commit(Work::Post(post), at(1)).await.expect("written"));
    assert_eq!(status(&posted), Status::Written);
    assert_eq!(posted["actions"][0]["decided_by_id"], Value::Null);
    let preview = &posted["action_items"];
    assert_eq!(preview[0]["object_id"], Value::Null);
    assert_eq!(preview[1]["changes"][1], json!({"field": "customer", "before": null, "after_created": 1}));
    let written = &posted["results"][0];
    assert_eq!(posted["actions"][0]["result_message_id"], written["id"]);
    assert_eq!(written["created_by_id"], world.bo.user_id);
    let customer = written["action_items"][0]["object_id"].as_i64().expect("an id");
    let invoice = written["action_items"][1]["object_id"].as_i64().expect("an id");
    assert_eq!(
        written["action_items"][1]["changes"][1],
        json!({"field": "customer", "before": null, "after": customer, "after_created": 1})
    );
    let kept = world.store.record(world.acme, "invoice", invoice).await.expect("a store").expect("a record");
    assert_eq!(kept.record.fields, fields(json!({"customer": customer, "note": "-1", "amount": 5})));
}

#[tokio::test]
async fn a_later_block_names_what_an_earlier_one_creates() {
    let world = World::new().await;
    let thread = world.thread().await;
    let placeholder = crate::api::Record {
        id: stand_in(0, 1),
        record_type: "customer".into(),
        client_account_id: world.acme,
        fields: fields(json!({"name": "New"})),
    };
    let target =
        Target::Update { before: placeholder, after: fields(json!({"name": "Newer", "self": stand_in(0, 1)})) };
    let later = Plan { changes: vec![change("customer", target)] };
    let runs = vec![(creates(), Outcome::Written { result: result(&creates()) }), (later, waits(at(1)))];
    let posted =
        json_of(&world.commit(Work::Post(World::propose(&world.bo, thread, runs)), at(1)).await.expect("posted"));
    let customer = &posted["results"][0]["action_items"][0]["object_id"];
    let waiting = &posted["action_items"][2];
    assert_eq!(&waiting["object_id"], customer);
    assert_eq!(&waiting["record"]["id"], customer);
    assert_eq!(&waiting["changes"][1]["after"], customer);
    assert_eq!(waiting["id"], 3);
    let items = posted["action_items"].as_array().expect("items");
    assert_eq!(posted["actions"][1]["digest"], digest(thread, id(&posted), 1, &items[2..]).expect("a digest"));
    assert_eq!(world.store.last_codeaction(thread).await.expect("a store"), Some((id(&posted), 1)));
}

#[tokio::test]
async fn records_are_deleted_and_what_is_gone_is_not_changed() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[100, 200]).await);
    let delete = Plan { changes: vec![change("invoice", Target::Delete { before: invoices[0].clone() })] };
    let post = |plan: &Plan| {
        let outcome = Outcome::Written { result: result(plan) };
        Work::Post(World::propose(&world.bo, thread, vec![(plan.clone(), outcome)]))
    };
    world.commit(post(&delete), at(1)).await.expect("deleted");
    assert_eq!(world.store.record_by_id(&world.ada, invoices[0].id).await.expect("a store"), Lookup::Absent);
    let before = world.see(&world.ada, thread, at(2)).await;
    let mut both = sets(&invoices[1], 5);
    both.changes.extend(sets(&invoices[0], 5).changes);
    assert!(matches!(world.commit(post(&both), at(2)).await, Err(CommitError::Changed(Expect::Seen(_)))));
    assert_eq!(amount(&world, invoices[1].id).await, 200, "all or nothing");
    assert_eq!(world.see(&world.ada, thread, at(2)).await, before);
    let another = world.invoices(&[1]).await;
    assert!(another.iter().all(|record| record.id != invoices[0].id), "ids are never used again");
}

#[tokio::test]
async fn a_failure_tells_its_author_why() {
    let world = World::new().await;
    let thread = world.thread().await;
    let error = ActionError { error_type: "KeyError".into(), line: Some(1), message: Some("'secret'".into()) };
    let post = World::propose(&world.bo, thread, vec![(Plan::default(), Outcome::Failed { error })]);
    let posted = json_of(&world.commit(Work::Post(post), at(1)).await.expect("posted"));
    assert_eq!(posted["actions"][0]["error"], json!({"type": "KeyError", "line": 1, "message": "'secret'"}));
    assert_eq!(posted["actions"][0]["digest"], Value::Null);
    assert_eq!(posted["results"], json!([]));
    let others = message(&world, &world.ada, thread, id(&posted), 2).await;
    assert_eq!(others["actions"][0]["error"], json!({"type": "KeyError", "line": 1, "message": null}));
    assert!(!world.see(&world.ada, thread, at(2)).await.to_string().contains("secret"));
}

#[tokio::test]
async fn a_drift_shows_the_fresh_plan_and_waits_anew() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[100, 200]).await);
    let runs = vec![(sets(&invoices[0], 1), waits(at(1))), (sets(&invoices[1], 1), waits(at(1)))];
    let proposed =
        json_of(&world.commit(Work::Post(World::propose(&world.bo, thread, runs)), at(1)).await.expect("posted"));
    let mut fresh = sets(&invoices[0], 2);
    fresh.changes.push(change("note", Target::Create { n: 1, after: fields(json!({"text": "why"})) }));
    let drift = Verdict::Drifted {
        result: ResultDraft { mode: Mode::Preview, plan: fresh, output: "again".into() },
        expires_at: at(1 + 2 * DAY),
    };
    let approval = json_of(
        &world
            .commit(Work::Post(World::decision(&world.ada, thread, id(&proposed), drift)), at(2))
            .await
            .expect("drifted"),
    );
    let posted = &approval["results"][0];
    assert_eq!(posted["action_mode"], "preview");
    let after = message(&world, &world.ada, thread, id(&proposed), 3).await;
    let action = &after["actions"][0];
    assert_eq!(action["status"], "drifted");
    assert_eq!(action["decided_by_id"], Value::Null);
    assert_eq!(action["expires_at"], "2026-11-24T12:00:01.000000Z");
    let items: Vec<Value> =
        after["action_items"].as_array().expect("items").iter().filter(|item| item["block"] == 0).cloned().collect();
    assert_eq!(items.len(), 2);
    assert_eq!(posted["action_items"], json!(items));
    assert_eq!(action["digest"], digest(thread, id(&proposed), 0, &items).expect("a digest"));
    let mut numbers: Vec<_> = after["action_items"].as_array().expect("items").iter().map(|item| &item["id"]).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), 3, "no id twice: {numbers:?}");
    assert_eq!(after["actions"][1]["digest"], proposed["actions"][1]["digest"]);
    assert_eq!(amount(&world, invoices[0].id).await, 100);
    assert_eq!(world.see(&world.ada, thread, at(3)).await["awaiting_approval"], true);
}

#[tokio::test]
async fn a_failed_write_spends_the_approval_and_a_rejection_keeps_its_reason() {
    let world = World::new().await;
    let (thread, invoices) = (world.thread().await, world.invoices(&[100]).await);
    let first = world.waiting(&world.bo, thread, sets(&invoices[0], 1), at(1)).await;
    let error = ActionError { error_type: "ValueError".into(), line: None, message: Some("secret".into()) };
    let failed = Verdict::Failed { error, output: "secret".into() };
    let approval = json_of(
        &world.commit(Work::Post(World::decision(&world.ada, thread, id(&first), failed)), at(2)).await.expect("ok"),
    );
    assert_eq!(approval["results"][0]["action_mode"], "write");
    assert_eq!(approval["results"][0]["action_items"], json!([]));
    let after = message(&world, &world.ada, thread, id(&first), 3).await;
    assert_eq!(after["actions"][0]["status"], "failed");
    assert_eq!(after["actions"][0]["result_message_id"], approval["results"][0]["id"]);
    assert!(!after.to_string().contains("secret"));
    assert_eq!(after["action_items"], first["action_items"]);

    let second = world.waiting(&world.bo, thread, sets(&invoices[0], 2), at(4)).await;
    let rejected = Verdict::Rejected { reason: Some("too much".into()) };
    let work = Work::Post(World::decision(&world.ada, thread, id(&second), rejected));
    let rejection = json_of(&world.commit(work, at(5)).await.expect("rejected"));
    assert_eq!(rejection["results"], json!([]));
    let after = message(&world, &world.bo, thread, id(&second), 6).await;
    assert_eq!(after["actions"][0]["status"], "rejected");
    assert_eq!(after["actions"][0]["reason"], "too much");
    assert_eq!(after["actions"][0]["decision_message_id"], rejection["id"]);
    assert_eq!(after["actions"][0]["result_message_id"], Value::Null);
}
