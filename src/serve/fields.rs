//! What a record's fields may be called and may hold, whichever way they are written. How much they may hold is
//! counted where they are read.

use serde_json::{Map, Value};

/// Names that a record has for itself.
const RESERVED: [&str; 2] = ["id", "type"];

/// Why these are no fields of a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    #[error("a field cannot be named `{0}`")]
    Reserved(&'static str),
    #[error("a field has an empty name: give it one")]
    Nameless,
    #[error("the name of a field contains the character NUL: take it out")]
    NulInName,
    #[error("the field `{0}` contains the character NUL: take it out")]
    Nul(String),
}

/// Whether a record may have these fields.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(fields: &Map<String, Value>) -> Result<(), FieldFault> {
    if let Some(name) = RESERVED.into_iter().find(|name| fields.contains_key(*name)) {
        return Err(FieldFault::Reserved(name));
    }
    for (name, value) in fields {
        if name.is_empty() {
            return Err(FieldFault::Nameless);
        }
        if name.contains('\0') {
            return Err(FieldFault::NulInName);
        }
        if has_nul(value) {
            return Err(FieldFault::Nul(name.clone()));
        }
    }
    Ok(())
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
