//! What the server's own document says of an answer. Every answer that a test gets is held against it.

use std::sync::LazyLock;

use axum::http::Method;
use countersign::serve::http::document;
use serde_json::Value;

use crate::{stream::Event, support::Answer};

pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(document()).expect("JSON"));

/// Headers that belong to HTTP itself.
const OF_HTTP: [&str; 5] = ["content-type", "content-length", "connection", "date", "allow"];

/// Every path template, method in lower case, and operation.
pub fn operations() -> impl Iterator<Item = (&'static String, &'static String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths").iter();
    paths.flat_map(|(template, methods)| {
        methods.as_object().expect("methods").iter().map(move |(method, operation)| (template, method, operation))
    })
}

/// Panics unless the document says that a request to `target` can be answered like this.
#[track_caller]
pub fn check(method: &Method, target: &str, answer: &Answer) {
    let path = target.split('?').next().expect("a path");
    let path = path.strip_prefix("/api/v2").unwrap_or(path);
    let Some(operations) = DOCUMENT["paths"].as_object().expect("paths").iter().find(|(template, _)| {
        template.split('/').count() == path.split('/').count()
            && template.split('/').zip(path.split('/')).all(|(part, sent)| part.starts_with('{') || part == sent)
    }) else {
        return;
    };
    // Where two templates fit, the one without a parameter comes first: `/users/me` has no sibling with one.
    let name = if method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let Some(operation) = operations.1.get(&name) else {
        assert!([401, 405].contains(&answer.status.as_u16()), "{method} {path} is not documented");
        return;
    };
    let place = format!("{} from {method} {path}", answer.status.as_u16());
    let response = &operation["responses"][answer.status.as_str()];
    assert!(!response.is_null(), "{place} is not documented: {}", answer.text);
    let response = resolved(response);
    headers(response, answer, &place);
    let Some(contents) = response.get("content").and_then(Value::as_object) else {
        assert_eq!(answer.text, "", "{place} has no body");
        return;
    };
    let content =
        contents.get(answer.header("content-type")).unwrap_or_else(|| panic!("{place}: {:?}", answer.headers));
    if method != Method::HEAD {
        fits(&content["schema"], &answer.json(), &place);
    }
}

/// Panics unless the document knows such an event, with such data.
#[track_caller]
pub fn event(event: &Event) {
    let kinds = DOCUMENT["components"]["schemas"]["StreamEvent"]["oneOf"].as_array().expect("kinds");
    let known = kinds.iter().find(|known| known["properties"]["event"]["enum"][0] == event.kind);
    let schema = known.unwrap_or_else(|| panic!("the event {} is not documented", event.kind));
    fits(&schema["properties"]["data"]["contentSchema"], &event.data, &format!("the event {}", event.kind));
}

fn headers(response: &Value, answer: &Answer, place: &str) {
    let known = response["headers"].as_object().expect("headers");
    for name in answer.headers.keys().map(axum::http::HeaderName::as_str) {
        let is_known = OF_HTTP.contains(&name) || known.keys().any(|known| known.eq_ignore_ascii_case(name));
        assert!(is_known, "the header {name} of {place} is not documented");
    }
    for (name, header) in known {
        let is_there = answer.headers.contains_key(name.as_str());
        assert!(is_there || resolved(header)["required"] != true, "{place} has no {name}");
    }
}

/// `value`, or what it refers to.
pub fn resolved(value: &Value) -> &Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => DOCUMENT.pointer(&reference[1..]).unwrap_or_else(|| panic!("{reference} is nowhere")),
        None => value,
    }
}

/// Panics unless `value` is as `schema` says, without a field that the schema does not name.
#[track_caller]
pub fn fits(schema: &Value, value: &Value, place: &str) {
    if let Err(why) = compare(schema, value) {
        panic!("{place} is not as documented: {why}\n{value}");
    }
}

fn compare(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let fitting = choices.iter().filter(|choice| compare(choice, value).is_ok()).count();
        return if fitting == 1 { Ok(()) } else { Err(format!("{value} fits {fitting} of {}", schema["oneOf"])) };
    }
    let parts = parts(schema);
    for part in &parts {
        has_type(part, value)?;
        if let Some(words) = part.get("enum").and_then(Value::as_array)
            && !words.contains(value)
        {
            return Err(format!("{value} is none of {words:?}"));
        }
        if let (Some(items), Some(values)) = (part.get("items"), value.as_array()) {
            values.iter().try_for_each(|value| compare(items, value))?;
        }
    }
    let Some(members) = value.as_object() else { return Ok(()) };
    for part in &parts {
        for field in part["required"].as_array().into_iter().flatten() {
            members.get(field.as_str().expect("a name")).ok_or_else(|| format!("{field} is missing"))?;
        }
    }
    let is_free = parts.iter().all(|part| part.get("properties").is_none());
    for (name, value) in members {
        let schemas: Vec<&Value> = parts.iter().filter_map(|part| part["properties"].get(name)).collect();
        if schemas.is_empty() && !is_free {
            return Err(format!("`{name}` is not documented"));
        }
        schemas.iter().try_for_each(|schema| compare(schema, value)).map_err(|why| format!("`{name}`: {why}"))?;
    }
    Ok(())
}

/// The schema, or all of those that it is made of.
fn parts(schema: &Value) -> Vec<&Value> {
    let schema = resolved(schema);
    match schema.get("allOf").and_then(Value::as_array) {
        Some(several) => several.iter().flat_map(parts).collect(),
        None => vec![schema],
    }
}

fn has_type(schema: &Value, value: &Value) -> Result<(), String> {
    let actual = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = match &schema["type"] {
        Value::String(only) => only == actual,
        Value::Array(several) => several.iter().any(|each| each == actual),
        _ => true,
    };
    if fits { Ok(()) } else { Err(format!("{value} is no {}", schema["type"])) }
}
