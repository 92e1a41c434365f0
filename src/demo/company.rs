//! The demo's accounts, people and records, as `assets/demo/company.toml` has them.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::DemoError;
use crate::serve::store::query::RecordDraft;

const FILE: &str = "company.toml";
const TEXT: &str = include_str!("../../assets/demo/company.toml");

/// Every file of records that the company may name.
const RECORDS: [(&str, &str); 2] = [
    ("records/nordlys.jsonl", include_str!("../../assets/demo/records/nordlys.jsonl")),
    ("records/havblikk.jsonl", include_str!("../../assets/demo/records/havblikk.jsonl")),
];

/// Who there is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// The key of the account that serves all others.
    pub provider: String,
    /// The login of the user whom the client is signed in as.
    pub signed_in: String,
    pub accounts: Vec<Account>,
    pub users: Vec<User>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What the other files call it.
    pub key: String,
    pub name: String,
    /// A file of JSON lines, as `admin record import` takes them.
    pub records: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    pub login: String,
    pub name: String,
    #[serde(default)]
    pub bot: bool,
    /// Keys of the accounts.
    pub accounts: Vec<String>,
    /// `None`: as it is by default for a person or a bot.
    pub approver: Option<bool>,
}

/// A line of a file of records.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(rename = "type")]
    record_type: String,
    fields: Map<String, Value>,
}

impl Company {
    pub fn read() -> Result<Self, DemoError> {
        parse_toml(FILE, TEXT)
    }
}

impl Account {
    /// The records that the account starts with.
    pub fn records(&self) -> Result<Vec<RecordDraft>, DemoError> {
        let Some(name) = &self.records else { return Ok(Vec::new()) };
        let known = RECORDS.iter().find(|(file, _)| file == name);
        let (file, text) = known.ok_or_else(|| DemoError::Data { file: FILE, what: format!("no file {name}") })?;
        let draft = |line: &str| {
            let line: Line =
                serde_json::from_str(line).map_err(|error| DemoError::Data { file, what: error.to_string() })?;
            Ok(RecordDraft { record_type: line.record_type, id: None, fields: line.fields })
        };
        text.lines().map(draft).collect()
    }
}

pub(super) fn parse_toml<T: DeserializeOwned>(file: &'static str, text: &str) -> Result<T, DemoError> {
    toml::from_str(text).map_err(|error| DemoError::Data { file, what: error.to_string() })
}
