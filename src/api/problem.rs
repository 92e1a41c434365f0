//! RFC 9457 problem details.

use serde::{Deserialize, Serialize};

/// The body of every answer that is an error (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A stable URI reference such as `/problems/stale-approval`.
    #[serde(rename = "type", default = "blank")]
    pub problem_type: String,
    #[serde(default)]
    pub title: String,
    #[serde(default)]
    pub status: u16,
    /// What happened and what to do about it.
    #[serde(default)]
    pub detail: String,
    /// For 422: each field that is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

/// One wrong field of a request body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "serve", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// A JSON pointer (RFC 6901) into the request body.
    pub pointer: String,
    pub detail: String,
}

macro_rules! problem_types {
    ($($(#[doc = $meaning:literal])+ $name:ident = $status:literal $slug:literal;)+) => {
        /// Everything that this server refuses a request with; another server may know more.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemType {
            $($(#[doc = $meaning])+ $name,)+
        }

        impl ProblemType {
            /// All of them, by status.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The last part of its URI reference, such as `stale-approval`.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug),+ }
            }

            /// The HTTP status that it comes with.
            #[must_use]
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// When a request is refused with it, in words.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning),+).trim_ascii_start()),+ }
            }
        }
    };
}

problem_types! {
    /// Malformed JSON or query, an unknown query parameter, a query value out of range.
    BadRequest = 400 "bad-request";
    /// The token is missing, unknown, expired or revoked.
    Unauthorized = 401 "unauthorized";
    /// You are not eligible for the client account that this belongs to.
    Forbidden = 403 "forbidden";
    /// The token lacks the scope that this needs.
    MissingScope = 403 "missing-scope";
    /// You may not decide on actions of this client account.
    MayNotApprove = 403 "may-not-approve";
    /// Whoever wrote the code may not approve it on this server.
    FourEyes = 403 "four-eyes";
    /// Only a message's author may edit it.
    NotTheAuthor = 403 "not-the-author";
    /// What the path names does not exist.
    NotFound = 404 "not-found";
    /// The route does not take this method; `Allow` names those that it takes.
    MethodNotAllowed = 405 "method-not-allowed";
    /// The body did not arrive in time.
    RequestTimeout = 408 "request-timeout";
    /// The first request with this `Idempotency-Key` is still running.
    IdempotencyKeyInUse = 409 "idempotency-key-in-use";
    /// The thread's last codeaction changed while it was decided on.
    Changed = 409 "changed";
    /// What was decided on is not what waits: the action is gone, decided already, or its plan is another.
    StaleApproval = 409 "stale-approval";
    /// The thread's last codeaction waits for no decision.
    NotWaiting = 409 "not-waiting";
    /// The thread has no codeaction to decide on.
    NoCodeaction = 409 "no-codeaction";
    /// Whoever wrote the code is no longer eligible for the client account.
    AuthorNotEligible = 409 "author-not-eligible";
    /// The server posted this message: it cannot be edited.
    PostedByServer = 409 "posted-by-server";
    /// The message decided on an action: it cannot be edited.
    Decided = 409 "decided";
    /// What the message proposed was written: it cannot be edited.
    Written = 409 "written";
    /// A later message has code: this one's code can no longer change.
    NotTheLastCodeaction = 409 "not-the-last-codeaction";
    /// The message's revision is not one that `If-Match` names.
    PreconditionFailed = 412 "precondition-failed";
    /// The body is larger than 1 MiB.
    BodyTooLarge = 413 "body-too-large";
    /// The path and query are too long.
    UriTooLong = 414 "uri-too-long";
    /// The body says that it is something other than JSON.
    UnsupportedMediaType = 415 "unsupported-media-type";
    /// The body is JSON of the wrong shape or content; `errors` says what is wrong where.
    InvalidBody = 422 "invalid-body";
    /// The message's text cannot be posted as it is.
    InvalidMessage = 422 "invalid-message";
    /// This server takes only approvals that carry the digest of what was seen.
    DigestRequired = 422 "digest-required";
    /// This `Idempotency-Key` was used for another body.
    IdempotencyKeyReused = 422 "idempotency-key-reused";
    /// Too many requests from this token, failed sign-ins from this address, or open event streams.
    TooManyRequests = 429 "too-many-requests";
    /// The headers are too many or too large.
    HeadersTooLarge = 431 "headers-too-large";
    /// The server failed; its log says more under the answer's `X-Request-Id`.
    InternalError = 500 "internal-error";
    /// The database or the sandbox is not available just now; nothing was changed.
    Unavailable = 503 "unavailable";
}

impl ProblemType {
    /// The stable URI reference in a problem's `type`.
    #[must_use]
    pub fn uri(self) -> String {
        format!("/problems/{}", self.slug())
    }
}

fn blank() -> String {
    "about:blank".to_owned()
}
