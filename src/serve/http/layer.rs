//! What surrounds every request: its id, the headers that every answer carries, and the net under handlers
//! that panic. Whatever a handler left unread of the body is read away, so that its answer arrives.

use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;

use super::{App, body::Unread, problem::Problem, target::Target};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const MAX_REQUEST_ID: usize = 128;

/// Wraps the whole router.
pub async fn surround(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let request_id = request_id(request.headers(), app.instance());
    let method = request.method().clone();
    let target = request.uri().clone();
    Target::note(&target, request.extensions_mut());
    let unread = Unread::take_from(&mut request);
    let route = request.extensions().get::<MatchedPath>().cloned();

    let handled = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = handled.unwrap_or_else(|_| {
        tracing::error!(request_id = ?request_id, "a handler panicked: the request is answered with 500");
        Problem::internal().into_response()
    });
    unread.discard().await;

    let (path, status, elapsed) = (target.path(), response.status(), start.elapsed());
    app.metrics().answered(&method, route.as_ref(), status, elapsed);
    tracing::debug!(%method, path, status = status.as_u16(), ?elapsed, request_id = ?request_id, "answered");
    stamp(response.headers_mut(), request_id);
    response
}

/// Adds what every answer carries.
pub fn stamp(headers: &mut HeaderMap, request_id: HeaderValue) {
    headers.insert(REQUEST_ID, request_id);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// The client's own id for the request where it sent a sane one, else a new one.
pub fn request_id(headers: &HeaderMap, instance: &str) -> HeaderValue {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let sane = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=MAX_REQUEST_ID).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte))
    };
    headers.get(REQUEST_ID).filter(sane).cloned().unwrap_or_else(|| {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        HeaderValue::try_from(format!("{instance}-{number}")).unwrap_or_else(|_| HeaderValue::from(number))
    })
}
