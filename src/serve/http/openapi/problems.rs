//! The answers that are errors: which problems each thing that a handler asks for can refuse a request with.

use std::{collections::BTreeMap, marker::PhantomData};

use serde_json::{Value, json};
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        AllOfBuilder, ContentBuilder, Header, Ref, RefOr, Response, ResponseBuilder,
        example::ExampleBuilder,
        header::HeaderBuilder,
        schema::{ObjectBuilder, Type},
    },
};

use super::{
    super::{
        auth::{Caller, InThread, Poster, Reader},
        body::{Fields, RawBody},
        events::Opening,
        messages::IfMatch,
        once::Key,
        problem::title,
        query::{NoQuery, Query},
        target::{PathId, ThreadId},
    },
    answers::{Headers, Replayed, always, required},
};
use crate::{
    api::{self, FieldError, ProblemType},
    serve::store::Store,
};

use ProblemType::{
    AuthorNotEligible, BadRequest, BodyTooLarge, Changed, Decided, DigestRequired, Forbidden, FourEyes,
    HeadersTooLarge, IdempotencyKeyInUse, IdempotencyKeyReused, InternalError, InvalidBody, InvalidMessage,
    MayNotApprove, MissingScope, NoCodeaction, NotFound, NotTheAuthor, NotTheLastCodeaction, NotWaiting,
    PostedByServer, PreconditionFailed, RequestTimeout, StaleApproval, TooManyRequests, Unauthorized, Unavailable,
    UnsupportedMediaType, UriTooLong, Written,
};

/// Something that a handler asks for, and may not get.
pub trait Refuses {
    /// What the request is refused with then.
    const WITH: &'static [ProblemType];
}

impl Refuses for Caller {
    const WITH: &'static [ProblemType] = &[Unauthorized, TooManyRequests, HeadersTooLarge, InternalError, Unavailable];
}

impl Refuses for Reader {
    const WITH: &'static [ProblemType] =
        &[Unauthorized, MissingScope, TooManyRequests, HeadersTooLarge, InternalError, Unavailable];
}

impl Refuses for Poster {
    const WITH: &'static [ProblemType] = Reader::WITH;
}

impl Refuses for InThread {
    const WITH: &'static [ProblemType] = &[
        Unauthorized,
        MissingScope,
        Forbidden,
        NotFound,
        TooManyRequests,
        HeadersTooLarge,
        InternalError,
        Unavailable,
    ];
}

impl Refuses for Store {
    const WITH: &'static [ProblemType] = &[InternalError, Unavailable];
}

impl Refuses for Query {
    const WITH: &'static [ProblemType] = &[BadRequest, UriTooLong];
}

impl Refuses for NoQuery {
    const WITH: &'static [ProblemType] = &[BadRequest, UriTooLong];
}

impl Refuses for ThreadId {
    const WITH: &'static [ProblemType] = &[Forbidden, NotFound];
}

impl Refuses for PathId {
    const WITH: &'static [ProblemType] = &[Forbidden, NotFound];
}

impl Refuses for Key {
    const WITH: &'static [ProblemType] = &[BadRequest, IdempotencyKeyInUse, IdempotencyKeyReused];
}

impl Refuses for IfMatch {
    const WITH: &'static [ProblemType] = &[BadRequest, PreconditionFailed];
}

impl Refuses for RawBody {
    const WITH: &'static [ProblemType] = &[BadRequest, RequestTimeout, BodyTooLarge, UnsupportedMediaType, InvalidBody];
}

impl Refuses for Fields {
    const WITH: &'static [ProblemType] = RawBody::WITH;
}

impl Refuses for Opening {
    const WITH: &'static [ProblemType] = &[Unauthorized];
}

/// A client account that the body names.
pub struct ReachesAccount;

impl Refuses for ReachesAccount {
    const WITH: &'static [ProblemType] = &[Forbidden];
}

/// A message's text, and the code in it.
pub struct CodeRuns;

impl Refuses for CodeRuns {
    const WITH: &'static [ProblemType] = &[InvalidMessage];
}

/// A message that may approve or reject.
pub struct Decides;

impl Refuses for Decides {
    const WITH: &'static [ProblemType] =
        &[MayNotApprove, FourEyes, Changed, StaleApproval, NotWaiting, NoCodeaction, AuthorNotEligible, DigestRequired];
}

/// A message that may be changed.
pub struct Edits;

impl Refuses for Edits {
    const WITH: &'static [ProblemType] = &[NotTheAuthor, PostedByServer, Decided, Written, NotTheLastCodeaction];
}

/// The answers to a request that something of `T`, a tuple of what a handler asks for, refuses.
pub struct Problems<T>(PhantomData<T>);

macro_rules! refuses_any {
    ($($name:ident)+) => {
        impl<$($name: Refuses),+> IntoResponses for Problems<($($name,)+)> {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                by_status([$($name::WITH),+].concat())
            }
        }
    };
}

refuses_any!(A);
refuses_any!(A B);
refuses_any!(A B C);
refuses_any!(A B C D);
refuses_any!(A B C D E);
refuses_any!(A B C D E F);
refuses_any!(A B C D E F G);

fn by_status(mut problems: Vec<ProblemType>) -> BTreeMap<String, RefOr<Response>> {
    problems.sort_unstable();
    problems.dedup();
    let of_one_status = problems.chunk_by(|one, other| one.status() == other.status());
    of_one_status.map(|problems| (problems[0].status().to_string(), answer(problems))).collect()
}

/// The answer with one of these problems, all of one status.
fn answer(problems: &[ProblemType]) -> RefOr<Response> {
    match problems {
        [only] => Ref::from_response_name(component_name(*only)).into(),
        several => response(several).into(),
    }
}

/// One answer for each type of problem.
pub fn components() -> impl Iterator<Item = (String, RefOr<Response>)> {
    ProblemType::ALL.iter().map(|problem| (component_name(*problem), response(&[*problem]).into()))
}

fn component_name(problem: ProblemType) -> String {
    format!("{problem:?}")
}

fn response(problems: &[ProblemType]) -> Response {
    let each = problems.iter().map(|problem| format!("`{}`: {}", problem.uri(), problem.meaning()));
    let types =
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(problems.iter().map(|problem| problem.uri())));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name(api::Problem::name()))
        .item(ObjectBuilder::new().property("type", types));
    let examples = problems.iter().map(|problem| {
        let example = ExampleBuilder::new().summary(problem.meaning()).value(Some(example(*problem))).build();
        (problem.slug(), example)
    });
    let content = ContentBuilder::new().schema(Some(schema)).examples_from_iter(examples).build();
    let response = ResponseBuilder::new()
        .description(each.collect::<Vec<_>>().join("\n\n"))
        .content("application/problem+json", content);
    let headers = headers(problems).into_iter();
    headers.fold(response, |response, (name, header)| response.header(name, header)).build()
}

fn headers(problems: &[ProblemType]) -> Vec<(&'static str, Header)> {
    match problems {
        [Unauthorized] => vec![("WWW-Authenticate", always("How to sign in.", "Bearer"))],
        [TooManyRequests | Unavailable] => {
            vec![("Retry-After", required(seconds("In how many seconds to try again.")))]
        }
        [IdempotencyKeyInUse] => vec![("Retry-After", still_running())],
        several if several.contains(&IdempotencyKeyInUse) => {
            [vec![("Retry-After", still_running())], Replayed::headers()].concat()
        }
        several if several.contains(&IdempotencyKeyReused) => Replayed::headers(),
        _ => Vec::new(),
    }
}

fn still_running() -> Header {
    seconds("Where the first request is still running: in how many seconds to try again.")
}

fn seconds(description: &str) -> Header {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    HeaderBuilder::new().schema(Some(seconds)).description(Some(description)).example(Some(json!(1))).build()
}

/// A problem of this type, its detail in general words.
fn example(problem: ProblemType) -> Value {
    let pointer = if problem == InvalidMessage { "/message" } else { "" };
    let error = FieldError { pointer: pointer.to_owned(), detail: problem.meaning().to_owned() };
    let example = api::Problem {
        problem_type: problem.uri(),
        title: title(problem).to_owned(),
        status: problem.status(),
        detail: problem.meaning().to_owned(),
        errors: if problem.status() == 422 { vec![error] } else { Vec::new() },
    };
    json!(example)
}
