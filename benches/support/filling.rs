//! Puts conversations into a database through the store's own commits, many in flight.

use countersign::{
    api::Time,
    config::server::Supersede,
    serve::{
        model::{Commit, MessageDraft, Post, ThreadDraft, ThreadTarget, Work},
        store::{Role, Store},
    },
};

use super::{corpus, load::Failure};

/// Commits in flight.
const IN_FLIGHT: usize = 256;

type Filling = tokio::task::JoinSet<Result<(), String>>;

/// Fills threads of `per_thread` messages one after the other, `messages` in all; `text` makes each.
pub async fn fill(database: &str, messages: u64, per_thread: u64, text: fn(u64) -> String) -> Result<(), Failure> {
    let store = Store::open(database, Role::Server)?;
    let mut work = Filling::new();
    for thread in 0..messages / per_thread {
        let draft =
            ThreadDraft { client_account_id: 1, subject: Some(corpus::subject(thread)), ..ThreadDraft::default() };
        post(&mut work, &store, ThreadTarget::New(draft), None).await?;
    }
    drain(&mut work).await?;
    for number in 0..messages {
        let thread = i64::try_from(number / per_thread + 1)?;
        post(&mut work, &store, ThreadTarget::Existing(thread), Some(text(number))).await?;
    }
    drain(&mut work).await?;
    store.close().await;
    Ok(())
}

async fn post(work: &mut Filling, store: &Store, thread: ThreadTarget, text: Option<String>) -> Result<(), Failure> {
    let store = store.clone();
    work.spawn(async move {
        let message = text.map(|raw| MessageDraft { raw, runs: Vec::new() });
        let post = Post { thread, author_id: 1, message, decision: None, supersede: Supersede::default() };
        let (actor, expect, audit) = (None, Vec::new(), Vec::new());
        let commit = Commit { now: Time::now(), actor, expect, work: Work::Post(post), key: None, audit };
        store.commit(commit).await.map(drop).map_err(|error| error.to_string())
    });
    while work.len() >= IN_FLIGHT {
        work.join_next().await.ok_or("nothing in flight")???;
    }
    Ok(())
}

async fn drain(work: &mut Filling) -> Result<(), Failure> {
    while let Some(done) = work.join_next().await {
        done??;
    }
    Ok(())
}
