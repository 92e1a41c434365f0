//! `/records`: the documents that actions change, read only.

use axum::{extract::State, response::Response};

use super::{
    App,
    answer::{found, json, linked},
    auth::Reader,
    openapi::{Link, PageQuery, Problems, RecordFilters, RecordId, Shown},
    problem::Problem,
    query::{NoQuery, Query},
    target::PathId,
};
use crate::{api::Record, serve::store::query::RecordQuery};

/// The records that one is eligible for
#[utoipa::path(
    get, path = "/records", operation_id = "list_records", tag = "records",
    params(RecordFilters, PageQuery),
    responses(Shown<Vec<Record>, Link>, Problems<(Reader, Query)>),
)]
pub async fn list(State(app): State<App>, Reader(viewer): Reader, query: Query) -> Result<Response, Problem> {
    query.only(&["client_account_id", "type", "page", "per_page"])?;
    let asked = RecordQuery {
        client_account_id: query.id("client_account_id")?,
        record_type: query.text("type")?,
        paging: query.paging()?,
    };
    let records = app.store().records(&viewer, &asked).await?;
    Ok(linked(records.body, query.page_links(asked.paging, records.has_next)))
}

/// One record
#[utoipa::path(
    get, path = "/records/{record_id}", operation_id = "show_record", tag = "records",
    params(RecordId),
    responses(Shown<Record>, Problems<(Reader, NoQuery, PathId)>),
)]
pub async fn show(
    State(app): State<App>,
    Reader(viewer): Reader,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Response, Problem> {
    Ok(json(found(app.store().record_by_id(&viewer, id).await?, "record")?))
}
