//! One reading of a text, of a plan, and of time: what counts as a block, as the same plan, and as too late.

use countersign::serve::model::{Commit, Work};
use serde_json::{Value, json};

use crate::world::{APPROVE, REJECT, World, approval, code, id, items, statuses};

const CREATE: &str = "records.create('a')";

#[tokio::test]
async fn a_text_is_read_as_markdown_reads_it() {
    let world = World::new().await;
    for (text, served) in [
        (
            format!("~~~codeaction\n{CREATE}\n~~~"),
            "~~~codeaction\n[code hidden]\n~~~\n```coderesult\n[code hidden]\n```",
        ),
        (
            format!("Hi\r\n```CodeAction python\r\n{CREATE}\r\n```\r\nmore\r\n"),
            "Hi\r\n```CodeAction python\r\n[code hidden]\r\n```\n```coderesult\n[code hidden]\n```\r\nmore\r\n",
        ),
        (
            format!("   ````codeaction\n   {CREATE}\n   ````\n\nend"),
            "   ````codeaction\n[code hidden]\n   ````\n```coderesult\n[code hidden]\n```\n\nend",
        ),
        (format!("```codeaction\n{CREATE}"), "```codeaction\n[code hidden]\n```\n```coderesult\n[code hidden]\n```"),
        (format!("~~~~codeaction\n{CREATE}\n~~~\n"), ""),
    ] {
        let posted = world.post("robo", &text).await;
        if served.is_empty() {
            // A shorter fence does not end it: it is code, and no Python.
            assert_eq!(statuses(&posted), ["failed"], "{text:?}");
        } else {
            assert_eq!(statuses(&posted), ["awaiting_approval"], "{text:?}");
            assert_eq!(posted["message"], served);
        }
    }
}

#[tokio::test]
async fn what_is_quoted_listed_or_named_otherwise_does_nothing() {
    let world = World::new().await;
    let waiting = world.post("robo", &code(&[CREATE])).await;
    for text in [
        format!("> ```codeaction\n> {CREATE}\n> ```"),
        format!("- ```codeaction\n  {CREATE}\n  ```"),
        format!("1. x\n\n   ~~~codeaction\n   {CREATE}\n   ~~~"),
        format!("    ```codeaction\n    {CREATE}\n    ```"),
        format!("```python codeaction\n{CREATE}\n```"),
        format!("```codeactions\n{CREATE}\n```"),
        "> ```coderesult\n> {\"items\": []}\n> ```".to_owned(),
        "> ```approvecodeaction\n> ```".to_owned(),
        "- ```rejectcodeaction\n  no\n  ```".to_owned(),
        "> - ~~~ApproveCodeAction\n>   ~~~".to_owned(),
    ] {
        let posted = world.post("ada", &text).await;
        assert_eq!((&posted["actions"], &posted["action_items"]), (&json!([]), &json!([])), "{text:?}");
        assert_eq!((&posted["action_mode"], &posted["results"]), (&Value::Null, &json!([])), "{text:?}");
    }
    assert_eq!(statuses(&world.message("ada", id(&waiting)).await), ["awaiting_approval"]);
    assert_eq!(world.records("a").await, []);
    assert_eq!(world.audit().await, ["preview awaiting_approval"]);
}

#[tokio::test]
async fn what_cannot_be_one_message_leaves_nothing() {
    let world = World::new().await;
    world.post("robo", &code(&[CREATE])).await;
    let action = format!("```codeaction\n{CREATE}\n```");
    for text in [
        format!("<div>\n{action}\n</div>"),
        "<!--\n~~~ ApproveCodeAction\n~~~\n-->".to_owned(),
        "<pre>\n```coderesult\n{}\n```\n</pre>".to_owned(),
        format!("> <div>\n> ```codeaction\n> {CREATE}\n> ```\n"),
        vec![action.as_str(); 17].join("\n"),
        format!("{action}\n{APPROVE}"),
        format!("{REJECT}\n{action}"),
        format!("{APPROVE}\n{APPROVE}"),
        format!("{APPROVE}\n{REJECT}"),
        format!("{action}\n```coderesult\n{{}}\n```"),
        "~~~CodeResult".to_owned(),
        "```codeaction\n[code hidden]".to_owned(),
        "```codeaction\n \t\n\n```".to_owned(),
        format!("{action}\n```codeaction\n```"),
    ] {
        assert_eq!(world.refused("ada", &text).await, "invalid-message", "{text:?}");
    }
    assert_eq!(world.messages().await.len(), 1);
    assert_eq!(world.audit().await, ["preview awaiting_approval"]);
    let most = vec![action.as_str(); 16].join("\n");
    assert_eq!(statuses(&world.post("robo", &most).await), ["awaiting_approval"; 16]);
}

#[tokio::test]
async fn equal_numbers_are_equal_and_nothing_else_is() {
    let world = World::new().await;
    for (shown, written, status) in [
        ("1", "1.0", "written"),
        ("100.0", "100", "written"),
        ("[0.5, {'a': 2}]", "[0.5, {'a': 2.0}]", "written"),
        ("-0.0", "0", "written"),
        ("1", "True", "drifted"),
        ("1", "'1'", "drifted"),
        ("True", "'true'", "drifted"),
        ("0", "False", "drifted"),
        ("'a'", "'a '", "drifted"),
        ("[]", "{}", "drifted"),
        ("0.1", "0.1 + 2e-17", "drifted"),
    ] {
        let text = format!("records.create('n', v={written} if context.is_approved else {shown})");
        let posted = world.post("robo", &code(&[&text])).await;
        world.post("ada", &approval(&posted, 0)).await;
        assert_eq!(statuses(&world.message("ada", id(&posted)).await), [status], "{shown} and {written}");
    }
}

#[tokio::test]
async fn records_that_are_created_together_name_each_other() {
    let world = World::new().await;
    let text = "
order = records.create('order', number='A-1')
lines = [records.create('line', order=order['id'], n=n) for n in range(3)]
records.update('order', order['id'], first=lines[0]['id'], all=[line['id'] for line in lines], self=order['id'])
records.update('line', lines[0]['id'], next=lines[1]['id'], minus=-2)
";
    let posted = world.post("robo", &code(&[text])).await;
    assert_eq!(items(&posted, &["id", "object_type"]), json!([[1, "order"], [2, "line"], [3, "line"], [4, "line"]]));
    let changes = &posted["action_items"][0]["changes"];
    assert_eq!(changes[1], json!({"field": "first", "before": null, "after_created": 2}));
    assert_eq!(changes[0]["after"], json!([-2, -3, -4]), "deeper inside a value an id is a number");
    let approved = world.post("ada", &approval(&posted, 0)).await;
    let real = |item: usize| approved["results"][0]["action_items"][item]["object_id"].clone();
    let order = world.records("order").await.remove(0);
    assert_eq!(order.1, json!({"number": "A-1", "first": real(1), "all": [-2, -3, -4], "self": real(0)}));
    let lines = world.records("line").await;
    assert_eq!(lines[0].1["next"], real(2));
    assert!(lines.iter().all(|(_, line)| line["order"] == real(0)));
}

/// What a `find` did not find when it was previewed counts when it is approved.
#[tokio::test]
async fn two_bookings_of_one_slot_wait_and_one_is_written() {
    let world = World::new().await;
    let book = "if not records.find('booking', day='monday'):\n    records.create('booking', day='monday')";
    let (first, second) = (world.post("robo", &code(&[book])).await, world.post("robo", &code(&[book])).await);
    world.post("ada", &approval(&second, 0)).await;
    world.post("ada", &approval(&first, 0)).await;
    let left = world.message("ada", id(&first)).await;
    assert_eq!((statuses(&left), &left["action_items"]), (vec!["drifted"], &json!([])));
    assert_eq!(world.records("booking").await.len(), 1);
    world.post("ada", &approval(&left, 0)).await;
    assert_eq!(world.records("booking").await.len(), 1);
}

#[tokio::test]
async fn twenty_bookings_are_decided_each_by_its_own_binding() {
    let world = World::new().await;
    let mut bookings = Vec::new();
    for n in 0..20 {
        bookings.push(world.post("robo", &code(&[&format!("records.create('booking', n={n})")])).await);
    }
    // In an order of nobody's: 7 is prime to 20.
    for n in (0..20).map(|step| step * 7 % 20) {
        let served = world.message("ada", id(&bookings[n])).await;
        assert_eq!((statuses(&served), &served), (vec!["awaiting_approval"], &without_results(&bookings[n])));
        let decided = if n % 5 == 0 { crate::world::rejection(&served, 0, "full") } else { approval(&served, 0) };
        world.post("ada", &decided).await;
    }
    let mut written: Vec<_> =
        world.records("booking").await.iter().filter_map(|(_, fields)| fields["n"].as_i64()).collect();
    written.sort_unstable();
    assert_eq!(written, (0..20).filter(|n| n % 5 != 0).collect::<Vec<_>>());
}

/// A message as others are served it.
fn without_results(posted: &Value) -> Value {
    let mut message = posted.clone();
    message.as_object_mut().expect("an object").remove("results");
    message["actions"][0]["output"] = Value::Null;
    message
}

#[tokio::test]
async fn what_expired_is_recorded_under_nobodys_name() {
    let world = World::with("expire_after = '1h'").await;
    let posted = world.post("robo", &code(&[CREATE])).await;
    world.let_pass(3_600);
    let before = world.message("ada", id(&posted)).await;
    let newest = world.store.wake_ups();
    let event = *newest.borrow();
    let commit =
        Commit { now: world.now(), actor: None, expect: Vec::new(), work: Work::Expire, key: None, audit: Vec::new() };
    world.store.commit(commit).await.expect("swept");
    let after = world.message("ada", id(&posted)).await;
    assert_eq!((statuses(&before), statuses(&after)), (vec!["expired"], vec!["expired"]));
    assert_eq!(after["revision"].as_u64(), before["revision"].as_u64().map(|revision| revision + 1));
    assert!(*newest.borrow() > event, "those who follow are told");
    let action = &after["actions"][0];
    assert_eq!((&action["decided_by_id"], &action["decision_message_id"]), (&Value::Null, &Value::Null));
    assert_eq!(world.refused("ada", &approval(&posted, 0)).await, "stale-approval");
    // Its author may propose it anew.
    let again = world.edit("robo", id(&posted), &code(&["records.create('b')"])).await;
    assert_eq!(statuses(&again), ["awaiting_approval"]);
}

#[tokio::test]
async fn a_decided_preview_stays_and_the_rest_can_still_be_approved_after_an_edit() {
    let world = World::new().await;
    let codes = ["records.create('a')", "records.create('b')", "records.create('c')"];
    let posted = world.post("robo", &code(&codes)).await;
    world.post("ada", &crate::world::rejection(&posted, 1, "no")).await;
    let edited = world.edit("robo", id(&posted), &code(&codes[1..])).await;
    assert_eq!(statuses(&edited), ["rejected", "awaiting_approval", "withdrawn"]);
    // Each item tells whose it is.
    assert_eq!(items(&edited, &["block", "object_type"]), json!([[0, "b"], [1, "c"]]));
    world.post("ada", &approval(&edited, 1)).await;
    assert_eq!(world.records("c").await.len(), 1);
}
