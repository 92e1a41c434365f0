//! Parameters of path, query and header, with the bounds that are checked.

use serde_json::Value;
use utoipa::{
    IntoParams,
    openapi::{
        Ref, RefOr, Required, Schema,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{ObjectBuilder, Type},
    },
};

use super::{
    super::{
        actions::STATUSES,
        events::Opening,
        messages::{DEFAULT_LIMIT, IfMatch},
        once::Key,
        query::{DEFAULT_PER_PAGE, PER_PAGE},
        target::ThreadId,
    },
    schemas::NOT_BLANK,
};
use crate::{
    api::{Id, Status},
    serve::store::query::ThreadAttribute,
};

/// The filters and the order of `GET /chat/threads`.
pub struct ThreadFilters;
/// `page` and `per_page`.
pub struct PageQuery;
/// Which messages `GET /chat/threads/{thread_id}` shows.
pub struct ShownMessages;
/// Which messages `GET …/messages` shows.
pub struct MessageCursor;
/// The filters of `GET /chat/actions`.
pub struct ActionFilters;
/// The filters of `GET /records`.
pub struct RecordFilters;
/// The filter of `GET /users`.
pub struct AccountFilter;
/// A message's id in a path.
pub struct MessageId;
/// A participant's id in a path.
pub struct ParticipantId;
/// A record's id in a path.
pub struct RecordId;

/// Implements [`IntoParams`] with a list of parameters.
macro_rules! parameters {
    ($($of:ty: [$($parameter:expr),+ $(,)?];)+) => {
        $(impl IntoParams for $of {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                vec![$($parameter),+]
            }
        })+
    };
}

parameters! {
    ThreadId: [path("thread_id", "A thread's id.")];
    MessageId: [path("message_id", "The id of a message of this thread.")];
    ParticipantId: [path("participant_id", "The id of a participant of this thread.")];
    RecordId: [path("record_id", "A record's id.")];

    ThreadFilters: [
        query("client_account_id", "Threads of this client account.", id()),
        query("provider_client_account_id", "Threads with this provider.", id()),
        query("relation_type", "Threads about this type of thing.",
            text().pattern(Some(NOT_BLANK)).examples(["invoice"])),
        query("relation_id", "Threads about the thing with this id.", id()),
        query("free_text", "The subject, or any message's visible text, contains it: whatever the case, as a part of \
            a word too, every character literal.", text().pattern(Some(NOT_BLANK)).examples(["invoice"])),
        query("order_by", "An attribute, with `-` in front or ` desc` behind for descending. Absent values come last; \
            `id` breaks ties in the same direction.", order()),
        query("awaiting_approval", "Whether an action in the thread waits for a decision.", flag()),
        query("unread", "Whether others posted something after your read mark.", flag()),
        query("participant_id", "Threads in which the user with this id takes part.", id()),
    ];
    PageQuery: [
        query("page", "Which page; one past the end is empty.", from_1(Id::MAX).default(Some(1.into())).examples([2])),
        query("per_page", "How many there are on a page.", from_1(most()).default(Some(DEFAULT_PER_PAGE.into())).examples([20])),
    ];
    ShownMessages: [
        query("page", "Which page of messages: 1 holds the newest. Not together with the paging by id.",
            from_1(Id::MAX).default(Some(1.into())).examples([2])),
        query("per_page", "How many messages there are on a page.",
            from_1(most()).default(Some(DEFAULT_PER_PAGE.into())).examples([20])),
        query("messages_before", "Messages with smaller ids than this, the newest of them.", cursor()),
        query("messages_after", "Messages with larger ids than this, the oldest of them.", cursor()),
        query("messages_limit", "How many messages, when paging by id.",
            from_1(most()).default(Some(DEFAULT_LIMIT.into())).examples([50])),
    ];
    MessageCursor: [
        query("before", "Messages with smaller ids than this, the newest of them.", cursor()),
        query("after", "Messages with larger ids than this, the oldest of them.", cursor()),
        query("limit", "How many messages.", from_1(most()).default(Some(DEFAULT_LIMIT.into())).examples([50])),
    ];
    ActionFilters: [
        query("status", "Where the action stands.",
            text().enum_values(Some(STATUSES.iter().map(Status::as_str))).examples([Status::AwaitingApproval.as_str()])),
        query("client_account_id", "Actions of this client account.", id()),
        query("decided_by_id", "Actions that the user with this id decided.", id()),
        query("author_id", "Actions whose code the user with this id wrote.", id()),
    ];
    RecordFilters: [
        query("client_account_id", "Records of this client account.", id()),
        query("type", "Records of this type.", text().pattern(Some(NOT_BLANK)).examples(["note"])),
    ];
    AccountFilter: [query("client_account_id", "People who are eligible for this client account.", id())];

    Key: [header("Idempotency-Key", "Sent again with the same key, the same request is answered as it was the first \
        time and does nothing, for 24 hours. Quoted or bare.",
        text().pattern(Some(r#"^(?:[!#-~]{1,255}|"(?:[!#-\[\]-~]|\\["\\]){1,255}")$"#))
            .examples(["9f1c2e6a-4a0b-4b1e-8f57-0c5a1a3f6d11"]))];
    IfMatch: [header("If-Match", "Edit only if the message's `ETag` is still one of these; `*`: whatever it is.",
        text().pattern(Some(r#"^(?:\*|(?:W/)?"[^",]*"(?:, ?(?:W/)?"[^",]*")*)$"#)).examples([r#""3""#]))];
    Opening: [header("Last-Event-ID", "The `id` of the last event that was received: what came after it is sent. \
        An id that is unknown or too old is answered with the event `reset`.", text().examples(["812"]))];
}

fn path(name: &str, description: &str) -> Parameter {
    let schema: RefOr<Schema> = Ref::from_schema_name("Id").into();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(schema))
        .example(Some(1.into()))
        .build()
}

fn query(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    optional(ParameterIn::Query, name, description, schema)
}

fn header(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    optional(ParameterIn::Header, name, description, schema)
}

fn optional(place: ParameterIn, name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn flag() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Boolean).examples([true])
}

/// An id to filter by: one that no thing can have finds nothing.
fn id() -> ObjectBuilder {
    from_1(Id::MAX).examples([1])
}

/// Where a page by id begins or ends; 0 comes before all ids.
fn cursor() -> ObjectBuilder {
    id().minimum(Some(0))
}

fn from_1(maximum: i64) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(maximum))
}

fn most() -> i64 {
    i64::try_from(*PER_PAGE.end()).unwrap_or(i64::MAX)
}

/// Every way to order threads by.
fn order() -> ObjectBuilder {
    let names = ThreadAttribute::ALL.map(ThreadAttribute::name).join("|");
    text()
        .pattern(Some(format!("^(?:-?(?:{names})|(?:{names}) (?:[aA][sS][cC]|[dD][eE][sS][cC]))$")))
        .default(Some(Value::from("-updated_at")))
        .examples(["subject desc"])
}
