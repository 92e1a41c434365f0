//! The arguments of a call of `records` or `money`, taken apart as Python would, and a record's fields checked. What
//! comes here was sent by a worker: nothing about it is taken for granted.

use serde_json::{Map, Value};

use super::{
    MAX_DOCUMENT, MAX_LEVELS,
    wire::{Call, Exception},
};
use crate::{
    api::{Id, canonical},
    serve::{fields, strict_json::MAX_INTEGER},
};

/// The longest name of a type, in characters.
const MAX_TYPE: usize = 100;

/// What a call was given.
pub(super) struct Arguments {
    method: String,
    positional: std::collections::VecDeque<Value>,
    named: Map<String, Value>,
}

impl Arguments {
    pub(super) fn new(call: Call) -> Self {
        Self { method: call.method, positional: call.positional.into(), named: call.named }
    }

    /// The first parameter of every method.
    pub(super) fn record_type(&mut self) -> Result<String, Exception> {
        match self.parameter("type")? {
            Value::String(name) if is_type(&name) => Ok(name),
            Value::String(_) => Err(Exception::value_error(format!(
                "a record's type has 1 to {MAX_TYPE} characters, not only blanks and no control characters"
            ))),
            other => Err(self.wrong("type", "a str", &other)),
        }
    }

    /// The first two parameters of those methods that work on one record.
    pub(super) fn record(&mut self) -> Result<(String, Id), Exception> {
        Ok((self.record_type()?, self.integer("id")?))
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, Exception> {
        match self.parameter(name)? {
            Value::String(text) => Ok(text),
            other => Err(self.wrong(name, "a str", &other)),
        }
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<i64, Exception> {
        match self.parameter(name)? {
            Value::Number(integer) if integer.is_i64() => Ok(integer.as_i64().unwrap_or_default()),
            other => Err(self.wrong(name, "an int", &other)),
        }
    }

    /// Whether there is a next argument, or one of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.has_positional() || self.named.contains_key(name)
    }

    pub(super) fn has_positional(&self) -> bool {
        !self.positional.is_empty()
    }

    /// What is left, by name: there must be nothing else.
    pub(super) fn rest(self) -> Map<String, Value> {
        self.named
    }

    /// What is left, as fields to write.
    pub(super) fn fields(mut self) -> Result<Map<String, Value>, Exception> {
        self.no_more_positional()?;
        fields::check(&self.named).map_err(|fault| Exception::value_error(fault.to_string()))?;
        Ok(std::mem::take(&mut self.named))
    }

    /// Nothing may be left.
    pub(super) fn no_more(&self) -> Result<(), Exception> {
        self.no_more_positional()?;
        match self.named.keys().next() {
            Some(name) => {
                Err(Exception::type_error(format!("{}() got an unexpected keyword argument '{name}'", self.method)))
            }
            None => Ok(()),
        }
    }

    fn no_more_positional(&self) -> Result<(), Exception> {
        if self.positional.is_empty() {
            return Ok(());
        }
        let hint = if self.method == "create" || self.method == "update" {
            ": fields are given by name, as in records.create('invoice', amount=100)"
        } else {
            ""
        };
        Err(Exception::type_error(format!("{}() got too many positional arguments{hint}", self.method)))
    }

    /// The next argument, by place or by name.
    pub(super) fn parameter(&mut self, name: &str) -> Result<Value, Exception> {
        match (self.positional.pop_front(), self.named.remove(name)) {
            (Some(value), None) | (None, Some(value)) => Ok(value),
            (Some(_), Some(_)) => {
                Err(Exception::type_error(format!("{}() got multiple values for argument '{name}'", self.method)))
            }
            (None, None) => {
                Err(Exception::type_error(format!("{}() missing required argument: '{name}'", self.method)))
            }
        }
    }

    /// What is raised for an argument of another type.
    pub(super) fn wrong(&self, name: &str, expected: &str, got: &Value) -> Exception {
        let got = match got {
            Value::Null => "None",
            Value::Bool(_) => "bool",
            Value::Number(number) if number.is_f64() => "float",
            Value::Number(_) => "int",
            Value::String(_) => "str",
            Value::Array(_) => "list",
            Value::Object(_) => "dict",
        };
        Exception::type_error(format!("{}() argument '{name}' must be {expected}, not {got}", self.method))
    }
}

fn is_type(name: &str) -> bool {
    !name.trim().is_empty() && name.chars().count() <= MAX_TYPE && !name.contains(char::is_control)
}

/// Whether these are fields that a record may have.
///
/// # Errors
/// For what is too long, nested too deep, or a number that JSON readers do not agree on.
pub(super) fn checked(fields: &Map<String, Value>) -> Result<(), Exception> {
    fields.values().try_for_each(|value| checked_value(value, 1))?;
    let bytes = canonical(fields).map_err(|_| Exception::value_error("a record cannot hold that number"))?;
    if bytes.len() > MAX_DOCUMENT {
        return Err(Exception::value_error(format!("a record cannot hold more than {} KiB", MAX_DOCUMENT >> 10)));
    }
    Ok(())
}

fn checked_value(value: &Value, level: usize) -> Result<(), Exception> {
    let deep_enough = || Exception::value_error(format!("a record cannot be nested deeper than {MAX_LEVELS} levels"));
    match value {
        Value::Array(_) | Value::Object(_) if level == MAX_LEVELS => Err(deep_enough()),
        Value::Array(items) => items.iter().try_for_each(|item| checked_value(item, level + 1)),
        Value::Object(fields) => fields.values().try_for_each(|item| checked_value(item, level + 1)),
        Value::Number(number) => match number.as_i64() {
            Some(integer) if (-MAX_INTEGER..=MAX_INTEGER).contains(&integer) => Ok(()),
            None if number.is_f64() => Ok(()),
            _ => Err(Exception::new("OverflowError", "an integer beyond 2**53 - 1 cannot be kept in a record")),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}
