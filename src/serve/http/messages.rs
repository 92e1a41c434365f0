//! Messages of a thread: pages, one, its earlier revisions, a new one, and edits.

use axum::{
    extract::{FromRequestParts, State},
    http::{header, request::Parts},
    response::Response,
};

use super::{
    App,
    answer::{answered, found, json, linked, with_etag},
    auth::{InThread, Reader, may_post},
    body::{Fields, RawBody},
    once::Key,
    openapi::{
        CodeRuns, Created, Decides, ETag, Edits, Link, Location, MessageBody, MessageCursor, MessageEditBody,
        MessageId, Problems, Replayed, Shown,
    },
    problem::Problem,
    query::{NoQuery, PER_PAGE, Query},
    target::{PathId, Target, ThreadId},
};
use crate::{
    api::{Id, Message, Posted, Time},
    blocks::{self, BlockType},
    serve::{
        actions::{Desk, Refusal},
        model::{Answer, Scopes, ThreadTarget},
        store::query::{MessageListing, MessagePage},
    },
};

/// Bytes that a message may have.
pub const MAX_MESSAGE: usize = 65_536;
pub const DEFAULT_LIMIT: u64 = 100;

/// A message's attributes that a body may hold without effect.
pub const OWN: [&str; 10] = [
    "id",
    "created_at",
    "created_by_id",
    "action_items",
    "action_mode",
    "kind",
    "revision",
    "edited_at",
    "actions",
    "results",
];

/// A page of a thread's messages, oldest first
#[utoipa::path(
    get, path = "/chat/threads/{thread_id}/messages", operation_id = "list_messages", tag = "messages",
    params(ThreadId, MessageCursor),
    responses(Shown<Vec<Message>, Link>, Problems<(Reader, Query, ThreadId)>),
)]
pub async fn list(
    State(app): State<App>,
    Reader(viewer): Reader,
    query: Query,
    ThreadId(thread): ThreadId,
) -> Result<Response, Problem> {
    query.only(&["before", "after", "limit"])?;
    let page = by_id(&query, "before", "after", "limit")?;
    let messages = found(app.store().messages(&viewer, thread, page, Time::now()).await?, "thread")?;
    let links = links(&query, page, &messages, ["before", "after"]);
    Ok(linked(messages.body, links))
}

/// Paging by id, from parameters of these names.
pub fn by_id(query: &Query, before: &str, after: &str, limit: &str) -> Result<MessagePage, Problem> {
    Ok(MessagePage::ById {
        before: query.cursor(before)?,
        after: query.cursor(after)?,
        limit: query.count(limit, PER_PAGE)?.unwrap_or(DEFAULT_LIMIT),
    })
}

/// Links of a page by id: the next one lies further in the direction of paging.
pub fn links(query: &Query, page: MessagePage, messages: &MessageListing, names: [&str; 2]) -> String {
    let forward = matches!(page, MessagePage::ById { after: Some(_), .. });
    let [before, after] = names;
    let next = if forward { (after, messages.last_id) } else { (before, messages.first_id) };
    let next = next.1.filter(|_| messages.has_more).map(|id| (next.0, id));
    query.cursor_links(&names, next)
}

/// One message
#[utoipa::path(
    get, path = "/chat/threads/{thread_id}/messages/{message_id}", operation_id = "show_message", tag = "messages",
    params(ThreadId, MessageId),
    responses(Shown<Message, ETag>, Problems<(Reader, NoQuery, ThreadId, PathId)>),
)]
pub async fn show(
    State(app): State<App>,
    Reader(viewer): Reader,
    _: NoQuery,
    ThreadId(thread): ThreadId,
    PathId(id): PathId,
) -> Result<Response, Problem> {
    let message = found(app.store().message(&viewer, thread, id, Time::now()).await?, "thread or message")?;
    Ok(with_etag(message.body, message.revision))
}

/// A message's earlier revisions, oldest first
#[utoipa::path(
    get, path = "/chat/threads/{thread_id}/messages/{message_id}/revisions", operation_id = "list_revisions",
    tag = "messages",
    params(ThreadId, MessageId),
    responses(Shown<Vec<Message>>, Problems<(Reader, NoQuery, ThreadId, PathId)>),
)]
pub async fn revisions(
    State(app): State<App>,
    Reader(viewer): Reader,
    _: NoQuery,
    ThreadId(thread): ThreadId,
    PathId(id): PathId,
) -> Result<Response, Problem> {
    Ok(json(found(app.store().revisions(&viewer, thread, id).await?, "thread or message")?))
}

/// Posts a message
///
/// Code in it is previewed, or a decision in it carried out, before this answers. What its blocks made the server
/// post stands in `results`.
#[utoipa::path(
    post, path = "/chat/threads/{thread_id}/messages", operation_id = "post_message", tag = "messages",
    params(ThreadId, Key), request_body = MessageBody,
    responses(
        Created<Posted, (Location, ETag, Replayed)>,
        Problems<(InThread, NoQuery, Key, RawBody, CodeRuns, Decides)>,
    ),
)]
pub async fn create(
    State(app): State<App>,
    target: Target,
    InThread { viewer, thread }: InThread,
    _: NoQuery,
    key: Key,
    body: RawBody,
) -> Result<Response, Problem> {
    let key = key.of(viewer.user_id, &body);
    let text = text(&body, thread.id, None);
    let decision = text.as_deref().map(DecisionKind::of).unwrap_or_default();
    decision.may_be_posted(viewer.scopes)?;
    let takes_time = text.as_deref().is_ok_and(Desk::takes_time);
    let scopes = viewer.scopes;
    let answer = app
        .once(key, takes_time, async move |app: App, key| {
            let target = ThreadTarget::Existing(thread.id);
            let key = key.map(Problem::kept_under);
            Ok(app.desk().post(&viewer, target, Some(text?), key, Time::now()).await?)
        })
        .await?;
    if answer.replayed {
        decision.may_be_replayed(scopes)?;
    }
    Ok(answered(answer, &target))
}

/// Edits one's own message
///
/// Code that did change is previewed anew; code that was taken away is withdrawn.
#[utoipa::path(
    patch, path = "/chat/threads/{thread_id}/messages/{message_id}", operation_id = "edit_message", tag = "messages",
    params(ThreadId, MessageId, IfMatch), request_body = MessageEditBody,
    responses(
        Shown<Posted, ETag>,
        Problems<(InThread, PathId, NoQuery, IfMatch, RawBody, CodeRuns, Edits)>,
    ),
)]
pub async fn edit(
    State(app): State<App>,
    target: Target,
    InThread { viewer, thread }: InThread,
    PathId(id): PathId,
    _: NoQuery,
    if_match: IfMatch,
    body: RawBody,
) -> Result<Response, Problem> {
    may_post(viewer.scopes)?;
    let text = text(&body, thread.id, Some(id))?;
    let answer = app
        .to_its_end(async move |app: App| {
            let edit = |if_match| app.desk().edit(&viewer, thread.id, id, text.clone(), if_match, Time::now());
            Ok(if_match.one_of(edit).await?)
        })
        .await?;
    Ok(answered(answer, &target))
}

/// The text that a body posts. How long an edited one may be depends on the code that it hides.
fn text(body: &RawBody, thread_id: Id, message_id: Option<Id>) -> Result<String, Problem> {
    let mut fields = body.fields()?;
    fields.settled("thread_id", thread_id);
    if let Some(id) = message_id {
        fields.settled("id", id);
    }
    let text = fields.required_text("message");
    if message_id.is_none() {
        check_size(Some(&text), &mut fields);
    }
    fields.finish(&OWN)?;
    Ok(text)
}

/// Notes a message that is too long.
pub fn check_size(text: Option<&str>, fields: &mut Fields) {
    if text.is_some_and(|text| text.len() > MAX_MESSAGE) {
        fields.wrong("message", format!("must have at most {MAX_MESSAGE} bytes of UTF-8: split it"));
    }
}

/// What may stand between two entity tags.
const BETWEEN_TAGS: [char; 3] = [' ', '\t', ','];

/// What a message decides, as far as its scopes are concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum DecisionKind {
    #[default]
    None,
    Approves,
    Rejects,
}

impl DecisionKind {
    fn of(text: &str) -> Self {
        let parsed = blocks::parse(text);
        if parsed.of_type(BlockType::ApproveCodeAction).next().is_some() {
            Self::Approves
        } else if parsed.of_type(BlockType::RejectCodeAction).next().is_some() {
            Self::Rejects
        } else {
            Self::None
        }
    }

    /// Which scope a decision needs, `actions` says, which notes those that it refuses.
    fn may_be_posted(self, scopes: Scopes) -> Result<(), Problem> {
        if self == Self::None { may_post(scopes) } else { Ok(()) }
    }

    /// A decision's answer is only for who could decide.
    fn may_be_replayed(self, scopes: Scopes) -> Result<(), Problem> {
        if self == Self::Approves && !scopes.approve { Err(Problem::no_scope("approve")) } else { Ok(()) }
    }
}

/// The revisions that `If-Match` names; `None`: any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfMatch(Option<Vec<u64>>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let values: Vec<&str> =
            parts.headers.get_all(header::IF_MATCH).iter().map(|value| value.to_str().unwrap_or("?")).collect();
        if values.is_empty() { Ok(Self(None)) } else { Self::read(&values.join(",")) }
    }
}

impl IfMatch {
    /// Reads `*` or a list of entity tags. Weak ones and ones that are no revisions match nothing.
    fn read(text: &str) -> Result<Self, Problem> {
        if text.trim() == "*" {
            return Ok(Self(None));
        }
        let mut revisions = Vec::new();
        let mut rest = text.trim_start_matches(BETWEEN_TAGS);
        while !rest.is_empty() {
            let (is_weak, tag) = rest.strip_prefix("W/").map_or((false, rest), |tag| (true, tag));
            let (opaque, after) = tag.strip_prefix('"').and_then(|tag| tag.split_once('"')).ok_or_else(no_tag)?;
            revisions.extend(opaque.parse::<u64>().ok().filter(|revision| !is_weak && revision.to_string() == opaque));
            let after = after.trim_start_matches([' ', '\t']);
            if !after.is_empty() && !after.starts_with(',') {
                return Err(no_tag());
            }
            rest = after.trim_start_matches(BETWEEN_TAGS);
        }
        Ok(Self(Some(revisions)))
    }

    /// Does `edit` on condition that the revision is one of those that were named.
    async fn one_of<F>(self, edit: impl Fn(Option<u64>) -> F) -> Result<Answer, Refusal>
    where
        F: Future<Output = Result<Answer, Refusal>>,
    {
        let Some(revisions) = self.0 else { return edit(None).await };
        // No message has revision 0.
        let mut revision = revisions.first().copied().unwrap_or(0);
        loop {
            match edit(Some(revision)).await {
                // A message's revision only grows: this ends.
                Err(Refusal::Precondition(now)) if now != revision && revisions.contains(&now) => revision = now,
                result => return result,
            }
        }
    }
}

fn no_tag() -> Problem {
    Problem::bad_request("The header If-Match must hold entity tags in double quotes, as an ETag gave them.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_takes_what_an_etag_gave() {
        let read = |text: &str| IfMatch::read(text).expect("entity tags").0;
        assert_eq!(read("*"), None);
        assert_eq!(read("\"3\""), Some(vec![3]));
        assert_eq!(read("\"3\", \"5\""), Some(vec![3, 5]));
        assert_eq!(read("W/\"3\", \"x\", \"03\""), Some(vec![]));
        assert_eq!(read(" , \"a,b\",\"4\" ,"), Some(vec![4]));
        for malformed in ["3", "\"3", "x", "\"3\" \"4\"", "\"3\"x", "*, \"3\"", "w/\"3\""] {
            assert!(IfMatch::read(malformed).is_err(), "{malformed}");
        }
    }

    #[test]
    fn what_a_message_decides_stands_in_its_acting_blocks() {
        assert_eq!(DecisionKind::of("```approvecodeaction\n```"), DecisionKind::Approves);
        assert_eq!(DecisionKind::of("~~~RejectCodeAction\nno\n~~~"), DecisionKind::Rejects);
        assert_eq!(DecisionKind::of("> ```approvecodeaction\n> ```"), DecisionKind::None);
    }
}
