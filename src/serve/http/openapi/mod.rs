//! `GET /openapi.json`: the routes as a machine reads them. Paths and methods come from the very attributes that
//! make the router, schemas from the types that are sent, bounds and words from the constants that are checked.
//! It describes; it decides nothing.

mod answers;
mod bodies;
mod examples;
mod finish;
mod parameters;
mod problems;
mod schemas;
mod stream;

use std::sync::LazyLock;

use axum::response::Response;
use utoipa::{
    OpenApi,
    openapi::{
        SecurityRequirement,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
        server::Server,
    },
};

pub use self::{
    answers::{Created, Done, ETag, Link, Location, Replayed, Shown},
    bodies::{MessageBody, MessageEditBody, ParticipantBody, ReadMarkBody, ThreadBody},
    parameters::{
        AccountFilter, ActionFilters, MessageCursor, MessageId, PageQuery, ParticipantId, RecordFilters, RecordId,
        ShownMessages, ThreadFilters,
    },
    problems::{CodeRuns, Decides, Edits, Problems, ReachesAccount},
    stream::{StreamEvent, example as example_event},
};
use super::{answer::json, auth::Caller, problem::Problem, query::NoQuery, target::PREFIX};
use crate::api;

/// What the document says of the whole.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Countersign Chat API",
        description = "Threads in which people and agents talk, and agents propose changes as code. Nothing is written that a person did not see and approve.\n\n\
            Bodies are strict JSON (I-JSON) in UTF-8, 1 MiB at most; a key that stands twice is refused. Absent values are `null`, never left out. \
            Every error is an RFC 9457 problem whose `detail` says what to do. An unknown query parameter or body field is refused; \
            what was read can be sent back: attributes that cannot be set are accepted and have no effect.",
    ),
    components(schemas(
        api::Thread, api::ThreadDetail, api::Message, api::Posted, api::Participant, api::Person, api::QueuedAction,
        api::Item, api::Record, api::Me, api::Problem, ThreadBody, MessageBody, MessageEditBody, ParticipantBody,
        ReadMarkBody,
    )),
    tags(
        (name = "threads", description = "Conversations, each of one client account."),
        (name = "messages", description = "What is said in a thread; code in it is run, and hidden from every answer."),
        (name = "participants", description = "Who takes part in a thread. Taking part opens nothing."),
        (name = "actions", description = "Changes that code proposed, and what became of them."),
        (name = "events", description = "What happens, as it happens."),
        (name = "records", description = "The documents that actions change; read only."),
        (name = "users", description = "Oneself, and the people one shares an account with."),
        (name = "server", description = "The server itself."),
    ),
)]
struct Whole;

/// The document's text: OpenAPI 3.1, JSON.
#[must_use]
pub fn document() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| finish::finished(&gathered()).to_string());
    &DOCUMENT
}

/// All routes with what surrounds them, as utoipa knows it.
fn gathered() -> utoipa::openapi::OpenApi {
    let mut whole = Whole::openapi();
    let (_, routes) = super::routes().split_for_parts();
    whole.merge(routes);
    whole.servers = Some(vec![Server::new(PREFIX), Server::new("/")]);
    whole.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>("token", [])]);
    let components = whole.components.get_or_insert_default();
    components.add_security_scheme(
        "token",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .description(Some(
                    "Issued by an operator. A token has the scopes `read`, `post` and `approve`, or some of them.",
                ))
                .build(),
        ),
    );
    components.responses.extend(problems::components());
    whole
}

/// This document
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "show_openapi", tag = "server",
    responses(
        (status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json"),
        Problems<(Caller, NoQuery)>,
    ),
)]
pub async fn show(_: Caller, _: NoQuery) -> Result<Response, Problem> {
    Ok(json(document().to_owned()))
}
