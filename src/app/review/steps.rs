//! What keys, answers and time do to a review. Everything that sends a decision goes through [`send`].

use super::{
    Flaw, Obstacle, Plan, Review, State, Subject, Verdict, decision::decision_text, outcomes::newest_code,
    reasons::hand_over,
};
use crate::{
    api::{Id, Message, Time},
    app::{
        Call, Composer, Effect, KeyPress, Link, Loading, Model, Pane, ReviewDrawn, Timer, live, model::Purpose,
        update::open_thread,
    },
};

/// What is said where it is not known yet whether anything waits.
const STILL_LOADING: &str = "Still loading: try again in a moment.";

/// `a`: opens the review of what waits where the reader is.
pub fn open_here(model: &mut Model) -> Vec<Effect> {
    let Some(thread) = model.open else { return vec![model.say("There is no thread here.", false)] };
    let waiting = waiting_in(model, thread);
    let visible = model.drawn.messages.as_ref().filter(|drawn| drawn.thread == thread && model.focus != Pane::Threads);
    let in_sight = visible.and_then(|drawn| waiting.iter().find(|plan| drawn.visible.contains(&plan.subject.message)));
    if let Some(plan) = in_sight.or(waiting.first()).cloned() {
        return open(model, plan);
    }
    let loaded = model.conversations.get(&thread).is_some_and(|known| known.loading == Loading::Loaded);
    if !loaded {
        return vec![model.say(STILL_LOADING, false)];
    }
    let elsewhere = model.queue.len();
    let words = match elsewhere {
        0 => "Nothing awaits approval in this thread.".to_owned(),
        _ => format!("Nothing awaits approval in this thread; ] goes to the first of {elsewhere} elsewhere."),
    };
    vec![model.say(words, false)]
}

/// Everything that waits in a thread, oldest first. What was fetched last is believed.
fn waiting_in(model: &Model, thread: Id) -> Vec<Plan> {
    let conversation = model.conversations.get(&thread);
    let fetched = conversation.and_then(|conversation| conversation.fetched_at);
    let mut plans: Vec<Plan> = match conversation {
        Some(conversation) if fetched >= model.queue.taken_at() || !model.queue.is_known() => {
            let messages: Vec<&Message> = conversation.messages().collect();
            let bound = messages.iter().flat_map(|message| plans_of(thread, message));
            bound.chain(Plan::unbound(thread, &messages)).filter(Plan::waits).collect()
        }
        _ => Vec::new(),
    };
    if plans.is_empty() {
        plans.extend(model.queue.of_thread(thread).cloned());
    }
    plans.retain(|plan| !model.decisions.has_settled(plan));
    plans
}

pub fn plans_of(thread: Id, message: &Message) -> impl Iterator<Item = Plan> {
    message.actions.iter().flatten().filter_map(move |action| Plan::bound(thread, message, action))
}

/// Opens the review of a plan, with its thread behind it, and sees to it that both are as they are now.
fn open(model: &mut Model, plan: Plan) -> Vec<Effect> {
    let subject = plan.subject;
    let plan = Plan { posted_at: plan.posted_at.or_else(|| posted_at(model, subject)), ..plan };
    let last_y = model.review.as_ref().and_then(|review| review.arming.last_y());
    let mut effects = hand_over(model);
    effects.extend(open_thread(model, subject.thread));
    let mut review = Review::of(plan, model.now, last_y);
    review.newest_code = newest_code(model, subject.thread);
    review.thread_seen = live::is_current(model, subject.thread);
    model.review = Some(review);
    effects.extend(poll(model));
    effects
}

/// When a message was posted, which the queue does not tell.
fn posted_at(model: &Model, subject: Subject) -> Option<Time> {
    model.conversations.get(&subject.thread)?.message(subject.message)?.created_at
}

/// What is asked of the server while a review is open, or a decision's outcome is unknown.
pub fn poll(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Some(thread) = model.review.as_ref().map(|review| review.plan.subject.thread)
        && !live::is_current(model, thread)
        && !model.awaits(&Purpose::Thread(thread))
    {
        effects.push(model.request(Purpose::Thread(thread), Call::Thread(thread)));
    }
    effects.extend(fetch_message(model));
    let lost: Vec<Subject> = model.decisions.checking().collect();
    effects.extend(lost.into_iter().filter_map(|subject| look(model, subject)));
    effects
}

/// The message under review, where it lies outside what is loaded of its thread.
pub fn fetch_message(model: &mut Model) -> Option<Effect> {
    let Subject { thread, message, block } = model.review.as_ref()?.plan.subject;
    let outside = model.conversations.get(&thread).is_some_and(|known| !known.has_room_for(message));
    let purpose = Purpose::Message { thread };
    let wanted = outside && block.is_some() && !model.awaits(&purpose);
    wanted.then(|| model.request(purpose, Call::Message { thread, message }))
}

/// Looks what became of a decision.
pub fn look(model: &mut Model, subject: Subject) -> Option<Effect> {
    let Subject { thread, message, block } = subject;
    let call = if block.is_some() { Call::Message { thread, message } } else { Call::Thread(thread) };
    (!model.awaits(&Purpose::Look(subject))).then(|| model.request(Purpose::Look(subject), call))
}

/// `]` and `[`: the next or previous action that waits, in whatever thread.
pub fn step(model: &mut Model, forward: bool) -> Vec<Effect> {
    let from = model.review.as_ref().map(|review| review.plan.subject);
    match model.queue.beside(from, forward).cloned() {
        Some(plan) => {
            let plan = freshest(model, plan);
            open(model, plan)
        }
        None if from.is_some() => vec![model.say("Nothing else awaits approval.", false)],
        None if !model.queue.is_known() => vec![model.say(STILL_LOADING, false)],
        None => vec![model.say("Nothing awaits approval.", false)],
    }
}

/// The plan as whatever was fetched last has it.
fn freshest(model: &Model, queued: Plan) -> Plan {
    let subject = queued.subject;
    let Some(conversation) = model.conversations.get(&subject.thread) else { return queued };
    if conversation.fetched_at < model.queue.taken_at() {
        return queued;
    }
    let message = conversation.message(subject.message);
    message.and_then(|message| plans_of(subject.thread, message).find(|plan| plan.subject == subject)).unwrap_or(queued)
}

/// After a decision: the next one opens, unarmed; when nothing waits the review closes.
pub fn move_on(model: &mut Model) -> Vec<Effect> {
    let from = model.review.as_ref().map(|review| review.plan.subject);
    if let Some(plan) = model.queue.beside(from, true).cloned() {
        return open(model, plan);
    }
    model.review = None;
    Vec::new()
}

/// Enter or Space, after the thread has moved on: what there is now takes the place of what was read.
pub fn look_again(model: &mut Model) -> Vec<Effect> {
    let (now, effects) = (model.now, hand_over(model));
    let Some(review) = &mut model.review else { return effects };
    let Some(moved) = review.moved.take() else { return effects };
    let Some(plan) = moved.plan else {
        review.moved = Some(moved);
        let nothing = model.say("There is nothing to look at any more.", false);
        return if effects.is_empty() { vec![nothing] } else { effects };
    };
    let mut anew = Review::of(plan, now, review.arming.last_y());
    anew.single = review.single.take();
    anew.thread_seen = review.thread_seen;
    model.review = Some(anew);
    let newest = model.review.as_ref().and_then(|review| newest_code(model, review.plan.subject.thread));
    if let Some(review) = &mut model.review {
        review.newest_code = newest;
    }
    effects
}

/// Why `y` would not approve now; `None`: it would.
pub fn obstacle(model: &Model) -> Option<Obstacle> {
    let review = model.review.as_ref()?;
    let not_yet = || review.arming.missing(model.now, model.reports_repeats).map(Obstacle::NotYet);
    forbidden(model, review, &Verdict::Approve).or_else(not_yet)
}

/// What forbids a verdict, whatever the reader has read and pressed.
fn forbidden(model: &Model, review: &Review, verdict: &Verdict) -> Option<Obstacle> {
    let plan = &review.plan;
    match model.decisions.get(plan.subject).map(|decision| decision.state) {
        Some(State::Sending) => return Some(Obstacle::Busy),
        Some(State::Checking { .. }) => return Some(Obstacle::Unknown),
        None if review.moved.is_some() => return Some(Obstacle::Moved),
        None if model.decisions.has_settled(plan) => return Some(Obstacle::Decided),
        None => {}
    }
    let flaw = plan.flaw().filter(|flaw| match verdict {
        Verdict::Approve => true,
        // What can't be approved may well be turned down, as long as the server knows which plan is meant.
        Verdict::Reject(_) => matches!(flaw, Flaw::NotWaiting(_) | Flaw::NoDigest),
    });
    if let Some(flaw) = flaw {
        return Some(Obstacle::Flaw(flaw));
    }
    let is_author = model.me.as_ref().is_some_and(|me| Some(me.id) == plan.author);
    let withdraws = is_author && *verdict != Verdict::Approve;
    if !withdraws && !model.may_approve(plan.subject.thread) {
        return Some(Obstacle::NotAllowed);
    }
    if model.link != Link::Online {
        return Some(Obstacle::Offline);
    }
    (model.window_focused == Some(false)).then_some(Obstacle::Elsewhere)
}

/// `y`.
pub fn approve(model: &mut Model, press: KeyPress) -> Vec<Effect> {
    let Some(review) = &model.review else { return Vec::new() };
    let allowed = forbidden(model, review, &Verdict::Approve).is_none();
    let (now, reports_repeats) = (model.now, model.reports_repeats);
    let Some(review) = &mut model.review else { return Vec::new() };
    if review.arming.press(now, press.repeat, reports_repeats, allowed) {
        return send(model, Verdict::Approve);
    }
    wake_for_arming(model)
}

/// `r`: asks for the reason.
pub fn reject(model: &mut Model) -> Vec<Effect> {
    let Some(review) = &model.review else { return Vec::new() };
    if !review.plan.is_bound() {
        return vec![model.say("This server knows no rejection: say it in the thread.", false)];
    }
    match forbidden(model, review, &Verdict::Reject(String::new())) {
        Some(obstacle) if obstacle != Obstacle::Elsewhere => {
            vec![model.say(no_rejection(review, &obstacle), true)]
        }
        _ => {
            if let Some(review) = &mut model.review {
                let written = model.decisions.take_reason(review.plan.subject).unwrap_or_default();
                review.reason = Some(Composer::one_line(&written));
            }
            Vec::new()
        }
    }
}

fn no_rejection(review: &Review, obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Moved | Obstacle::Flaw(_) if review.is_over() => "Nothing is left to reject here.",
        Obstacle::Busy | Obstacle::Unknown | Obstacle::Decided => "You have decided on this already.",
        Obstacle::Moved => "It has changed: look at it again first.",
        Obstacle::Flaw(_) => "It can't be rejected as it is.",
        Obstacle::NotAllowed => "You may not decide in this account.",
        Obstacle::Offline | Obstacle::Elsewhere | Obstacle::NotYet(_) => "Not while the server can't be reached.",
    }
}

/// Enter, below the reason. Where it can't go out, it stays there.
pub fn send_rejection(model: &mut Model) -> Vec<Effect> {
    let Some(review) = &model.review else { return Vec::new() };
    let Some(reason) = &review.reason else { return Vec::new() };
    let verdict = Verdict::Reject(reason.text());
    if let Some(obstacle) = forbidden(model, review, &verdict) {
        let words = format!("{} What you wrote is kept.", no_rejection(review, &obstacle));
        return vec![model.say(words, true)];
    }
    if let Some(review) = &mut model.review {
        review.reason = None;
    }
    send(model, verdict)
}

/// The one place from which a decision goes out.
fn send(model: &mut Model, verdict: Verdict) -> Vec<Effect> {
    let fresh_key = model.new_key();
    let Some(review) = &mut model.review else { return Vec::new() };
    review.said = None;
    let plan = &review.plan;
    let subject = plan.subject;
    let text = decision_text(plan, &verdict);
    // Whatever was written before, this is what was decided.
    model.decisions.take_reason(subject);
    let key = model.decisions.send(plan, verdict, fresh_key);
    vec![model.request(Purpose::Decision(subject), Call::Post { thread: subject.thread, text, key })]
}

/// A frame was drawn.
pub fn drawn(model: &mut Model, drawn: Option<&ReviewDrawn>) -> Vec<Effect> {
    let (before, now) = (obstacle(model), model.now);
    let Some(review) = &mut model.review else { return Vec::new() };
    if let Some(drawn) = drawn {
        review.top = drawn.top;
        review.scroll_by = 0;
    }
    review.arming.drawn(now, drawn);
    let mut effects = wake_for_arming(model);
    if obstacle(model) != before {
        effects.push(Effect::Redraw);
    }
    effects
}

fn wake_for_arming(model: &Model) -> Vec<Effect> {
    let wait = model.review.as_ref().and_then(|review| review.arming.wait(model.now, model.reports_repeats));
    wait.map(|after| Effect::Wake { timer: Timer::Review, after }).into_iter().collect()
}
