//! Request bodies: what can be set, and which of the resource's own attributes are let pass.

use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, OneOfBuilder, Ref, RefOr, Schema,
        schema::{AdditionalProperties, ObjectBuilder, SchemaType, Type},
    },
};

use super::{
    super::{
        messages::{self, MAX_MESSAGE},
        participants,
        threads::{self, MAX_RELATION_TYPE, MAX_SUBJECT},
    },
    schemas::NOT_BLANK,
};

/// The body of `POST /chat/threads`.
pub struct ThreadBody;
/// The body of `POST …/messages`.
pub struct MessageBody;
/// The body of `PATCH …/messages/{message_id}`.
pub struct MessageEditBody;
/// The body of `POST …/participants`.
pub struct ParticipantBody;
/// The body of `PUT …/read`.
pub struct ReadMarkBody;

impl ToSchema for ThreadBody {}
impl ToSchema for MessageBody {}
impl ToSchema for MessageEditBody {}
impl ToSchema for ParticipantBody {}
impl ToSchema for ReadMarkBody {}

impl PartialSchema for ThreadBody {
    fn schema() -> RefOr<Schema> {
        let participant = OneOfBuilder::new()
            .item(Ref::from_schema_name("Id"))
            .item(ObjectBuilder::new().property("user_id", Ref::from_schema_name("Id")).required("user_id"));
        let participants = ArrayBuilder::new()
            .schema_type(or_null(Type::Array))
            .items(participant)
            .description(Some("Users who take part besides yourself: their ids, or as they were read."));
        let body = ObjectBuilder::new()
            .description(Some("A new thread, perhaps with its first message."))
            .property("client_account_id", id("May be left out by whoever is eligible for one client account alone."))
            .property("provider_client_account_id", id("One that an operator linked to the client account."))
            .property("relation_type", short_text(MAX_RELATION_TYPE, "What kind of thing the thread is about."))
            .property("relation_id", id("Which thing the thread is about."))
            .property("subject", short_text(MAX_SUBJECT, "What the thread is about, in words."))
            .property("participants", participants)
            .property("message", message(or_null(Type::String)));
        let example = json!({"client_account_id": 1, "subject": "Invoice 2041", "message": "Is it paid?"});
        closed(body, &threads::OWN, [example])
    }
}

impl PartialSchema for MessageBody {
    fn schema() -> RefOr<Schema> {
        let body = ObjectBuilder::new()
            .description(Some("A new message."))
            .property("message", message(Type::String.into()))
            .required("message")
            .property("thread_id", settled());
        let code = "Shall I note it?\n```codeaction\nrecords.create(\"note\", text=\"paid in full\")\n```";
        let texts = ["Is invoice 2041 paid?", code, "```approvecodeaction\n```"];
        closed(body, &messages::OWN, texts.map(|text| json!({"message": text})))
    }
}

impl PartialSchema for MessageEditBody {
    fn schema() -> RefOr<Schema> {
        let body = ObjectBuilder::new()
            .description(Some("A message's new text. A body of `[code hidden]` keeps the code that is there."))
            .property("message", message(Type::String.into()))
            .required("message")
            .property("thread_id", settled())
            .property("id", settled());
        let own: Vec<&str> = messages::OWN.into_iter().filter(|name| *name != "id").collect();
        closed(body, &own, [json!({"message": "Is invoice 2041 paid in full?"})])
    }
}

impl PartialSchema for ParticipantBody {
    fn schema() -> RefOr<Schema> {
        let body = ObjectBuilder::new()
            .description(Some("Who is to take part."))
            .property("user_id", Ref::from_schema_name("Id"))
            .required("user_id")
            .property("thread_id", settled());
        closed(body, &participants::OWN, [json!({"user_id": 2})])
    }
}

impl PartialSchema for ReadMarkBody {
    fn schema() -> RefOr<Schema> {
        let body = ObjectBuilder::new()
            .description(Some("How far you have read."))
            .property("message_id", Ref::from_schema_name("Id"))
            .required("message_id")
            .property("thread_id", settled());
        closed(body, &[], [json!({"message_id": 1})])
    }
}

/// `body` with the resource's `own` attributes, which are let pass, and nothing else.
fn closed(body: ObjectBuilder, own: &[&str], examples: impl IntoIterator<Item = Value>) -> RefOr<Schema> {
    let ignored = ObjectBuilder::new()
        .schema_type(SchemaType::AnyValue)
        .description(Some("Accepted, so that what was read can be sent back; without effect."))
        .build();
    own.iter()
        .fold(body, |body, name| body.property(*name, ignored.clone()))
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .examples(examples)
        .into()
}

/// What the path says already: may be sent, but must say the same.
fn settled() -> RefOr<Schema> {
    id("May be sent if it is the one in the path.")
}

fn id(description: &str) -> RefOr<Schema> {
    let id = OneOfBuilder::new().item(Ref::from_schema_name("Id")).item(ObjectBuilder::new().schema_type(Type::Null));
    id.description(Some(description)).into()
}

fn short_text(characters: usize, description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(or_null(Type::String))
        .pattern(Some(NOT_BLANK))
        .max_length(Some(characters))
        .description(Some(description))
}

fn message(schema_type: SchemaType) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(schema_type).pattern(Some(NOT_BLANK)).max_length(Some(MAX_MESSAGE)).description(
        Some(format!(
            "Markdown, at most {MAX_MESSAGE} bytes of UTF-8. Blocks of the types `codeaction`, `approvecodeaction` and \
            `rejectcodeaction` act."
        )),
    )
}

fn or_null(schema_type: Type) -> SchemaType {
    SchemaType::from_iter([schema_type, Type::Null])
}
