//! A plan for somebody who decides on it: every item, every field of it, nothing left out, in the order in
//! which it was received. Works on the JSON as it came, so that what this version does not know is shown too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{
    Role, Row, Rows, Surroundings, Wrap,
    changes::{Fate, Field, lay_out_fields, marked, of_change},
    piece,
};
use crate::{api::Operation, safe_text::SafeText};

/// A plan with what is to be known about it.
#[derive(Clone, Debug)]
pub struct PlanView<'a> {
    /// What stands above the items: what it is called, and what it is.
    pub facts: Vec<(&'static str, SafeText)>,
    pub items: &'a [Value],
    /// What a decision names; `None`: it can't name anything.
    pub digest: Option<&'a str>,
    /// Whether it awaits a decision.
    pub waits: bool,
}

/// The sign and role of an operation.
#[must_use]
pub fn operation_sign(operation: &Operation) -> (&'static str, Role) {
    match operation {
        Operation::Create => ("+", Role::Added),
        Operation::Update => ("~", Role::Accent),
        Operation::Delete => ("−", Role::Removed),
        Operation::Other(_) => ("?", Role::Warn),
    }
}

/// Lays out all of a plan.
#[must_use]
pub fn lay_out_plan(view: &PlanView, width: usize, with: &Surroundings) -> Vec<Row> {
    let mut rows = Rows::new(width);
    let column = view.facts.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    for (label, fact) in &view.facts {
        let hang = [piece(" ".repeat(column + 2), with.style(Role::Text))];
        let label = piece(format!("{label:column$}  "), with.style(Role::Dim));
        rows.hanging(&[label, piece(fact, with.style(Role::Text))], &hang, Wrap::Words);
    }
    rows.gap();
    let summary = piece(summary(view.items), with.style(Role::Strong));
    rows.text(&[summary], Wrap::Words);
    for (number, item) in (1..).zip(view.items) {
        rows.gap();
        lay_out_item(&mut rows, with, (number, view.items.len()), view.waits, item);
    }
    rows.gap();
    let last = match view.digest {
        Some(digest) => format!("end of the plan · digest {digest}"),
        None => "end of the plan · this server knows no digests: the decision is unbound".to_owned(),
    };
    rows.text(&[piece(last, with.style(Role::Dim))], Wrap::Words);
    rows.rows
}

/// How many changes of which kind.
fn summary(items: &[Value]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let word = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or("unknown").to_owned();
    for item in items {
        let what = if item.get("operation").is_some() {
            format!("{} {}", word(item, "operation"), word(item, "object_type"))
        } else {
            "preview".to_owned()
        };
        *counts.entry(what).or_default() += 1;
    }
    let total = items.len();
    let changes = if total == 1 { "1 change".to_owned() } else { format!("{total} changes") };
    let parts: Vec<String> = counts.into_iter().map(|(what, count)| format!("{count} × {what}")).collect();
    format!("{changes}: {}", parts.join(", "))
}

fn lay_out_item(rows: &mut Rows, with: &Surroundings, place: (usize, usize), waits: bool, item: &Value) {
    let number = place.0;
    let Some(parts) = item.as_object() else {
        return lay_out_fields(rows, with, &[Field::new(Fate::Said, &format!("item {number}"), item)]);
    };
    header(rows, with, place, waits, parts);
    let indent = vec![piece("  ", with.style(Role::Text))];
    rows.push_prefix(None, indent);
    lay_out_fields(rows, with, &said(parts));
    let fields = fields(parts);
    if !fields.is_empty() {
        rows.gap();
        lay_out_fields(rows, with, &fields);
    }
    rows.pop_prefix();
}

/// `1/3 ~ update invoice #17 …`, and at the right whether a person has to approve it, or had to.
fn header(
    rows: &mut Rows,
    with: &Surroundings,
    (number, total): (usize, usize),
    waits: bool,
    parts: &Map<String, Value>,
) {
    let operation = parts.get("operation").and_then(Value::as_str);
    let operation = operation.and_then(|word| serde_json::from_value(Value::from(word)).ok());
    let (sign, role) = operation.as_ref().map_or(("?", Role::Dim), operation_sign);
    let word = SafeText::exact(operation.as_ref().map_or("preview", Operation::as_str));
    let title = parts.get("title").and_then(Value::as_str).unwrap_or_default();
    let needs = match parts.get("needs_approval") {
        Some(Value::Bool(true)) if waits => piece("needs approval", with.style(Role::Warn)),
        Some(Value::Bool(true)) => piece("needed approval", with.style(Role::Dim)),
        Some(Value::Bool(false)) => piece("allowed by a rule", with.style(Role::Dim)),
        _ => piece("approval unknown", with.style(Role::Warn)),
    };
    let mut left = vec![
        piece(format!("{number}/{total} "), with.style(Role::Dim)),
        piece(format!("{sign} {word} "), with.style(role)),
    ];
    left.extend(marked(&SafeText::exact(title), with.style(Role::Strong), with));
    let used: usize = left.iter().map(|piece| piece.text.width()).sum();
    if !title.contains('\n') && used + 2 + needs.text.width() <= rows.room() {
        rows.row_with_right(&left, Some(needs));
    } else {
        rows.hanging(&left, &[piece("    ", with.style(Role::Text))], Wrap::Exact);
        rows.row(&[piece("    ", with.style(Role::Text)), needs]);
    }
}

/// What an item says besides its header and its changes: known things in words, unknown ones as they are.
fn said(parts: &Map<String, Value>) -> Vec<Field> {
    const IN_HEADER: [&str; 5] = ["type", "operation", "title", "needs_approval", "changes"];
    let mut fields = Vec::new();
    if let Some(rule) = parts.get("rule").and_then(Value::as_str) {
        let lines = SafeText::exact(rule).lines().collect();
        fields.push(Field { fate: Fate::Said, name: "why".into(), lines });
    }
    let in_record_words = parts.contains_key("object_type");
    if in_record_words {
        fields.push(Field { fate: Fate::Said, name: "record".into(), lines: vec![record_words(parts)] });
    }
    let record = parts.get("record").and_then(Value::as_object);
    for (key, value) in parts {
        let shown = IN_HEADER.contains(&key.as_str())
            || (in_record_words && matches!(key.as_str(), "object_type" | "object_id" | "id" | "block"))
            || (key == "rule" && value.is_string())
            || (key == "record" && (value.is_null() || record.is_some()));
        let unknown_type = key == "type" && value.as_str() != Some("preview");
        let not_a_list = key == "changes" && !value.is_array();
        if !shown || unknown_type || not_a_list {
            fields.push(Field::new(Fate::Said, key, value));
        }
    }
    // The record says who and what it is too: shown where that is not what the item says.
    let agrees = |key: &str, value: &Value| match key {
        "type" => parts.get("object_type") == Some(value),
        "id" => parts.get("object_id") == Some(value),
        "fields" => value.is_object(),
        "client_account_id" => true,
        _ => false,
    };
    for (key, value) in record.into_iter().flatten().filter(|(key, value)| !agrees(key, value)) {
        fields.push(Field::new(Fate::Said, &format!("record: {key}"), value));
    }
    fields
}

/// `invoice 17 · account 3 · item 1 · block 0`.
fn record_words(parts: &Map<String, Value>) -> SafeText {
    let exact = |value: &Value| match value {
        Value::String(text) => SafeText::exact(text).into_string(),
        other => SafeText::exact(&other.to_string()).into_string(),
    };
    let mut words = parts.get("object_type").map(exact).unwrap_or_default();
    match parts.get("object_id") {
        None | Some(Value::Null) => words.push_str(" (new)"),
        Some(id) => words = format!("{words} {}", exact(id)),
    }
    let account = parts.get("record").and_then(|record| record.get("client_account_id"));
    for (label, value) in [("account", account), ("item", parts.get("id")), ("block", parts.get("block"))] {
        if let Some(value) = value {
            words = format!("{words} · {label} {}", exact(value));
        }
    }
    SafeText::line(&words)
}

/// The record's fields by name, the changed ones as changes among the others.
fn fields(parts: &Map<String, Value>) -> Vec<Field> {
    let record = parts.get("record").and_then(|record| record.get("fields")).and_then(Value::as_object);
    let changes = parts.get("changes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let name_of = |change: &Value| change.get("field").and_then(Value::as_str).unwrap_or_default().to_owned();
    let changed: BTreeSet<String> = changes.iter().map(name_of).collect();
    let mut by_name: Vec<(String, Vec<Field>)> =
        changes.iter().map(|change| (name_of(change), of_change(change))).collect();
    let unchanged = record.into_iter().flatten().filter(|(name, _)| !changed.contains(*name));
    by_name.extend(unchanged.map(|(name, value)| (name.clone(), vec![Field::new(Fate::Unchanged, name, value)])));
    by_name.sort_by(|(one, _), (other, _)| one.cmp(other));
    by_name.into_iter().flat_map(|(_, fields)| fields).collect()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
