//! A plan as lines to decide by: everything that the server sent of every item stands there, nothing is
//! shortened, and two different values never look the same.

use serde_json::{Map, Value};

use crate::safe_text::SafeText;

/// What an item says in its heading, or in lines of its own kind; everything else is listed as it is.
const SHOWN: [&str; 11] = [
    "type",
    "id",
    "needs_approval",
    "block",
    "operation",
    "object_type",
    "object_id",
    "title",
    "changes",
    "record",
    "rule",
];
const CHANGE_SHOWN: [&str; 4] = ["field", "before", "after", "after_created"];
const RECORD_SHOWN: [&str; 4] = ["id", "type", "client_account_id", "fields"];

/// The lines of all items, in their order.
pub(super) fn lines(items: &[Value]) -> Vec<SafeText> {
    let mut lines = Vec::new();
    for item in items {
        match item {
            Value::Object(item) => item_lines(item, &mut lines),
            other => lines.push(SafeText::line(&format!("  {}", exact(other)))),
        }
    }
    lines
}

fn item_lines(item: &Map<String, Value>, lines: &mut Vec<SafeText>) {
    let mut add = |indent: usize, text: String| lines.push(SafeText::line(&format!("{:indent$}{text}", "")));
    let object_id = match item.get("object_id") {
        None | Some(Value::Null) => String::new(),
        Some(id) => format!(" {}", exact(id)),
    };
    add(
        2,
        format!(
            "{}. {} {}{object_id}: {}",
            word(item, "id"),
            word(item, "operation"),
            word(item, "object_type"),
            word(item, "title")
        ),
    );
    let needs = match item.get("needs_approval") {
        Some(Value::Bool(true)) => "needs approval".to_owned(),
        Some(Value::Bool(false)) => "needs no approval".to_owned(),
        other => format!("needs_approval: {}", other.map_or_else(|| "absent".to_owned(), exact)),
    };
    add(5, format!("{needs}: {}", word(item, "rule")));
    match item.get("changes") {
        Some(Value::Array(changes)) => {
            for change in changes {
                for line in change_lines(change) {
                    add(5, line);
                }
            }
        }
        Some(other) => add(5, format!("changes: {}", exact(other))),
        None => {}
    }
    for line in record_lines(item.get("record")) {
        add(5, line);
    }
    for (key, value) in rest(item, &SHOWN) {
        add(5, format!("{}: {}", SafeText::exact(key), exact(value)));
    }
    if item.get("type").is_some_and(|kind| kind != "preview") {
        add(5, format!("type: {}", word(item, "type")));
    }
}

fn change_lines(change: &Value) -> Vec<String> {
    let Value::Object(change) = change else { return vec![exact(change)] };
    let mut lines = vec![word(change, "field")];
    if let Some(before) = change.get("before").filter(|before| !before.is_null()) {
        lines.push(format!("  − {}", exact(before)));
    }
    match (change.get("after"), change.get("after_created")) {
        (after, Some(item)) => {
            let id = after.map_or_else(|| "the new id".to_owned(), exact);
            lines.push(format!("  + {id} of item {}", exact(item)));
        }
        (Some(Value::Null) | None, None) => lines.push("  + (removed)".to_owned()),
        (Some(after), None) => lines.push(format!("  + {}", exact(after))),
    }
    lines.extend(
        rest(change, &CHANGE_SHOWN).map(|(key, value)| format!("  {}: {}", SafeText::exact(key), exact(value))),
    );
    lines
}

/// The record as it is before.
fn record_lines(record: Option<&Value>) -> Vec<String> {
    let record = match record {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Object(record)) => record,
        Some(other) => return vec![format!("record: {}", exact(other))],
    };
    let head = format!(
        "record before: {} {} of account {}",
        word(record, "type"),
        word(record, "id"),
        word(record, "client_account_id")
    );
    let mut lines = vec![head];
    match record.get("fields") {
        Some(Value::Object(fields)) => {
            lines.extend(fields.iter().map(|(key, value)| format!("  {}: {}", SafeText::exact(key), exact(value))));
        }
        other => lines.extend(other.map(|fields| format!("  fields: {}", exact(fields)))),
    }
    lines.extend(
        rest(record, &RECORD_SHOWN).map(|(key, value)| format!("  {}: {}", SafeText::exact(key), exact(value))),
    );
    lines
}

fn rest<'a>(object: &'a Map<String, Value>, shown: &'a [&str]) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object.iter().filter(|(key, _)| !shown.contains(&key.as_str()))
}

/// A word of the server's own, without quotes; anything but a string as JSON.
fn word(object: &Map<String, Value>, key: &str) -> String {
    match object.get(key) {
        Some(Value::String(word)) => SafeText::exact(word).into_string().replace('\n', "⏎"),
        Some(other) => exact(other),
        None => "?".to_owned(),
    }
}

/// A value as JSON, so that `1` and `"1"` differ, with every invisible character made visible.
fn exact(value: &Value) -> String {
    SafeText::exact(&value.to_string()).into_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::safe_text::is_forbidden;

    fn text(items: &[Value]) -> String {
        lines(items).iter().map(SafeText::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn shows_every_change_and_the_record_around_it() {
        let update = json!({
            "type": "preview", "id": 1, "needs_approval": true, "block": 0, "operation": "update",
            "object_type": "invoice", "object_id": 17, "title": "invoice #17 2041", "rule": "no rule allows it",
            "changes": [
                {"field": "amount", "before": 129_900, "after": "129900"},
                {"field": "note", "before": null, "after": "a\u{202e}b "},
                {"field": "paid", "before": true, "after": null},
            ],
            "record": {"id": 17, "type": "invoice", "client_account_id": 1, "fields": {"amount": 129_900, "due": "2026-12-01", "paid": true}},
            "unheard_of": {"x": 1},
        });
        let create = json!({
            "type": "preview", "id": 2, "needs_approval": false, "block": 0, "operation": "create", "object_type": "payment",
            "object_id": null, "title": "payment new", "rule": "rule 1", "record": null,
            "changes": [{"field": "invoice", "before": null, "after_created": 1}],
        });
        insta::assert_snapshot!(text(&[update, create]));
    }

    #[test]
    fn what_is_not_understood_is_shown_as_it_came() {
        insta::assert_snapshot!(text(&[json!(7), json!({"operation": "merge", "changes": "all", "record": [1]})]));
    }

    proptest! {
        #[test]
        fn nothing_active_comes_out(key in any::<String>(), value in any::<String>()) {
            let shown = text(&[json!({
                "id": 1, "operation": &value, "object_type": &value, "title": &value, "rule": &value, "type": &value,
                "changes": [{"field": &key, "before": &value, "after": &value, &key: &value}],
                "record": {"id": 1, "type": &value, "fields": {&key: &value}, &key: 1},
                &key: &value,
            })]);
            prop_assert!(!shown.chars().any(|c| c != '\n' && is_forbidden(c)));
        }
    }
}
