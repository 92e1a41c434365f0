use serde_json::json;

use super::*;

fn shown(view: &MessageView, width: usize) -> String {
    let mut rendered = None;
    Surroundings::plain(|with| rendered = Some(lay_out(view, width, with)));
    let rows = rendered.expect("rows").rows;
    rows.iter().map(|row| row.line.to_string().trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn action(status: &str, more: &Value) -> Action {
    let mut action = json!({ "block": 0, "status": status });
    action.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
    serde_json::from_value(action).expect("an action")
}

fn item() -> Value {
    json!({
        "type": "preview", "id": 1, "needs_approval": true, "block": 0, "operation": "update",
        "object_type": "invoice", "object_id": 17, "title": "invoice #17 2041",
        "changes": [{ "field": "amount", "before": 12500, "after": 11250 }], "record": null, "rule": ""
    })
}

const CODE: &str = "Let me fix it:\n```codeaction\n[code hidden]\n```\n```coderesult\n[code hidden]\n```\nDone.";

#[test]
fn an_action_that_waits_is_framed_with_its_changes() {
    let actions = [action("awaiting_approval", &json!({ "expires_at": "2026-11-29T09:34:00Z" }))];
    let items = [item()];
    let view = MessageView {
        text: CODE,
        items: &items,
        mode: Some(Mode::Preview),
        actions: Some(&actions),
        is_confirmed: true,
    };
    let expected = "\
Let me fix it:

╭ action  ◆ awaits approval    until 29 Nov 09:34
│ ~ update invoice #17 2041
│   − amount  12500
│   + amount  11250
╰ code hidden · a opens the review

Done.";
    assert_eq!(shown(&view, 49), expected);
}

#[test]
fn what_became_of_it_is_said_in_words() {
    let actions = [action(
        "rejected",
        &json!({ "decided_by_id": 4, "decided_at": "2026-11-22T09:34:00Z", "reason": "wrong customer" }),
    )];
    let view =
        MessageView { text: CODE, items: &[], mode: Some(Mode::Preview), actions: Some(&actions), is_confirmed: true };
    let text = shown(&view, 60);
    assert!(text.contains("✗ rejected\n│ rejected by user 4 · 22 Nov 09:34: wrong customer"), "{text}");
    let error = json!({ "error": { "type": "NameError", "line": 3, "message": "name 'x' is not defined" } });
    let failed = [action("failed", &error)];
    let text = shown(&MessageView { actions: Some(&failed), ..view }, 60);
    assert!(text.contains("! failed\n│ NameError in line 3: name 'x' is not defined"), "{text}");
    let other = [action("paused", &json!({}))];
    assert!(shown(&MessageView { actions: Some(&other), ..view }, 60).contains("? paused"));
}

#[test]
fn several_blocks_keep_their_own_items() {
    let text =
        "```codeaction\n[code hidden]\n```\n```coderesult\n[code hidden]\n```\n\n```codeaction\n[code hidden]\n```";
    let mut second = item();
    second["block"] = json!(1);
    second["title"] = json!("invoice #18");
    let actions: Vec<Action> =
        serde_json::from_value(json!([{ "block": 0, "status": "written" }, { "block": 1, "status": "drifted" }]))
            .expect("actions");
    let items = [item(), second];
    let view =
        MessageView { text, items: &items, mode: Some(Mode::Preview), actions: Some(&actions), is_confirmed: true };
    let text = shown(&view, 60);
    let (first, second) = text.split_once("\n\n").expect("two frames");
    assert!(first.contains("✓ written") && first.contains("#17") && !first.contains("#18"), "{text}");
    assert!(second.contains("◆ drifted") && second.contains("#18"), "{text}");
}

#[test]
fn results_and_decisions_read_as_sentences() {
    let result = "```coderesult\n[code hidden]\n```";
    let items = [item()];
    let view =
        MessageView { text: result, items: &items, mode: Some(Mode::Write), actions: Some(&[]), is_confirmed: true };
    assert!(shown(&view, 60).starts_with("╭ result ✓ written\n│ ~ update invoice #17 2041"));
    let approval = "```approvecodeaction\nmessage_id: 12\ndigest: aa\n```";
    let none = MessageView { text: approval, items: &[], mode: None, actions: Some(&[]), is_confirmed: true };
    assert_eq!(shown(&none, 60), "✓ approved the action in message 12");
    let rejection = "```rejectcodeaction\nmessage_id: 12\ndigest: aa\n\nnot like this\n```";
    assert_eq!(
        shown(&MessageView { text: rejection, ..none }, 60),
        "✗ rejected the action in message 12\nnot like this"
    );
}

#[test]
fn code_is_never_shown_even_if_a_server_sends_it() {
    for text in [
        "```codeaction\nsecret()\n```",
        "~~~~ CODEACTION x\nsecret()\n",
        "> ```coderesult\n> secret()\n> ```",
        "- a\n\n  ```codeaction\n  secret()\n  ```",
        "<pre>\n```codeaction\nsecret()\n```\n</pre>",
    ] {
        let view = MessageView { text, items: &[], mode: None, actions: None, is_confirmed: true };
        let shown = shown(&view, 60);
        assert!(!shown.contains("secret"), "{text:?} → {shown}");
    }
}
