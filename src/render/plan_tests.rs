use serde_json::json;

use super::*;

fn item() -> Value {
    json!({
        "type": "preview", "id": 1, "needs_approval": true, "block": 0, "operation": "update",
        "object_type": "invoice", "object_id": 17, "title": "invoice #17 2041",
        "changes": [{ "field": "amount", "before": 1_250_000, "after": 1_125_000 }],
        "record": {
            "id": 17, "type": "invoice", "client_account_id": 3,
            "fields": { "amount": 1_250_000, "customer": "Nordlys Kaffe AS", "status": "draft" }
        },
        "rule": "no rule allows it"
    })
}

fn shown(items: &[Value], width: usize) -> Vec<String> {
    let view = PlanView { facts: vec![("written by", "Robo".into())], items, digest: Some("ab12"), waits: true };
    let mut rows = Vec::new();
    Surroundings::plain(|with| rows = lay_out_plan(&view, width, with));
    rows.iter().map(|row| row.line.to_string().trim_end().to_owned()).collect()
}

#[test]
fn an_update_stands_among_the_fields_that_stay() {
    let expected = "\
written by  Robo

1 change: 1 × update invoice

1/1 ~ update invoice #17 2041             needs approval
    why     no rule allows it
    record  invoice 17 · account 3 · item 1 · block 0

  − amount    1250000
  + amount    1125000
    customer  \"Nordlys Kaffe AS\"
    status    \"draft\"

end of the plan · digest ab12";
    assert_eq!(shown(&[item()], 56).join("\n"), expected);
}

#[test]
fn what_this_version_does_not_know_is_shown_as_it_is() {
    let mut item = item();
    item["risk"] = json!({ "level": "high\u{202e}" });
    item["operation"] = json!("merge");
    item["changes"][0]["unit"] = json!("øre");
    item["record"]["version"] = json!(4);
    item["record"]["id"] = json!(18);
    let text = shown(&[item], 80).join("\n");
    for part in [
        "? merge invoice #17",
        "risk             {\"level\": \"high⟨U+202E⟩\"}",
        "amount: unit  \"øre\"",
        "record: version  4",
        "record: id       18",
    ] {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}

#[test]
fn a_bare_preview_object_of_the_seed_document_is_shown() {
    let text = shown(&[json!({ "type": "preview", "needs_approval": true, "id": 1 })], 60).join("\n");
    assert!(text.contains("1/1 ? preview") && text.contains("needs approval"), "{text}");
    let text = shown(&[json!("nonsense")], 60).join("\n");
    assert!(text.contains("item 1  \"nonsense\""), "{text}");
}

#[test]
fn every_string_of_an_item_is_on_the_screen_at_any_width() {
    let mut item = item();
    item["changes"][0]["after"] = json!(format!("begin{}end", "x".repeat(300)));
    for width in [20, 40, 80] {
        let text: String = shown(&[item.clone()], width).concat().split_whitespace().collect();
        assert!(text.contains(&format!("begin{}end", "x".repeat(300))), "{width}: {text}");
    }
}
