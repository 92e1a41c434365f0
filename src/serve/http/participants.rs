//! Who takes part in a thread. Taking part opens nothing: eligibility does.

use axum::{extract::State, response::Response};

use super::{
    App,
    answer::{answered, found, linked},
    auth::{InThread, Reader, may_post},
    body::RawBody,
    once::Key,
    openapi::{Created, Done, Link, Location, PageQuery, ParticipantBody, ParticipantId, Problems, Replayed, Shown},
    problem::Problem,
    query::{NoQuery, Query},
    target::{PathId, Target, ThreadId},
};
use crate::{
    api::{Id, Participant, Time},
    serve::model::{Actor, Commit, Expect, Viewer, Work},
};

/// A participant's attributes that a body may hold without effect.
pub const OWN: [&str; 2] = ["id", "user"];

/// Who takes part in a thread
#[utoipa::path(
    get, path = "/chat/threads/{thread_id}/participants", operation_id = "list_participants", tag = "participants",
    params(ThreadId, PageQuery),
    responses(Shown<Vec<Participant>, Link>, Problems<(Reader, Query, ThreadId)>),
)]
pub async fn list(
    State(app): State<App>,
    Reader(viewer): Reader,
    query: Query,
    ThreadId(thread): ThreadId,
) -> Result<Response, Problem> {
    query.only(&["page", "per_page"])?;
    let paging = query.paging()?;
    let participants = found(app.store().participants(&viewer, thread, paging).await?, "thread")?;
    Ok(linked(participants.body, query.page_links(paging, participants.has_next)))
}

/// Adds somebody to a thread
///
/// Whoever takes part already is answered with 200 and the same participant.
#[utoipa::path(
    post, path = "/chat/threads/{thread_id}/participants", operation_id = "add_participant", tag = "participants",
    params(ThreadId, Key), request_body = ParticipantBody,
    responses(
        Shown<Participant, Replayed>,
        Created<Participant, (Location, Replayed)>,
        Problems<(InThread, NoQuery, Key, RawBody)>,
    ),
)]
pub async fn add(
    State(app): State<App>,
    target: Target,
    InThread { viewer, thread }: InThread,
    _: NoQuery,
    key: Key,
    body: RawBody,
) -> Result<Response, Problem> {
    may_post(viewer.scopes)?;
    let key = key.of(viewer.user_id, &body);
    let answer = app
        .once(key, false, async move |app: App, key| {
            let user_id = new_participant(&body, thread.id)?;
            let work = Work::AddParticipant { thread_id: thread.id, user_id };
            Ok(app.store().commit(Commit { key, ..commit(&viewer, thread.id, work) }).await?)
        })
        .await?;
    Ok(answered(answer, &target))
}

fn new_participant(body: &RawBody, thread_id: Id) -> Result<Id, Problem> {
    let mut fields = body.fields()?;
    let user_id = fields.required_id("user_id");
    fields.settled("thread_id", thread_id);
    fields.finish(&OWN)?;
    Ok(user_id)
}

/// Takes somebody off a thread
#[utoipa::path(
    delete, path = "/chat/threads/{thread_id}/participants/{participant_id}", operation_id = "remove_participant",
    tag = "participants",
    params(ThreadId, ParticipantId),
    responses(Done, Problems<(InThread, NoQuery, PathId)>),
)]
pub async fn remove(
    State(app): State<App>,
    target: Target,
    InThread { viewer, thread }: InThread,
    _: NoQuery,
    PathId(participant_id): PathId,
) -> Result<Response, Problem> {
    may_post(viewer.scopes)?;
    let work = Work::RemoveParticipant { thread_id: thread.id, participant_id };
    let commit = commit(&viewer, thread.id, work);
    let answer = app.to_its_end(async move |app| Ok(app.store().commit(commit).await?)).await?;
    Ok(answered(answer, &target))
}

/// A commit of something small in a thread, by somebody who may be there.
pub fn commit(viewer: &Viewer, thread_id: Id, work: Work) -> Commit {
    Commit {
        now: Time::now(),
        actor: Some(Actor { user_id: viewer.user_id, token_id: viewer.token_id }),
        expect: vec![Expect::Token(viewer.token_id), Expect::Eligible { user_id: viewer.user_id, thread_id }],
        work,
        key: None,
        audit: Vec::new(),
    }
}
