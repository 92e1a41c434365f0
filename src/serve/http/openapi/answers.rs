//! The answers that are no errors: status, headers, a body and an example of it.

use std::{collections::BTreeMap, marker::PhantomData};

use serde_json::Value;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ArrayBuilder, ContentBuilder, Header, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder, Schema,
        extensions::Extensions,
        schema::{ObjectBuilder, Type},
    },
};

use super::examples::Example;

/// 200 with a body.
pub struct Shown<T, H = ()>(PhantomData<(T, H)>);

/// 201 with what was made.
pub struct Created<T, H>(PhantomData<(T, H)>);

/// 204.
pub struct Done;

/// Other pages of the list.
pub struct Link;
/// The message's revision.
pub struct ETag;
/// Where what was made is.
pub struct Location;
/// Whether this answer was given before.
pub struct Replayed;

/// What a body is made of.
pub trait Content {
    fn schema() -> RefOr<Schema>;
    fn example() -> Option<Value>;
}

impl<T: ToSchema + Example> Content for T {
    fn schema() -> RefOr<Schema> {
        Ref::from_schema_name(T::name()).into()
    }

    fn example() -> Option<Value> {
        serde_json::to_value(T::example()).ok()
    }
}

impl<T: ToSchema + Example> Content for Vec<T> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new().items(Ref::from_schema_name(T::name())).into()
    }

    fn example() -> Option<Value> {
        serde_json::to_value([T::example()]).ok()
    }
}

/// The headers that come with an answer.
pub trait Headers {
    fn headers() -> Vec<(&'static str, Header)>;
}

impl Headers for () {
    fn headers() -> Vec<(&'static str, Header)> {
        Vec::new()
    }
}

impl Headers for Link {
    fn headers() -> Vec<(&'static str, Header)> {
        let example = r#"</api/v2/chat/threads?page=1>; rel="first", </api/v2/chat/threads?page=2>; rel="next""#;
        vec![("Link", always("Other pages of this list (RFC 8288): `first`, `prev`, `next`, as paths.", example))]
    }
}

impl Headers for ETag {
    fn headers() -> Vec<(&'static str, Header)> {
        vec![("ETag", always("The message's `revision`, for `If-Match`.", r#""3""#))]
    }
}

impl Headers for Location {
    fn headers() -> Vec<(&'static str, Header)> {
        vec![("Location", always("The path of what was made.", "/api/v2/chat/threads/7"))]
    }
}

impl Headers for Replayed {
    fn headers() -> Vec<(&'static str, Header)> {
        let words = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"]));
        let description = "This answer was given before, to a request with the same `Idempotency-Key`.";
        vec![("Idempotency-Replayed", HeaderBuilder::new().schema(Some(words)).description(Some(description)).build())]
    }
}

impl<A: Headers, B: Headers> Headers for (A, B) {
    fn headers() -> Vec<(&'static str, Header)> {
        [A::headers(), B::headers()].concat()
    }
}

impl<A: Headers, B: Headers, C: Headers> Headers for (A, B, C) {
    fn headers() -> Vec<(&'static str, Header)> {
        [A::headers(), B::headers(), C::headers()].concat()
    }
}

/// A text header that is never missing.
pub fn always(description: &str, example: &str) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    required(
        HeaderBuilder::new().schema(Some(text)).description(Some(description)).example(Some(example.into())).build(),
    )
}

/// The header, never missing. utoipa has no field for it.
pub fn required(mut header: Header) -> Header {
    header.extensions = Some(Extensions::from_iter([("required", true)]));
    header
}

impl<T: Content, H: Headers> IntoResponses for Shown<T, H> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        with_body::<T, H>("200", "As it is now.")
    }
}

impl<T: Content, H: Headers> IntoResponses for Created<T, H> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        with_body::<T, H>("201", "What was made.")
    }
}

impl IntoResponses for Done {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([("204".to_owned(), Response::new("Done.").into())])
    }
}

fn with_body<T: Content, H: Headers>(status: &str, description: &str) -> BTreeMap<String, RefOr<Response>> {
    let content = ContentBuilder::new().schema(Some(T::schema())).example(T::example()).build();
    let response = ResponseBuilder::new().description(description).content("application/json", content);
    let headers = H::headers().into_iter();
    let response = headers.fold(response, |response, (name, header)| response.header(name, header));
    BTreeMap::from([(status.to_owned(), response.build().into())])
}
