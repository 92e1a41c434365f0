//! The address of a server as people write it, made into the root of its routes.

use std::{fmt, net::IpAddr};

use reqwest::Url;

/// Where every route of the API begins: `http://host:port/api/v2/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why an address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    #[error("`{0}` is no server address: write one like https://chat.example.com or http://127.0.0.1:8080")]
    Malformed(String),
    #[error("an address must not hold a user name or password: the token comes from the profile or COUNTERSIGN_TOKEN")]
    Credentials,
    #[error(
        "`{0}` is plain http to another machine, which would send the token unprotected: use https, or pass --insecure-http if you accept that"
    )]
    Insecure(String),
}

impl BaseUrl {
    /// Reads `https://host`, `http://127.0.0.1:8080` or either with `/api/v2` behind it; a path in front of
    /// `/api/v2` (a server behind a proxy) is kept.
    ///
    /// # Errors
    /// What is no http address, holds credentials, a query or a fragment; and plain http to anything but
    /// loopback, unless `insecure_http`.
    pub fn parse(text: &str, insecure_http: bool) -> Result<Self, BaseUrlError> {
        let malformed = || BaseUrlError::Malformed(text.trim().to_owned());
        let mut url = Url::parse(text.trim()).map_err(|_| malformed())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err(malformed());
        }
        if url.scheme() == "http" && !is_loopback(&url) && !insecure_http {
            return Err(BaseUrlError::Insecure(url.origin().ascii_serialization()));
        }
        let prefix = url.path().trim_end_matches('/');
        let prefix = prefix.strip_suffix("/api/v2").unwrap_or(prefix);
        url.set_path(&format!("{prefix}/api/v2/"));
        Ok(Self(url))
    }

    /// The URL of a route: `path` without a leading slash, every pair of `query` encoded.
    #[must_use]
    pub fn route(&self, path: &str, query: &[(&'static str, String)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path()));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Whether nothing leaves this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Scheme, host and port, for people.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_leads_to_the_same_routes() {
        for text in ["http://127.0.0.1:8080", " http://127.0.0.1:8080/ ", "http://127.0.0.1:8080/api/v2/"] {
            let base = BaseUrl::parse(text, false).expect(text);
            assert_eq!(base.route("chat/threads", &[]).as_str(), "http://127.0.0.1:8080/api/v2/chat/threads");
        }
        let proxied = BaseUrl::parse("https://example.com/desk", false).expect("an address");
        let url = proxied.route("chat/threads", &[("free_text", "a&b å".to_owned())]);
        assert_eq!(url.as_str(), "https://example.com/desk/api/v2/chat/threads?free_text=a%26b+%C3%A5");
        assert_eq!(proxied.to_string(), "https://example.com/desk/api/v2");
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        for near in ["http://localhost:1", "http://127.9.9.9", "http://[::1]:8080"] {
            assert!(BaseUrl::parse(near, false).expect(near).is_loopback());
        }
        for far in ["http://example.com", "http://192.168.0.1", "http://localhost.example.com", "http://128.0.0.1"] {
            assert!(matches!(BaseUrl::parse(far, false), Err(BaseUrlError::Insecure(_))), "{far}");
            assert!(BaseUrl::parse(far, true).is_ok(), "{far}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in ["", "example.com", "ftp://example.com", "https://", "https://a?x=1", "https://a#b", "localhost:80"]
        {
            assert!(matches!(BaseUrl::parse(bad, false), Err(BaseUrlError::Malformed(_))), "{bad}");
        }
        let error = BaseUrl::parse("https://user:hunter2@example.com", false).expect_err("credentials");
        assert_eq!(error, BaseUrlError::Credentials);
        assert!(!error.to_string().contains("hunter2"));
    }
}
