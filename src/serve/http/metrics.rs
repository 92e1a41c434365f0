//! `/metrics`, for Prometheus, on a listener of its own: how many requests were answered, how, and how fast, and
//! what is under way. It names routes, never what they were asked for or by whom.

use std::time::Duration;

use axum::{
    Router,
    extract::{MatchedPath, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::{App, layer, problem::Problem, target::bare, without_token};

const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
/// Requests whose path is no route's.
const NO_ROUTE: &str = "none";

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answered: Family<Answered, Counter>,
    took: Family<Route, Histogram>,
    streams: Gauge,
    at_work: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

impl Metrics {
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("countersign");
        let answered = Family::default();
        registry.register("http_requests", "Requests that were answered", answered.clone());
        let took = Family::new_with_constructor(times as fn() -> Histogram);
        let help = "Time from a request's head to its answer's";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, took.clone());
        let streams = Gauge::default();
        registry.register("event_streams", "Event streams that are open", streams.clone());
        let at_work = Gauge::default();
        registry.register(
            "changes_under_way",
            "Requests that change something and are being worked on",
            at_work.clone(),
        );
        Self { registry, answered, took, streams, at_work }
    }

    /// Counts an answer.
    pub fn answered(&self, method: &Method, route: Option<&MatchedPath>, status: StatusCode, took: Duration) {
        let route = route.map_or(NO_ROUTE, |path| bare(path.as_str())).to_owned();
        self.took.get_or_create(&Route { route: route.clone() }).observe(took.as_secs_f64());
        self.answered.get_or_create(&Answered { method: name(method), route, status: status.as_u16() }).inc();
    }

    fn text(&self, app: &App) -> Result<String, std::fmt::Error> {
        self.streams.set(app.streams().count());
        self.at_work.set(app.count_at_work());
        let mut page = String::new();
        text::encode(&mut page, &self.registry)?;
        Ok(page)
    }
}

/// From half a millisecond to eight seconds.
fn times() -> Histogram {
    Histogram::new(exponential_buckets(0.0005, 2.0, 15))
}

/// A method's name; what clients make up does not become a label.
fn name(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| method == known).unwrap_or("other")
}

/// The one route of the listener for whoever watches over the server; it asks nobody for a token.
pub fn metrics_router(app: App) -> Router {
    Router::new()
        .route("/metrics", without_token(get(show)))
        .fallback(async || Problem::not_found("Here is nothing but /metrics."))
        .layer(middleware::from_fn_with_state(app.clone(), layer::surround))
        .with_state(app)
}

async fn show(State(app): State<App>) -> Result<Response, Problem> {
    let page = app.metrics().text(&app).map_err(|_| Problem::internal())?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], page).into_response())
}
