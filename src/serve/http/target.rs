//! What a request was sent to, before the router took the prefix off, and the ids that its path names.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::{Extensions, Uri, request::Parts},
};

use super::problem::Problem;
use crate::api::Id;

/// Where every route lives; the same routes live at the root.
pub const PREFIX: &str = "/api/v2";

/// The path as it was asked for.
#[derive(Clone, Debug)]
pub struct Target(Uri);

impl Target {
    /// Notes a request's target before routing changes it.
    pub fn note(uri: &Uri, extensions: &mut Extensions) {
        extensions.insert(Self(uri.clone()));
    }

    /// What was noted for this request.
    pub fn of(parts: &Parts) -> Self {
        parts.extensions.get().cloned().unwrap_or_else(|| Self(parts.uri.clone()))
    }

    /// With the prefix that was used.
    pub fn path(&self) -> String {
        self.0.path().to_owned()
    }

    /// The path that means the same whichever prefix was used.
    pub fn bare_path(&self) -> &str {
        bare(self.0.path())
    }

    /// `path`, with the prefix of this request instead of its own.
    pub fn sibling(&self, path: &str) -> String {
        let prefix = if self.bare_path() == self.0.path() { "" } else { PREFIX };
        format!("{prefix}{}", bare(path))
    }
}

impl<S: Sync> FromRequestParts<S> for Target {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

/// `path` less the prefix.
pub fn bare(path: &str) -> &str {
    path.strip_prefix(PREFIX).filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

/// The id of nothing: those that are drawn begin at 1.
const NOTHING: Id = 0;

/// The id that stands last in the path, such as a message's in `…/messages/{message_id}/revisions`.
#[derive(Clone, Copy, Debug)]
pub struct PathId(pub Id);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| nothing_there())?;
        // What is no id is looked for like one, so that whoever has no access to the thread learns that first.
        Ok(Self(parameters.iter().last().and_then(|(_, text)| id(text)).unwrap_or(NOTHING)))
    }
}

/// The thread's id in a path.
#[derive(Clone, Copy, Debug)]
pub struct ThreadId(pub Id);

impl<S: Send + Sync> FromRequestParts<S> for ThreadId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, state).await.map_err(|_| nothing_there())?;
        let text = parameters.iter().find(|(name, _)| *name == "thread_id");
        text.and_then(|(_, text)| id(text)).map(Self).ok_or_else(nothing_there)
    }
}

/// An id in the one form in which ids are written; any other names nothing.
fn id(text: &str) -> Option<Id> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    canonical.then(|| text.parse().ok()).flatten()
}

fn nothing_there() -> Problem {
    Problem::not_found("The path names nothing that exists: check its ids.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_knows_its_prefix() {
        let target = |path: &'static str| Target(Uri::from_static(path));
        assert_eq!(target("/api/v2/chat/threads?page=1").bare_path(), "/chat/threads");
        assert_eq!(target("/api/v2/chat/threads").sibling("/api/v2/chat/threads/1"), "/api/v2/chat/threads/1");
        assert_eq!(target("/chat/threads").sibling("/api/v2/chat/threads/1"), "/chat/threads/1");
        assert_eq!(target("/api/v2x/chat").bare_path(), "/api/v2x/chat");
    }

    #[test]
    fn ids_have_one_form() {
        assert_eq!((id("17"), id("9223372036854775807")), (Some(17), Some(i64::MAX)));
        for text in ["", "0", "017", "+1", "-1", "1.0", "x", "9223372036854775808", "１"] {
            assert_eq!(id(text), None, "{text}");
        }
    }
}
