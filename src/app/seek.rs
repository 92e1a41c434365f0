//! Going to a place in a thread that may not be loaded: a message, a day, the next match of a search. Pages are
//! asked for by id until the place is found; the reader stays where they are meanwhile.

use super::{
    Answer, Call, Conversation, Effect, Failure, Model, Outcome, Part, RequestId, Reveal, Scroll, find, fresh,
    model::Purpose,
};
use crate::{
    api::{Id, Message, Time},
    safe_text::SafeText,
};

/// Something that is looked for in a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seek {
    pub goal: Goal,
    /// The time of what was looked at last.
    pub reached: Option<Time>,
}

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The thread's first message.
    First,
    Message(Id),
    /// The first message at that time or after it: one with an id in `after..=until`.
    Since {
        time: Time,
        words: SafeText,
        after: Id,
        until: Id,
    },
    /// The first message that was new, so many new ones back from this message.
    New {
        before: Id,
        left: u64,
    },
    /// A match before this message.
    MatchBefore(Id),
    /// A match after this message.
    MatchAfter(Id),
}

/// To a message of the open thread, wherever it is.
pub fn to_message(model: &mut Model, id: Id, part: Part) -> Vec<Effect> {
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    if conversation.shown_message(id).is_none() && conversation.message(id).is_some() {
        conversation.past = None;
    }
    if conversation.shown_message(id).is_some() {
        conversation.reveal = Some(Reveal { message: id, part });
        return Vec::new();
    }
    begin(model, Goal::Message(id))
}

/// To the thread's first message.
pub fn to_first(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    if conversation.shown_has_older() {
        return begin(model, Goal::First);
    }
    to_oldest_here(conversation);
    Vec::new()
}

fn to_oldest_here(conversation: &mut Conversation) {
    let oldest = conversation.shown().first().map(|entry| entry.message.id);
    conversation.scroll = oldest.map_or(Scroll::Latest, |message| Scroll::At { message, offset: 0 });
    conversation.scroll_by = 0;
    conversation.reveal = None;
}

/// To the first message at `time` or after it. `words` name it.
pub fn to_time(model: &mut Model, time: Time, words: SafeText) -> Vec<Effect> {
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    let entries = &conversation.entries;
    let first = entries.iter().find(|entry| entry.message.created_at >= Some(time)).map(|entry| entry.message.id);
    let begins_before = entries.first().is_some_and(|entry| entry.message.created_at < Some(time));
    match first {
        Some(first) if begins_before || !conversation.has_older => {
            conversation.past = None;
            conversation.reveal = Some(Reveal { message: first, part: Part::Top });
            Vec::new()
        }
        Some(until) => begin(model, Goal::Since { time, words, after: 0, until }),
        None => {
            conversation.go_to_end();
            vec![model.say(format!("Nothing has been said since {words}: this is the end."), false)]
        }
    }
}

/// Starts looking, unless that very thing is looked for already.
pub fn begin(model: &mut Model, goal: Goal) -> Vec<Effect> {
    let Some(thread) = model.open else { return Vec::new() };
    let mut effects = stop(model, thread);
    if let Some(conversation) = model.conversations.get_mut(&thread) {
        conversation.seek = Some(Seek { goal, reached: None });
    }
    effects.extend(go_on(model, thread));
    effects
}

/// Gives up whatever is looked for in a thread, and every page of it that is under way.
pub fn stop(model: &mut Model, thread: Id) -> Vec<Effect> {
    let pages = [Purpose::Seek(thread), Purpose::Older(thread), Purpose::Newer(thread)];
    let useless: Vec<RequestId> =
        model.requests.iter().filter(|(_, purpose)| pages.contains(purpose)).map(|(id, _)| *id).collect();
    for id in &useless {
        model.requests.remove(id);
    }
    if let Some(conversation) = model.conversations.get_mut(&thread) {
        conversation.seek = None;
        conversation.loading_older = false;
        if let Some(past) = &mut conversation.past {
            past.loading_newer = false;
        }
    }
    useless.into_iter().map(Effect::Cancel).collect()
}

/// Asks for the page in which the goal may be.
pub(super) fn go_on(model: &mut Model, thread: Id) -> Vec<Effect> {
    let Some(seek) = model.conversations.get(&thread).and_then(|conversation| conversation.seek.as_ref()) else {
        return Vec::new();
    };
    let call = match seek.goal {
        Goal::First => Call::Newer { thread, after: 0 },
        Goal::Message(id) => Call::Older { thread, before: id.saturating_add(1) },
        Goal::Since { after, until, .. } => Call::Older { thread, before: middle(after, until) },
        Goal::New { before, .. } | Goal::MatchBefore(before) => Call::Older { thread, before },
        Goal::MatchAfter(after) => Call::Newer { thread, after },
    };
    vec![model.request(Purpose::Seek(thread), call)]
}

/// Halfway; where little is left, its end, so that one page holds all of it.
fn middle(after: Id, until: Id) -> Id {
    if until - after <= 64 { until } else { after + (until - after) / 2 }
}

/// A page has arrived, or not.
pub fn answered(model: &mut Model, thread: Id, outcome: Outcome) -> Vec<Effect> {
    let detail = match outcome {
        Ok(Answer::Thread(detail)) => detail,
        Ok(_) => return Vec::new(),
        Err(Failure { words, .. }) => {
            let mut effects = stop(model, thread);
            effects.push(model.say(format!("That part of the thread can't be loaded: {words}"), true));
            return effects;
        }
    };
    if model.open != Some(thread) {
        return stop(model, thread);
    }
    model.people.learn_participants(&detail.participants);
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    let Some(mut seek) = conversation.seek.take() else { return Vec::new() };
    let mut messages = detail.messages;
    messages.sort_by_key(|message| message.id);
    let more = detail.has_more_messages.unwrap_or(false) && !messages.is_empty();
    match seek.goal {
        Goal::First => {
            let known = conversation.shown().first().map(|entry| entry.message.id);
            // A server that knows no paging by id gives the newest again: there one gets no further at once.
            if messages.first().map(|message| message.id) < known {
                show_page(conversation, messages, false, true);
            }
            to_oldest_here(conversation);
            Vec::new()
        }
        Goal::Message(id) => {
            let Some(nearest) = messages.last().map(|message| message.id) else {
                return vec![model.say("That message is not there any more.", true)];
            };
            conversation.show_past(messages, more);
            let words = (nearest != id).then_some("That message is not there any more; this one came before it.");
            conversation.reveal = Some(Reveal { message: nearest, part: Part::Top });
            words.map(|words| model.say(words, false)).into_iter().collect()
        }
        Goal::New { .. } => fresh::sought(model, thread, seek, messages, more),
        Goal::Since { .. } => halved(model, thread, seek, messages, more),
        Goal::MatchBefore(_) | Goal::MatchAfter(_) => {
            seek.reached = messages.first().and_then(|message| message.created_at).or(seek.reached);
            searched(model, thread, seek, messages, more)
        }
    }
}

/// One step of finding the first message since a time: the page holds it, or it lies in one of the halves.
fn halved(model: &mut Model, thread: Id, mut seek: Seek, messages: Vec<Message>, more: bool) -> Vec<Effect> {
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    let Goal::Since { time, after, until, .. } = &mut seek.goal else { return Vec::new() };
    let is_since = |message: &Message| message.created_at.is_none_or(|at| at >= *time);
    let asked = middle(*after, *until);
    let found = messages.iter().position(is_since);
    match found {
        Some(at) if at > 0 || !more => {
            let first = messages[at].id;
            conversation.show_past(messages, more);
            conversation.reveal = Some(Reveal { message: first, part: Part::Top });
            return Vec::new();
        }
        Some(_) => *until = messages.first().map_or(*until, |message| message.id),
        // Nothing before `until` is late enough: it is the one.
        None if asked >= *until => {
            let first = *until;
            return to_message(model, first, Part::Top);
        }
        None => *after = asked - 1,
    }
    conversation.seek = Some(seek);
    go_on(model, thread)
}

/// One page further of looking for a match.
fn searched(model: &mut Model, thread: Id, mut seek: Seek, messages: Vec<Message>, more: bool) -> Vec<Effect> {
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    let Some(search) = &conversation.find else { return Vec::new() };
    let backwards = matches!(seek.goal, Goal::MatchBefore(_));
    let mut counts = messages.iter().map(|message| (message.id, find::count(message, &search.needle)));
    let hit = if backwards { counts.rfind(|hit| hit.1 > 0) } else { counts.find(|hit| hit.1 > 0) };
    let edge = if backwards { messages.first() } else { messages.last() }.map(|message| message.id);
    let next = match (hit, edge) {
        (Some((id, count)), _) => {
            show_page(conversation, messages, more, backwards);
            return find::arrive(model, id, if backwards { count - 1 } else { 0 });
        }
        (None, Some(edge)) if backwards && more => Goal::MatchBefore(edge),
        (None, Some(edge))
            if !backwards && conversation.entries.first().is_none_or(|first| edge < first.message.id) =>
        {
            Goal::MatchAfter(edge)
        }
        (None, _) if backwards => return find::none_left(model, true),
        (None, _) => {
            // Only the newest run is left.
            conversation.past = None;
            conversation.scroll = conversation
                .entries
                .first()
                .map_or(Scroll::Latest, |first| Scroll::At { message: first.message.id, offset: 0 });
            return find::step(model, false);
        }
    };
    seek.goal = next;
    conversation.seek = Some(seek);
    go_on(model, thread)
}

/// Shows a page in which something was found: joined to what is shown where it comes right before it.
pub(super) fn show_page(conversation: &mut Conversation, messages: Vec<Message>, more: bool, backwards: bool) {
    let in_newest = conversation.entries.first().map(|entry| entry.message.id);
    if messages.last().is_some_and(|last| in_newest.is_some_and(|first| last.id >= first)) {
        // It overlaps the newest run: nothing lies between them.
        let older: Vec<Message> = messages.into_iter().filter(|message| Some(message.id) < in_newest).collect();
        let more = if backwards { more } else { true };
        conversation.show_past(older, more);
        conversation.take_newer(Vec::new());
    } else {
        // Forwards, the answer does not say what lies before it; the page that comes before is there.
        conversation.show_past(messages, more || !backwards);
    }
}
