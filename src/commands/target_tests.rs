use serde_json::json;

use super::*;

/// Message 7 of thread 3 with one item a block, as a sound server sends it.
fn message(statuses: &[&str]) -> Message {
    let items: Vec<Value> = (0..statuses.len())
        .map(|block| {
            json!({
                "type": "preview", "id": block + 1, "needs_approval": true, "block": block, "operation": "update",
                "object_type": "invoice", "object_id": 17, "title": "t", "changes": [], "record": null, "rule": "",
                "unheard_of": [1.0, "x"],
            })
        })
        .collect();
    let actions: Vec<Value> = statuses
        .iter()
        .zip(0_u32..)
        .map(|(status, block)| {
            let digest = api::digest(3, 7, block, &items[block as usize..=block as usize]).expect("a digest");
            json!({"block": block, "status": status, "digest": digest})
        })
        .collect();
    serde_json::from_value(json!({"id": 7, "message": "x", "action_items": items, "actions": actions}))
        .expect("a message")
}

#[test]
fn the_only_one_that_waits_is_meant() {
    let target = of_message(3, message(&["written", "awaiting_approval", "failed"]), None).expect("an action");
    let binding = target.binding().expect("it waits").expect("it is bound");
    assert_eq!(binding.block, Some(1));
    assert_eq!(target.items.len(), 1);
    assert_eq!(Some(binding.digest), target.action.and_then(|action| action.digest));
}

#[test]
fn of_several_one_has_to_be_named() {
    let waiting = message(&["awaiting_approval", "drifted"]);
    assert_eq!(of_message(3, waiting.clone(), None).expect_err("two wait").exit_code(), 2);
    let named = of_message(3, waiting.clone(), Some(1)).expect("an action");
    assert_eq!(named.binding().expect("it waits").and_then(|binding| binding.block), Some(1));
    assert_eq!(of_message(3, waiting, Some(2)).expect_err("no such block").exit_code(), 4);
}

#[test]
fn what_does_not_wait_cannot_be_decided() {
    for status in ["written", "rejected", "failed", "superseded", "withdrawn", "expired", "pondered"] {
        let target = of_message(3, message(&[status]), None).expect("an action");
        assert_eq!(target.binding().expect_err(status).exit_code(), 5, "{status}");
    }
}

#[test]
fn a_digest_of_something_else_cannot_be_decided_by() {
    let mut changed = message(&["awaiting_approval"]);
    changed.action_items[0]["unheard_of"] = json!([2]);
    let failure = of_message(3, changed, None).expect("an action").binding().expect_err("another plan");
    assert!(failure.to_string().contains("digest"), "{failure}");

    let mut without = message(&["awaiting_approval"]);
    for action in without.actions.iter_mut().flatten() {
        action.digest = None;
    }
    assert!(of_message(3, without, None).expect("an action").binding().is_err());
}

#[test]
fn an_operation_that_is_not_known_cannot_be_decided_by() {
    let mut odd = message(&["awaiting_approval"]);
    odd.action_items[0]["operation"] = json!("merge");
    let digest = api::digest(3, 7, 0, &odd.action_items).expect("a digest");
    for action in odd.actions.iter_mut().flatten() {
        action.digest = Some(digest.clone());
    }
    let failure = of_message(3, odd, None).expect("an action").binding().expect_err("an unknown operation");
    assert!(failure.to_string().contains("update countersign"), "{failure}");
}

#[test]
fn a_server_without_actions_has_nothing_to_bind_to() {
    let mut plain = message(&["awaiting_approval"]);
    plain.actions = None;
    assert_eq!(of_message(3, plain, None).expect("a message").binding().expect("no error"), None);
}
