//! Answers that are no errors. Bodies come as text from the store and are sent as they are.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{problem::Problem, target::Target};
use crate::serve::{model::Answer, store::query::Lookup};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");

/// 200 with a JSON body.
pub fn json(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, JSON)], body.into()).into_response()
}

/// 200 with a JSON body and a `Link` header.
pub fn linked(body: impl Into<Body>, link: String) -> Response {
    let mut response = json(body);
    // Links are percent-encoded: visible ASCII.
    if let Ok(link) = HeaderValue::try_from(link) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

/// 200 with one message.
pub fn with_etag(body: String, revision: u64) -> Response {
    let mut response = json(body);
    response.headers_mut().insert(header::ETAG, etag(revision));
    response
}

/// What a path names, else 403 or 404.
///
/// # Errors
/// Says that there is no such `thing`.
pub fn found<T>(lookup: Lookup<T>, thing: &str) -> Result<T, Problem> {
    match lookup {
        Lookup::Found(found) => Ok(found),
        Lookup::Forbidden => Err(Problem::no_access()),
        Lookup::Absent => Err(Problem::not_found(format!("There is no such {thing}."))),
    }
}

/// What a commit was answered with, or the same once more.
pub fn answered(answer: Answer, target: &Target) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut headers = HeaderMap::new();
    if let Some(Ok(location)) = answer.location.map(|path| HeaderValue::try_from(target.sibling(&path))) {
        headers.insert(header::LOCATION, location);
    }
    if let Some(revision) = answer.etag {
        headers.insert(header::ETAG, etag(revision));
    }
    if answer.replayed {
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    if answer.body.is_empty() {
        return (status, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, if answer.status < 400 { JSON } else { PROBLEM });
    (status, headers, answer.body).into_response()
}

fn etag(revision: u64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{revision}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}
