//! One request and its answer: headers, timeouts, the cap on what is read, and what a status means.

use std::{error::Error as StdError, io, sync::Arc, time::Duration};

use reqwest::{
    Method, Response, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LINK, LOCATION, RETRY_AFTER},
    redirect,
};
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;

use super::{BaseUrl, Error, NetworkKind, Options, Token};
use crate::api::Problem;

/// A connection pool to one server, made when the first request is sent.
pub(super) struct Transport {
    base: BaseUrl,
    authorization: HeaderValue,
    options: Options,
    client: OnceCell<reqwest::Client>,
}

/// A request to be sent.
pub(super) struct Call<'a> {
    pub method: Method,
    pub path: &'a str,
    pub query: Vec<(&'static str, String)>,
    pub headers: Vec<(HeaderName, String)>,
    /// JSON.
    pub body: Option<Vec<u8>>,
    /// The answer has no end, so that there is no time in which it has to be complete.
    pub endless: bool,
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longer than any program runs.
const FOREVER: Duration = Duration::from_hours(24 * 365);

/// An answer with a status in the 200s.
pub(super) struct Answer {
    pub headers: HeaderMap,
    body: Vec<u8>,
    origin: String,
}

/// An answer that is none of ours, with its status, from which one learns about extensions.
pub(super) struct Failure {
    /// `None`: there was no answer.
    pub status: Option<u16>,
    pub error: Error,
}

impl Transport {
    pub fn new(base: BaseUrl, token: &Token, options: Options) -> Self {
        // A token is visible ASCII, which every header value may hold.
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.reveal()))
            .unwrap_or_else(|_| HeaderValue::from_static("Bearer"));
        authorization.set_sensitive(true);
        Self { base, authorization, options, client: OnceCell::new() }
    }

    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Sends `call` and reads the whole answer.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, Failure> {
        let response = self.open(call).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = self.read(response).await.map_err(|error| Failure { status: Some(status), error })?;
        Ok(Answer { headers, body, origin: self.base.origin() })
    }

    /// Sends `call` and reads the answer's head; all of it, where it is not the one that was wanted.
    pub async fn open(&self, call: Call<'_>) -> Result<Response, Failure> {
        let url = self.base.route(call.path, &call.query);
        let response = self.request(call, url).await.map_err(|error| Failure { status: None, error })?;
        let status = response.status().as_u16();
        if (200..300).contains(&status) {
            return Ok(response);
        }
        let headers = response.headers().clone();
        let body = self.read(response).await.map_err(|error| Failure { status: Some(status), error })?;
        Err(Failure { status: Some(status), error: refusal(status, &headers, &body, self.base.origin()) })
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// For answers that are read elsewhere.
    pub fn broken(&self) -> Broken {
        Broken { origin: self.base.origin() }
    }

    async fn request(&self, call: Call<'_>, url: Url) -> Result<Response, Error> {
        let client = self.client.get_or_try_init(|| self.connect()).await?;
        let mut request = client.request(call.method, url).header(AUTHORIZATION, self.authorization.clone());
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if call.endless {
            request = request.timeout(FOREVER);
        }
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        request.send().await.map_err(|error| self.network(&error))
    }

    /// Reads the body up to the limit, whatever length the answer claims to have.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, Error> {
        let limit = self.options.max_body;
        let too_large = || Error::TooLarge { limit };
        let announced = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(usize::MAX);
        if announced > limit {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(announced);
        while let Some(chunk) = response.chunk().await.map_err(|error| self.network(&error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// Makes the pool. Off the caller's thread: reading the system's certificates takes milliseconds.
    async fn connect(&self) -> Result<reqwest::Client, Error> {
        let (https, loopback) = (self.base.is_https(), self.base.is_loopback());
        let options = self.options.clone();
        let built = tokio::task::spawn_blocking(move || build(https, loopback, &options)).await;
        let failed = || Error::Network { kind: NetworkKind::Tls, origin: self.base.origin() };
        built.map_err(|_| failed())?.map_err(|_| failed())
    }

    fn network(&self, error: &reqwest::Error) -> Error {
        self.broken().error(error)
    }
}

/// Puts what reqwest says of a connection into our words.
pub(super) struct Broken {
    origin: String,
}

impl Broken {
    pub fn error(&self, error: &reqwest::Error) -> Error {
        Error::Network { kind: kind(error), origin: self.origin.clone() }
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|_| Error::Garbage { origin: self.origin.clone() })
    }

    /// Whether `Link` names a next page; `None`: there is no such header.
    pub fn names_next(&self) -> Option<bool> {
        let mut links = self.headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).peekable();
        links.peek()?;
        Some(links.any(has_next_relation))
    }
}

/// Whether one of a `Link` header's links (RFC 8288) has the relation `next`.
fn has_next_relation(header: &str) -> bool {
    header
        .split(';')
        .map(|parameter| parameter.split(',').next().unwrap_or(parameter).trim())
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("rel"))
        .any(|(_, value)| {
            value.trim().trim_matches('"').split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next"))
        })
}

/// A pool that sends its token to the one address it is for: no redirects, and no proxy to this machine.
fn build(https: bool, loopback: bool, options: &Options) -> Result<reqwest::Client, Box<dyn StdError + Send + Sync>> {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.read_timeout)
        .timeout(options.timeout);
    if loopback {
        builder = builder.no_proxy();
    }
    let provider = rustls::crypto::ring::default_provider();
    builder = if https {
        // Whoever came first has installed the same one.
        let _ = provider.install_default();
        builder
    } else {
        // Never used, but made in any case; so at least without reading certificates.
        let tls = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        builder.tls_backend_preconfigured(tls)
    };
    Ok(builder.build()?)
}

/// What an answer outside the 200s means.
fn refusal(status: u16, headers: &HeaderMap, body: &[u8], origin: String) -> Error {
    let problem = || Box::new(problem(status, body));
    match status {
        300..400 => {
            let location = headers.get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("nowhere");
            Error::Redirected { origin, location: location.to_owned() }
        }
        401 => Error::Unauthorized,
        403 => Error::Forbidden { problem: problem() },
        404 => Error::NotFound { problem: problem() },
        409 | 412 => Error::Conflict { problem: problem() },
        429 => Error::RateLimited { retry_after: retry_after(headers) },
        400..500 => Error::Refused { problem: problem(), status },
        500..600 => Error::Unavailable {
            problem: problem(),
            status,
            retry_after: retry_after(headers),
            request_id: headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).map(str::to_owned),
        },
        _ => Error::Garbage { origin },
    }
}

/// The problem document in `body`, or, where there is none, one that says no more than the status.
fn problem(status: u16, body: &[u8]) -> Problem {
    let bare = |_| Problem {
        problem_type: "about:blank".to_owned(),
        title: String::new(),
        status,
        detail: String::new(),
        errors: Vec::new(),
    };
    let problem = serde_json::from_slice(body).unwrap_or_else(bare);
    Problem { status, ..problem }
}

/// `Retry-After` in seconds; its other form, a date, is not worth a parser: the back-off takes its place.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Finds out from the chain of causes where it went wrong.
fn kind(error: &reqwest::Error) -> NetworkKind {
    if error.is_timeout() {
        return if error.is_connect() { NetworkKind::Connect } else { NetworkKind::TimedOut };
    }
    if !error.is_connect() {
        return NetworkKind::Broken;
    }
    let mut cause: Option<&(dyn StdError + 'static)> = error.source();
    while let Some(inner) = cause {
        if is_tls(inner) {
            return NetworkKind::Tls;
        }
        if inner.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::ConnectionRefused) {
            return NetworkKind::Refused;
        }
        if inner.to_string().starts_with("dns error") {
            return NetworkKind::Name;
        }
        cause = inner.source();
    }
    NetworkKind::Connect
}

/// Whether it is an error of rustls, or I/O errors around one: their `source` passes over what they hold.
fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.is::<rustls::Error>() || held.is_some_and(|held| is_tls(held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_next_relation_among_links() {
        for next in [
            r#"</api/v2/chat/threads?page=2>; rel="next""#,
            r#"</a>; rel="first", </b?x=1;y=2>; rel="next", </c>; rel=prev"#,
            r"</b>; REL=next",
            r#"</b>; rel="last next""#,
        ] {
            assert!(has_next_relation(next), "{next}");
        }
        for none in [r#"</a>; rel="prev""#, "", "</next>", r#"</a?rel=next>; rel="first""#] {
            assert!(!has_next_relation(none), "{none}");
        }
    }

    #[test]
    fn a_body_that_is_no_problem_document_still_gives_an_error() {
        let error = refusal(502, &HeaderMap::new(), b"<html>Bad gateway</html>", "http://x".to_owned());
        assert!(matches!(&error, Error::Unavailable { status: 502, .. }), "{error:?}");
        assert!(!error.to_string().contains("html"));
    }
}
