//! JSON documents as Python values and back, inside the worker.

use monty_types::{DictPairs, MontyObject};
use serde_json::{Map, Number, Value};

use super::{MAX_DOCUMENT, MAX_LEVELS, wire::Exception};
use crate::serve::strict_json::MAX_INTEGER;

/// A JSON value as Python code sees it.
pub(super) fn to_python(value: Value) -> MontyObject {
    match value {
        Value::Null => MontyObject::None,
        Value::Bool(truth) => MontyObject::Bool(truth),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => MontyObject::Int(integer),
            (None, Some(double)) => MontyObject::Float(double),
            (None, None) => MontyObject::None,
        },
        Value::String(text) => MontyObject::String(text),
        Value::Array(values) => MontyObject::List(values.into_iter().map(to_python).collect()),
        Value::Object(fields) => MontyObject::Dict(attributes(fields)),
    }
}

/// An object's entries, as a dict or an instance's attributes.
pub(super) fn attributes(fields: Map<String, Value>) -> DictPairs {
    fields.into_iter().map(|(name, value)| (MontyObject::String(name), to_python(value))).collect()
}

/// A Python value as JSON.
///
/// # Errors
/// For what has no faithful form in JSON, or more of it than a record may hold.
pub(super) fn to_json(object: MontyObject) -> Result<Value, Exception> {
    Converter { bytes_left: MAX_DOCUMENT }.value(object, 0)
}

struct Converter {
    bytes_left: usize,
}

impl Converter {
    fn value(&mut self, object: MontyObject, level: usize) -> Result<Value, Exception> {
        self.count(1)?;
        Ok(match object {
            MontyObject::None => Value::Null,
            MontyObject::Bool(truth) => truth.into(),
            MontyObject::Int(integer) if (-MAX_INTEGER..=MAX_INTEGER).contains(&integer) => integer.into(),
            MontyObject::Int(_) | MontyObject::BigInt(_) => {
                return Err(Exception::new(
                    "OverflowError",
                    "an integer beyond 2**53 - 1 cannot be kept in a record: use a string",
                ));
            }
            MontyObject::Float(double) => Number::from_f64(double)
                .map(Value::Number)
                .ok_or_else(|| Exception::value_error("a record cannot hold NaN or an infinity"))?,
            MontyObject::String(text) => {
                self.count(text.len())?;
                text.into()
            }
            MontyObject::List(items) | MontyObject::Tuple(items) => {
                let level = deeper(level)?;
                items.into_iter().map(|item| self.value(item, level)).collect::<Result<_, _>>()?
            }
            MontyObject::Dict(pairs) => Value::Object(self.fields(pairs, deeper(level)?)?),
            MontyObject::Cycle(..) => return Err(Exception::value_error("a value that contains itself")),
            other => {
                let detail = format!("a record cannot hold a value of the type {}", other.type_name());
                return Err(Exception::type_error(detail));
            }
        })
    }

    fn fields(&mut self, pairs: DictPairs, level: usize) -> Result<Map<String, Value>, Exception> {
        pairs
            .into_iter()
            .map(|(name, value)| {
                let MontyObject::String(name) = name else {
                    let detail = format!("a field's name must be a str, not {}", name.type_name());
                    return Err(Exception::type_error(detail));
                };
                self.count(name.len())?;
                Ok((name, self.value(value, level)?))
            })
            .collect()
    }

    /// Stops what is too long however it is written, before all of it is copied.
    fn count(&mut self, bytes: usize) -> Result<(), Exception> {
        self.bytes_left = self
            .bytes_left
            .checked_sub(bytes)
            .ok_or_else(|| Exception::value_error(format!("more than {} KiB for one record", MAX_DOCUMENT >> 10)))?;
        Ok(())
    }
}

fn deeper(level: usize) -> Result<usize, Exception> {
    if level < MAX_LEVELS {
        Ok(level + 1)
    } else {
        Err(Exception::value_error(format!("nested deeper than {MAX_LEVELS} levels")))
    }
}

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;
