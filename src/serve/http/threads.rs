//! Threads: the list with its filters, one with its messages, a new one, and the read mark.

use axum::{extract::State, response::Response};

use super::{
    App,
    answer::{answered, found, linked},
    auth::{InThread, Poster, Reader, may_read, no_such_thread},
    body::{Fields, RawBody},
    messages::{self, check_size},
    once::Key,
    openapi::{
        CodeRuns, Created, Done, Link, Location, PageQuery, Problems, ReachesAccount, ReadMarkBody, Replayed, Shown,
        ShownMessages, ThreadBody, ThreadFilters,
    },
    participants::commit,
    problem::Problem,
    query::{NoQuery, Query},
    target::{Target, ThreadId},
};
use crate::{
    api::{Id, Thread, ThreadDetail, Time},
    serve::{
        actions::{Desk, Refusal},
        model::{Answer, Invalid, ThreadDraft, ThreadTarget, Viewer, Work},
        store::query::{MessagePage, ThreadAttribute, ThreadOrder, ThreadQuery},
    },
};

pub const MAX_RELATION_TYPE: usize = 64;
pub const MAX_SUBJECT: usize = crate::api::LONGEST_SUBJECT;

/// A thread's attributes that a body may hold without effect.
pub const OWN: [&str; 9] = [
    "id",
    "created_by_id",
    "created_at",
    "updated_at",
    "last_message",
    "unread_count",
    "awaiting_approval",
    "messages",
    "has_more_messages",
];

/// The accessible threads, without their messages
///
/// Filters combine: a thread is listed if it passes all of them.
#[utoipa::path(
    get, path = "/chat/threads", operation_id = "list_threads", tag = "threads",
    params(ThreadFilters, PageQuery),
    responses(Shown<Vec<Thread>, Link>, Problems<(Reader, Query)>),
)]
pub async fn list(State(app): State<App>, Reader(viewer): Reader, query: Query) -> Result<Response, Problem> {
    query.only(&[
        "client_account_id",
        "provider_client_account_id",
        "relation_type",
        "relation_id",
        "free_text",
        "order_by",
        "page",
        "per_page",
        "awaiting_approval",
        "unread",
        "participant_id",
    ])?;
    let asked = ThreadQuery {
        client_account_id: query.id("client_account_id")?,
        provider_client_account_id: query.id("provider_client_account_id")?,
        relation_type: query.text("relation_type")?,
        relation_id: query.id("relation_id")?,
        free_text: query.text("free_text")?,
        awaiting_approval: query.flag("awaiting_approval")?,
        unread: query.flag("unread")?,
        participant_id: query.id("participant_id")?,
        order: order(&query)?,
        paging: query.paging()?,
    };
    let threads = app.store().threads(&viewer, &asked, Time::now()).await?;
    Ok(linked(threads.body, query.page_links(asked.paging, threads.has_next)))
}

/// `order_by`: an attribute, with `-` in front or ` desc` behind for descending.
fn order(query: &Query) -> Result<ThreadOrder, Problem> {
    let names = ThreadAttribute::ALL.map(ThreadAttribute::name).join("`, `");
    let expected = format!("one of `{names}`, with `-` in front for descending");
    let parse = |text: &str| {
        let (name, descending) = match text.strip_prefix('-') {
            Some(name) => (name, true),
            None => match text.split_once(' ') {
                Some((name, direction)) => (name, descends(direction)?),
                None => (text, false),
            },
        };
        let by = ThreadAttribute::ALL.into_iter().find(|attribute| attribute.name() == name)?;
        Some(ThreadOrder { by, descending })
    };
    Ok(query.read("order_by", &expected, parse)?.unwrap_or_default())
}

/// What stands behind an attribute, as in SQL.
fn descends(direction: &str) -> Option<bool> {
    let is = |word| direction.eq_ignore_ascii_case(word);
    if is("desc") { Some(true) } else { is("asc").then_some(false) }
}

/// One thread, with its participants and a page of its messages, oldest first
///
/// Messages are paged through either by `page` and `per_page`, or by id, which stays right while others write.
#[utoipa::path(
    get, path = "/chat/threads/{thread_id}", operation_id = "show_thread", tag = "threads",
    params(ThreadId, ShownMessages),
    responses(Shown<ThreadDetail, Link>, Problems<(Reader, Query, ThreadId)>),
)]
pub async fn show(
    State(app): State<App>,
    Reader(viewer): Reader,
    query: Query,
    ThreadId(id): ThreadId,
) -> Result<Response, Problem> {
    const CURSORS: [&str; 2] = ["messages_before", "messages_after"];
    query.only(&["page", "per_page", "messages_before", "messages_after", "messages_limit"])?;
    let by_page = query.has("page") || query.has("per_page");
    let by_id = CURSORS.iter().any(|name| query.has(name)) || query.has("messages_limit");
    if by_page && by_id {
        return Err(Problem::bad_request(
            "Page through messages either with `page` and `per_page` or with `messages_before`, `messages_after` and `messages_limit`.",
        ));
    }
    let page = if by_id {
        messages::by_id(&query, "messages_before", "messages_after", "messages_limit")?
    } else {
        MessagePage::Page(query.paging()?)
    };
    let thread = found(app.store().thread(&viewer, id, page, Time::now()).await?, "thread")?;
    let links = match page {
        MessagePage::Page(paging) => query.page_links(paging, thread.has_more),
        MessagePage::ById { .. } => messages::links(&query, page, &thread, CURSORS),
    };
    Ok(linked(thread.body, links))
}

/// Creates a thread, perhaps with its first message
#[utoipa::path(
    post, path = "/chat/threads", operation_id = "create_thread", tag = "threads",
    params(Key), request_body = ThreadBody,
    responses(
        Created<ThreadDetail, (Location, Replayed)>,
        Problems<(Poster, NoQuery, Key, RawBody, CodeRuns, ReachesAccount)>,
    ),
)]
pub async fn create(
    State(app): State<App>,
    target: Target,
    Poster(viewer): Poster,
    _: NoQuery,
    key: Key,
    body: RawBody,
) -> Result<Response, Problem> {
    let key = key.of(viewer.user_id, &body);
    let draft = draft(&body, &viewer);
    let takes_time = matches!(&draft, Ok((_, Some(message))) if Desk::takes_time(message));
    let author = viewer.clone();
    let answer = app
        .once(key, takes_time, async move |app: App, key| {
            let (draft, message) = draft?;
            let participants = draft.participants.clone();
            let key = key.map(Problem::kept_under);
            let posted = app.desk().post(&author, ThreadTarget::New(draft), message, key, Time::now()).await;
            posted.map_err(|refusal| refused(refusal, &participants))
        })
        .await?;
    still_accessible(&app, &viewer, &answer).await?;
    Ok(answered(answer, &target))
}

/// What a body says of a new thread, and its first message.
fn draft(body: &RawBody, viewer: &Viewer) -> Result<(ThreadDraft, Option<String>), Problem> {
    let mut fields = body.fields()?;
    let client_account_id = fields.id("client_account_id");
    let mut draft = ThreadDraft {
        client_account_id: client_account_id.unwrap_or_default(),
        provider_client_account_id: fields.id("provider_client_account_id"),
        relation_type: fields.short_text("relation_type", MAX_RELATION_TYPE),
        relation_id: fields.id("relation_id"),
        subject: fields.short_text("subject", MAX_SUBJECT),
        participants: fields.users("participants"),
    };
    let message = fields.text("message");
    check_size(message.as_deref(), &mut fields);
    if client_account_id.is_none() {
        match viewer.grants.as_slice() {
            [only] => draft.client_account_id = only.account_id,
            _ => fields.wrong("client_account_id", "is missing: name one of the accounts that you are eligible for"),
        }
    }
    fields.finish(&OWN)?;
    if !viewer.grants.iter().any(|grant| grant.account_id == draft.client_account_id) {
        return Err(Problem::no_access());
    }
    Ok((draft, message))
}

/// Says which of the participants is not one that the thread can have.
fn refused(refusal: Refusal, participants: &[Id]) -> Problem {
    if let Refusal::Unknown(unknown @ Invalid::Participant { user_id }) = &refusal
        && let Some(index) = participants.iter().position(|id| id == user_id)
    {
        return Problem::invalid_field(&format!("/participants/{index}"), unknown.to_string());
    }
    refusal.into()
}

/// A thread that was made before may be out of reach by now.
async fn still_accessible(app: &App, viewer: &Viewer, answer: &Answer) -> Result<(), Problem> {
    let made = answer.location.as_deref().and_then(|path| path.rsplit('/').next()?.parse::<Id>().ok());
    match made {
        Some(id) if answer.replayed => match app.store().thread_scope(id).await? {
            Some(thread) if viewer.access(&thread).eligible => Ok(()),
            Some(_) => Err(Problem::no_access()),
            None => Err(no_such_thread()),
        },
        _ => Ok(()),
    }
}

/// Marks a thread as read up to a message
///
/// The mark never moves back.
#[utoipa::path(
    put, path = "/chat/threads/{thread_id}/read", operation_id = "mark_read", tag = "threads",
    params(ThreadId), request_body = ReadMarkBody,
    responses(Done, Problems<(InThread, NoQuery, Fields)>),
)]
pub async fn mark_read(
    State(app): State<App>,
    target: Target,
    InThread { viewer, thread }: InThread,
    _: NoQuery,
    mut fields: Fields,
) -> Result<Response, Problem> {
    may_read(viewer.scopes)?;
    let message_id = fields.required_id("message_id");
    fields.settled("thread_id", thread.id);
    fields.finish(&[])?;
    let work = Work::MarkRead { thread_id: thread.id, user_id: viewer.user_id, message_id };
    let commit = commit(&viewer, thread.id, work);
    let answer = app.to_its_end(async move |app| Ok(app.store().commit(commit).await?)).await?;
    Ok(answered(answer, &target))
}
