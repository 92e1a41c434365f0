//! Live: when the server's event stream is opened, what it tells, and how that goes together with what is
//! asked for. What an event changes is for [`news`]; asking without a stream is `poll`'s.
//!
//! Requests and events are numbered by one counter. What was told after a request was made wins over its
//! answer, and is applied to that answer again; so the order in which the two arrive does not matter.

mod news;

use std::time::Duration;

use super::{
    Answer, Call, Effect, Failure, FailureKind, Link, Loading, Model, Moment, News, Outcome, RequestId, Timer,
    attention, link::came_online, model::Purpose, poll,
};
use crate::api::Id;

/// The longest pause before the stream is opened again.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The shortest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
/// A stream that lived that long was well.
const STEADY: Duration = Duration::from_secs(10);
/// The server says something every 15 seconds; after this the stream is as good as lost.
const SILENT_FOR: Duration = Duration::from_secs(40);
/// More events than this are not kept for an answer that does not come: everything is asked for anew.
const MOST_KEPT: usize = 4_096;

/// The event stream.
#[derive(Clone, Debug)]
pub struct Live {
    phase: Phase,
    /// The last event's id: where the next stream goes on from.
    last: Option<String>,
    failures: u32,
    opened_at: Moment,
    heard_at: Moment,
    /// The number from which on nothing was missed: what was asked for after it, and what was told since, is
    /// how things are.
    since: u64,
    /// What was told while requests are on their way, each with its number.
    kept: Vec<(u64, News)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Closed {
        retry_at: Moment,
    },
    /// Asked for. `resumes`: from where the last one ended.
    Opening {
        resumes: bool,
    },
    Ready,
    /// The server has none, for as long as the connection lasts.
    Absent,
}

impl Live {
    #[must_use]
    pub fn new(now: Moment) -> Self {
        let phase = Phase::Closed { retry_at: now };
        Self { phase, last: None, failures: 0, opened_at: now, heard_at: now, since: 0, kept: Vec::new() }
    }

    /// Whether the server tells what happens, so that nothing has to be asked for.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// Whether a request of this number was made before something was missed.
    #[must_use]
    pub(super) fn is_outdated(&self, number: u64) -> bool {
        number <= self.since
    }

    fn is_silent(&self, now: Moment) -> bool {
        // By the wall clock, which goes on while the machine sleeps.
        let silence = now.wall.as_microseconds() - self.heard_at.wall.as_microseconds();
        silence > i64::try_from(SILENT_FOR.as_micros()).unwrap_or(i64::MAX)
    }
}

/// Whether a thread is here as the server has it now.
pub fn is_current(model: &Model, id: Id) -> bool {
    let asked = model.conversations.get(&id).filter(|known| known.loading == Loading::Loaded).map(|known| known.asked);
    model.live.is_ready() && asked.is_some_and(|asked| !model.live.is_outdated(asked))
}

/// Opens the stream where there is none and it is time to; one that fell silent is given up first.
pub fn keep(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    if model.live.is_ready() && model.live.is_silent(model.now) {
        effects.extend(close(model));
    }
    let Phase::Closed { retry_at } = model.live.phase else { return effects };
    if model.now < retry_at || !matches!(model.link, Link::Online | Link::Connecting) {
        return effects;
    }
    let after = model.live.last.clone();
    model.live.phase = Phase::Opening { resumes: after.is_some() };
    model.live.opened_at = model.now;
    effects.push(model.request(Purpose::Follow, Call::Follow { after }));
    effects
}

/// Gives the stream up; it is opened again from where it was.
pub fn close(model: &mut Model) -> Vec<Effect> {
    if matches!(model.live.phase, Phase::Opening { .. } | Phase::Ready) {
        model.live.phase = Phase::Closed { retry_at: model.now };
    }
    let open: Vec<RequestId> =
        model.requests.iter().filter(|(_, purpose)| **purpose == Purpose::Follow).map(|(id, _)| *id).collect();
    for id in &open {
        model.requests.remove(id);
    }
    open.into_iter().map(Effect::Cancel).collect()
}

/// Somebody else may follow it now: it is opened from its beginning.
pub fn start_anew(model: &mut Model) -> Vec<Effect> {
    let mut effects = close(model);
    model.live = Live::new(model.now);
    effects.extend(missed(model));
    effects
}

/// A new connection: the server may have a stream now.
pub fn connection_is_new(model: &mut Model) {
    if model.live.phase == Phase::Absent {
        model.live.phase = Phase::Closed { retry_at: model.now };
    }
}

/// The stream has ended, or there was none.
pub fn ended(model: &mut Model, outcome: &Outcome) -> Vec<Effect> {
    match outcome {
        Ok(Answer::Done) | Err(Failure { kind: FailureKind::Unreachable | FailureKind::SignedOut, .. }) => {}
        _ => {
            let was_open = std::mem::replace(&mut model.live.phase, Phase::Absent) == Phase::Ready;
            return if was_open { poll::soon() } else { Vec::new() };
        }
    }
    let was_open = model.live.is_ready();
    let was_well = was_open && model.now.since(model.live.opened_at) >= STEADY;
    model.live.failures = if was_well { 0 } else { model.live.failures.saturating_add(1) };
    let full = SHORTEST_PAUSE.saturating_mul(2_u32.saturating_pow(model.live.failures)).min(LONGEST_PAUSE);
    let asked = outcome.as_ref().err().and_then(|failure| failure.retry_after).unwrap_or_default();
    let pause = jittered(full, model.now).max(asked);
    model.live.phase = Phase::Closed { retry_at: model.now.plus(pause) };
    // Until then the server is asked, as it was while the stream was being opened.
    let mut effects = if was_open { poll::soon() } else { Vec::new() };
    effects.push(Effect::Wake { timer: Timer::Follow, after: pause });
    effects
}

/// Between a half and the whole of it: clients that lost a server together do not come back together. By the
/// clock's dust, for want of dice.
pub fn jittered(full: Duration, now: Moment) -> Duration {
    let dust = u32::try_from(now.wall.as_microseconds().rem_euclid(1000)).unwrap_or(0);
    full / 2 + full * dust / 2000
}

/// The stream told something.
pub fn heard(model: &mut Model, id: RequestId, last: Option<String>, news: Vec<News>) -> Vec<Effect> {
    if model.requests.get(&id) != Some(&Purpose::Follow) {
        return Vec::new();
    }
    model.live.heard_at = model.now;
    let mut effects = if model.link == Link::Connecting { came_online(model) } else { Vec::new() };
    for news in news {
        effects.extend(match news {
            News::Ready => ready(model),
            News::Reset => missed(model),
            news => told(model, news),
        });
    }
    effects.extend(attention::news(model));
    if last.is_some() {
        model.live.last = last;
    }
    effects
}

fn ready(model: &mut Model) -> Vec<Effect> {
    let resumes = matches!(model.live.phase, Phase::Opening { resumes: true });
    model.live.phase = Phase::Ready;
    if resumes { poll::soon() } else { missed(model) }
}

/// What is known may be wrong: all of it is asked for anew.
fn missed(model: &mut Model) -> Vec<Effect> {
    model.counter += 1;
    model.live.since = model.counter;
    model.live.kept.clear();
    model.people_at = None;
    // The pages after the first are loaded again as one scrolls.
    model.threads.pages = model.threads.pages.min(1);
    let mut effects = poll::soon();
    if !model.lacks.me {
        effects.push(model.request(Purpose::Me, Call::Me));
    }
    effects
}

fn told(model: &mut Model, news: News) -> Vec<Effect> {
    let effects = news::apply(model, &news);
    model.counter += 1;
    let oldest = model.requests.iter().find(|(_, purpose)| is_question(purpose)).map(|(id, _)| id.0);
    match oldest {
        Some(oldest) => model.live.kept.retain(|(number, _)| *number > oldest),
        None => model.live.kept.clear(),
    }
    if oldest.is_some() {
        model.live.kept.push((model.counter, news));
    }
    if model.live.kept.len() > MOST_KEPT { missed(model) } else { effects }
}

/// Whether an answer to it would say how something stands.
fn is_question(purpose: &Purpose) -> bool {
    matches!(purpose, Purpose::Threads { .. } | Purpose::Thread(_) | Purpose::Members(_) | Purpose::Queue)
}

/// The answer to a request was taken in: what was told since the request was made goes over it.
pub fn told_since(model: &mut Model, id: RequestId, purpose: &Purpose) -> Vec<Effect> {
    let kept = std::mem::take(&mut model.live.kept);
    let later = kept.iter().filter(|(number, news)| *number > id.0 && news::concerns(news, purpose));
    let effects = later.flat_map(|(_, news)| news::apply(model, news)).collect();
    model.live.kept = kept;
    effects
}
