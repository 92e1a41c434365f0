use serde_json::json;

use super::*;

const CODE: &str = "```codeaction\n[code hidden]\n```";

fn item(block: u32) -> Value {
    json!({
        "type": "preview", "id": 1, "needs_approval": true, "block": block, "operation": "update",
        "object_type": "invoice", "object_id": 17, "title": "invoice #17",
        "changes": [{ "field": "amount", "before": 1.0, "after": 2 }],
        "record": { "id": 17, "type": "invoice", "client_account_id": 3, "fields": { "amount": 1 } },
        "rule": "", "unknown": { "kept": true }
    })
}

fn message(items: &[Value], actions: &Value) -> Message {
    let message = json!({
        "id": 12, "message": CODE, "action_items": items, "action_mode": "preview", "actions": actions, "created_by_id": 3
    });
    serde_json::from_value(message).expect("a message")
}

/// A message whose only block waits, with the right digest.
fn waiting(items: &[Value]) -> Message {
    let digest = api::digest(7, 12, 0, items).expect("a digest");
    message(items, &json!([{ "block": 0, "status": "awaiting_approval", "digest": digest }]))
}

fn plan(message: &Message) -> Plan {
    Plan::bound(7, message, &message.actions.as_ref().expect("actions")[0]).expect("a plan")
}

#[test]
fn what_waits_and_has_its_digest_can_be_approved() {
    assert_eq!(plan(&waiting(&[item(0)])).flaw(), None);
}

#[test]
fn the_digest_covers_what_this_version_does_not_know() {
    let mut message = waiting(&[item(0)]);
    message.action_items[0]["unknown"] = json!({ "kept": false });
    assert_eq!(plan(&message).flaw(), Some(Flaw::OtherDigest));
    let mut shortened = waiting(&[item(0), item(0)]);
    shortened.action_items.pop();
    assert_eq!(plan(&shortened).flaw(), Some(Flaw::OtherDigest));
}

#[test]
fn only_the_block_s_own_items_count() {
    let items = [item(0), item(1)];
    let digest = |block: u32, at: usize| api::digest(7, 12, block, &items[at..=at]).expect("a digest");
    let actions = json!([
        { "block": 0, "status": "awaiting_approval", "digest": digest(0, 0) },
        { "block": 1, "status": "awaiting_approval", "digest": digest(1, 1) },
    ]);
    let message = message(&items, &actions);
    for action in message.actions.as_ref().expect("actions") {
        let plan = Plan::bound(7, &message, action).expect("a plan");
        assert_eq!((plan.items.len(), plan.flaw(), plan.one_of_several), (1, None, true));
    }
}

#[test]
fn whatever_is_not_known_or_not_sound_is_never_approved() {
    let flaw = |change: fn(&mut Value)| {
        let mut changed = item(0);
        change(&mut changed);
        plan(&waiting(&[changed])).flaw()
    };
    assert_eq!(flaw(|item| item["operation"] = json!("merge")), Some(Flaw::UnknownWord("merge".to_owned())));
    assert_eq!(flaw(|item| item["type"] = json!("order")), Some(Flaw::UnknownWord("order".to_owned())));
    assert_eq!(flaw(|item| item["changes"] = json!("all")), Some(Flaw::Unreadable(1)));
    assert_eq!(flaw(|item| *item = json!([])), Some(Flaw::Unreadable(1)));
    assert_eq!(flaw(|item| item["changes"][0]["before"] = json!(5)), Some(Flaw::Contradictory(1)));
    let mut without = waiting(&[item(0)]);
    without.actions.as_mut().expect("actions")[0].digest = None;
    assert_eq!(plan(&without).flaw(), Some(Flaw::NoDigest));
    let paused = message(&[item(0)], &json!([{ "block": 0, "status": "paused", "digest": "x" }]));
    assert_eq!(plan(&paused).flaw(), Some(Flaw::NotWaiting(Status::Other("paused".to_owned()))));
    assert_eq!(plan(&waiting(&[])).flaw(), Some(Flaw::Empty));
}

#[test]
fn a_withdrawn_block_has_no_plan() {
    let message = message(&[], &json!([{ "block": null, "status": "withdrawn" }]));
    assert_eq!(Plan::bound(7, &message, &message.actions.as_ref().expect("actions")[0]), None);
}

#[test]
fn another_plan_or_status_is_another_identity() {
    let one = plan(&waiting(&[item(0)]));
    let mut changed = item(0);
    changed["changes"][0]["after"] = json!(3);
    let other = plan(&waiting(&[changed]));
    assert_ne!(one.identity(), other.identity());
    let drifted = Plan { status: Some(Status::Drifted), ..one.clone() };
    assert_ne!(one.identity(), drifted.identity());
}

fn seed(id: Id, text: &str, items: &Value, mode: &Value) -> Message {
    let message = json!({ "id": id, "message": text, "action_items": items, "action_mode": mode });
    serde_json::from_value(message).expect("a message")
}

#[test]
fn without_bindings_the_last_code_of_the_thread_waits_until_an_approval_follows() {
    let bare = json!([{ "type": "preview", "needs_approval": true, "id": 1 }]);
    let first = seed(1, CODE, &bare, &json!("preview"));
    let talk = seed(2, "what is this?", &json!([]), &Value::Null);
    let plan = Plan::unbound(7, &[&first, &talk]).expect("it waits");
    assert_eq!((plan.subject.message, plan.subject.block, plan.flaw()), (1, None, None));
    let approval = seed(3, "```approvecodeaction\n```", &json!([]), &Value::Null);
    assert_eq!(Plan::unbound(7, &[&first, &talk, &approval]), None);
    let second = seed(4, CODE, &json!([{ "type": "preview", "needs_approval": false, "id": 1 }]), &json!("write"));
    assert_eq!(Plan::unbound(7, &[&first, &second]), None, "only the last code is meant");
    assert_eq!(Plan::unbound(7, &[&talk]), None);
}
