//! What the server's answers do. An answer finds its place by what its request was made for; one that nobody
//! waits for any more changes nothing.

use super::{
    Answer, Call, Effect, FailureKind, Listing, Loading, Model, Outcome, Pane, Progress, RequestId, attention, decided,
    fresh, link, live, members,
    model::Purpose,
    outgoing::{decides, send_found},
    palette,
    poll::{self, send_next},
    review::{self, Plan, Subject},
    seek, signing_in, starting, subject,
    update::{drafts_changed, fetch},
};
use crate::{
    api::{Id, Message, Posted, QueuedAction, ThreadDetail},
    safe_text::SafeText,
};

/// An answer, or none. One that nobody waits for any more is ignored.
pub fn answered(model: &mut Model, id: RequestId, outcome: Outcome) -> Vec<Effect> {
    let Some(purpose) = model.requests.remove(&id) else { return Vec::new() };
    // Whether the server can be reached, its other answers say: a stream may end for reasons of its own. That the
    // token is not accepted it says like any other.
    let signed_out = matches!(&outcome, Err(failure) if failure.kind == FailureKind::SignedOut);
    let told = purpose != Purpose::Follow || signed_out;
    let mut effects = if told { link::told(model, id, &outcome) } else { Vec::new() };
    // The panes say by themselves how to sign in; what is said in a sentence says it there.
    let in_pane = matches!(purpose, Purpose::Threads { .. } | Purpose::Thread(_));
    let said = |failure| if in_pane { failure } else { signing_in::with_way_in(model, failure) };
    let outcome = outcome.map_err(said);
    let asked = purpose.clone();
    effects.extend(match purpose {
        Purpose::Follow => live::ended(model, &outcome),
        Purpose::Me | Purpose::People | Purpose::Queue => {
            background_answered(model, id, &purpose, outcome);
            signing_in::named(model)
        }
        Purpose::Threads { listing, page } => threads_answered(model, id, &listing, page, outcome),
        Purpose::Found(query) => {
            if let Ok(Answer::Threads { items, .. }) = outcome {
                palette::found(model, &query, &items);
            }
            Vec::new()
        }
        Purpose::Members(thread) => {
            members::listed(model, thread, outcome);
            Vec::new()
        }
        Purpose::MemberAdded(thread) => members::added(model, thread, outcome),
        Purpose::MemberRemoved { thread, member } => members::removed(model, thread, &member, outcome),
        Purpose::Thread(thread) => thread_answered(model, id, thread, outcome),
        Purpose::Older(thread) => older_answered(model, thread, outcome),
        Purpose::Newer(thread) => newer_answered(model, thread, outcome),
        Purpose::Seek(thread) => seek::answered(model, thread, outcome),
        Purpose::Edit { thread } => subject::edited(model, thread, outcome),
        Purpose::Message { thread } => message_answered(model, thread, outcome),
        Purpose::Send { thread, key } => sent(model, thread, &key, outcome),
        Purpose::NewThread => starting::answered(model, outcome),
        Purpose::ReadMark => Vec::new(),
        Purpose::Decided => decided::answered(model, outcome),
        Purpose::Decision(subject) => decision_answered(model, subject, outcome),
        Purpose::Look(subject) => looked(model, subject, outcome),
    });
    effects.extend(live::told_since(model, id, &asked));
    effects.extend(send_found(model));
    effects.extend(attention::news(model));
    effects
}

fn background_answered(model: &mut Model, id: RequestId, purpose: &Purpose, outcome: Outcome) {
    let unsupported = matches!(&outcome, Err(failure) if failure.kind == FailureKind::Unsupported);
    match (purpose, outcome) {
        (Purpose::Me, Ok(Answer::Me(me))) => {
            model.people.learn_me(&me);
            model.me = Some(me);
        }
        (Purpose::People, Ok(Answer::People(people))) => {
            model.people_at = Some(model.now);
            model.people.learn(people);
        }
        (Purpose::Queue, Ok(Answer::Waiting(rows))) => {
            model.queue.asked = id.0;
            queue_answered(model, &rows);
        }
        (Purpose::Me, _) => model.lacks.me |= unsupported,
        (Purpose::People, _) => {
            model.people_at = Some(model.now);
            model.lacks.people |= unsupported;
        }
        (Purpose::Queue, _) => {
            model.lacks.queue |= unsupported;
            queue_from_threads(model);
        }
        _ => {}
    }
}

fn queue_answered(model: &mut Model, rows: &[QueuedAction]) {
    let plans: Vec<Plan> = rows.iter().filter_map(Plan::queued).filter(Plan::waits).collect();
    for plan in &plans {
        model.decisions.saw(plan);
    }
    let waits: Vec<Plan> = plans.into_iter().filter(|plan| !model.decisions.has_settled(plan)).collect();
    model.queue.replace(waits, model.now);
}

/// Where the server has no list of what waits: what the loaded threads show.
fn queue_from_threads(model: &mut Model) {
    if !model.lacks.queue {
        return;
    }
    let mut plans = Vec::new();
    for (thread, conversation) in &model.conversations {
        let messages: Vec<&Message> = conversation.messages().collect();
        let bound = messages.iter().flat_map(|message| {
            message.actions.iter().flatten().filter_map(|action| Plan::bound(*thread, message, action))
        });
        plans.extend(bound.chain(Plan::unbound(*thread, &messages)).filter(Plan::waits));
    }
    plans.retain(|plan| !model.decisions.has_settled(plan));
    model.queue.replace(plans, model.now);
}

fn threads_answered(model: &mut Model, id: RequestId, listing: &Listing, page: u32, outcome: Outcome) -> Vec<Effect> {
    if *listing != model.threads.listing {
        return Vec::new();
    }
    let (items, has_next) = match outcome {
        Ok(Answer::Threads { items, has_next }) => (items, has_next),
        Ok(_) => return Vec::new(),
        Err(failure) => {
            model.threads.loading_next = false;
            if model.threads.loading != Loading::Loaded {
                model.threads.loading = Loading::Failed(SafeText::line(&failure.words));
            }
            return Vec::new();
        }
    };
    if id.0 < model.threads.asked {
        return Vec::new();
    }
    if page == 1 {
        let is_first = std::mem::replace(&mut model.threads.asked, id.0) == 0;
        model.threads.take_first(items, has_next);
        // The thread that one was in before lies further back: one begins in it all the same.
        if is_first && model.open.is_some_and(|open| model.threads.get(open).is_none()) {
            model.focus = Pane::Messages;
        }
    } else if page == model.threads.pages + 1 {
        model.threads.take_next(items, has_next);
    }
    let Some(open) = model.open else { return Vec::new() };
    // What the list says is newer than what the pane shows: no need to wait for the next round.
    let differs = model.conversations.get(&open).is_some_and(|known| known.fetched_at.is_some())
        && poll::wants_fetching(model, open);
    let listed = model.threads.get(open).is_some_and(|listed| listed.updated_at.is_some());
    if differs && listed { fetch(model, open) } else { Vec::new() }
}

fn thread_answered(model: &mut Model, request: RequestId, id: Id, outcome: Outcome) -> Vec<Effect> {
    let now = model.now;
    let known = model.conversations.entry(id).or_default();
    if request.0 < known.asked {
        return Vec::new();
    }
    known.asked = request.0;
    match outcome {
        Ok(Answer::Thread(detail)) => thread_taken(model, id, detail),
        Ok(_) => {}
        Err(failure) => {
            let gone = matches!(failure.kind, FailureKind::Forbidden | FailureKind::NotFound);
            if let Some(conversation) = model.conversations.get_mut(&id) {
                if gone {
                    conversation.entries.clear();
                    conversation.fetched_at = Some(now);
                }
                if gone || conversation.loading != Loading::Loaded {
                    conversation.loading = Loading::Failed(SafeText::line(&failure.words));
                }
            }
            review::refused_access(model, id, &failure);
        }
    }
    // The action under review may lie further back than what came.
    review::fetch_message(model).into_iter().collect()
}

fn thread_taken(model: &mut Model, id: Id, detail: ThreadDetail) {
    let (now, me) = (model.now, model.me.as_ref().map(|me| me.id));
    model.people.learn_participants(&detail.participants);
    let unread = detail.thread.unread_count.unwrap_or(0);
    let conversation = model.conversations.entry(id).or_default();
    let first_time = conversation.loading != Loading::Loaded;
    conversation.take_newest(detail, now);
    conversation.let_go();
    subject::catch_up(conversation);
    fresh::fetched(conversation, first_time, unread, me);
    review::observe(model, id, None);
    queue_from_threads(model);
}

fn older_answered(model: &mut Model, id: Id, outcome: Outcome) -> Vec<Effect> {
    let Some(conversation) = model.conversations.get_mut(&id) else { return Vec::new() };
    conversation.loading_older = false;
    match outcome {
        Ok(Answer::Thread(detail)) => {
            model.people.learn_participants(&detail.participants);
            conversation.take_older(detail);
            Vec::new()
        }
        Ok(_) => Vec::new(),
        Err(failure) => {
            // Not again and again: the next time the reader scrolls up after a fresh fetch.
            match &mut conversation.past {
                Some(past) => past.has_older = false,
                None => conversation.has_older = false,
            }
            vec![model.say(format!("Older messages can't be loaded: {}", failure.words), true)]
        }
    }
}

fn newer_answered(model: &mut Model, id: Id, outcome: Outcome) -> Vec<Effect> {
    let Some(conversation) = model.conversations.get_mut(&id) else { return Vec::new() };
    if let Some(past) = &mut conversation.past {
        past.loading_newer = false;
    }
    match outcome {
        Ok(Answer::Thread(detail)) => {
            conversation.take_newer(detail.messages);
            Vec::new()
        }
        Ok(_) => Vec::new(),
        Err(failure) => {
            // The newest are here in any case: better there than at an end that is none.
            conversation.go_to_end();
            vec![model.say(format!("What comes after can't be loaded: {}", failure.words), true)]
        }
    }
}

fn message_answered(model: &mut Model, thread: Id, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Ok(answer) => {
            let Answer::Message(message) = answer else { return Vec::new() };
            take_single(model, thread, &message);
            review::observe(model, thread, Some(message));
        }
        Err(failure) => review::refused_access(model, thread, &failure),
    }
    Vec::new()
}

/// Takes a message that was fetched by itself into its thread, where that leaves no gap.
fn take_single(model: &mut Model, thread: Id, message: &Message) {
    let conversation = model.conversations.get_mut(&thread);
    if let Some(conversation) = conversation.filter(|conversation| conversation.has_room_for(message.id)) {
        conversation.take(message.clone());
    }
}

fn sent(model: &mut Model, thread: Id, key: &str, outcome: Outcome) -> Vec<Effect> {
    let knows_keys = model.knows_keys();
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    match outcome {
        Ok(answer) => {
            let Answer::Posted(posted) = answer else { return Vec::new() };
            conversation.outgoing.retain(|outgoing| outgoing.key != key);
            take_posted(model, thread, posted);
        }
        Err(failure) => {
            if let Some(outgoing) = conversation.outgoing_mut(key) {
                let out_of_reach = matches!(failure.kind, FailureKind::Unreachable | FailureKind::SignedOut);
                let safe = failure.had_no_effect || knows_keys;
                outgoing.progress = if out_of_reach && safe && !decides(&outgoing.text) {
                    Progress::Waiting
                } else {
                    let words = SafeText::message(&failure.words);
                    Progress::Failed { words, may_have_arrived: !failure.had_no_effect }
                };
            }
        }
    }
    let mut effects = drafts_changed(model);
    effects.extend(send_next(model, thread));
    effects
}

/// Shows at once what a post came to; the next fetch fills in what others posted meanwhile.
pub fn take_posted(model: &mut Model, thread: Id, posted: Posted) {
    if let Some(conversation) = model.conversations.get_mut(&thread)
        && conversation.loading == Loading::Loaded
    {
        conversation.take(posted.message);
        for result in posted.results {
            conversation.take(result);
        }
    }
}

fn decision_answered(model: &mut Model, subject: Subject, outcome: Outcome) -> Vec<Effect> {
    let outcome = match outcome {
        Ok(Answer::Posted(posted)) => Ok(posted),
        Ok(_) => return Vec::new(),
        Err(failure) => Err(failure),
    };
    if let Ok(posted) = &outcome {
        take_posted(model, subject.thread, posted.clone());
    }
    let mut effects = review::answered(model, subject, outcome);
    if !model.awaits(&Purpose::Thread(subject.thread)) {
        effects.push(model.request(Purpose::Thread(subject.thread), Call::Thread(subject.thread)));
    }
    effects.extend(poll::soon());
    effects
}

fn looked(model: &mut Model, subject: Subject, outcome: Outcome) -> Vec<Effect> {
    match outcome {
        Ok(Answer::Message(message)) => {
            take_single(model, subject.thread, &message);
            review::checked(model, subject, Some(&message))
        }
        Ok(Answer::Thread(detail)) => {
            thread_taken(model, subject.thread, detail);
            review::checked(model, subject, None)
        }
        // Still unknown: it looks again with the next round.
        _ => Vec::new(),
    }
}
