//! From a posted codeaction to records that changed: preview, approval, write, and everything in between.

use serde_json::{Value, json};

use crate::world::{APPROVE, REJECT, World, approval, binding, code, id, items, rejection, statuses};

const ALLOW_ALL: &str = "[[rules]]\nneeds_approval = false";

async fn with_invoice(settings: &str) -> (World, i64) {
    let world = World::with(settings).await;
    let invoice = world.record("invoice", json!({"number": "17", "amount": 100, "text": "a"})).await;
    (world, invoice)
}

fn set_amount(invoice: i64, amount: i64) -> String {
    code(&[&format!("records.update('invoice', {invoice}, amount={amount})\nprint('secret output')")])
}

#[tokio::test]
async fn what_was_seen_is_written_once() {
    let (world, invoice) = with_invoice("").await;
    let posted = world.post("robo", &set_amount(invoice, 250)).await;
    assert_eq!(posted["action_mode"], "preview");
    assert_eq!(statuses(&posted), ["awaiting_approval"]);
    assert_eq!(posted["results"], json!([]));
    assert_eq!(
        items(&posted, &["id", "needs_approval", "block", "operation", "object_id", "changes"]),
        json!([[1, true, 0, "update", invoice, [{"field": "amount", "before": 100, "after": 250}]]])
    );
    assert_eq!(world.fields("invoice", invoice).await["amount"], 100);

    let approved = world.post("ada", &approval(&posted, 0)).await;
    assert_eq!((&approved["action_items"], &approved["action_mode"]), (&json!([]), &Value::Null));
    let result = &approved["results"][0];
    assert_eq!(result["message"], "```coderesult\n[code hidden]\n```");
    assert_eq!((&result["kind"], &result["action_mode"]), (&json!("result"), &json!("write")));
    assert_eq!(items(result, &["id", "needs_approval"]), json!([[1, false]]));
    assert_eq!(world.fields("invoice", invoice).await, json!({"number": "17", "amount": 250, "text": "a"}));

    let message = world.message("ben", id(&posted)).await;
    let action = &message["actions"][0];
    assert_eq!(action["status"], "written");
    assert_eq!(action["decision_message_id"], approved["id"]);
    assert_eq!(action["result_message_id"], result["id"]);
    assert_eq!(message["action_items"], posted["action_items"], "a preview never changes after its decision");
    for again in [approval(&posted, 0), rejection(&posted, 0, "late")] {
        assert_eq!(world.refused("max", &again).await, "stale-approval");
    }
    assert_eq!(world.refused("max", APPROVE).await, "not-waiting");
    assert_eq!(world.messages().await.len(), 3);
    assert_eq!(
        world.audit().await,
        [
            "preview awaiting_approval",
            "approval written",
            "write written",
            "refusal stale-approval",
            "refusal stale-approval",
            "refusal not-waiting",
        ]
    );
}

#[tokio::test]
async fn output_and_messages_of_errors_are_for_the_author() {
    let (world, invoice) = with_invoice("").await;
    let posted = world.post("robo", &set_amount(invoice, 1)).await;
    assert_eq!(posted["actions"][0]["output"], "secret output\n");
    assert_eq!(world.message("ada", id(&posted)).await["actions"][0]["output"], Value::Null);
    let failed = world.post("robo", &code(&["print('before')\nraise ValueError('secret')"])).await;
    assert_eq!(statuses(&failed), ["failed"]);
    assert_eq!(failed["action_items"], json!([]));
    assert_eq!(failed["actions"][0]["error"], json!({"type": "ValueError", "line": 2, "message": "secret"}));
    assert_eq!(failed["actions"][0]["output"], "before\n");
    let others = world.message("ada", id(&failed)).await;
    assert_eq!(others["actions"][0]["error"], json!({"type": "ValueError", "line": 2, "message": null}));
    assert_eq!(others["actions"][0]["output"], Value::Null);
}

#[tokio::test]
async fn what_a_rule_lets_through_is_written_at_once() {
    let (world, invoice) =
        with_invoice("[[rules]]\nneeds_approval = false\nobject_type = 'invoice'\nwhen = \"after['amount'] <= 100\"")
            .await;
    let posted = world.post("robo", &set_amount(invoice, 50)).await;
    assert_eq!(statuses(&posted), ["written"]);
    assert_eq!(items(&posted, &["needs_approval"]), json!([[false]]));
    let result = &posted["results"][0];
    assert_eq!(posted["actions"][0]["result_message_id"], result["id"]);
    assert_eq!((&result["created_by_id"], &result["kind"]), (&posted["created_by_id"], &json!("result")));
    assert_eq!(world.fields("invoice", invoice).await["amount"], 50);
    let above = world.post("robo", &set_amount(invoice, 101)).await;
    assert_eq!(statuses(&above), ["awaiting_approval"]);
    assert_eq!(world.fields("invoice", invoice).await["amount"], 50);
    assert_eq!(world.audit().await, ["preview allowed", "write written", "preview awaiting_approval"]);
}

#[tokio::test]
async fn a_plan_without_changes_needs_nobody() {
    let (world, _) = with_invoice("").await;
    let posted = world.post("robo", &code(&["print(context.mode, context.is_approved)"])).await;
    assert_eq!(statuses(&posted), ["written"]);
    assert_eq!(posted["results"][0]["action_items"], json!([]));
    assert_eq!(posted["results"][0]["action_mode"], "write");
}

#[tokio::test]
async fn an_automatic_write_that_comes_to_something_else_waits() {
    let (world, invoice) = with_invoice(ALLOW_ALL).await;
    let cunning = format!("records.update('invoice', {invoice}, amount=1 if context.mode == 'preview' else 999)");
    let posted = world.post("robo", &code(&[&cunning])).await;
    assert_eq!(statuses(&posted), ["drifted"]);
    assert_eq!(posted["results"], json!([]));
    assert_eq!(posted["action_items"][0]["changes"][0]["after"], 999);
    assert_eq!(posted["action_items"][0]["needs_approval"], true);
    assert_eq!(world.fields("invoice", invoice).await["amount"], 100);
    let approved = world.post("ada", &approval(&posted, 0)).await;
    assert_eq!(approved["results"][0]["action_mode"], "write");
    assert_eq!(world.fields("invoice", invoice).await["amount"], 999);
    let failing = world.post("robo", &code(&["1 / (context.mode == 'preview')"])).await;
    assert_eq!(statuses(&failing), ["failed"]);
}

#[tokio::test]
async fn code_is_told_who_approved() {
    let (world, _) = with_invoice("").await;
    let code_text = "
records.create('note', about=context.relation_id)
if context.mode == 'write':
    print(context.approver_id, context.author_id, context.is_approved, context.thread_id)
";
    let posted = world.post("robo", &code(&[code_text])).await;
    world.post("fia", &approval(&posted, 0)).await;
    let message = world.message("robo", id(&posted)).await;
    assert_eq!(message["actions"][0]["output"], format!("4 5 True {}\n", world.thread));
}

#[tokio::test]
async fn a_changed_record_is_drift() {
    let (world, invoice) = with_invoice("").await;
    let posted = world.post("robo", &set_amount(invoice, 250)).await;
    world.import("invoice", Some(invoice), json!({"number": "17", "amount": 100, "text": "changed"})).await;
    let approved = world.post("ada", &approval(&posted, 0)).await;
    let result = &approved["results"][0];
    assert_eq!(result["action_mode"], "preview");
    assert_eq!(world.fields("invoice", invoice).await["amount"], 100, "nothing is written");
    let drifted = world.message("ada", id(&posted)).await;
    assert_eq!(statuses(&drifted), ["drifted"]);
    assert_eq!(drifted["action_items"], result["action_items"]);
    assert_eq!(drifted["action_items"][0]["record"]["fields"]["text"], "changed");
    assert_eq!(world.refused("ada", &approval(&posted, 0)).await, "stale-approval");
    world.post("ada", &approval(&drifted, 0)).await;
    assert_eq!(world.fields("invoice", invoice).await, json!({"number": "17", "amount": 250, "text": "changed"}));
    assert_eq!(
        world.audit().await,
        [
            "preview awaiting_approval",
            "approval drifted",
            "drift drifted",
            "refusal stale-approval",
            "approval written",
            "write written",
        ]
    );
}

#[tokio::test]
async fn drift_can_be_narrowed_to_the_changed_fields() {
    let (world, invoice) = with_invoice("drift = 'fields'").await;
    let posted = world.post("robo", &set_amount(invoice, 250)).await;
    world.import("invoice", Some(invoice), json!({"number": "18", "amount": 100})).await;
    let approved = world.post("ada", &approval(&posted, 0)).await;
    assert_eq!(approved["results"][0]["action_mode"], "write");
    assert_eq!(world.fields("invoice", invoice).await, json!({"number": "18", "amount": 250}));

    let posted = world.post("robo", &set_amount(invoice, 300)).await;
    world.import("invoice", Some(invoice), json!({"number": "18", "amount": 251})).await;
    let approved = world.post("ada", &approval(&posted, 0)).await;
    assert_eq!(approved["results"][0]["action_mode"], "preview");
}

#[tokio::test]
async fn a_plan_that_grew_is_drift() {
    let (world, invoice) = with_invoice("").await;
    let code_text = "
for r in records.find('invoice', text='a'):
    records.update('invoice', r['id'], amount=0)
";
    let posted = world.post("robo", &code(&[code_text])).await;
    let other = world.record("invoice", json!({"amount": 7, "text": "a"})).await;
    world.post("ada", &approval(&posted, 0)).await;
    let drifted = world.message("ada", id(&posted)).await;
    assert_eq!(items(&drifted, &["object_id"]), json!([[invoice], [other]]));
    world.post("ada", APPROVE).await;
    assert_eq!(world.fields("invoice", other).await["amount"], 0);
}

#[tokio::test]
async fn a_failing_write_run_spends_the_approval() {
    let (world, invoice) = with_invoice("").await;
    let code_text = format!(
        "
records.update('invoice', {invoice}, amount=1)
if context.is_approved:
    raise ValueError('not like this')
"
    );
    let posted = world.post("robo", &code(&[&code_text])).await;
    let approved = world.post("ada", &approval(&posted, 0)).await;
    let result = &approved["results"][0];
    assert_eq!((&result["action_mode"], &result["action_items"]), (&json!("write"), &json!([])));
    let message = world.message("robo", id(&posted)).await;
    assert_eq!(statuses(&message), ["failed"]);
    assert_eq!(message["actions"][0]["error"], json!({"type": "ValueError", "line": 3, "message": "not like this"}));
    assert_eq!(world.fields("invoice", invoice).await["amount"], 100);
    assert_eq!(world.refused("ada", APPROVE).await, "not-waiting");
    assert_eq!(world.audit().await, ["preview awaiting_approval", "approval failed", "refusal not-waiting"]);
}

#[tokio::test]
async fn a_rejection_carries_its_reason() {
    let (world, invoice) = with_invoice("").await;
    let posted = world.post("robo", &set_amount(invoice, 1)).await;
    let rejected = world.post("ada", &rejection(&posted, 0, "too little")).await;
    assert_eq!(rejected["results"], json!([]));
    let message = world.message("robo", id(&posted)).await;
    let action = &message["actions"][0];
    assert_eq!((&action["status"], &action["reason"]), (&json!("rejected"), &json!("too little")));
    assert_eq!((&action["decided_by_id"], &action["decision_message_id"]), (&json!(1), &rejected["id"]));
    assert_eq!(world.refused("ada", APPROVE).await, "not-waiting");
    let mistake = world.post("robo", &set_amount(invoice, 2)).await;
    assert_eq!(world.refused("ben", REJECT).await, "may-not-approve");
    world.post("robo", REJECT).await;
    assert_eq!(statuses(&world.message("robo", id(&mistake)).await), ["rejected"]);
    assert_eq!(
        world.audit().await,
        [
            "preview awaiting_approval",
            "rejection rejected",
            "refusal not-waiting",
            "preview awaiting_approval",
            "refusal may-not-approve",
            "rejection rejected",
        ]
    );
}

#[tokio::test]
async fn who_may_not_decide_changes_nothing() {
    let (world, invoice) = with_invoice("four_eyes = true").await;
    let posted = world.post("ada", &set_amount(invoice, 1)).await;
    for (login, problem) in [("ada", "four-eyes"), ("ben", "may-not-approve"), ("robo", "missing-scope")] {
        for text in [APPROVE, &approval(&posted, 0)] {
            assert_eq!(world.refused(login, text).await, problem, "{login}");
        }
    }
    assert_eq!(statuses(&world.message("ada", id(&posted)).await), ["awaiting_approval"]);
    world.post("max", APPROVE).await;
    assert_eq!(world.fields("invoice", invoice).await["amount"], 1);
}

#[tokio::test]
async fn a_digest_may_be_required() {
    let (world, invoice) = with_invoice("require_digest = true").await;
    let posted = world.post("robo", &set_amount(invoice, 1)).await;
    assert_eq!(world.refused("ada", APPROVE).await, "digest-required");
    assert_eq!(world.messages().await.len(), 1);
    world.post("ada", &approval(&posted, 0)).await;
}

#[tokio::test]
async fn what_waits_too_long_expires() {
    let (world, invoice) = with_invoice("expire_after = '1h'").await;
    let posted = world.post("robo", &set_amount(invoice, 1)).await;
    world.let_pass(3_600);
    assert_eq!(statuses(&world.message("ada", id(&posted)).await), ["expired"]);
    assert_eq!(world.refused("ada", &approval(&posted, 0)).await, "stale-approval");
    assert_eq!(world.refused("ada", APPROVE).await, "not-waiting");
    assert_eq!(world.fields("invoice", invoice).await["amount"], 100);
}

#[tokio::test]
async fn code_of_somebody_who_lost_the_account_is_not_run() {
    let (world, invoice) = with_invoice("").await;
    let posted = world.post("ben", &set_amount(invoice, 1)).await;
    world.store.revoke("ben", 1, world.now()).await.expect("revoked");
    assert_eq!(world.refused("ada", &approval(&posted, 0)).await, "author-not-eligible");
    assert_eq!(world.fields("invoice", invoice).await["amount"], 100);
    world.post("ada", &rejection(&posted, 0, "")).await;
}

#[tokio::test]
async fn without_a_codeaction_there_is_nothing_to_decide() {
    let world = World::new().await;
    let said = world.post("ada", "> ```codeaction\n> x\n> ```").await;
    assert_eq!(said["actions"], json!([]));
    assert_eq!(world.refused("ada", APPROVE).await, "no-codeaction");
    let made_up = format!("```approvecodeaction\nmessage_id: {}\ndigest: {}\n```", id(&said), "0".repeat(64));
    assert_eq!(world.refused("ada", &made_up).await, "stale-approval");
    assert_eq!(world.messages().await.len(), 1);
}

#[tokio::test]
async fn a_binding_names_its_block_or_means_the_last() {
    let (world, invoice) = with_invoice("").await;
    let other = world.record("invoice", json!({"amount": 5})).await;
    let update = |id: i64, amount: i64| format!("records.update('invoice', {id}, amount={amount})");
    let posted = world.post("robo", &code(&[&update(invoice, 1), &update(other, 2)])).await;
    assert_eq!(items(&posted, &["id", "block", "object_id"]), json!([[1, 0, invoice], [2, 1, other]]));
    // The digest of one block does not open the other.
    let wrong = binding(&posted, 0).replace("block: 0", "block: 1");
    assert_eq!(world.refused("ada", &format!("```approvecodeaction\n{wrong}\n```")).await, "stale-approval");
    let without = binding(&posted, 1).replace("\nblock: 1", "");
    world.post("ada", &format!("```approvecodeaction\n{without}\n```")).await;
    assert_eq!(statuses(&world.message("ada", id(&posted)).await), ["awaiting_approval", "written"]);
    let first = world.post("ada", &approval(&posted, 0)).await;
    assert_eq!(items(&first["results"][0], &["id", "block", "object_id"]), json!([[1, 0, invoice]]));
    assert_eq!(world.fields("invoice", invoice).await["amount"], 1);
    assert_eq!(world.fields("invoice", other).await["amount"], 2);
}

#[tokio::test]
async fn many_proposals_wait_side_by_side() {
    let world = World::new().await;
    let mut bookings = Vec::new();
    for n in 0..20 {
        bookings.push(world.post("robo", &code(&[&format!("records.create('booking', n={n})")])).await);
    }
    for booking in bookings.iter().rev() {
        world.post("ada", &approval(booking, 0)).await;
    }
    assert_eq!(world.records("booking").await.len(), 20);
}

#[tokio::test]
async fn a_later_proposal_for_the_same_record_takes_the_place_of_an_earlier_one() {
    let (world, invoice) = with_invoice("").await;
    let first = world.post("robo", &set_amount(invoice, 1)).await;
    let second = world.post("robo", &set_amount(invoice, 2)).await;
    assert_eq!(statuses(&world.message("ada", id(&first)).await), ["superseded"]);
    assert_eq!(world.refused("ada", &approval(&first, 0)).await, "stale-approval");
    world.post("ada", &approval(&second, 0)).await;
    assert_eq!(world.fields("invoice", invoice).await["amount"], 2);

    let (world, invoice) = with_invoice("supersede = 'thread'").await;
    let first = world.post("robo", &set_amount(invoice, 1)).await;
    world.post("robo", &code(&["records.create('note')"])).await;
    assert_eq!(statuses(&world.message("ada", id(&first)).await), ["superseded"]);
}

#[tokio::test]
async fn plans_are_shown_whole_or_not_at_all() {
    let world = World::new().await;
    let code_text = "
for i in range(10):
    records.create('a', text='x' * 60000)
";
    let posted = world.post("robo", &code(&[code_text])).await;
    assert_eq!(statuses(&posted), ["failed"]);
    assert_eq!(posted["actions"][0]["error"]["type"], "PlanLimit");
    let fits = world.post("robo", &code(&[&code_text.replace("(10)", "(8)")])).await;
    assert_eq!(statuses(&fits), ["awaiting_approval"]);
}

#[tokio::test]
async fn texts_that_may_not_be_posted_leave_nothing() {
    let world = World::new().await;
    for text in [" ", "a\0", "```coderesult\n{}\n```", "```codeaction\n[code hidden]\n```", "```codeaction\n```"] {
        assert_eq!(world.refused("ada", text).await, "invalid-message", "{text:?}");
    }
    assert_eq!(world.refused("ada", "```approvecodeaction\nsure\n```").await, "invalid-message");
    assert_eq!(world.messages().await.len(), 0);
    assert_eq!(world.audit().await, [""; 0]);
}
