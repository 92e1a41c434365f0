//! Calls as the mind asks for them, made through `net`, and their outcomes in the mind's words.

use std::time::Duration;

use crate::{
    api::{Id, Message, ProblemType, QueuedAction, Status, ThreadDetail, Time},
    app::{Answer, Call, Failure, FailureKind, Listing, Outcome},
    net::{ActionQuery, Client, Error, MessageWindow, REFUSED_TOKEN, ThreadQuery},
};

/// Threads of one page of the list.
const THREADS: u32 = 100;
/// Messages of one page of a thread.
const MESSAGES: u32 = 100;
/// Actions of one page of the queue, and how many pages are read.
const ACTIONS: u32 = 200;
const ACTION_PAGES: u32 = 25;
/// A day, wherever one is.
const LATELY: Duration = Duration::from_hours(48);
/// How far back a server without paging by id is asked for older messages, in pages.
const OLDER_PAGES: u32 = 10_000;

/// Makes one call.
pub async fn make(client: &Client, call: Call) -> Outcome {
    answer(client, call).await.map_err(|error| failure(&error))
}

async fn answer(client: &Client, call: Call) -> Result<Answer, Error> {
    Ok(match call {
        Call::Me => Answer::Me(client.me().await?),
        Call::People => Answer::People(client.users(None).await?),
        Call::Threads { listing, page } => {
            let found = client.threads(&query(*listing, page)).await?;
            Answer::Threads { items: found.items, has_next: found.has_next }
        }
        Call::Thread(id) => {
            let window = MessageWindow { per_page: Some(MESSAGES), ..MessageWindow::default() };
            let mut detail = client.thread(id, &window).await?;
            let is_full = u32::try_from(detail.messages.len()) == Ok(MESSAGES);
            // A server that does not say may have more than the page that it was asked for.
            detail.has_more_messages.get_or_insert(is_full);
            Answer::Thread(detail)
        }
        Call::Newer { thread, after } => {
            let window = MessageWindow { after: Some(after), limit: Some(MESSAGES), ..MessageWindow::default() };
            Answer::Thread(client.thread(thread, &window).await?)
        }
        Call::Edit { thread, message, text, revision } => {
            Answer::Posted(client.edit_message(thread, message, &text, revision).await?)
        }
        Call::Older { thread, before } => Answer::Thread(older(client, thread, before).await?),
        Call::Message { thread, message } => Answer::Message(message_of(client, thread, message).await?),
        Call::Waiting => Answer::Waiting(waiting(client).await?),
        Call::Decided { by } => Answer::Decided(decided(client, by).await?),
        // Told piece by piece, elsewhere.
        Call::Follow { .. } => Answer::Done,
        Call::Post { thread, text, key } => Answer::Posted(client.post_message(thread, &text, &key).await?),
        Call::CreateThread { new, key } => Answer::Thread(client.create_thread(&new, &key).await?),
        Call::MarkRead { thread, message } => {
            client.mark_read(thread, message).await?;
            Answer::Done
        }
        Call::Participants(thread) => Answer::Participants(client.participants(thread).await?),
        Call::AddParticipant { thread, user } => Answer::Participant(client.add_participant(thread, user).await?),
        Call::RemoveParticipant { thread, participant } => {
            client.remove_participant(thread, participant).await?;
            Answer::Done
        }
    })
}

/// A list's question as the API takes it.
fn query(listing: Listing, page: u32) -> ThreadQuery {
    let filter = listing.filter;
    ThreadQuery {
        client_account_id: filter.client_account,
        provider_client_account_id: filter.provider_account,
        relation_type: filter.relation_type,
        relation_id: filter.relation_id,
        free_text: listing.search,
        order_by: listing.order.parameter(),
        page: Some(page),
        per_page: Some(THREADS),
        awaiting_approval: filter.awaiting_approval,
        unread: filter.unread,
        participant_id: filter.participant,
    }
}

/// The messages before one. A server that knows no paging by id ignores the parameter and answers with the
/// newest: there the page is looked for that goes back far enough.
async fn older(client: &Client, thread: Id, before: Id) -> Result<ThreadDetail, Error> {
    let window = MessageWindow { before: Some(before), limit: Some(MESSAGES), ..MessageWindow::default() };
    let mut detail = client.thread(thread, &window).await?;
    let mut page = 2;
    while detail.messages.iter().any(|message| message.id >= before) && page <= OLDER_PAGES {
        detail.messages.retain(|message| message.id < before);
        if !detail.messages.is_empty() {
            break;
        }
        let window = MessageWindow { page: Some(page), per_page: Some(MESSAGES), ..MessageWindow::default() };
        detail = client.thread(thread, &window).await?;
        page += 1;
    }
    detail.messages.retain(|message| message.id < before);
    // Where nobody says, the next page that is asked for is empty at the beginning of the thread.
    detail.has_more_messages.get_or_insert(!detail.messages.is_empty());
    Ok(detail)
}

/// One message; from the thread's newest where the server does not give messages one by one.
async fn message_of(client: &Client, thread: Id, id: Id) -> Result<Message, Error> {
    match client.message(thread, id).await {
        Err(Error::Unsupported) => {
            let window = MessageWindow { per_page: Some(MESSAGES), ..MessageWindow::default() };
            let detail = client.thread(thread, &window).await?;
            detail.messages.into_iter().find(|message| message.id == id).ok_or(Error::Unsupported)
        }
        answer => answer,
    }
}

/// What somebody has decided in the last days, the newest decision first.
async fn decided(client: &Client, by: Id) -> Result<Vec<QueuedAction>, Error> {
    let earliest = Time::now().as_microseconds() - i64::try_from(LATELY.as_micros()).unwrap_or(i64::MAX);
    let mut all = Vec::new();
    for page in 1..=ACTION_PAGES {
        let query = ActionQuery {
            decided_by_id: Some(by),
            page: Some(page),
            per_page: Some(ACTIONS),
            ..ActionQuery::default()
        };
        let found = client.actions(&query).await?;
        let is_late = |row: &QueuedAction| row.action.decided_at.is_some_and(|at| at.as_microseconds() >= earliest);
        all.extend(found.items.into_iter().filter(is_late));
        if !found.has_next {
            break;
        }
    }
    all.sort_by_key(|row| std::cmp::Reverse((row.action.decided_at, row.message_id, row.action.block)));
    Ok(all)
}

/// All that awaits approval, oldest first.
async fn waiting(client: &Client) -> Result<Vec<QueuedAction>, Error> {
    let mut all = Vec::new();
    for status in [Status::AwaitingApproval, Status::Drifted] {
        for page in 1..=ACTION_PAGES {
            let query = ActionQuery {
                status: Some(status.as_str().to_owned()),
                page: Some(page),
                per_page: Some(ACTIONS),
                ..ActionQuery::default()
            };
            let found = client.actions(&query).await?;
            all.extend(found.items);
            if !found.has_next {
                break;
            }
        }
    }
    all.sort_by_key(|waiting| (waiting.message_id, waiting.action.block));
    Ok(all)
}

/// An error in the mind's words.
pub fn failure(error: &Error) -> Failure {
    let is_running = still_runs(error);
    let kind = match error {
        _ if is_running => FailureKind::Unreachable,
        Error::Unauthorized => FailureKind::SignedOut,
        Error::Forbidden { .. } => FailureKind::Forbidden,
        Error::NotFound { .. } => FailureKind::NotFound,
        Error::Conflict { .. } => FailureKind::Conflict,
        Error::Unsupported => FailureKind::Unsupported,
        Error::RateLimited { .. } | Error::Unavailable { .. } | Error::Network { .. } | Error::Garbage { .. } => {
            FailureKind::Unreachable
        }
        Error::Address(_) | Error::Refused { .. } | Error::Redirected { .. } | Error::TooLarge { .. } => {
            FailureKind::Refused
        }
    };
    Failure {
        kind,
        had_no_effect: error.had_no_effect() && !is_running,
        retry_after: error.retry_after(),
        words: words(error),
    }
}

/// What is said of an error inside the client, which has a way of its own to sign in.
pub fn words(error: &Error) -> String {
    match error {
        Error::Unauthorized => REFUSED_TOKEN.to_owned(),
        // The number helps nobody who sees what they wrote.
        Error::Refused { status: 422, .. } => error.to_string().replacen("refused (422): ", "", 1),
        other => other.to_string(),
    }
}

/// Whether the same request is being carried out already: what comes of it will be known in a moment.
fn still_runs(error: &Error) -> bool {
    let slug = ProblemType::IdempotencyKeyInUse.slug();
    matches!(error, Error::Conflict { problem } if problem.problem_type.ends_with(slug))
}

/// What every call comes to when nobody is signed in.
pub fn signed_out() -> Failure {
    Failure {
        kind: FailureKind::SignedOut,
        words: "nobody is signed in".to_owned(),
        had_no_effect: true,
        retry_after: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_inside_the_client_is_sent_out_of_it_to_sign_in() {
        for failure in [failure(&Error::Unauthorized), signed_out()] {
            assert_eq!(failure.kind, FailureKind::SignedOut);
            assert!(!failure.words.contains("countersign login"), "{}", failure.words);
        }
        assert!(Error::Unauthorized.to_string().contains("countersign login"), "outside they are");
    }
}
