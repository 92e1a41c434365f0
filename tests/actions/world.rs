//! A desk on a real store with real workers, and a few people: ada and max may approve for the client, fia for
//! its provider; ben may not; robo is a bot; cleo belongs to another account.

use countersign::{
    api::{Id, Record, Time, UserKind},
    config::server::{ApprovalSettings, SandboxSettings},
    serve::{
        actions::{Desk, Refusal},
        model::{Answer, ThreadDraft, ThreadTarget, Viewer, token_hash},
        sandbox::Pool,
        store::{
            Role, Store,
            query::{Lookup, MessagePage, Paging, RecordDraft, TokenDraft, UserDraft},
        },
    },
};
use serde_json::Value;

use crate::support;

pub const CLIENT: Id = 1;
pub const PROVIDER: Id = 2;
const OTHER: Id = 3;

const PEOPLE: [(&str, UserKind, Id, bool); 6] = [
    ("ada", UserKind::Human, CLIENT, true),
    ("max", UserKind::Human, CLIENT, true),
    ("ben", UserKind::Human, CLIENT, false),
    ("fia", UserKind::Human, PROVIDER, true),
    ("robo", UserKind::Bot, CLIENT, false),
    ("cleo", UserKind::Human, OTHER, true),
];

pub struct World {
    pub store: Store,
    pub desk: Desk,
    pub thread: Id,
    folder: tempfile::TempDir,
    now: std::sync::atomic::AtomicI64,
}

impl World {
    pub async fn new() -> Self {
        Self::with("").await
    }

    /// `approvals`: the settings, as TOML.
    pub async fn with(approvals: &str) -> Self {
        Self::with_sandbox(approvals, support::settings()).await
    }

    pub async fn with_sandbox(approvals: &str, sandbox: SandboxSettings) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = format!("sqlite:{}", folder.path().join("world.db").display());
        let store = Store::open(&database, Role::Server).expect("a store");
        let start: Time = "2026-11-22T09:00:00Z".parse().expect("a time");
        for name in ["Client", "Provider", "Other"] {
            store.account_add(name, start).await.expect("an account");
        }
        store.account_link(CLIENT, PROVIDER, start).await.expect("a link");
        for (login, kind, account, can_approve) in PEOPLE {
            let user = UserDraft { login: login.to_owned(), name: login.to_owned(), kind };
            store.user_add(user, start).await.expect("a user");
            store.grant(login, account, Some(can_approve), start).await.expect("a grant");
        }
        let now = start.as_microseconds().into();
        let desk = desk(&store, approvals, sandbox);
        let mut world = Self { store, desk, thread: 0, folder, now };
        let target = ThreadTarget::New(ThreadDraft {
            client_account_id: CLIENT,
            provider_client_account_id: Some(PROVIDER),
            relation_type: Some("invoice".to_owned()),
            relation_id: Some(1),
            ..ThreadDraft::default()
        });
        let answer =
            world.desk.post(&world.viewer("robo").await, target, None, None, world.now()).await.expect("a thread");
        world.thread = json_of(&answer)["id"].as_i64().expect("an id");
        world
    }

    /// A second process's store on the same file, as `admin` opens it.
    pub fn beside(&self) -> Store {
        let database = format!("sqlite:{}", self.folder.path().join("world.db").display());
        Store::open(&database, Role::Operator).expect("a store")
    }

    /// The time, a second later than the last.
    pub fn now(&self) -> Time {
        Time::from_microseconds(self.now.fetch_add(1_000_000, std::sync::atomic::Ordering::Relaxed))
    }

    pub fn let_pass(&self, seconds: i64) {
        self.now.fetch_add(seconds * 1_000_000, std::sync::atomic::Ordering::Relaxed);
    }

    /// The user with a fresh token.
    pub async fn viewer(&self, login: &str) -> Viewer {
        use std::sync::atomic::{AtomicU64, Ordering};
        static TOKENS: AtomicU64 = AtomicU64::new(0);
        let hash = token_hash(&format!("{login} {}", TOKENS.fetch_add(1, Ordering::Relaxed)));
        let draft = TokenDraft { hash, scopes: None, expires_at: None };
        let now = Time::now();
        self.store.token_issue(login, draft, now).await.expect("a token");
        self.store.viewer(hash, now).await.expect("a store").expect("a viewer")
    }

    pub async fn try_post(&self, login: &str, text: &str) -> Result<Value, Refusal> {
        let viewer = self.viewer(login).await;
        let target = ThreadTarget::Existing(self.thread);
        let answer = self.desk.post(&viewer, target, Some(text.to_owned()), None, self.now()).await?;
        assert_eq!(answer.status, 201);
        Ok(json_of(&answer))
    }

    pub async fn post(&self, login: &str, text: &str) -> Value {
        self.try_post(login, text).await.expect("a post")
    }

    /// The last part of the type of the problem that a post runs into.
    pub async fn refused(&self, login: &str, text: &str) -> String {
        problem(self.try_post(login, text).await)
    }

    pub async fn try_edit(&self, login: &str, message: Id, text: &str) -> Result<Value, Refusal> {
        let viewer = self.viewer(login).await;
        let answer = self.desk.edit(&viewer, self.thread, message, text.to_owned(), None, self.now()).await?;
        assert_eq!(answer.status, 200);
        Ok(json_of(&answer))
    }

    pub async fn edit(&self, login: &str, message: Id, text: &str) -> Value {
        self.try_edit(login, message, text).await.expect("an edit")
    }

    /// A message as somebody is served it now.
    pub async fn message(&self, login: &str, id: Id) -> Value {
        let viewer = self.viewer(login).await;
        let now = Time::from_microseconds(self.now.load(std::sync::atomic::Ordering::Relaxed));
        match self.store.message(&viewer, self.thread, id, now).await.expect("a store") {
            Lookup::Found(message) => serde_json::from_str(&message.body).expect("json"),
            _ => panic!("no message {id}"),
        }
    }

    pub async fn messages(&self) -> Vec<Value> {
        let viewer = self.viewer("ada").await;
        let page = MessagePage::Page(Paging::default());
        match self.store.messages(&viewer, self.thread, page, self.now()).await.expect("a store") {
            Lookup::Found(listing) => serde_json::from_str(&listing.body.to_text()).expect("json"),
            _ => panic!("no thread"),
        }
    }

    pub async fn record(&self, record_type: &str, fields: Value) -> Id {
        self.import(record_type, None, fields).await
    }

    /// Changes a record behind the desk's back.
    pub async fn import(&self, record_type: &str, id: Option<Id>, fields: Value) -> Id {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        let draft = RecordDraft { record_type: record_type.to_owned(), id, fields };
        self.store.record_import(CLIENT, vec![draft], self.now()).await.expect("an import")[0]
    }

    /// All records of a type: their ids and fields.
    pub async fn records(&self, record_type: &str) -> Vec<(Id, Value)> {
        let records = self.store.record_list(CLIENT, Some(record_type), 0, 1_000).await.expect("a store");
        records.into_iter().map(|Record { id, fields, .. }| (id, Value::Object(fields))).collect()
    }

    pub async fn fields(&self, record_type: &str, id: Id) -> Value {
        let found = self.records(record_type).await;
        found.into_iter().find(|(found, _)| *found == id).map_or(Value::Null, |(_, fields)| fields)
    }

    /// Event and outcome of every audit row.
    pub async fn audit(&self) -> Vec<String> {
        let rows = self.store.audit_list(Some(CLIENT), 0, 1_000).await.expect("a store");
        let words = |row: &Value| {
            format!("{} {}", row["event"].as_str().unwrap_or_default(), row["outcome"].as_str().unwrap_or_default())
        };
        rows.iter().map(words).filter(|row| !row.starts_with("grant") && !row.starts_with("import")).collect()
    }
}

fn desk(store: &Store, approvals: &str, sandbox: SandboxSettings) -> Desk {
    let approvals: ApprovalSettings = toml::from_str(approvals).expect("settings");
    Desk::new(store.clone(), Pool::new(&sandbox), approvals)
}

pub fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).expect("json")
}

/// The last part of a refusal's type.
pub fn problem(refused: Result<Value, Refusal>) -> String {
    match refused.expect_err("a refusal") {
        Refusal::Forbidden { problem, .. } | Refusal::Conflict { problem, .. } | Refusal::Invalid { problem, .. } => {
            problem.slug().to_owned()
        }
        other => other.to_string(),
    }
}

/// A message with these codes in it.
pub fn code(codes: &[&str]) -> String {
    let blocks: Vec<String> =
        codes.iter().map(|code| format!("Look:\n```codeaction\n{}\n```\n", code.trim())).collect();
    blocks.concat()
}

pub const APPROVE: &str = "```approvecodeaction\n```";
pub const REJECT: &str = "```rejectcodeaction\n```";

pub fn id(message: &Value) -> Id {
    message["id"].as_i64().expect("an id")
}

/// The lines that bind a decision to a block of a message, as it was served.
pub fn binding(message: &Value, block: usize) -> String {
    let digest = message["actions"][block]["digest"].as_str().expect("a digest");
    format!("message_id: {}\ndigest: {digest}\nblock: {block}", id(message))
}

/// An approval of a block, bound to what was served.
pub fn approval(message: &Value, block: usize) -> String {
    format!("```approvecodeaction\n{}\n```", binding(message, block))
}

pub fn rejection(message: &Value, block: usize, reason: &str) -> String {
    format!("```rejectcodeaction\n{}\n{reason}\n```", binding(message, block))
}

pub fn statuses(message: &Value) -> Vec<&str> {
    let actions = message["actions"].as_array().expect("actions");
    actions.iter().map(|action| action["status"].as_str().expect("a status")).collect()
}

/// Some attributes of every item.
pub fn items(message: &Value, attributes: &[&str]) -> Value {
    let items = message["action_items"].as_array().expect("items");
    items.iter().map(|item| attributes.iter().map(|name| item[*name].clone()).collect::<Value>()).collect()
}
