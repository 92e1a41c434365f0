//! What each kind of news changes. Applied twice it changes nothing more; applied in the order in which it was
//! told, to a state that is not newer, it gives what the server would answer now.

use crate::{
    api::{Id, Message, Participant, Thread},
    app::{
        Effect, Loading, Model, News, Timer, members,
        model::Purpose,
        poll,
        review::{self, Plan},
    },
};

/// How long a narrowed or sorted list waits before it is asked for anew.
const REST: std::time::Duration = std::time::Duration::from_secs(1);

/// Takes it in.
pub fn apply(model: &mut Model, news: &News) -> Vec<Effect> {
    match news {
        // About the stream itself.
        News::Ready | News::Reset => Vec::new(),
        News::Thread(thread) => thread_told(model, thread),
        News::ThreadRemoved(id) => thread_removed(model, *id),
        News::Message(message) => message_told(model, message),
        News::ParticipantAdded(participant) => participant_told(model, participant, true),
        News::ParticipantRemoved(participant) => participant_told(model, participant, false),
        News::RecordChanged { record_type, id, fields } => {
            review::record_changed(model, record_type, *id, fields.as_ref());
            Vec::new()
        }
    }
}

/// Whether it is about something that an answer to that request holds.
pub fn concerns(news: &News, purpose: &Purpose) -> bool {
    match (news, purpose) {
        (News::Thread(_) | News::ThreadRemoved(_), Purpose::Threads { .. })
        | (News::ThreadRemoved(_) | News::Message(_), Purpose::Queue) => true,
        (News::Thread(thread), Purpose::Thread(id)) => thread.id == *id,
        (News::ThreadRemoved(removed), Purpose::Thread(id)) => removed == id,
        (News::Message(message), Purpose::Thread(id)) => message.thread_id == Some(*id),
        (News::ParticipantAdded(one) | News::ParticipantRemoved(one), Purpose::Thread(id) | Purpose::Members(id)) => {
            one.thread_id == Some(*id)
        }
        _ => false,
    }
}

fn thread_told(model: &mut Model, thread: &Thread) -> Vec<Effect> {
    let known = model.conversations.get_mut(&thread.id).and_then(|conversation| conversation.thread.as_mut());
    if let Some(known) = known {
        known.clone_from(thread);
    }
    let asks = model.threads.told(thread);
    asks.then_some(Effect::Wake { timer: Timer::Poll, after: REST }).into_iter().collect()
}

fn thread_removed(model: &mut Model, id: Id) -> Vec<Effect> {
    let asks = model.threads.removed(id);
    if let Some(conversation) = model.conversations.get_mut(&id) {
        conversation.entries.clear();
        conversation.loading = Loading::Failed(review::NO_ACCESS.into());
    }
    model.queue.forget_thread(id);
    review::lost_access(model, id);
    if asks { poll::soon() } else { Vec::new() }
}

fn message_told(model: &mut Model, message: &Message) -> Vec<Effect> {
    let Some(thread) = message.thread_id else { return Vec::new() };
    if let Some(conversation) = model.conversations.get_mut(&thread)
        && conversation.loading == Loading::Loaded
        && conversation.has_room_for(message.id)
    {
        conversation.take(message.clone());
        conversation.let_go();
    }
    queue_told(model, thread, message);
    let reviewed = model.review.as_ref().is_some_and(|review| review.plan.subject.message == message.id);
    review::observe(model, thread, reviewed.then(|| message.clone()));
    let stranger = message.created_by_id.is_some_and(|author| !model.people.knows(author));
    if stranger { ask_for_names(model) } else { Vec::new() }
}

/// Brings the queue up to what the message's actions say.
fn queue_told(model: &mut Model, thread: Id, message: &Message) {
    let Some(actions) = message.actions.as_ref().filter(|_| model.queue.is_known()) else { return };
    let plans: Vec<Plan> = actions.iter().filter_map(|action| Plan::bound(thread, message, action)).collect();
    for plan in &plans {
        model.decisions.saw(plan);
    }
    let waiting = plans.into_iter().filter(|plan| plan.waits() && !model.decisions.has_settled(plan)).collect();
    model.queue.put(message.id, waiting);
}

fn participant_told(model: &mut Model, participant: &Participant, is_there: bool) -> Vec<Effect> {
    let Some(thread) = participant.thread_id else { return Vec::new() };
    if is_there {
        model.people.learn_participants(std::slice::from_ref(participant));
    }
    members::change(model, thread, |everybody| {
        everybody.retain(|known| known.id != participant.id);
        if is_there {
            let place = everybody.partition_point(|known| known.id < participant.id);
            everybody.insert(place, participant.clone());
        }
    });
    Vec::new()
}

/// Somebody new: who that is.
fn ask_for_names(model: &mut Model) -> Vec<Effect> {
    model.people_at = None;
    poll::soon()
}
