//! The events of `GET /chat/events`. OpenAPI 3.1 has no words for a stream: the schema is that of one event.

use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema,
        schema::{SchemaType, Type},
    },
};

use super::examples::Example;
use crate::api::{Message, Participant, Record, Thread};

/// One event of the stream.
pub struct StreamEvent;

/// What an event tells.
enum Tells {
    Nothing,
    Id,
    Object(std::borrow::Cow<'static, str>),
    Record,
}

impl ToSchema for StreamEvent {}

impl PartialSchema for StreamEvent {
    fn schema() -> RefOr<Schema> {
        let thread = || Tells::Object(Thread::name());
        let message = || Tells::Object(Message::name());
        let participant = || Tells::Object(Participant::name());
        let kinds = [
            ("ready", "The stream is open: what was read before it may be out of date.", Tells::Nothing),
            ("reset", "What was missed is not known any more, or there is more to see now: read anew.", Tells::Nothing),
            ("thread.created", "A thread as lists show it.", thread()),
            ("thread.updated", "Something was posted or edited in it, or it changed.", thread()),
            ("thread.removed", "You can no longer see it.", Tells::Id),
            ("thread.read", "You read it, perhaps elsewhere.", thread()),
            ("message.created", "Somebody posted it, or the server did.", message()),
            ("message.updated", "Something of what is served has changed.", message()),
            ("participant.added", "Somebody takes part.", participant()),
            ("participant.removed", "Somebody does not take part any more.", participant()),
            ("record.changed", "It was written; `fields` is `null` once it is deleted.", Tells::Record),
        ];
        let events = kinds.into_iter().map(|(kind, when, tells)| event(kind, when, tells));
        events
            .fold(OneOfBuilder::new(), OneOfBuilder::item)
            .description(Some("One event of the stream. `data` is JSON."))
            .into()
    }
}

fn event(kind: &str, when: &str, tells: Tells) -> ObjectBuilder {
    let data = ObjectBuilder::new()
        .schema_type(Type::String)
        .content_media_type("application/json")
        .content_schema(Some(tells.schema()));
    ObjectBuilder::new()
        .description(Some(when))
        .property("id", text().description(Some("For `Last-Event-ID`.")))
        .property("event", text().enum_values(Some([kind])))
        .property("data", data)
        .required("id")
        .required("event")
        .required("data")
}

impl Tells {
    fn schema(self) -> RefOr<Schema> {
        let id = || Ref::from_schema_name("Id");
        match self {
            Self::Nothing => ObjectBuilder::new().into(),
            Self::Id => ObjectBuilder::new().property("id", id()).required("id").into(),
            Self::Object(name) => Ref::from_schema_name(name).into(),
            Self::Record => {
                let fields = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Object, Type::Null]));
                let record = ObjectBuilder::new()
                    .property("id", id())
                    .property("type", text())
                    .property("client_account_id", id())
                    .property("fields", fields);
                ["id", "type", "client_account_id", "fields"].into_iter().fold(record, ObjectBuilder::required).into()
            }
        }
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// An event as a reader takes it from the stream.
pub fn example() -> Value {
    json!({"id": "812", "event": "record.changed", "data": json!(Record::example()).to_string()})
}
