//! What can go wrong with a call, in words that tell a person what to do. Never holds the token.

use std::time::Duration;

use super::BaseUrlError;
use crate::api::{FieldError, Problem};

/// What a 401 means. What to do about it depends on where somebody is.
pub const REFUSED_TOKEN: &str = "the server does not accept the token (it may be wrong, expired or revoked)";

/// Why a call failed. The text may hold the server's own words (a problem's detail): it goes through
/// `safe_text` before it is shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Address(#[from] BaseUrlError),
    /// 401.
    #[error("{REFUSED_TOKEN}: sign in anew with `countersign login`, or set COUNTERSIGN_TOKEN")]
    Unauthorized,
    /// 403.
    #[error("not allowed: {}", words(problem))]
    Forbidden { problem: Box<Problem> },
    /// 404.
    #[error("not found: {}", words(problem))]
    NotFound { problem: Box<Problem> },
    /// 409 or 412: what the call was about has moved on.
    #[error("refused, because something has changed meanwhile: {}", words(problem))]
    Conflict { problem: Box<Problem> },
    /// Any other 4xx.
    #[error("refused ({status}): {}", words(problem))]
    Refused { problem: Box<Problem>, status: u16 },
    /// 429.
    #[error("too many requests: try again {}", when(*retry_after))]
    RateLimited { retry_after: Option<Duration> },
    /// 5xx.
    #[error("the server cannot answer now ({status}): {}; try again {}{}", words(problem), when(*retry_after), named(request_id.as_ref()))]
    Unavailable {
        problem: Box<Problem>,
        status: u16,
        retry_after: Option<Duration>,
        /// By which the server's operator finds the request in the log.
        request_id: Option<String>,
    },
    /// An extension that this server does not have.
    #[error("this server does not offer that")]
    Unsupported,
    /// 3xx: never followed, the token stays with the address it was meant for.
    #[error(
        "the server at {origin} sends its callers elsewhere ({location}): put the right address into the profile, or pass --url"
    )]
    Redirected { origin: String, location: String },
    /// No answer, or not all of it.
    #[error("{}", kind.words(origin))]
    Network { kind: NetworkKind, origin: String },
    /// An answer that is not the API's JSON.
    #[error("what answers at {origin} does not speak the Chat API: check the address")]
    Garbage { origin: String },
    /// An answer longer than [`super::MAX_BODY`].
    #[error("the answer is too long (more than {limit} bytes) and was not read: ask for a smaller page")]
    TooLarge { limit: usize },
}

/// Where on the way it went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetworkKind {
    /// The host's name leads nowhere.
    Name,
    /// Nobody listens there.
    Refused,
    /// The connection could not be made for another reason.
    Connect,
    /// No secure connection: certificate or protocol.
    Tls,
    /// Connected, but too slow.
    TimedOut,
    /// The connection ended before the answer did.
    Broken,
}

impl NetworkKind {
    fn words(self, origin: &str) -> String {
        match self {
            Self::Name => format!("there is no host of that name: {origin}; check the address and your network"),
            Self::Refused => {
                format!("nothing answers at {origin}: check that the server runs and the address is right")
            }
            Self::Connect => format!("{origin} cannot be reached: check your network and the address"),
            Self::Tls => format!("no secure connection to {origin}: its certificate or protocol was not accepted"),
            Self::TimedOut => format!("{origin} took too long to answer: try again later"),
            Self::Broken => format!("the connection to {origin} broke before the answer was complete: try again"),
        }
    }
}

impl Error {
    /// Whether the same call may succeed a little later without anybody doing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::RateLimited { .. } | Self::Unavailable { .. } => true,
            Self::Network { kind, .. } => !matches!(kind, NetworkKind::Tls),
            _ => false,
        }
    }

    /// Whether the request cannot have had an effect: it never got out, or it was turned away.
    /// Where this is false, what became of a post is unknown.
    #[must_use]
    pub fn had_no_effect(&self) -> bool {
        match self {
            Self::Network { kind, .. } => !matches!(kind, NetworkKind::TimedOut | NetworkKind::Broken),
            Self::Unavailable { .. } | Self::Garbage { .. } | Self::TooLarge { .. } => false,
            _ => true,
        }
    }

    /// How long the server asked to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The problem document, where the server sent one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Forbidden { problem }
            | Self::NotFound { problem }
            | Self::Conflict { problem }
            | Self::Refused { problem, .. }
            | Self::Unavailable { problem, .. } => Some(problem),
            _ => None,
        }
    }
}

/// A problem in one sentence: what happened, and each wrong field on a line of its own; or where the fields alone say
/// all of it, what is said of them.
fn words(problem: &Problem) -> String {
    let of_fields: Option<Vec<String>> = problem.errors.iter().map(of_field).collect();
    let repeats = problem.errors.iter().all(|error| problem.detail.contains(error.detail.trim()));
    if let Some(sentences) = of_fields.filter(|sentences| repeats && !sentences.is_empty()) {
        return sentences.join(" ");
    }
    let sentence = [&problem.detail, &problem.title].into_iter().find(|text| !text.trim().is_empty());
    let sentence = sentence.map_or("the server does not say why", |text| text.trim());
    // Where a single field is wrong, the sentence often is that field's own.
    let news = problem.errors.iter().filter(|error| !sentence.contains(error.detail.trim()));
    let fields = news.map(|error| format!("{}: {}", error.pointer, error.detail));
    std::iter::once(sentence.to_owned()).chain(fields).collect::<Vec<_>>().join("\n  ")
}

/// `/subject`, `must not be blank` as a sentence; `None`: it is not made so.
fn of_field(error: &FieldError) -> Option<String> {
    let name = error.pointer.strip_prefix('/').filter(|name| !name.is_empty())?;
    let is_word = name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let goes_on = error.detail.starts_with(|c: char| c.is_ascii_lowercase());
    let sentence = || format!("The {} {}.", name.replace('_', " "), error.detail.trim_end_matches('.'));
    (is_word && goes_on).then(sentence)
}

fn named(request_id: Option<&String>) -> String {
    request_id.map_or_else(String::new, |id| format!(" (X-Request-Id: {id})"))
}

fn when(retry_after: Option<Duration>) -> String {
    retry_after.map_or_else(|| "later".to_owned(), |delay| format!("in {} s", delay.as_secs().max(1)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_the_fields_repeat_is_said_once() {
        let said = |errors: Value| {
            let problem = json!({ "detail": "Name the message.", "errors": errors });
            serde_json::from_value(problem).map(|problem| words(&problem)).unwrap_or_default()
        };
        let repeated = json!([{ "pointer": "", "detail": "Name the message." }]);
        assert_eq!(said(repeated), "Name the message.");
        let more = json!([{ "pointer": "/message", "detail": "It is too long." }]);
        assert_eq!(said(more), "Name the message.\n  /message: It is too long.");
    }

    #[test]
    fn a_wrong_field_is_called_as_people_call_it() {
        let problem = json!({
            "detail": "The body is not what this route takes: `/subject` must have at most 200 characters.",
            "errors": [{ "pointer": "/subject", "detail": "must have at most 200 characters" }],
        });
        let said = serde_json::from_value(problem).map(|problem| words(&problem)).unwrap_or_default();
        assert_eq!(said, "The subject must have at most 200 characters.");
    }
}
