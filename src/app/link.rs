//! What the server's answers say about the connection: lost, there again, or not for this token.

use std::time::Duration;

use super::{Effect, Failure, FailureKind, Link, Model, Outcome, RequestId, Timer, live, model::Lacks, outgoing, poll};

/// Failures after which the pause does not get longer.
const MOST_FAILURES: u32 = 5;
/// The pause after the first.
const FIRST_PAUSE: Duration = Duration::from_secs(2);

/// What an answer says about the connection.
pub fn told(model: &mut Model, id: RequestId, outcome: &Outcome) -> Vec<Effect> {
    let failure = outcome.as_ref().err();
    match failure.map(|failure| failure.kind) {
        Some(FailureKind::Unreachable) => went_offline(model, failure),
        // The token that was refused is not in force any more.
        Some(FailureKind::SignedOut) if id.0 <= model.signed_in => Vec::new(),
        Some(FailureKind::SignedOut) => {
            let words = failure.map_or("", |failure| &failure.words).into();
            model.link = Link::SignedOut { words };
            live::close(model)
        }
        // Any other refusal is an answer; one that the client gave itself says nothing.
        Some(FailureKind::Unsupported) => Vec::new(),
        _ => came_online(model),
    }
}

fn went_offline(model: &mut Model, failure: Option<&Failure>) -> Vec<Effect> {
    let before = match &model.link {
        // Several calls that fail together are one failure.
        Link::Offline { retry_at, .. } if model.now < *retry_at => return Vec::new(),
        Link::Offline { failures, .. } => *failures,
        _ => 0,
    };
    let failures = (before + 1).min(MOST_FAILURES);
    let pause = live::jittered(FIRST_PAUSE * 2_u32.pow(failures - 1), model.now);
    let pause = pause.max(failure.and_then(|failure| failure.retry_after).unwrap_or_default());
    let words = failure.map_or("", |failure| &failure.words).into();
    model.link = Link::Offline { words, failures, retry_at: model.now.plus(pause) };
    let mut effects = live::close(model);
    effects.push(Effect::Wake { timer: Timer::Poll, after: pause });
    effects
}

/// The server answers.
pub fn came_online(model: &mut Model) -> Vec<Effect> {
    let before = std::mem::replace(&mut model.link, Link::Online);
    if matches!(before, Link::Online | Link::Connecting) {
        return Vec::new();
    }
    let now = model.now;
    if let Some(review) = &mut model.review {
        review.arming.disturbed(now);
    }
    model.lacks = Lacks::default();
    live::connection_is_new(model);
    let mut effects = outgoing::send_waiting(model);
    effects.push(Effect::ConnectionIsNew);
    effects.extend(poll::soon());
    effects
}
