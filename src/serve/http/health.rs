//! `/healthz` and `/readyz`, for whoever watches over the server. They need no token and tell nothing of
//! anybody.

use axum::{extract::State, response::Response};

use super::{App, answer::json, openapi::Problems, problem::Problem};
use crate::serve::{sandbox::confine::Means, store::Store};

/// The process answers
#[utoipa::path(
    get, path = "/healthz", operation_id = "check_health", tag = "server", security(()),
    responses((status = 200, description = "It does.", body = Object, example = json!({"status": "ok"}))),
)]
pub async fn alive() -> Response {
    json(r#"{"status":"ok"}"#.to_owned())
}

/// The database and the workers answer too
///
/// `sandbox.confined_by` names what the operating system holds workers with, `sandbox.lacking` what it does not
/// have or refuses.
#[utoipa::path(
    get, path = "/readyz", operation_id = "check_readiness", tag = "server", security(()),
    responses(
        (status = 200, description = "They do.", body = Object, example = json!({
            "status": "ready", "sandbox": {"confined_by": ["address_space", "landlock", "seccomp"], "lacking": []},
        })),
        Problems<(Store,)>,
    ),
)]
pub async fn ready(State(app): State<App>) -> Result<Response, Problem> {
    app.store().ping().await?;
    let confined_by = app.pool().ready().await.map_err(|reason| {
        tracing::warn!(reason, "no worker can run code");
        Problem::unavailable("No worker can run code just now: try again in a moment.")
    })?;
    let sandbox = serde_json::json!({"confined_by": confined_by, "lacking": Means::lacking(&confined_by)});
    let answer = serde_json::json!({"status": "ready", "sandbox": sandbox});
    Ok(json(answer.to_string()))
}
