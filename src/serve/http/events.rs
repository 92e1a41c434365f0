//! `GET /chat/events`: what happens, as server-sent events, for one viewer's eyes. What the events are and in
//! which order, the store says; here they are handed on, as fast as the reader takes them or not at all.

use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequestParts, State},
    http::{HeaderName, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, timeout},
};

use super::{
    App,
    auth::{Reader, bearer},
    openapi::{Problems, StreamEvent, example_event},
    problem::Problem,
    query::NoQuery,
};
use crate::{
    api::{Id, Time},
    serve::{
        model::{StoreError, token_hash},
        store::{
            Store,
            query::{Event, Events},
        },
    },
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// A comment is sent when nothing else was for this long.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A lost account or a revoked token is noticed after this at the latest.
const LOOK_AGAIN: Duration = Duration::from_secs(4);
/// A reader that takes nothing for this long has gone.
const STUCK: Duration = Duration::from_mins(1);
/// A reader with more than this unsent is cut off; it can resume.
const MOST_UNSENT_EVENTS: usize = 1_000;
const MOST_UNSENT_BYTES: usize = 1 << 20;
/// Events read from the store at one time; as many may wait while a replay goes at the reader's pace.
const BATCH: usize = 100;

/// Open streams: how many each user has, and the word that all of them end.
#[derive(Debug)]
pub struct Streams {
    open: Mutex<HashMap<Id, u32>>,
    most: u32,
    ended: watch::Sender<bool>,
}

impl Streams {
    /// At most `most` streams a user; 0: no limit.
    pub fn new(most: u32) -> Self {
        Self { open: Mutex::default(), most, ended: watch::Sender::new(false) }
    }

    /// Ends every stream, now and from now on.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }

    /// How many there are.
    pub fn count(&self) -> i64 {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).values().copied().map(i64::from).sum()
    }

    fn enter(&self, user_id: Id) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(user_id).or_default();
        let fits = self.most == 0 || *count < self.most;
        if fits {
            *count += 1;
        }
        fits
    }

    fn leave(&self, user_id: Id) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&user_id) {
            *count -= 1;
            if *count == 0 {
                open.remove(&user_id);
            }
        }
    }
}

/// A place among a user's streams, given back when the stream ends.
struct Place {
    app: App,
    user_id: Id,
}

impl Place {
    fn take(app: &App, user_id: Id) -> Option<Self> {
        app.streams().enter(user_id).then(|| Self { app: app.clone(), user_id })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.app.streams().leave(self.user_id);
    }
}

/// Where a reader wants to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Now,
    After(i64),
    /// The id that was sent is none of ours.
    Unknown,
}

/// What a stream is opened with.
pub struct Opening {
    start: Start,
    token_hash: [u8; 32],
}

impl<S: Sync> FromRequestParts<S> for Opening {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let start = match parts.headers.get(LAST_EVENT_ID) {
            None => Start::Now,
            Some(id) => id.to_str().ok().and_then(|id| id.trim().parse().ok()).map_or(Start::Unknown, Start::After),
        };
        let token = bearer(&parts.headers).ok_or_else(Problem::unauthorized)?;
        Ok(Self { start, token_hash: token_hash(token) })
    }
}

/// What happens, as server-sent events
///
/// The first event is `ready`; then come all that concern what you may see, each with the object as `GET` gives it.
/// A comment comes every 15 seconds if nothing else does. The stream ends when the reader is too slow, or the token
/// is no longer valid.
#[utoipa::path(
    get, path = "/chat/events", operation_id = "follow_events", tag = "events",
    params(Opening),
    responses(
        (status = 200, description = "The stream; the schema is that of one event.", body = StreamEvent,
            content_type = "text/event-stream", example = json!(example_event())),
        Problems<(Reader, NoQuery, Opening)>,
    ),
)]
pub async fn follow(
    State(app): State<App>,
    Reader(viewer): Reader,
    _: NoQuery,
    opening: Opening,
) -> Result<Response, Problem> {
    let place = Place::take(&app, viewer.user_id).ok_or_else(|| {
        Problem::too_many_requests("You have too many event streams open: close one first.", LOOK_AGAIN.as_secs())
    })?;
    let unsent = Arc::new(Unsent::default());
    let (sender, receiver) = mpsc::unbounded_channel();
    let writer = Writer {
        store: app.store().clone(),
        token_hash: opening.token_hash,
        sender,
        unsent: Arc::clone(&unsent),
        position: 0,
        caught_up: false,
        last_sent: Instant::now(),
    };
    let ended = app.streams().ended.subscribe();
    tokio::spawn(async move {
        let _place = place;
        writer.run(opening.start, ended).await;
    });
    let body = futures_util::stream::unfold((receiver, unsent), |(mut receiver, unsent)| async move {
        let piece: Bytes = receiver.recv().await?;
        unsent.sent(piece.len());
        Some((Ok::<_, Infallible>(piece), (receiver, unsent)))
    });
    let kind = HeaderValue::from_static("text/event-stream");
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(body)).into_response())
}

/// What was written and not yet taken.
#[derive(Debug, Default)]
struct Unsent {
    events: AtomicUsize,
    bytes: AtomicUsize,
    taken: tokio::sync::Notify,
}

impl Unsent {
    fn written(&self, bytes: usize) {
        self.events.fetch_add(1, Ordering::AcqRel);
        self.bytes.fetch_add(bytes, Ordering::AcqRel);
    }

    fn sent(&self, bytes: usize) {
        self.events.fetch_sub(1, Ordering::AcqRel);
        self.bytes.fetch_sub(bytes, Ordering::AcqRel);
        self.taken.notify_one();
    }

    fn is_too_much(&self) -> bool {
        self.events.load(Ordering::Acquire) > MOST_UNSENT_EVENTS
            || self.bytes.load(Ordering::Acquire) > MOST_UNSENT_BYTES
    }

    /// Returns once little enough waits for a replay to go on; `false` when nothing is taken any more.
    async fn is_little(&self) -> bool {
        while self.events.load(Ordering::Acquire) >= BATCH || self.bytes.load(Ordering::Acquire) > MOST_UNSENT_BYTES / 2
        {
            if timeout(STUCK, self.taken.notified()).await.is_err() {
                return false;
            }
        }
        true
    }
}

/// Why a stream ends before its reader goes.
enum End {
    /// The token is no longer valid, or may no longer read.
    SignedOut,
    /// The reader takes too little.
    TooSlow,
    Store(StoreError),
}

impl From<StoreError> for End {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

struct Writer {
    store: Store,
    token_hash: [u8; 32],
    sender: mpsc::UnboundedSender<Bytes>,
    unsent: Arc<Unsent>,
    /// The last event that was looked at.
    position: i64,
    /// All that happened before the stream was opened has been sent.
    caught_up: bool,
    last_sent: Instant,
}

impl Writer {
    async fn run(mut self, start: Start, mut ended: watch::Receiver<bool>) {
        let reader_gone = self.sender.clone();
        tokio::select! {
            end = self.write(start) => match end {
                Ok(()) => {}
                Err(End::SignedOut) => tracing::debug!("an event stream ended: its token is no longer valid"),
                Err(End::TooSlow) => tracing::debug!("an event stream was cut off: its reader is too slow"),
                Err(End::Store(error)) => tracing::warn!(%error, "an event stream ended"),
            },
            () = reader_gone.closed() => {}
            _ = ended.wait_for(|ended| *ended) => {}
        }
    }

    async fn write(&mut self, start: Start) -> Result<(), End> {
        let mut wake_ups = self.store.wake_ups();
        self.open(start).await?;
        loop {
            wake_ups.borrow_and_update();
            while self.send_batch().await? {}
            self.caught_up = true;
            let _ = timeout(LOOK_AGAIN, wake_ups.changed()).await;
            if self.last_sent.elapsed() + LOOK_AGAIN >= HEARTBEAT {
                self.send(": still here\n\n".to_owned());
            }
        }
    }

    /// The first event, `ready`, and `reset` where the reader cannot go on from where it was.
    async fn open(&mut self, start: Start) -> Result<(), End> {
        let newest = self.store.newest_event().await?;
        let known = match start {
            Start::Now => None,
            Start::Unknown => Some(false),
            Start::After(id) => Some(matches!(self.events_after(id, 1).await?, Events::Some { .. })),
        };
        self.position = match (start, known) {
            (Start::After(id), Some(true)) => id,
            _ => newest,
        };
        self.send(text(self.position, "ready", "{}"));
        if known == Some(false) {
            self.send(text(self.position, "reset", "{}"));
        }
        Ok(())
    }

    /// What follows a place for whoever holds the token now.
    async fn events_after(&self, place: i64, limit: usize) -> Result<Events, End> {
        self.store.events_for(self.token_hash, place, limit, Time::now()).await?.ok_or(End::SignedOut)
    }

    /// Sends what comes next; whether there may be more.
    async fn send_batch(&mut self) -> Result<bool, End> {
        if !self.caught_up && !self.unsent.is_little().await {
            return Err(End::TooSlow);
        }
        match self.events_after(self.position, BATCH).await? {
            Events::Reset { next } => {
                self.position = next;
                self.send(text(next, "reset", "{}"));
                Ok(false)
            }
            Events::Some { events, next } => {
                let more = next > self.position;
                self.position = next;
                for event in without_repeated_resets(events) {
                    self.send(text(event.id, &event.kind, &event.data));
                    if self.caught_up && self.unsent.is_too_much() {
                        return Err(End::TooSlow);
                    }
                }
                Ok(more)
            }
        }
    }

    fn send(&mut self, piece: String) {
        self.last_sent = Instant::now();
        self.unsent.written(piece.len());
        // Fails only when the reader has gone, which ends the stream elsewhere.
        let _ = self.sender.send(Bytes::from(piece));
    }
}

/// Several grants at once make one `reset`: the last of a row of them.
fn without_repeated_resets(events: Vec<Event>) -> impl Iterator<Item = Event> {
    let mut events = VecDeque::from(events);
    std::iter::from_fn(move || {
        loop {
            let event = events.pop_front()?;
            let repeated = event.kind == "reset" && events.front().is_some_and(|next| next.kind == "reset");
            if !repeated {
                return Some(event);
            }
        }
    })
}

/// An event as it is sent. JSON holds no line breaks of its own.
fn text(id: i64, kind: &str, data: &str) -> String {
    format!("id: {id}\nevent: {kind}\ndata: {data}\n\n")
}
