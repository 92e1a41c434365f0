//! Fills an empty server with the demo company. Accounts and records are made as an operator makes them; all
//! that is said and done in the threads goes over the same desk as a request does, only at an earlier time.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use super::{
    DemoError,
    company::{Account, Company, User},
    script::{Head, Post, Script},
};
use crate::{
    api::{Id, Posted, ThreadDetail, Time, UserKind},
    config::server::{ApprovalSettings, SandboxSettings},
    serve::{
        actions::Desk,
        admin,
        model::{Actor, Answer, Commit, ThreadDraft, ThreadTarget, Viewer, Work, token_hash},
        sandbox::Pool,
        store::{
            Store,
            query::{TokenDraft, UserDraft},
        },
    },
};

/// How long before its first post the company was founded.
const HEAD_START: Duration = Duration::from_hours(24);

/// Makes the company and lets it live through its scripts; gives everybody's token by login.
pub(super) async fn fill(
    store: &Store,
    company: &Company,
    scripts: &[Script],
) -> Result<BTreeMap<String, String>, DemoError> {
    let now = Time::now();
    let first = scripts.iter().flat_map(|script| &script.posts).map(|post| post.age).max().unwrap_or_default();
    let (world, tokens) = World::found(store, company, now.minus(first + HEAD_START)).await?;
    let ends = world.live_through(scripts, now).await?;
    for (script, end) in scripts.iter().zip(ends) {
        world.mark_read(&company.signed_in, script, &end, now).await?;
    }
    Ok(tokens)
}

/// The company as it stands in the store.
struct World<'a> {
    store: &'a Store,
    desk: Desk,
    provider: Id,
    /// By key.
    accounts: HashMap<&'a str, Id>,
    /// By login.
    people: HashMap<&'a str, Viewer>,
}

/// A thread on its way through its script.
#[derive(Default)]
struct Progress {
    thread: Option<Id>,
    /// The newest message after each post.
    newest: Vec<Id>,
}

impl<'a> World<'a> {
    /// Makes accounts, records, people and their tokens.
    async fn found(
        store: &'a Store,
        company: &'a Company,
        now: Time,
    ) -> Result<(Self, BTreeMap<String, String>), DemoError> {
        let mut accounts = HashMap::new();
        for account in &company.accounts {
            accounts.insert(account.key.as_str(), make_account(store, account, now).await?);
        }
        let account = |key: &str| accounts.get(key).copied().ok_or_else(|| unknown("account", key));
        let provider = account(&company.provider)?;
        for client in company.accounts.iter().filter(|account| account.key != company.provider) {
            store.account_link(account(&client.key)?, provider, now).await?;
        }
        let mut people = HashMap::new();
        let mut tokens = BTreeMap::new();
        for user in &company.users {
            let token = make_user(store, user, &accounts, now).await?;
            let viewer = store.viewer(token_hash(&token), now).await?;
            people.insert(user.login.as_str(), viewer.ok_or_else(|| unknown("token of", &user.login))?);
            tokens.insert(user.login.clone(), token);
        }
        // Only while the company is made up: the server has workers of its own.
        let pool = Pool::new(&SandboxSettings { workers: 1, ..SandboxSettings::default() });
        let desk = Desk::new(store.clone(), pool, ApprovalSettings::default());
        Ok((Self { store, desk, provider, accounts, people }, tokens))
    }

    /// Posts all that the scripts say, in the order of time.
    async fn live_through(&self, scripts: &[Script], now: Time) -> Result<Vec<Progress>, DemoError> {
        let mut progress: Vec<Progress> = scripts.iter().map(|_| Progress::default()).collect();
        let mut posts: Vec<(usize, &Post)> = Vec::new();
        for (at, script) in scripts.iter().enumerate() {
            posts.extend(script.posts.iter().map(|post| (at, post)));
        }
        posts.sort_by_key(|(_, post)| std::cmp::Reverse(post.age));
        for (at, post) in posts {
            self.say(&scripts[at], post, &mut progress[at], now.minus(post.age)).await?;
        }
        Ok(progress)
    }

    async fn say(&self, script: &Script, post: &Post, progress: &mut Progress, at: Time) -> Result<(), DemoError> {
        let wrong = |what: String| DemoError::Data { file: script.file, what };
        let author = self.person(&post.login)?;
        let text = Some(post.text.clone());
        let target = match progress.thread {
            Some(thread) => ThreadTarget::Existing(thread),
            None => ThreadTarget::New(self.thread(&script.head).await.map_err(|error| wrong(error.to_string()))?),
        };
        let answer = self.desk.post(author, target, text, None, at).await;
        let answer = answer.map_err(|refusal| wrong(format!("{} was refused: {refusal}", post.login)))?;
        let read = if progress.thread.is_none() { read_thread(&answer) } else { read_message(&answer) };
        let (thread, newest) = read.map_err(|error| wrong(error.to_string()))?;
        progress.thread = progress.thread.or(thread);
        progress.newest.push(newest);
        Ok(())
    }

    async fn thread(&self, head: &Head) -> Result<ThreadDraft, DemoError> {
        let account = self.accounts.get(head.account.as_str()).copied();
        let client_account_id = account.ok_or_else(|| unknown("account", &head.account))?;
        let mut relation = (None, None);
        if let Some(mut fields) = head.about.clone() {
            let record_type =
                fields.remove("type").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
            let (found, _) = self.store.find(client_account_id, &record_type, &fields).await?;
            let found = found.first().ok_or_else(|| unknown("record", &record_type))?;
            relation = (Some(record_type), Some(found.record.id));
        }
        let participants = head.participants.iter().map(|login| Ok(self.person(login)?.user_id));
        Ok(ThreadDraft {
            client_account_id,
            provider_client_account_id: Some(self.provider),
            relation_type: relation.0,
            relation_id: relation.1,
            subject: Some(head.subject.clone()),
            participants: participants.collect::<Result<_, DemoError>>()?,
        })
    }

    /// Leaves the script's unread posts, and what follows them, unread.
    async fn mark_read(&self, login: &str, script: &Script, end: &Progress, now: Time) -> Result<(), DemoError> {
        let user = self.person(login)?;
        let read = end.newest.len().checked_sub(script.head.unread + 1).and_then(|at| end.newest.get(at));
        let (Some(thread_id), Some(message_id)) = (end.thread, read) else { return Ok(()) };
        let commit = Commit {
            now,
            actor: Some(Actor { user_id: user.user_id, token_id: user.token_id }),
            expect: Vec::new(),
            work: Work::MarkRead { thread_id, user_id: user.user_id, message_id: *message_id },
            key: None,
            audit: Vec::new(),
        };
        self.store.commit(commit).await?;
        Ok(())
    }

    fn person(&self, login: &str) -> Result<&Viewer, DemoError> {
        self.people.get(login).ok_or_else(|| unknown("user", login))
    }
}

async fn make_account(store: &Store, account: &Account, now: Time) -> Result<Id, DemoError> {
    let id = store.account_add(&account.name, now).await?;
    let records = account.records()?;
    if !records.is_empty() {
        store.record_import(id, records, now).await?;
    }
    Ok(id)
}

/// Makes a user who is eligible for their accounts; gives a token.
async fn make_user(store: &Store, user: &User, accounts: &HashMap<&str, Id>, now: Time) -> Result<String, DemoError> {
    let kind = if user.bot { UserKind::Bot } else { UserKind::Human };
    store.user_add(UserDraft { login: user.login.clone(), name: user.name.clone(), kind }, now).await?;
    for key in &user.accounts {
        let account = accounts.get(key.as_str()).copied().ok_or_else(|| unknown("account", key))?;
        store.grant(&user.login, account, user.approver, now).await?;
    }
    let token = admin::new_token()?;
    store
        .token_issue(&user.login, TokenDraft { hash: token_hash(&token), scopes: None, expires_at: None }, now)
        .await?;
    Ok(token)
}

/// The thread that an answer made, and its newest message.
fn read_thread(answer: &Answer) -> serde_json::Result<(Option<Id>, Id)> {
    let made: ThreadDetail = serde_json::from_str(&answer.body)?;
    Ok((Some(made.thread.id), made.messages.last().map_or(0, |message| message.id)))
}

/// The newest message that an answer tells of.
fn read_message(answer: &Answer) -> serde_json::Result<(Option<Id>, Id)> {
    let posted: Posted = serde_json::from_str(&answer.body)?;
    Ok((None, posted.results.last().map_or(posted.message.id, |result| result.id)))
}

fn unknown(what: &str, name: &str) -> DemoError {
    DemoError::Data { file: "company.toml", what: format!("there is no {what} {name}") }
}
