//! A request's query, read strictly: a parameter that is unknown, repeated or out of range is refused with a
//! sentence that names it. Also makes the links to other pages of the same list.

use std::{
    fmt::{Display, Write},
    ops::RangeInclusive,
};

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{problem::Problem, target::Target};
use crate::{api::Id, serve::store::query::Paging};

/// How many things fit on a page.
pub const PER_PAGE: RangeInclusive<u64> = 1..=1000;
pub const DEFAULT_PER_PAGE: u64 = 100;

/// The parameters of a request, and its path for links.
#[derive(Debug)]
pub struct Query {
    path: String,
    pairs: Vec<Pair>,
}

#[derive(Debug)]
struct Pair {
    name: String,
    value: String,
    /// As it was sent.
    raw: String,
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let target = Target::of(parts);
        Self::parse(target.path(), parts.uri.query().unwrap_or_default())
    }
}

impl Query {
    fn parse(path: String, text: &str) -> Result<Self, Problem> {
        let pairs = text.split('&').filter(|raw| !raw.is_empty()).map(|raw| {
            let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
            let decoded = |part| decode(part).ok_or_else(malformed);
            Ok(Pair { name: decoded(name)?, value: decoded(value)?, raw: raw.to_owned() })
        });
        Ok(Self { path, pairs: pairs.collect::<Result<_, Problem>>()? })
    }

    /// Refuses every parameter but `known`, and any that stands there twice.
    ///
    /// # Errors
    /// 400, with the names of those that are known.
    pub fn only(&self, known: &[&str]) -> Result<(), Problem> {
        for (index, pair) in self.pairs.iter().enumerate() {
            if !known.contains(&pair.name.as_str()) {
                let known = match known {
                    [] => "this route knows none".to_owned(),
                    known => format!("known are `{}`", known.join("`, `")),
                };
                return Err(Problem::bad_request(format!("Unknown query parameter `{}`: {known}.", pair.name)));
            }
            if self.pairs[..index].iter().any(|earlier| earlier.name == pair.name) {
                let detail = format!("The query parameter `{}` stands there twice: send it once.", pair.name);
                return Err(Problem::bad_request(detail));
            }
        }
        Ok(())
    }

    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|pair| pair.name == name).map(|pair| pair.value.as_str())
    }

    /// Whether a parameter was sent.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text.
    ///
    /// # Errors
    /// 400 for a blank one.
    pub fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        let not_blank = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
        self.read(name, "a text that is not blank", not_blank)
    }

    /// An id.
    ///
    /// # Errors
    /// 400 for anything but a positive integer.
    pub fn id(&self, name: &str) -> Result<Option<Id>, Problem> {
        self.read(name, "a positive integer", |value| integer(value).and_then(|number| Id::try_from(number).ok()))
    }

    /// Where a page by id begins or ends: an id, or 0, which comes before all of them.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn cursor(&self, name: &str) -> Result<Option<Id>, Problem> {
        if self.get(name) == Some("0") { Ok(Some(0)) } else { self.id(name) }
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Problem> {
        self.read(name, "`true` or `false`", |value| value.parse().ok())
    }

    /// A count within `range`.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn count(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, Problem> {
        let expected = format_args!("an integer from {} to {}", range.start(), range.end());
        self.read(name, expected, |value| integer(value).filter(|number| range.contains(number)))
    }

    /// `page` and `per_page`.
    ///
    /// # Errors
    /// 400 where one is out of range.
    pub fn paging(&self) -> Result<Paging, Problem> {
        let page =
            self.read("page", "an integer from 1", |value| integer(value).filter(|page| i64::try_from(*page).is_ok()))?;
        let per_page = self.count("per_page", PER_PAGE)?;
        Ok(Paging { page: page.unwrap_or(1), per_page: per_page.unwrap_or(DEFAULT_PER_PAGE) })
    }

    /// What `parse` makes of a parameter.
    ///
    /// # Errors
    /// 400 where it makes nothing of it: says what is `expected`.
    pub fn read<T>(
        &self,
        name: &str,
        expected: impl Display,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.get(name) else { return Ok(None) };
        parse(value)
            .map(Some)
            .ok_or_else(|| Problem::bad_request(format!("The query parameter `{name}` must be {expected}.")))
    }

    /// The `Link` header of a list in pages.
    pub fn page_links(&self, paging: Paging, has_next: bool) -> String {
        let page = |page: u64| self.with("page", &page.to_string());
        let mut links = vec![link(&page(1), "first")];
        if paging.page > 1 {
            links.push(link(&page(paging.page - 1), "prev"));
        }
        if has_next {
            links.push(link(&page(paging.page.saturating_add(1)), "next"));
        }
        links.join(", ")
    }

    /// The `Link` header of a list whose next page begins where `name` is `value`; the first has none of `cursors`.
    pub fn cursor_links(&self, cursors: &[&str], next: Option<(&str, Id)>) -> String {
        let mut links = vec![link(&self.without(cursors), "first")];
        if let Some((name, id)) = next {
            links.push(link(&self.with(name, &id.to_string()), "next"));
        }
        links.join(", ")
    }

    /// This request's path and query with one parameter set anew.
    fn with(&self, name: &str, value: &str) -> String {
        let mut replaced = false;
        let mut query: Vec<String> = Vec::with_capacity(self.pairs.len() + 1);
        for pair in &self.pairs {
            if pair.name == name {
                replaced = true;
                query.push(format!("{name}={value}"));
            } else {
                query.push(pair.raw.clone());
            }
        }
        if !replaced {
            query.push(format!("{name}={value}"));
        }
        format!("{}?{}", self.path, query.join("&"))
    }

    /// This request's path and query less some parameters.
    fn without(&self, names: &[&str]) -> String {
        let kept = self.pairs.iter().filter(|pair| !names.contains(&pair.name.as_str()));
        let query: Vec<&str> = kept.map(|pair| pair.raw.as_str()).collect();
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, query.join("&")) }
    }
}

/// For routes without parameters: refuses any.
#[derive(Debug)]
pub struct NoQuery;

impl<S: Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Query::from_request_parts(parts, state).await?.only(&[])?;
        Ok(Self)
    }
}

fn malformed() -> Problem {
    Problem::bad_request("The query is malformed: percent-encode its values as UTF-8.")
}

fn link(target: &str, relation: &str) -> String {
    format!("<{}>; rel=\"{relation}\"", encoded(target))
}

/// `target` as a URI reference: what may not stand in one, though it was sent so, is percent-encoded.
fn encoded(target: &str) -> String {
    let mut encoded = String::with_capacity(target.len());
    for byte in target.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// The positive integer that `text` writes in decimal digits alone.
fn integer(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|number| *number > 0)
}

/// Percent-decodes a part of a query, where `+` is a blank.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit()? * 16 + digit()?
            }
            plain => plain,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
#[path = "query_tests.rs"]
mod tests;
