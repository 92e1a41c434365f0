//! Request bodies: read within their limits of size and time, as strict JSON, field by field.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use http_body_util::BodyExt;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{App, problem::Problem};
use crate::{
    api::{FieldError, Id, ProblemType},
    serve::strict_json::{self, Fault, MAX_INTEGER},
};

/// The largest body that is read.
pub const MAX_BODY: usize = 1 << 20;
/// Deep enough for anything that was read from the server to be sent back.
const MAX_DEPTH: usize = 64;
const NOT_AN_ID: &str = "must be a positive integer below 2^53";
/// As many mistakes as are worth telling of one body.
const MOST_ERRORS: usize = 20;
/// How much of a body that nobody wants is read away before the connection is given up, and for how long.
const DISCARD_AT_MOST: usize = 16 << 20;
const DISCARD_FOR: Duration = Duration::from_secs(5);

/// A request's body until somebody reads it. It outlives the handler: a connection that is closed on unread
/// bytes is reset, and the client would never see its answer.
#[derive(Clone)]
pub struct Unread(Arc<Mutex<Option<Body>>>);

impl Unread {
    /// Takes the body out of `request` and leaves a handle on it there.
    pub fn take_from(request: &mut Request) -> Self {
        let body = std::mem::take(request.body_mut());
        // A client that waits for leave to send its body has sent none yet.
        let waits = request.headers().contains_key(header::EXPECT);
        let unread = Self(Arc::new(Mutex::new(Some(body))));
        request.extensions_mut().insert(unread.clone());
        if waits { Self(Arc::default()) } else { unread }
    }

    fn take(&self) -> Option<Body> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Reads away what nobody read.
    pub async fn discard(&self) {
        if let Some(body) = self.take() {
            discard(body).await;
        }
    }
}

async fn discard(mut body: Body) {
    let all = async {
        let mut left = DISCARD_AT_MOST;
        while let Some(Ok(frame)) = body.frame().await {
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DISCARD_FOR, all).await;
}

/// The bytes of a body that says that it is JSON, or nothing that speaks against it.
#[derive(Debug)]
pub struct RawBody(pub Vec<u8>);

impl FromRequestParts<App> for RawBody {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        check_type(&parts.headers)?;
        check_length(&parts.headers)?;
        let body = parts.extensions.get::<Unread>().and_then(Unread::take).unwrap_or_default();
        let timeout = app.settings().body_timeout;
        let bytes = tokio::time::timeout(timeout, read(body)).await.map_err(|_| Problem::request_timeout())??;
        Ok(Self(bytes))
    }
}

async fn read(mut body: Body) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::bad_request("The request's body broke off: send it again."))?;
        let Some(data) = frame.data_ref() else { continue };
        if bytes.len() + data.len() > MAX_BODY {
            discard(body).await;
            return Err(Problem::too_large(MAX_BODY));
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes)
}

/// Does not wait for a body that says itself that it is too large.
fn check_length(headers: &HeaderMap) -> Result<(), Problem> {
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if declared.is_some_and(|length: u64| length > MAX_BODY as u64) {
        Err(Problem::too_large(MAX_BODY))
    } else {
        Ok(())
    }
}

/// Lets JSON pass, no type at all, and what curl says when it is told nothing.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let encoded = headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
    if encoded {
        return Err(Problem::unsupported_media_type("Send the body without a Content-Encoding."));
    }
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let content_type = content_type.to_str().unwrap_or("?").to_ascii_lowercase();
    let mut parts = content_type.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default();
    let is_json = matches!(media_type, "" | "application/json" | "text/json" | "application/x-www-form-urlencoded")
        || (media_type.starts_with("application/") && media_type.ends_with("+json"));
    let is_utf8 = parts.filter_map(|parameter| parameter.strip_prefix("charset=")).all(|charset| {
        let charset = charset.trim_matches('"');
        charset == "utf-8" || charset == "utf8"
    });
    if is_json && is_utf8 {
        Ok(())
    } else {
        Err(Problem::unsupported_media_type("Send the body as `application/json`, in UTF-8."))
    }
}

impl RawBody {
    /// SHA-256, byte for byte.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// The JSON object that it writes.
    ///
    /// # Errors
    /// 400 where it is not JSON; 422 where it is no object or not strict JSON.
    pub fn fields(&self) -> Result<Fields, Problem> {
        let text = std::str::from_utf8(&self.0)
            .map_err(|_| Problem::bad_request("The body is malformed: send JSON in UTF-8."))?;
        if text.trim().is_empty() {
            return Err(Problem::bad_request("The body is empty: send a JSON object."));
        }
        let document = strict_json::read(text, MAX_DEPTH)
            .map_err(|error| Problem::bad_request(format!("The body is not well-formed JSON: {error}.")))?;
        // A number that cannot be kept is for whoever takes the field to name: an id is not told of as a text is.
        let only_numbers = document.findings.iter().all(|finding| finding.fault == Fault::Number);
        let findings = document.findings.into_iter();
        let errors: Vec<FieldError> = findings
            .map(|finding| FieldError { pointer: finding.pointer, detail: finding.fault.to_string() })
            .collect();
        match document.value {
            Value::Object(object) if only_numbers => Ok(Fields { object, errors }),
            Value::Object(_) => Err(wrong(errors)),
            _ => Err(wrong(vec![FieldError { pointer: String::new(), detail: "must be a JSON object".to_owned() }])),
        }
    }
}

/// The fields of a body; what is wrong with them is collected and told together, one thing a place.
#[derive(Debug)]
pub struct Fields {
    object: Map<String, Value>,
    errors: Vec<FieldError>,
}

impl Fields {
    /// Takes a field; `null` is as good as none, unless it stands for a number that could not be kept.
    fn take(&mut self, name: &str) -> Option<Value> {
        let is_missing = self.is_missing(name);
        self.object.remove(name).filter(|_| !is_missing)
    }

    fn is_missing(&self, name: &str) -> bool {
        let pointer = pointer_to(name);
        self.object.get(name).is_none_or(Value::is_null) && self.errors.iter().all(|error| error.pointer != pointer)
    }

    /// Notes what is wrong with a field.
    pub fn wrong(&mut self, name: &str, detail: impl Into<String>) {
        self.wrong_at(pointer_to(name), detail);
    }

    fn wrong_at(&mut self, pointer: String, detail: impl Into<String>) {
        let detail = detail.into();
        if let Some(error) = self.errors.iter_mut().find(|error| error.pointer == pointer) {
            error.detail = detail;
        } else if self.errors.len() < MOST_ERRORS {
            self.errors.push(FieldError { pointer, detail });
        }
    }

    /// An optional string without NUL.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) if !text.contains('\0') => return Some(text),
            Value::String(_) => self.wrong(name, "must not contain the character NUL"),
            _ => self.wrong(name, "must be a string"),
        }
        None
    }

    /// A string that has to be there; where it is not, that is noted, and the answer means nothing.
    pub fn required_text(&mut self, name: &str) -> String {
        if self.is_missing(name) {
            self.wrong(name, "is missing: send a string");
            return String::new();
        }
        self.text(name).unwrap_or_default()
    }

    /// An optional string that is not blank and has at most so many characters.
    pub fn short_text(&mut self, name: &str, characters: usize) -> Option<String> {
        let text = self.text(name)?;
        if text.trim().is_empty() {
            self.wrong(name, "must not be blank: leave it out instead");
        } else if text.chars().count() > characters {
            self.wrong(name, format!("must have at most {characters} characters"));
        }
        Some(text)
    }

    /// An optional id.
    pub fn id(&mut self, name: &str) -> Option<Id> {
        let value = self.take(name)?;
        let id = as_id(&value);
        if id.is_none() {
            self.wrong(name, NOT_AN_ID);
        }
        id
    }

    /// An id that has to be there; where it is not, that is noted, and the answer means nothing.
    pub fn required_id(&mut self, name: &str) -> Id {
        if self.is_missing(name) {
            self.wrong(name, "is missing: send an id");
            return Id::default();
        }
        self.id(name).unwrap_or_default()
    }

    /// An optional list of users: their ids, or what was read of them where they take part.
    pub fn users(&mut self, name: &str) -> Vec<Id> {
        let Some(value) = self.take(name) else { return Vec::new() };
        let Value::Array(values) = value else {
            self.wrong(name, "must be an array of user ids");
            return Vec::new();
        };
        let mut ids = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            match as_id(value.get("user_id").unwrap_or(value)) {
                Some(id) => ids.push(id),
                None => self.wrong_at(format!("/{name}/{index}"), NOT_AN_ID),
            }
        }
        ids
    }

    /// An attribute that the path settles: may be sent, but must not contradict it.
    pub fn settled(&mut self, name: &str, id: Id) {
        if self.take(name).is_some_and(|value| as_id(&value) != Some(id)) {
            self.wrong(name, format!("contradicts the path, which says {id}"));
        }
    }

    /// Ends the reading: nothing may be left but `own`, the resource's attributes that cannot be set.
    ///
    /// # Errors
    /// 422 with all that was wrong.
    pub fn finish(mut self, own: &[&str]) -> Result<(), Problem> {
        let unknown = self.object.keys().filter(|name| !own.contains(&name.as_str()));
        let unknown: Vec<String> = unknown.take(MOST_ERRORS).cloned().collect();
        for name in unknown {
            self.wrong(&name, "is not a field of this resource: check its spelling, or leave it out");
        }
        if self.errors.is_empty() { Ok(()) } else { Err(wrong(self.errors)) }
    }
}

fn pointer_to(name: &str) -> String {
    format!("/{}", strict_json::escaped(name))
}

fn wrong(errors: Vec<FieldError>) -> Problem {
    let each = errors.iter().map(|error| match error.pointer.as_str() {
        "" => format!("the body {}", error.detail),
        pointer => format!("`{pointer}` {}", error.detail),
    });
    let detail = format!("The body is not what this route takes: {}.", each.collect::<Vec<_>>().join("; "));
    Problem::invalid(ProblemType::InvalidBody, detail, errors)
}

/// A positive integer below 2^53; `1.0` is one too.
fn as_id(value: &Value) -> Option<Id> {
    let whole = |double: &f64| double.fract() == 0.0 && double.abs() < 9e15;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    let id = value.as_i64().or_else(|| value.as_f64().filter(whole).map(|double| double as i64))?;
    (1..=MAX_INTEGER).contains(&id).then_some(id)
}

/// A body that has been read and its fields.
impl FromRequest<App> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, _) = request.into_parts();
        RawBody::from_request_parts(&mut parts, app).await?.fields()
    }
}
