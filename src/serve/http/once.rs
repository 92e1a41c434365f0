//! `Idempotency-Key`: the same request sent again is answered as it was the first time, and does nothing.

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, Method, request::Parts},
};
use percent_encoding::percent_decode_str;

use super::{App, body::RawBody, problem::Problem, target::Target};
use crate::{
    api::{Id, Time},
    serve::{
        fault,
        model::{Answer, ClaimedKey, Commit, Work},
        store::Claim,
    },
};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const MAX_LENGTH: usize = 255;

/// The key that a request came with.
#[derive(Debug)]
pub struct Key {
    key: Option<String>,
    /// Method and path, the same whichever prefix was used and however the path was spelt.
    request: String,
}

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let key = match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(value.to_str().ok().and_then(read).ok_or_else(malformed)?),
            (Some(_), Some(_)) => return Err(malformed()),
        };
        let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
        let target = Target::of(parts);
        let path = percent_decode_str(target.bare_path()).decode_utf8_lossy();
        Ok(Self { key, request: format!("{method} {path}") })
    }
}

fn malformed() -> Problem {
    Problem::bad_request(format!(
        "The header Idempotency-Key must be sent once, with 1 to {MAX_LENGTH} visible ASCII characters, in double quotes or bare."
    ))
}

/// The key itself: what stands between double quotes, or a bare one as it is.
fn read(value: &str) -> Option<String> {
    let value = value.trim();
    let key = match value.strip_prefix('"') {
        Some(rest) => unquoted(rest)?,
        // Half of a pair of quotes is a slip.
        None => Some(value.to_owned()).filter(|bare| !bare.contains('"'))?,
    };
    let fits = (1..=MAX_LENGTH).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(key)
}

/// A structured-field string after its opening quote.
fn unquoted(rest: &str) -> Option<String> {
    let mut key = String::with_capacity(rest.len());
    let mut characters = rest.chars();
    loop {
        match characters.next()? {
            '"' => return characters.next().is_none().then_some(key),
            '\\' => key.push(characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            plain => key.push(plain),
        }
    }
}

impl Key {
    /// The key as the store knows it.
    pub fn of(self, user_id: Id, body: &RawBody) -> Option<ClaimedKey> {
        let request = self.request;
        self.key.map(|key| ClaimedKey { lease: None, user_id, key, request, body_hash: body.hash() })
    }
}

impl App {
    /// Does `work` to its end, unless it was done before under this key. `takes_time`: the work runs code
    /// before it commits, so that the key is claimed beforehand; otherwise the work's own commit takes it.
    ///
    /// # Errors
    /// What the work is refused with; a 409 or 422 is kept under the key.
    pub async fn once<W, F>(&self, key: Option<ClaimedKey>, takes_time: bool, work: W) -> Result<Answer, Problem>
    where
        W: FnOnce(Self, Option<ClaimedKey>) -> F + Send + 'static,
        F: Future<Output = Result<Answer, Problem>> + Send,
    {
        self.to_its_end(async move |app: Self| {
            let Some(mut key) = key else { return work(app, None).await };
            if takes_time {
                match app.store().claim(&key, Time::now()).await? {
                    Claim::Claimed { lease } => key.lease = Some(lease),
                    Claim::Replay(answer) => return Ok(Answer { replayed: true, ..answer }),
                    Claim::OtherBody => return Err(Problem::key_reused()),
                    Claim::Running => return Err(Problem::key_taken()),
                }
            }
            fault::point("claimed");
            match work(app.clone(), Some(key.clone())).await {
                Ok(answer) => Ok(answer),
                Err(problem) => app.refused(key, problem).await,
            }
        })
        .await
    }

    /// Keeps a refusal under its key, or gives the key back. A key that nobody had claimed may turn out to
    /// have been answered before.
    async fn refused(&self, key: ClaimedKey, problem: Problem) -> Result<Answer, Problem> {
        let Some(answer) = problem.to_keep() else {
            if key.lease.is_some() {
                self.store().release(&key).await?;
            }
            return Err(problem);
        };
        let commit = Commit {
            now: Time::now(),
            actor: None,
            expect: Vec::new(),
            work: Work::Refuse(answer),
            key: Some(key),
            audit: Vec::new(),
        };
        let kept = self.store().commit(commit).await?;
        if kept.replayed { Ok(kept) } else { Err(problem) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_and_bare_keys_mean_the_same() {
        assert_eq!(read("abc-1"), read("\"abc-1\""));
        assert_eq!(read(r#""a\"b\\c""#), Some(r#"a"b\c"#.to_owned()));
        assert_eq!(read(&"x".repeat(255)).map(|key| key.len()), Some(255));
        let long = "x".repeat(256);
        for malformed in ["", "\"\"", "\"", "\"a", "\"a\"b", "a b", "\"a b\"", "æ", r#""a\b""#, "a\"", "a\"b", &long] {
            assert_eq!(read(malformed), None, "{malformed}");
        }
    }
}
