//! Who asks: the bearer token, its scopes, and how many requests it may send.

use std::{net::IpAddr, time::Instant};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header, request::Parts},
};

use super::{App, problem::Problem, target::ThreadId};
use crate::{
    api::Time,
    serve::model::{Scopes, ThreadScope, Viewer, token_hash},
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Somebody with a valid token, whatever its scopes.
#[derive(Debug)]
pub struct Caller(pub Viewer);

/// Somebody whose token may read.
#[derive(Debug)]
pub struct Reader(pub Viewer);

/// Somebody whose token may post.
#[derive(Debug)]
pub struct Poster(pub Viewer);

/// Somebody with a valid token, in a thread that is accessible.
#[derive(Debug)]
pub struct InThread {
    pub viewer: Viewer,
    pub thread: ThreadScope,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(&parts.headers);
        let viewer = match token {
            Some(token) => app.store().viewer(token_hash(token), Time::now()).await?,
            None => None,
        };
        if let Some(viewer) = viewer {
            return match app.requests().take(viewer.token_id, Instant::now()) {
                Ok(()) => Ok(Self(viewer)),
                Err(wait) => Err(Problem::too_many_requests("This token sends too many requests: slow down.", wait)),
            };
        }
        if let (Some(_), Some(address)) = (token, client_address(parts, &app.settings().trusted_proxies)) {
            app.failed_sign_ins().take(address, Instant::now()).map_err(|wait| {
                Problem::too_many_requests(
                    "Too many failed sign-ins from this address: wait, then check the token.",
                    wait,
                )
            })?;
        }
        Err(Problem::unauthorized())
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Caller(viewer) = Caller::from_request_parts(parts, app).await?;
        may_read(viewer.scopes)?;
        Ok(Self(viewer))
    }
}

impl FromRequestParts<App> for Poster {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Caller(viewer) = Caller::from_request_parts(parts, app).await?;
        may_post(viewer.scopes)?;
        Ok(Self(viewer))
    }
}

impl FromRequestParts<App> for InThread {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let Caller(viewer) = Caller::from_request_parts(parts, app).await?;
        let ThreadId(id) = ThreadId::from_request_parts(parts, app).await?;
        let thread = app.store().thread_scope(id).await?.ok_or_else(no_such_thread)?;
        if viewer.access(&thread).eligible { Ok(Self { viewer, thread }) } else { Err(Problem::no_access()) }
    }
}

/// 404 for a thread.
pub fn no_such_thread() -> Problem {
    Problem::not_found("There is no such thread.")
}

/// # Errors
/// 403 without the scope `read`.
pub fn may_read(scopes: Scopes) -> Result<(), Problem> {
    if scopes.read { Ok(()) } else { Err(Problem::no_scope("read")) }
}

/// # Errors
/// 403 without the scope `post`.
pub fn may_post(scopes: Scopes) -> Result<(), Problem> {
    if scopes.post { Ok(()) } else { Err(Problem::no_scope("post")) }
}

/// The token that the one `Authorization` header holds.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Where the request comes from: the connection's other end, or whoever the nearest trusted proxies say that
/// they forward for.
fn client_address(parts: &Parts, trusted: &[IpAddr]) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|proxy| proxy.to_canonical() == address);
    let Peer(peer) = *parts.extensions.get()?;
    // An IPv4 address may come as IPv6 where the server listens on both.
    let mut address = peer.to_canonical();
    let forwarded = parts.headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let mut hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    while is_trusted(address) {
        let Some(hop) = hops.pop().and_then(|hop| hop.parse::<IpAddr>().ok()) else { break };
        address = hop.to_canonical();
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn parts(headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().extension(Peer("10.0.0.1".parse().expect("an address")));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn a_token_is_read_from_one_bearer_header() {
        let token = |value| bearer(&parts(&[("authorization", value)]).headers).map(str::to_owned);
        assert_eq!(token("Bearer csn_x").as_deref(), Some("csn_x"));
        assert_eq!(token("bearer  csn_x ").as_deref(), Some("csn_x"));
        for other in ["csn_x", "Basic csn_x", "Bearer", "Bearer ", ""] {
            assert_eq!(token(other), None, "{other}");
        }
        assert_eq!(bearer(&parts(&[("authorization", "Bearer a"), ("authorization", "Bearer b")]).headers), None);
    }

    #[test]
    fn only_trusted_proxies_say_who_they_forward_for() {
        let address = |forwarded, trusted: &[&str]| {
            let trusted: Vec<IpAddr> = trusted.iter().map(|each| each.parse().expect("an address")).collect();
            client_address(&parts(&[("x-forwarded-for", forwarded)]), &trusted).expect("a peer").to_string()
        };
        assert_eq!(address("1.1.1.1", &[]), "10.0.0.1");
        assert_eq!(address("6.6.6.6, 1.1.1.1", &["10.0.0.1"]), "1.1.1.1");
        assert_eq!(address("6.6.6.6, 1.1.1.1, 10.0.0.2", &["10.0.0.1", "10.0.0.2"]), "1.1.1.1");
        assert_eq!(address("nonsense", &["10.0.0.1"]), "10.0.0.1");
        assert_eq!(address("::ffff:1.1.1.1", &["::ffff:10.0.0.1"]), "1.1.1.1");
    }
}
