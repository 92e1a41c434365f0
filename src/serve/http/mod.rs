//! The routes: who asks, what for, and the words of the answer. What may be written is decided in `actions`,
//! what is served is made in `store`.

mod actions;
mod answer;
mod auth;
mod body;
mod events;
mod health;
mod layer;
mod messages;
mod metrics;
mod once;
mod openapi;
mod participants;
mod pieces;
mod problem;
mod query;
mod rate;
mod records;
mod target;
mod threads;
mod users;

use std::{net::IpAddr, sync::Arc};

use axum::{Router, http::HeaderMap, middleware, routing::MethodRouter};
use tokio::sync::Semaphore;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouterExt},
    routes,
};

use self::{auth::Caller, events::Streams, metrics::Metrics, problem::Problem, rate::RateLimit};
pub use self::{auth::Peer, metrics::metrics_router, openapi::document};
use super::{actions::Desk, sandbox::Pool, store::Store};
use crate::{api::Id, config::server::ServeSettings};

/// As many requests as can be at work at one time.
const MOST_AT_WORK: u32 = 1 << 20;

/// What handlers reach: cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    store: Store,
    desk: Desk,
    pool: Pool,
    settings: ServeSettings,
    requests: RateLimit<Id>,
    failed_sign_ins: RateLimit<IpAddr>,
    streams: Streams,
    metrics: Metrics,
    at_work: Arc<Semaphore>,
    /// Begins the ids of this server's requests.
    instance: String,
}

impl App {
    /// What the routes of one server share.
    pub fn new(store: Store, desk: Desk, pool: Pool, settings: ServeSettings) -> Self {
        let mut instance = [0; 6];
        // Without randomness request ids are merely less unique.
        let _ = getrandom::fill(&mut instance);
        Self(Arc::new(Inner {
            store,
            desk,
            pool,
            requests: RateLimit::new(settings.requests_per_minute),
            failed_sign_ins: RateLimit::new(settings.failed_sign_ins_per_minute),
            streams: Streams::new(settings.streams_per_user),
            metrics: Metrics::new(),
            settings,
            at_work: Arc::new(Semaphore::new(MOST_AT_WORK as usize)),
            instance: hex::encode(instance),
        }))
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn desk(&self) -> &Desk {
        &self.0.desk
    }

    fn pool(&self) -> &Pool {
        &self.0.pool
    }

    fn settings(&self) -> &ServeSettings {
        &self.0.settings
    }

    fn requests(&self) -> &RateLimit<Id> {
        &self.0.requests
    }

    fn failed_sign_ins(&self) -> &RateLimit<IpAddr> {
        &self.0.failed_sign_ins
    }

    fn streams(&self) -> &Streams {
        &self.0.streams
    }

    fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// How much of [`Self::to_its_end`] has not ended.
    fn count_at_work(&self) -> i64 {
        let free = i64::try_from(self.0.at_work.available_permits()).unwrap_or(i64::MAX);
        (i64::from(MOST_AT_WORK) - free).max(0)
    }

    /// Ends the event streams: they would never end by themselves.
    pub fn end_streams(&self) {
        self.0.streams.end();
    }

    fn instance(&self) -> &str {
        &self.0.instance
    }

    /// Does `work` to its end even if the client hangs up, in which case nobody waits for it any more.
    async fn to_its_end<T, F>(&self, work: impl FnOnce(Self) -> F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        let permit = Arc::clone(&self.0.at_work).acquire_owned().await;
        let work = work(self.clone());
        let work = tokio::spawn(async move {
            let _permit = permit;
            work.await
        });
        work.await.unwrap_or_else(|panicked| {
            tracing::error!("a request's work panicked: it is answered with 500");
            tracing::debug!(%panicked);
            Err(Problem::internal())
        })
    }

    /// Headers and body of the answer to a request that no route saw, because it was refused with this status
    /// before it could be read; `None` for a status that says nothing of the kind.
    pub fn refusal(&self, status: u16) -> Option<(String, String)> {
        let problem = Problem::unreadable(status)?;
        let mut headers = problem.headers();
        layer::stamp(&mut headers, layer::request_id(&HeaderMap::new(), self.instance()));
        let lines = headers.iter().filter_map(|(name, value)| Some(format!("{name}: {}\r\n", value.to_str().ok()?)));
        Some((lines.collect(), problem.body()))
    }

    /// Waits until everything that [`Self::to_its_end`] began has ended.
    pub async fn idle(&self) {
        let _ = self.0.at_work.acquire_many(MOST_AT_WORK).await;
    }
}

/// All routes, at the root and under `/api/v2`.
pub fn router(app: App) -> Router {
    surrounded(routes().into(), app)
}

/// `routes` at the root and under `/api/v2`, with what surrounds every request.
pub fn surrounded(routes: Router<App>, app: App) -> Router {
    Router::new()
        .merge(routes.clone())
        .nest(target::PREFIX, routes)
        .fallback(|_: Caller| async { Problem::not_found("There is no such route: check the path.") })
        .method_not_allowed_fallback(|_: Caller| async { Problem::method_not_allowed() })
        .layer(middleware::from_fn_with_state(app.clone(), layer::surround))
        .with_state(app)
}

/// A route that asks nobody for a token, whatever the method.
fn without_token(route: MethodRouter<App>) -> MethodRouter<App> {
    route.fallback(|| async { Problem::method_not_allowed() })
}

/// Each with the path and method that its handler's documentation names.
fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(threads::list, threads::create))
        .routes(routes!(threads::show))
        .routes(routes!(threads::mark_read))
        .routes(routes!(messages::list, messages::create))
        .routes(routes!(messages::show, messages::edit))
        .routes(routes!(messages::revisions))
        .routes(routes!(participants::list, participants::add))
        .routes(routes!(participants::remove))
        .routes(routes!(actions::list))
        .routes(routes!(events::follow))
        .routes(routes!(records::list))
        .routes(routes!(records::show))
        .routes(routes!(users::list))
        .routes(routes!(users::me))
        .routes(routes!(openapi::show))
        .routes(routes!(health::alive).map(without_token))
        .routes(routes!(health::ready).map(without_token))
}
