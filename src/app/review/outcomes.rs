//! What becomes of a decision, and of the action under review: answers, looks, and what others did meanwhile.

use serde_json::{Map, Value};

use super::{
    Arming, Moved, Plan, Review, Subject, Verdict, fate, has_block,
    plan::same,
    reasons::{Handed, release},
    sentence,
    steps::{look, move_on, plans_of},
};
use crate::{
    api::{Id, Message, Mode, Posted, Status},
    app::{Call, Effect, Failure, FailureKind, Model, model::Purpose},
    blocks::BlockType,
    safe_text::SafeText,
};

/// What is said of a thread that was taken away.
pub const NO_ACCESS: &str = "You have no access to this thread any more.";

/// The answer to a decision.
pub fn answered(model: &mut Model, subject: Subject, outcome: Result<Posted, Failure>) -> Vec<Effect> {
    match outcome {
        Ok(posted) => {
            let Some(decision) = model.decisions.settle(subject) else { return Vec::new() };
            if has_drifted(&decision.verdict, &posted) {
                return drifted(model, subject);
            }
            model.queue.forget(subject);
            let (words, is_bad) = outcome_words(&decision.verdict, &posted);
            let mut effects = vec![model.say(words, is_bad)];
            if model.review.as_ref().is_some_and(|review| review.plan.subject == subject) {
                effects.extend(move_on(model));
            }
            effects
        }
        Err(failure) if failure.had_no_effect => {
            model.decisions.refuse(subject);
            let ask = may_have_lost_the_right(model, &failure);
            let words = SafeText::line(&format!("Not decided: {}", failure.words));
            let now = model.now;
            match &mut model.review {
                Some(review) if review.plan.subject == subject => {
                    review.said = Some(words);
                    review.arming.disturbed(now);
                    ask.into_iter().collect()
                }
                _ => {
                    // Whoever has left the review does not look for it there; somebody else was faster.
                    let is_over = failure.kind == FailureKind::Conflict;
                    let handed = is_over.then(|| release(model, subject)).flatten();
                    ask.into_iter().chain(said_with(model, &words, handed, true)).collect()
                }
            }
        }
        Err(_) => {
            model.decisions.lose(subject, model.now);
            let mut effects: Vec<Effect> = look(model, subject).into_iter().collect();
            if !is_open(model, subject) {
                effects.push(say_of(model, subject, "unknown whether your decision arrived, checking…", true));
            }
            effects
        }
    }
}

/// Says something, and of a reason that was handed over where it is.
fn said_with(model: &mut Model, words: &str, handed: Option<Handed>, is_bad: bool) -> Vec<Effect> {
    let Some(Handed { words: place, mut effects }) = handed else { return vec![model.say(words, is_bad)] };
    effects.push(model.say(format!("{} {place}", sentence(words)), is_bad));
    effects
}

fn is_open(model: &Model, subject: Subject) -> bool {
    model.review.as_ref().is_some_and(|review| review.plan.subject == subject)
}

/// Says of an action that is not under review what became of it.
fn say_of(model: &mut Model, subject: Subject, words: &str, is_bad: bool) -> Effect {
    let title = model.title(subject.thread);
    model.say(format!("{title}: {words}"), is_bad)
}

/// What one may do is asked anew once the server has said that it is not this.
fn may_have_lost_the_right(model: &mut Model, failure: &Failure) -> Option<Effect> {
    let asks = failure.kind == FailureKind::Forbidden && !model.lacks.me && !model.awaits(&Purpose::Me);
    asks.then(|| model.request(Purpose::Me, Call::Me))
}

/// The server wrote nothing and made a new plan in place of the one that was approved.
fn has_drifted(verdict: &Verdict, posted: &Posted) -> bool {
    let result = posted.results.last().filter(|_| *verdict == Verdict::Approve);
    result.is_some_and(|result| result.action_mode == Some(Mode::Preview))
}

/// The review stays with what has drifted, to show its new plan.
fn drifted(model: &mut Model, subject: Subject) -> Vec<Effect> {
    if subject.block.is_none() {
        // The new plan may look like the old one: such a server does not show all of it.
        model.decisions.reopen(subject);
    }
    let Some(review) = model.review.as_mut().filter(|review| review.plan.subject == subject) else {
        let words = "nothing was written, the records had changed. A new plan awaits approval.";
        return vec![say_of(model, subject, words, true)];
    };
    review.awaits_new_plan = true;
    observe(model, subject.thread, None);
    vec![model.say("Nothing was written: the records had changed. The new plan needs a decision of its own.", true)]
}

/// What a decision came to, and whether that is bad news.
fn outcome_words(verdict: &Verdict, posted: &Posted) -> (&'static str, bool) {
    if matches!(verdict, Verdict::Reject(_)) {
        return ("Rejected.", false);
    }
    match posted.results.last() {
        Some(result) if result.action_items.is_empty() => ("Approved, but the run failed: nothing was written.", true),
        _ => ("Approved and written.", false),
    }
}

/// An answer to [`look`]: whatever it brought has been taken in. `seen`: it showed the thread as it is now.
pub fn checked(model: &mut Model, subject: Subject, seen: Option<&Message>) -> Vec<Effect> {
    let Some(decision) = model.decisions.get(subject).cloned() else { return Vec::new() };
    let plan = current_plan(model, subject, seen);
    let now = model.now;
    match plan {
        Some(plan) if plan.waits() && plan.identity() == decision.identity => {
            if model.decisions.may_still_happen(subject, model.now) {
                return Vec::new();
            }
            model.decisions.give_up(subject);
            let words = "server has no trace of your decision: it still awaits one.";
            match &mut model.review {
                Some(review) if review.plan.subject == subject => {
                    review.said = Some(format!("The {words}").into());
                    review.arming = Arming::new(review.plan.identity(), now, review.arming.last_y());
                    Vec::new()
                }
                _ => vec![say_of(model, subject, &format!("the {words}"), true)],
            }
        }
        plan => {
            model.decisions.settle(subject);
            model.queue.forget(subject);
            let me = model.me.as_ref().map(|me| me.id);
            // Somebody else's decision: the reason for one's own is still unsaid.
            if let Verdict::Reject(reason) = decision.verdict
                && plan.as_ref().is_some_and(|plan| plan.decided_by != me)
            {
                model.decisions.keep_reason(subject, reason);
            }
            let words = plan.as_ref().map_or_else(|| "It is decided.".into(), |plan| fate(model, plan));
            if let Some(review) = model.review.as_mut().filter(|review| review.plan.subject == subject) {
                review.became(words, plan, now);
                return Vec::new();
            }
            let handed = release(model, subject);
            let words = format!("{}: {words}", model.title(subject.thread));
            said_with(model, &words, handed, false)
        }
    }
}

/// What the thread shows for an action now; `None`: nothing.
fn current_plan(model: &Model, subject: Subject, single: Option<&Message>) -> Option<Plan> {
    let conversation = model.conversations.get(&subject.thread);
    if subject.block.is_none() {
        let messages: Vec<&Message> = conversation?.messages().collect();
        return Plan::unbound(subject.thread, &messages).filter(|plan| plan.subject == subject);
    }
    let loaded = conversation.and_then(|conversation| conversation.message(subject.message));
    let message = loaded.or(single.filter(|single| single.id == subject.message))?;
    plans_of(subject.thread, message).find(|plan| plan.subject == subject)
}

/// The thread of the open review was fetched, or its message alone (`single`): has it moved on?
pub fn observe(model: &mut Model, thread: Id, single: Option<Message>) {
    let Some(review) = model.review.as_ref().filter(|review| review.plan.subject.thread == thread) else { return };
    let subject = review.plan.subject;
    let newest_code = newest_code(model, thread);
    // A copy of its own only where the message lies outside what is loaded of the thread: else it grows old.
    let loaded = model.conversations.get(&thread).is_some_and(|known| known.has_room_for(subject.message));
    let single = if loaded { None } else { single.or_else(|| review.single.clone()) };
    let known = loaded || single.is_some();
    let fresh = current_plan(model, subject, single.as_ref());
    if let Some(plan) = &fresh {
        model.decisions.saw(plan);
    }
    let mut moved = None;
    match &fresh {
        Some(plan) if plan.identity() != review.plan.identity() => moved = Some(fate(model, plan)),
        None if known => moved = Some("It is not there any more.".into()),
        _ => {}
    }
    let later_code = review.thread_seen && newest_code > review.newest_code && newest_code > Some(subject.message);
    if moved.is_none() && later_code && single.is_none() {
        moved = Some("A later action was posted in this thread.".into());
    }
    let busy = model.decisions.get(subject).is_some();
    let now = model.now;
    let Some(review) = &mut model.review else { return };
    let is_new = |plan: &&Plan| !plan.is_bound() || plan.identity() != review.plan.identity();
    // What was taken away is here again as it was: it is read anew.
    let came_back = moved.is_none() && review.moved.as_ref().is_some_and(|moved| moved.plan.is_none());
    let awaited = fresh.as_ref().filter(|plan| review.awaits_new_plan && plan.waits() && is_new(plan));
    if let Some(plan) = awaited.or(fresh.as_ref().filter(|_| came_back)) {
        if let Some(reason) = review.reason.take() {
            model.decisions.keep_reason(subject, reason.text());
        }
        *review = Review::of(plan.clone(), now, review.arming.last_y());
        review.thread_seen = true;
        review.newest_code = newest_code;
        moved = None;
    }
    review.single = single;
    if !review.thread_seen {
        review.thread_seen = true;
        review.newest_code = review.newest_code.max(newest_code);
    }
    match moved {
        // While one's own decision is on its way, the change may well be its work: its answer tells.
        Some(_) if busy => {}
        // What is said of it already is said by whoever knew more.
        Some(_) if review.moved.as_ref().is_some_and(|said| is_same(said.plan.as_ref(), fresh.as_ref())) => {}
        Some(words) => review.became(words, fresh, now),
        None => {
            // The same plan, known better: who wrote it, when, how many blocks.
            if let Some(plan) = fresh {
                review.plan = plan;
            }
        }
    }
}

fn is_same(one: Option<&Plan>, other: Option<&Plan>) -> bool {
    one.map(Plan::identity) == other.map(Plan::identity)
}

/// A record is not what it was: a plan that was made before will not be carried out as it stands.
pub fn record_changed(model: &mut Model, record_type: &str, id: Id, fields: Option<&Map<String, Value>>) {
    let Some(review) = model.review.as_mut().filter(|review| review.moved.is_none() && review.plan.waits()) else {
        return;
    };
    if model.decisions.get(review.plan.subject).is_some() {
        return;
    }
    let is_it = |item: &&Value| item["object_type"] == record_type && item["object_id"] == id;
    let before = |item: &Value| item.get("record").and_then(|record| record.get("fields")).cloned();
    let now = fields.cloned().map(Value::Object);
    let differs = review.plan.items.iter().filter(is_it).any(|item| !same_fields(before(item), now.clone()));
    if differs {
        let change = SafeText::line(&format!("{record_type} {id} has changed since"));
        if model.decisions.outdate(&review.plan, &change) {
            let words = SafeText::line(&format!("{change}: this plan would not be written as it stands."));
            review.moved = Some(Moved { words, plan: Some(review.plan.clone()) });
        }
    }
}

fn same_fields(one: Option<Value>, other: Option<Value>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same(&one, &other),
        (one, other) => one == other,
    }
}

/// The server does not let one see a thread any more.
pub fn refused_access(model: &mut Model, thread: Id, failure: &Failure) {
    if matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotFound) {
        lost_access(model, thread);
    }
}

/// The thread of the open review may be the one that is not to be seen any more.
pub fn lost_access(model: &mut Model, thread: Id) {
    if let Some(review) = model.review.as_mut().filter(|review| review.plan.subject.thread == thread) {
        review.moved = Some(Moved { words: NO_ACCESS.into(), plan: None });
    }
}

/// The newest message of a thread that holds code.
pub fn newest_code(model: &Model, thread: Id) -> Option<Id> {
    let mut messages = model.conversations.get(&thread)?.messages();
    let holds_code = |message: &&Message| match &message.actions {
        Some(actions) => actions.iter().any(|action| action.status != Status::Withdrawn),
        None => has_block(message, BlockType::CodeAction),
    };
    messages.rfind(holds_code).map(|message| message.id)
}
