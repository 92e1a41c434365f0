//! A small company to try the store on: three accounts, five users, a database that goes with it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::{
    api::{Id, Record, Status, Time, UserKind},
    config::server::Supersede,
    serve::{
        model::{
            Actor, Answer, Commit, CommitError, Decision, Expect, MessageDraft, Outcome, Post, ThreadDraft,
            ThreadTarget, Verdict, Viewer, Work, token_hash,
        },
        plan::{Plan, PlannedChange, Target},
        store::{
            Role, Store,
            query::{MessagePage, Paging, RecordDraft, ThreadQuery, TokenDraft, UserDraft},
        },
    },
};

pub struct World {
    pub store: Store,
    pub folder: TempDir,
    /// A client account of Ada's (approver) and Bo's; the firm is its provider.
    pub acme: Id,
    /// Cy's alone.
    pub other: Id,
    /// The provider; Fi's and the bot's.
    pub firm: Id,
    pub ada: Viewer,
    pub bo: Viewer,
    pub cy: Viewer,
    pub fi: Viewer,
    pub bot: Viewer,
}

/// Noon of some day, and seconds after it.
pub fn at(seconds: u64) -> Time {
    "2026-11-22T12:00:00Z".parse::<Time>().expect("a time").plus(Duration::from_secs(seconds))
}

fn post_by(author: &Viewer) -> Post {
    Post {
        thread: ThreadTarget::Existing(0),
        author_id: author.user_id,
        message: None,
        decision: None,
        supersede: Supersede::Overlap,
    }
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("test.db");
        let store = Store::open(&path.to_string_lossy(), Role::Server).expect("an empty database");
        let acme = store.account_add("Acme", at(0)).await.expect("an account");
        let other = store.account_add("Other", at(0)).await.expect("an account");
        let firm = store.account_add("Firm", at(0)).await.expect("an account");
        store.account_link(acme, firm, at(0)).await.expect("a link");
        let mut viewers = Vec::new();
        for (login, kind, account, approver) in [
            ("ada", UserKind::Human, acme, Some(true)),
            ("bo", UserKind::Human, acme, Some(false)),
            ("cy", UserKind::Human, other, None),
            ("fi", UserKind::Human, firm, None),
            ("bot", UserKind::Bot, firm, None),
        ] {
            let user = UserDraft { login: login.into(), name: format!("{login}'s name"), kind };
            store.user_add(user, at(0)).await.expect("a user");
            store.grant(login, account, approver, at(0)).await.expect("a grant");
            let token = TokenDraft { hash: token_hash(login), scopes: None, expires_at: None };
            store.token_issue(login, token, at(0)).await.expect("a token");
            viewers.push(store.viewer(token_hash(login), at(0)).await.expect("a store").expect("a viewer"));
        }
        let mut next = viewers.into_iter();
        let mut viewer = || next.next().expect("a viewer");
        let (ada, bo, cy, fi, bot) = (viewer(), viewer(), viewer(), viewer(), viewer());
        Self { store, folder, acme, other, firm, ada, bo, cy, fi, bot }
    }

    /// A thread of Acme's, by Ada, without messages.
    pub async fn thread(&self) -> Id {
        self.thread_with(ThreadDraft { client_account_id: self.acme, ..ThreadDraft::default() }, at(0)).await
    }

    pub async fn thread_with(&self, draft: ThreadDraft, now: Time) -> Id {
        let post = Post { thread: ThreadTarget::New(draft), message: None, ..post_by(&self.ada) };
        json_of(&self.commit(Work::Post(post), now).await.expect("a thread"))["id"].as_i64().expect("an id")
    }

    /// A plain message; gives what its author is answered.
    pub async fn say(&self, author: &Viewer, thread: Id, text: &str, now: Time) -> Value {
        let post = Self::post(author, thread, text);
        json_of(&self.commit(Work::Post(post), now).await.expect("a message"))
    }

    pub fn post(author: &Viewer, thread: Id, text: &str) -> Post {
        Post {
            thread: ThreadTarget::Existing(thread),
            message: Some(MessageDraft { raw: text.to_owned(), runs: Vec::new() }),
            ..post_by(author)
        }
    }

    /// A message with one codeaction for each of `runs`.
    pub fn propose(author: &Viewer, thread: Id, runs: Vec<(Plan, Outcome)>) -> Post {
        let mut first_item_id = 1;
        let mut raw = String::from("Look:");
        let mut drafts = Vec::new();
        for (block, (plan, outcome)) in (0..).zip(runs) {
            raw.push_str("\n```codeaction\nsecret_code()\n```");
            let items = u32::try_from(plan.changes.len()).expect("few");
            drafts.push(crate::serve::model::ActionRun {
                block,
                plan,
                first_item_id,
                outcome,
                output: "secret output".to_owned(),
            });
            first_item_id += items;
        }
        Post {
            thread: ThreadTarget::Existing(thread),
            message: Some(MessageDraft { raw, runs: drafts }),
            ..post_by(author)
        }
    }

    /// Posts one codeaction that waits; gives its message.
    pub async fn waiting(&self, author: &Viewer, thread: Id, plan: Plan, now: Time) -> Value {
        let post = Self::propose(author, thread, vec![(plan, waits(now))]);
        json_of(&self.commit(Work::Post(post), now).await.expect("a proposal"))
    }

    /// Decides block 0 of a message.
    pub fn decision(by: &Viewer, thread: Id, message: Id, verdict: Verdict) -> Post {
        let decision = Decision { message_id: message, block: 0, verdict };
        Post { decision: Some(decision), ..Self::post(by, thread, "```approvecodeaction\n```") }
    }

    pub async fn commit(&self, work: Work, now: Time) -> Result<Answer, CommitError> {
        self.commit_if(Vec::new(), work, now).await
    }

    pub async fn commit_if(&self, expect: Vec<Expect>, work: Work, now: Time) -> Result<Answer, CommitError> {
        let actor = Some(Actor { user_id: self.ada.user_id, token_id: self.ada.token_id });
        self.store.commit(Commit { now, actor, expect, work, key: None, audit: Vec::new() }).await
    }

    /// A thread as a viewer sees it.
    pub async fn see(&self, viewer: &Viewer, thread: Id, now: Time) -> Value {
        let page = MessagePage::Page(Paging::default());
        let found = self.store.thread(viewer, thread, page, now).await.expect("a store");
        match found {
            crate::serve::store::query::Lookup::Found(listing) => value(&listing.body.to_text()),
            other => panic!("{other:?}"),
        }
    }

    /// The ids of a list.
    pub async fn ids(&self, viewer: &Viewer, query: &ThreadQuery, now: Time) -> Vec<Id> {
        let listing = self.store.threads(viewer, query, now).await.expect("a store");
        value(&listing.body).as_array().expect("an array").iter().filter_map(|row| row["id"].as_i64()).collect()
    }

    /// Invoices of Acme's with these amounts; gives them as they are kept.
    pub async fn invoices(&self, amounts: &[i64]) -> Vec<Record> {
        let draft = |amount: &i64| RecordDraft {
            record_type: "invoice".into(),
            id: None,
            fields: fields(json!({ "amount": amount })),
        };
        let drafts = amounts.iter().map(draft).collect();
        self.store.record_import(self.acme, drafts, at(0)).await.expect("an import");
        self.store.record_list(self.acme, Some("invoice"), 0, 1_000).await.expect("records")
    }
}

pub fn value(body: &str) -> Value {
    serde_json::from_str(body).expect("JSON")
}

pub fn json_of(answer: &Answer) -> Value {
    value(&answer.body)
}

pub fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

/// An outcome that waits for a day.
pub fn waits(now: Time) -> Outcome {
    Outcome::Waits { expires_at: now.plus(Duration::from_hours(24)) }
}

/// Sets the amount of an invoice.
pub fn sets(record: &Record, amount: i64) -> Plan {
    let target = Target::Update { before: record.clone(), after: fields(json!({ "amount": amount })) };
    Plan { changes: vec![change("invoice", target)] }
}

pub fn change(record_type: &str, target: Target) -> PlannedChange {
    PlannedChange {
        record_type: record_type.into(),
        target,
        needs_approval: true,
        rule: "no rule matches".into(),
        references: BTreeMap::new(),
    }
}

/// The status of a message's first action.
pub fn status(message: &Value) -> Status {
    Status::from(message["actions"][0]["status"].as_str().expect("a status"))
}
