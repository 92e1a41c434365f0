//! Schemas of the wire's types that write themselves, and the patterns of what is checked by hand.

use serde_json::Value;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type},
    },
};

use super::super::actions::STATUSES;
use crate::{
    api::{Operation, Status, Time},
    serve::strict_json::MAX_INTEGER,
};

/// A text without NUL in which something other than white space stands. Every class is written out: engines
/// disagree on `\s`.
pub const NOT_BLANK: &str =
    "^[^\\u0000]*[^\\u0000\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000][^\\u0000]*$";

/// How a time is written.
const TIME: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$";

/// What [`crate::api::Id`] is, which is no type of its own.
pub fn id() -> Schema {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(1))
        .maximum(Some(MAX_INTEGER))
        .description(Some("Names one thing of its kind."))
        .into()
}

impl ToSchema for Time {}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .pattern(Some(TIME))
            .description(Some("RFC 3339, UTC, microseconds."))
            .examples([Value::from("2026-11-22T09:34:00.123456Z")])
            .into()
    }
}

impl ToSchema for Status {}

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        words("Where an action stands.", &STATUSES.each_ref().map(Self::as_str))
    }
}

impl ToSchema for Operation {}

impl PartialSchema for Operation {
    fn schema() -> RefOr<Schema> {
        let operations = [Self::Create, Self::Update, Self::Delete];
        words("What is done to a record.", &operations.each_ref().map(Self::as_str))
    }
}

fn words(description: &str, words: &[&str]) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.iter().copied()))
        .description(Some(description))
        .into()
}
