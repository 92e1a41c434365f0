//! What an operator sets: the `[serve]`, `[approvals]` and `[sandbox]` tables of the config file.
//! Plain data with defaults; what the settings mean is decided in `serve`.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde::{Deserialize, Deserializer, de};

use super::{duration, size};

/// `[serve]`: where the server listens, what it keeps its data in, and how much one client may ask of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeSettings {
    pub listen: SocketAddr,
    /// Where `/metrics` is, on a listener of its own; `None`: nowhere.
    pub metrics_listen: Option<SocketAddr>,
    /// `sqlite:PATH`; `None`: `countersign.db` in the XDG data folder.
    pub database: Option<String>,
    /// Addresses whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// How long a client may take to send a request's head.
    #[serde(with = "duration")]
    pub header_timeout: Duration,
    /// How long a client may take to send a request's body.
    #[serde(with = "duration")]
    pub body_timeout: Duration,
    /// Requests a minute and token; 0: no limit.
    pub requests_per_minute: u32,
    /// Failed sign-ins a minute and address; 0: no limit.
    pub failed_sign_ins_per_minute: u32,
    /// Event streams that one user may hold open.
    pub streams_per_user: u32,
}

impl Default for ServeSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_listen: None,
            database: None,
            trusted_proxies: Vec::new(),
            header_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            requests_per_minute: 60_000,
            failed_sign_ins_per_minute: 600,
            streams_per_user: 8,
        }
    }
}

/// `[approvals]`: which changes need a person, and how strictly a decision is bound to what was seen.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApprovalSettings {
    /// Refuse approvals that carry no digest.
    pub require_digest: bool,
    /// Whoever wrote the code may not approve it.
    pub four_eyes: bool,
    /// How long an action waits for a decision.
    #[serde(with = "duration")]
    pub expire_after: Duration,
    /// How much of a record must be as the preview saw it.
    pub drift: Drift,
    /// What a later codeaction in the thread does to one that waits.
    pub supersede: Supersede,
    /// First match decides; none: approval is needed.
    pub rules: Vec<Rule>,
}

impl Default for ApprovalSettings {
    fn default() -> Self {
        Self {
            require_digest: false,
            four_eyes: false,
            expire_after: Duration::from_hours(7 * 24),
            drift: Drift::Record,
            supersede: Supersede::Overlap,
            rules: Vec::new(),
        }
    }
}

/// What counts as drift between preview and write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Drift {
    /// Any difference in a record that the plan changes.
    #[default]
    Record,
    /// Only a difference in a field that the plan changes.
    Fields,
}

/// Which waiting actions a later one replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Supersede {
    /// Those that change a record which the later one changes too.
    #[default]
    Overlap,
    /// All of the thread.
    Thread,
}

/// One `[[approvals.rules]]`: which changes it matches, and what it says of them. Absent conditions match all;
/// what it says has to be said, for a rule that is silent must not let everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `create`, `update`, `delete`, or a list of them.
    #[serde(default, deserialize_with = "operations")]
    pub operation: Option<OneOrMany>,
    pub object_type: Option<OneOrMany>,
    /// Matches only where nothing but these fields changes.
    pub fields: Option<Vec<String>>,
    /// A Python expression over `before` and `after`; one that fails means that approval is needed.
    pub when: Option<String>,
    /// Changes a UTC day and author that the rule lets through; the rest need approval.
    pub daily_limit: Option<u32>,
    pub needs_approval: bool,
}

/// A word or a list of words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "a word in quotes, or a list of such words")]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    /// Whether `word` is it or among them.
    #[must_use]
    pub fn contains(&self, word: &str) -> bool {
        match self {
            Self::One(only) => only == word,
            Self::Many(words) => words.iter().any(|each| each == word),
        }
    }
}

/// A misspelt operation would be a rule that never matches; so it is an error.
fn operations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OneOrMany>, D::Error> {
    let written = OneOrMany::deserialize(deserializer)?;
    let words = match &written {
        OneOrMany::One(word) => std::slice::from_ref(word),
        OneOrMany::Many(words) => words,
    };
    match words.iter().find(|word| !matches!(word.as_str(), "create" | "update" | "delete")) {
        Some(word) => Err(de::Error::custom(format!("`{word}` is no operation: there are create, update and delete"))),
        None => Ok(Some(written)),
    }
}

/// `[sandbox]`: what an action's code may use up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SandboxSettings {
    /// The program that runs the code; `None`: this one.
    pub worker: Option<PathBuf>,
    /// Runs at one time, half of them at most for one account; 0: two a core.
    pub workers: usize,
    /// Requests that may wait for a worker; more are answered with 503.
    pub queue: usize,
    /// Wall time of one run.
    #[serde(with = "duration")]
    pub run_timeout: Duration,
    /// Wall time of all runs of one request.
    #[serde(with = "duration")]
    pub request_timeout: Duration,
    /// Bytes that the code's values may take.
    #[serde(deserialize_with = "memory")]
    pub memory: usize,
    pub call_depth: usize,
    /// Calls of `records` in one run.
    pub host_calls: usize,
    /// Records that one run may change.
    pub changes: usize,
    /// Bytes that one run may print.
    #[serde(with = "size")]
    pub output: usize,
}

/// What an operator has to leave to the code: with much less no worker runs anything.
pub const LEAST_MEMORY: usize = 1 << 20;

/// Refuses what a number without its unit comes to.
fn memory<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    let bytes = size::deserialize(deserializer)?;
    if bytes < LEAST_MEMORY {
        let hint = if (1..1024).contains(&bytes) {
            format!(": write \"{bytes}MiB\" for {bytes} mebibytes")
        } else {
            String::new()
        };
        let least = LEAST_MEMORY >> 20;
        return Err(de::Error::custom(format!("a worker needs {least} MiB at least, this is {bytes} bytes{hint}")));
    }
    Ok(bytes)
}

impl Default for SandboxSettings {
    fn default() -> Self {
        Self {
            worker: None,
            workers: 0,
            queue: 64,
            run_timeout: Duration::from_secs(2),
            request_timeout: Duration::from_secs(8),
            memory: 64 << 20,
            call_depth: 200,
            host_calls: 1_000,
            changes: 500,
            output: 64 << 10,
        }
    }
}
