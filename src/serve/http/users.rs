//! `/users`: oneself, and the people one shares an account with.

use axum::{extract::State, response::Response};

use super::{
    App,
    answer::json,
    auth::Reader,
    openapi::{AccountFilter, Problems, Shown},
    problem::Problem,
    query::{NoQuery, Query},
};
use crate::api::{Me, Person};

/// Oneself
#[utoipa::path(
    get, path = "/users/me", operation_id = "show_me", tag = "users",
    responses(Shown<Me>, Problems<(Reader, NoQuery)>),
)]
pub async fn me(Reader(viewer): Reader, _: NoQuery) -> Result<Response, Problem> {
    let me = serde_json::to_string(&viewer.me()).map_err(|_| Problem::internal())?;
    Ok(json(me))
}

/// The people one shares a client account with
#[utoipa::path(
    get, path = "/users", operation_id = "list_users", tag = "users",
    params(AccountFilter),
    responses(Shown<Vec<Person>>, Problems<(Reader, Query)>),
)]
pub async fn list(State(app): State<App>, Reader(viewer): Reader, query: Query) -> Result<Response, Problem> {
    query.only(&["client_account_id"])?;
    let account = query.id("client_account_id")?;
    Ok(json(app.store().users(&viewer, account).await?))
}
