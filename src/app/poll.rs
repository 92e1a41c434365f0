//! What is asked of the server, and when. Where the server tells what happens, only what is missing; else every
//! couple of seconds while somebody is at the keyboard, more seldom when not. Backs off while it can't be reached.

use std::time::Duration;

use super::{Call, Effect, Link, Model, Progress, Timer, live, model::Purpose, review, signing_in, update::fetch};
use crate::api::Id;

const ACTIVE: Duration = Duration::from_secs(2);
const IDLE: Duration = Duration::from_secs(10);
const ASLEEP: Duration = Duration::from_secs(30);
/// Without a key for that long somebody counts as idle.
const IDLE_AFTER: Duration = Duration::from_mins(1);
const ASLEEP_AFTER: Duration = Duration::from_mins(10);
/// How old the open thread may get when the list does not say that it changed.
const THREAD_STALE: Duration = Duration::from_secs(15);
/// How often names are asked for anew.
const PEOPLE_STALE: Duration = Duration::from_mins(5);

/// Whether nobody has been at the keyboard for a while.
pub fn is_idle(model: &Model) -> bool {
    model.now.since(model.active_at) >= IDLE_AFTER
}

/// Ask for news now.
pub fn soon() -> Vec<Effect> {
    vec![Effect::Wake { timer: Timer::Poll, after: Duration::ZERO }]
}

/// Time to ask for news.
pub fn tick(model: &mut Model) -> Vec<Effect> {
    let mut effects = live::keep(model);
    let told = model.live.is_ready();
    if !told || model.threads.stale || model.live.is_outdated(model.threads.asked) {
        effects.extend(first_threads(model));
    }
    if matches!(model.link, Link::Online | Link::Connecting) {
        effects.extend(background(model));
        if let Some(id) = model.open.filter(|id| wants_fetching(model, *id)) {
            effects.extend(fetch(model, id));
        }
        effects.extend(review::poll(model));
    }
    effects.extend(interval(model).map(|after| Effect::Wake { timer: Timer::Poll, after }));
    effects
}

/// The first page of the list.
fn first_threads(model: &mut Model) -> Vec<Effect> {
    let listing = Box::new(model.threads.listing.clone());
    let first_page = Purpose::Threads { listing: listing.clone(), page: 1 };
    if model.awaits(&first_page) {
        return Vec::new();
    }
    model.threads.stale = false;
    vec![model.request(first_page, Call::Threads { listing, page: 1 })]
}

/// Who one is, who the others are, what waits.
fn background(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.me.is_none() && !model.lacks.me && !model.awaits(&Purpose::Me) {
        effects.push(model.request(Purpose::Me, Call::Me));
    }
    let told = model.live.is_ready();
    let stale = model.people_at.is_none_or(|at| !told && model.now.since(at) >= PEOPLE_STALE);
    if stale && !model.lacks.people && !model.awaits(&Purpose::People) {
        effects.push(model.request(Purpose::People, Call::People));
    }
    let known = told && !model.live.is_outdated(model.queue.asked);
    if !known && !model.lacks.queue && !model.awaits(&Purpose::Queue) {
        effects.push(model.request(Purpose::Queue, Call::Waiting));
    }
    effects
}

/// `F5`: everything that is on the screen, now.
pub fn everything(model: &mut Model) -> Vec<Effect> {
    model.people_at = None;
    let mut effects = tick(model);
    effects.extend(first_threads(model));
    if let Some(id) = model.open.filter(|id| !model.awaits(&Purpose::Thread(*id))) {
        effects.push(model.request(Purpose::Thread(id), Call::Thread(id)));
    }
    effects.push(model.say("Asking the server…", false));
    effects
}

/// Whether the open thread may have changed since it was fetched.
pub fn wants_fetching(model: &Model, id: Id) -> bool {
    if model.live.is_ready() {
        return !live::is_current(model, id);
    }
    let Some(conversation) = model.conversations.get(&id) else { return true };
    let Some(fetched_at) = conversation.fetched_at else { return true };
    match (model.threads.get(id), &conversation.thread) {
        (Some(listed), Some(known)) if listed.updated_at.is_some() => {
            listed != known || model.now.since(fetched_at) >= THREAD_STALE
        }
        // A server that does not say when a thread changed, or a thread outside the list.
        _ => true,
    }
}

/// The pause until the next question; `None`: there is nothing to ask.
fn interval(model: &Model) -> Option<Duration> {
    if let Link::Offline { retry_at, .. } = &model.link {
        return Some(retry_at.since(model.now).max(Duration::from_millis(100)));
    }
    if matches!(model.link, Link::SignedOut { .. }) {
        return Some(IDLE);
    }
    let looking = model.decisions.checking().next().is_some();
    if model.live.is_ready() {
        return looking.then_some(ACTIVE);
    }
    let quiet = model.now.since(model.active_at);
    let pressing = model.review.is_some() || looking;
    Some(match quiet {
        _ if pressing && quiet < ASLEEP_AFTER => ACTIVE,
        quiet if quiet < IDLE_AFTER => ACTIVE,
        quiet if quiet < ASLEEP_AFTER => IDLE,
        _ => ASLEEP,
    })
}

/// The page of threads after the last.
pub fn next_threads(model: &mut Model) -> Vec<Effect> {
    model.threads.loading_next = true;
    let (listing, page) = (Box::new(model.threads.listing.clone()), model.threads.pages + 1);
    let purpose = Purpose::Threads { listing: listing.clone(), page };
    vec![model.request(purpose, Call::Threads { listing, page })]
}

/// Sends the oldest message of a thread that waits to be sent, unless one is under way: they arrive in order.
pub fn send_next(model: &mut Model, thread: Id) -> Vec<Effect> {
    if !matches!(model.link, Link::Online | Link::Connecting) || signing_in::is_anybody(model) {
        return Vec::new();
    }
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    if conversation.outgoing.iter().any(|outgoing| outgoing.progress == Progress::Sending) {
        return Vec::new();
    }
    let waiting = conversation.outgoing.iter_mut().find(|outgoing| outgoing.progress == Progress::Waiting);
    let Some(outgoing) = waiting else { return Vec::new() };
    outgoing.progress = Progress::Sending;
    let (key, text) = (outgoing.key.clone(), outgoing.text.clone());
    let purpose = Purpose::Send { thread, key: key.clone() };
    vec![model.request(purpose, Call::Post { thread, text, key })]
}
