//! `GET /chat/actions`: what waits for a decision, and what was decided, across threads.

use axum::{extract::State, response::Response};

use super::{
    App,
    answer::linked,
    auth::Reader,
    openapi::{ActionFilters, Link, PageQuery, Problems, Shown},
    problem::Problem,
    query::Query,
};
use crate::{
    api::{QueuedAction, Status, Time},
    serve::store::query::ActionQuery,
};

/// Every status that an action of this server can have.
pub const STATUSES: [Status; 8] = [
    Status::AwaitingApproval,
    Status::Drifted,
    Status::Written,
    Status::Rejected,
    Status::Failed,
    Status::Superseded,
    Status::Withdrawn,
    Status::Expired,
];

/// Actions of all accessible threads, oldest first
///
/// What waits for a decision, and what was decided.
#[utoipa::path(
    get, path = "/chat/actions", operation_id = "list_actions", tag = "actions",
    params(ActionFilters, PageQuery),
    responses(Shown<Vec<QueuedAction>, Link>, Problems<(Reader, Query)>),
)]
pub async fn list(State(app): State<App>, Reader(viewer): Reader, query: Query) -> Result<Response, Problem> {
    query.only(&["status", "client_account_id", "decided_by_id", "author_id", "page", "per_page"])?;
    let asked = ActionQuery {
        status: query.read(
            "status",
            format!("one of `{}`", STATUSES.each_ref().map(Status::as_str).join("`, `")),
            status,
        )?,
        client_account_id: query.id("client_account_id")?,
        decided_by_id: query.id("decided_by_id")?,
        author_id: query.id("author_id")?,
        paging: query.paging()?,
    };
    let actions = app.store().actions(&viewer, &asked, Time::now()).await?;
    Ok(linked(actions.body, query.page_links(asked.paging, actions.has_next)))
}

fn status(word: &str) -> Option<Status> {
    STATUSES.into_iter().find(|status| status.as_str() == word)
}
