//! Every answer that is an error: an RFC 9457 problem whose detail says what to do. Nothing internal leaves
//! through here: what a person cannot act on stays in the log.

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    api::{self, FieldError, ProblemType},
    serve::{
        actions::{Key, Refusal},
        model::{Answer, ClaimedKey, CommitError, Expect, Invalid, StoreError},
    },
};

/// An error on its way to the client.
#[derive(Debug)]
pub struct Problem {
    wire: Box<api::Problem>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// It says nothing of the work itself: the same request may be answered otherwise the next time.
    passing: bool,
}

impl Problem {
    /// A problem of a type, with what to do about it.
    pub fn new(problem: ProblemType, detail: impl Into<String>) -> Self {
        let wire = api::Problem {
            problem_type: problem.uri(),
            title: title(problem).to_owned(),
            status: problem.status(),
            detail: detail.into(),
            errors: Vec::new(),
        };
        Self { wire: Box::new(wire), headers: Vec::new(), passing: false }
    }

    /// 400: malformed JSON, a malformed query or a query value out of range.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::BadRequest, detail)
    }

    /// 401, the same whatever is wrong with the token.
    pub fn unauthorized() -> Self {
        Self::new(
            ProblemType::Unauthorized,
            "Send a valid token as `Authorization: Bearer <token>`; an operator issues one with `countersign admin token issue`.",
        )
        .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Forbidden, detail)
    }

    /// 403 for a token that may not do this at all.
    pub fn no_scope(scope: &str) -> Self {
        let detail = format!("This token lacks the scope `{scope}`: ask an operator for one that has it.");
        Self::new(ProblemType::MissingScope, detail)
    }

    /// 403 for what exists, but not for this user.
    pub fn no_access() -> Self {
        Self::forbidden("You are not eligible for the client account that this belongs to: ask an operator for access.")
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::NotFound, detail)
    }

    /// 405; the router adds `Allow`.
    pub fn method_not_allowed() -> Self {
        Self::new(
            ProblemType::MethodNotAllowed,
            "This route does not take that method: the header `Allow` names those that it takes.",
        )
    }

    /// 408.
    pub fn request_timeout() -> Self {
        Self::new(ProblemType::RequestTimeout, "The request's body did not arrive in time: send it again.")
            .with(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// 412: the message's revision is another by now.
    pub fn precondition_failed(revision: u64) -> Self {
        let detail =
            format!("The message has changed since: its ETag is \"{revision}\" now. Read it again before you edit it.");
        Self::new(ProblemType::PreconditionFailed, detail)
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("A request's body may have {limit} bytes at most: send less.");
        Self::new(ProblemType::BodyTooLarge, detail)
    }

    /// 415.
    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::UnsupportedMediaType, detail)
    }

    /// 422, naming what is wrong where.
    pub fn invalid(problem: ProblemType, detail: impl Into<String>, errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(problem, detail);
        problem.wire.errors = errors;
        if problem.wire.errors.is_empty() {
            let detail = problem.wire.detail.clone();
            problem.wire.errors.push(FieldError { pointer: String::new(), detail });
        }
        problem
    }

    /// 422 for one field of the body.
    pub fn invalid_field(pointer: &str, detail: impl Into<String>) -> Self {
        let error = FieldError { pointer: pointer.to_owned(), detail: detail.into() };
        Self::invalid(ProblemType::InvalidBody, format!("`{}`: {}.", error.pointer, error.detail), vec![error])
    }

    /// 409: the first request with this idempotency key has not been answered yet.
    pub fn key_taken() -> Self {
        let detail = "A request with this Idempotency-Key is still running: send it again in a moment.";
        let mut problem = Self::new(ProblemType::IdempotencyKeyInUse, detail);
        problem.passing = true;
        problem.with(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// 422: the idempotency key belongs to another request.
    pub fn key_reused() -> Self {
        let detail = "This Idempotency-Key was used for another body: send a new key with a new request.";
        let mut problem = Self::invalid(ProblemType::IdempotencyKeyReused, detail, Vec::new());
        problem.passing = true;
        problem
    }

    /// What the HTTP library refuses by itself with this status: 400, 414 or 431.
    pub fn unreadable(status: u16) -> Option<Self> {
        let (problem, detail) = match status {
            400 => (
                ProblemType::BadRequest,
                "This cannot be read as a request: send a line such as `GET /chat/threads HTTP/1.1` and headers, and percent-encode what may not stand in a path or query.",
            ),
            414 => (ProblemType::UriTooLong, "The request's path and query may have 65534 bytes at most: send less."),
            431 => (
                ProblemType::HeadersTooLarge,
                "A request may have 100 headers, and some 400 KiB of them, at most: send less.",
            ),
            _ => return None,
        };
        Some(Self::new(problem, detail))
    }

    /// 429.
    pub fn too_many_requests(detail: impl Into<String>, retry_after: u64) -> Self {
        Self::new(ProblemType::TooManyRequests, detail).with(header::RETRY_AFTER, HeaderValue::from(retry_after))
    }

    /// 500; the log has the rest.
    pub fn internal() -> Self {
        Self::new(
            ProblemType::InternalError,
            "The server failed at this request. Tell its operator the `X-Request-Id` of this answer: the log has more.",
        )
    }

    /// 503.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(ProblemType::Unavailable, detail).with(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// The same problem with one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    pub fn status(&self) -> StatusCode {
        status(self.wire.status)
    }

    /// The problem as it is kept for whoever sends the same request with its idempotency key again; `None`
    /// for one that is not kept.
    pub fn to_keep(&self) -> Option<Answer> {
        let settled = matches!(self.status(), StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY) && !self.passing;
        settled.then(|| Answer {
            status: self.wire.status,
            replayed: false,
            location: None,
            etag: None,
            body: self.body(),
        })
    }

    /// A key under which the refusals of `actions` are kept as the problems that they are.
    pub fn kept_under(claimed: ClaimedKey) -> Key {
        Key { claimed, answer_to: |refusal| Self::of_request(refusal)?.to_keep() }
    }

    /// The problem of a request that is refused for what it asks.
    fn of_request(refusal: &Refusal) -> Option<Self> {
        match refusal {
            Refusal::Forbidden { problem, detail } | Refusal::Conflict { problem, detail } => {
                Some(Self::new(*problem, detail.clone()))
            }
            Refusal::Invalid { problem, detail, errors } => {
                Some(Self::invalid(*problem, detail.clone(), errors.clone()))
            }
            _ => None,
        }
    }

    /// The problem as JSON.
    pub fn body(&self) -> String {
        serde_json::to_string(&self.wire).unwrap_or_default()
    }

    /// Its own headers.
    pub fn headers(&self) -> HeaderMap {
        let content_type = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        std::iter::once(content_type).chain(self.headers.iter().cloned()).collect()
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// What every problem with this status is called.
pub fn title(problem: ProblemType) -> &'static str {
    status(problem.status()).canonical_reason().unwrap_or("Error")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status(), self.headers(), self.body()).into_response()
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(reason) => {
                tracing::warn!("the database is not available: requests are answered with 503");
                tracing::debug!(reason, "the database is not available");
                Self::unavailable(
                    "The database is not available just now. Nothing was changed: send the request again.",
                )
            }
            StoreError::Internal(reason) => {
                tracing::error!("the database answered with something unexpected: a request is answered with 500");
                tracing::debug!(reason, "the database answered with something unexpected");
                Self::internal()
            }
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Changed(expectation) => expectation.into(),
            CommitError::KeyTaken => Self::key_taken(),
            CommitError::KeyReused => Self::key_reused(),
            CommitError::Invalid(invalid) => invalid.into(),
            CommitError::Store(error) => error.into(),
        }
    }
}

impl From<Expect> for Problem {
    /// What a request without code expects when it is written: that its sender may still do this.
    fn from(expectation: Expect) -> Self {
        match expectation {
            Expect::Token(_) => Self::unauthorized(),
            Expect::Account { .. } | Expect::Eligible { .. } => Self::no_access(),
            Expect::CanApprove { .. } => Self::new(
                ProblemType::MayNotApprove,
                "You may no longer decide on actions of this client account: ask somebody who may.",
            ),
            _ => Self::unavailable("Something changed while this was worked on. Nothing was written: send it again."),
        }
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        match invalid {
            Invalid::Participant { .. } | Invalid::User => Self::invalid_field("/user_id", invalid.to_string()),
            Invalid::ProviderNotLinked => Self::invalid_field("/provider_client_account_id", invalid.to_string()),
            Invalid::Account => Self::invalid_field("/client_account_id", invalid.to_string()),
            Invalid::Message => Self::not_found("The thread has no such message."),
            Invalid::NoParticipant => Self::not_found("The thread has no such participant."),
            Invalid::OwnProvider | Invalid::Taken(_) | Invalid::BotApprover | Invalid::Token | Invalid::Line { .. } => {
                Self::invalid(ProblemType::InvalidBody, invalid.to_string(), Vec::new())
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Forbidden { problem, detail } | Refusal::Conflict { problem, detail } => {
                Self::new(problem, detail)
            }
            Refusal::NotFound(detail) => Self::not_found(detail),
            Refusal::Precondition(revision) => Self::precondition_failed(revision),
            Refusal::Invalid { problem, detail, errors } => Self::invalid(problem, detail, errors),
            Refusal::Busy(detail) => Self::unavailable(detail),
            Refusal::KeyTaken => Self::key_taken(),
            Refusal::KeyReused => Self::key_reused(),
            Refusal::Lost(expectation) => expectation.into(),
            Refusal::Unknown(invalid) => invalid.into(),
            Refusal::Store(error) => error.into(),
        }
    }
}
