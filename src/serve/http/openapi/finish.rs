//! What utoipa cannot know of the gathered document: which fields are always there, what `Id` is, and the
//! headers that every answer carries.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::schemas;

/// Fields that are left out where they say nothing; every other one is always written.
const MAY_BE_ABSENT: [(&str, &str); 3] = [("Change", "after"), ("Change", "after_created"), ("Problem", "errors")];

/// Fields that may be missing in what other servers send, but never are in what this one does.
const NEVER_NULL: [(&str, &[&str]); 5] = [
    ("Message", &["thread_id", "created_at", "created_by_id", "kind", "revision", "actions"]),
    ("Participant", &["thread_id", "user"]),
    ("QueuedAction", &["author_id"]),
    (
        "Thread",
        &["client_account_id", "created_by_id", "created_at", "updated_at", "unread_count", "awaiting_approval"],
    ),
    ("ThreadDetail", &["has_more_messages"]),
];

/// The document as it is served.
pub fn finished(document: &OpenApi) -> Value {
    let mut document = json!(document);
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for (name, schema) in schemas.iter_mut().filter(|(name, _)| !name.ends_with("Body")) {
            always_written(name, schema);
        }
        schemas.remove(ID);
        schemas.insert("Id".to_owned(), json!(schemas::id()));
    }
    rename_ids(&mut document);
    standing_headers(&mut document);
    document
}

/// The name under which utoipa knows [`crate::api::Id`]: nothing else on the wire is an `i64`.
const ID: &str = "i64";

fn rename_ids(value: &mut Value) {
    match value {
        Value::String(text) if text == "#/components/schemas/i64" => "#/components/schemas/Id".clone_into(text),
        Value::Array(values) => values.iter_mut().for_each(rename_ids),
        Value::Object(members) => members.values_mut().for_each(rename_ids),
        _ => {}
    }
}

/// Notes which fields of an answer's schema are always there, and which are never `null`.
fn always_written(name: &str, schema: &mut Value) {
    if let Some(parts) = schema.get_mut("allOf").and_then(Value::as_array_mut) {
        for part in parts {
            always_written(name, part);
        }
    }
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (_, fields) in NEVER_NULL.iter().filter(|(of, _)| *of == name) {
        for field in *fields {
            if let Some(property) = properties.get_mut(*field) {
                never_null(property);
            }
        }
    }
    let written = properties.keys().filter(|field| !MAY_BE_ABSENT.contains(&(name, field.as_str())));
    let required: Vec<&String> = written.collect();
    let required = json!(required);
    schema["required"] = required;
}

fn never_null(schema: &mut Value) {
    let one_of = schema.get("oneOf").and_then(Value::as_array);
    if let Some(only) = one_of.and_then(|schemas| schemas.iter().find(|schema| **schema != json!({"type": "null"}))) {
        *schema = only.clone();
    } else if let Some(types) = schema.get_mut("type") {
        let only = types.as_array().and_then(|types| types.iter().find(|each| **each != "null")).cloned();
        if let Some(only) = only {
            *types = only;
        }
    }
}

/// Adds the headers of every answer, whatever it says.
fn standing_headers(document: &mut Value) {
    let standing = [
        ("Cache-Control", "Answers are for whoever asked, and for now.", "no-store"),
        ("X-Content-Type-Options", "The `Content-Type` is the right one.", "nosniff"),
        ("X-Request-Id", "Names this request in the server's log.", "3f9a1c5e77b2-42"),
    ];
    let described = standing.map(|(name, description, example)| {
        let header = json!(super::answers::always(description, example));
        (name.to_owned(), header)
    });
    document["components"]["headers"] = Value::Object(Map::from_iter(described));
    let reference = |name: &str| json!({"$ref": format!("#/components/headers/{name}")});
    for response in responses(document) {
        for (name, ..) in standing {
            response["headers"][name] = reference(name);
        }
    }
}

/// Every answer that is written out, in the components and in the paths.
fn responses(document: &mut Value) -> Vec<&mut Value> {
    let Some(document) = document.as_object_mut() else { return Vec::new() };
    let mut found = Vec::new();
    for (name, part) in document {
        match name.as_str() {
            "components" => found.extend(members(part.get_mut("responses"))),
            "paths" => {
                let operations = members(Some(part)).flat_map(|path| members(Some(path)));
                found.extend(operations.flat_map(|operation| members(operation.get_mut("responses"))));
            }
            _ => {}
        }
    }
    found.retain(|response| response.get("$ref").is_none());
    found
}

fn members(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_object_mut).into_iter().flat_map(|members| members.values_mut())
}
