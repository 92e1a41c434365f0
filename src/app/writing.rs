//! What one writes: sending it, sending it again, taking it back, and what an editor of one's own makes of it.

use super::{
    Context, Effect, Key, KeyCode, Model, Outgoing, Pane, Progress,
    composer::LONGEST_MESSAGE,
    history, outgoing, poll,
    slash::{self, Meaning},
    subject,
    update::{drafts_changed, save_drafts},
};
use crate::api::Id;

pub fn is_writing(context: Context) -> bool {
    matches!(context, Context::Composer | Context::Completing)
}

/// The draft is another one now.
pub fn written(model: &mut Model) -> Vec<Effect> {
    if let Some(conversation) = model.conversation_mut() {
        conversation.recalled = None;
        conversation.declined = None;
        conversation.completion = 0;
    }
    drafts_changed(model)
}

/// ↑ while nothing is written, and from there ↑ and ↓ again: what one said before.
pub fn said_before(model: &mut Model, context: Context, key: Key) -> Option<Vec<Effect>> {
    let back = match key {
        key if key == Key::plain(KeyCode::Up) => true,
        key if key == Key::plain(KeyCode::Down) => false,
        _ => return None,
    };
    let conversation = model.conversation().filter(|_| context == Context::Composer)?;
    let begins = back && conversation.composer.is_empty() && conversation.editing.is_none();
    (begins || conversation.recalled.is_some()).then(|| history::recall(model, back))
}

/// The person's own editor has ended.
pub fn edited_elsewhere(model: &mut Model, thread: Id, outcome: Result<String, String>) -> Vec<Effect> {
    match outcome {
        Ok(text) => {
            let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
            if text == conversation.composer.text() {
                return Vec::new();
            }
            conversation.composer.set(&text);
            let too_long = conversation.composer.bytes() > LONGEST_MESSAGE;
            let mut effects = written(model);
            if too_long {
                effects.push(model.say(subject::too_long(text.len()), true));
            }
            effects
        }
        Err(words) => vec![model.say(words, true)],
    }
}

pub fn send(model: &mut Model) -> Vec<Effect> {
    let Some(thread) = model.open else { return Vec::new() };
    let Some(conversation) = model.conversations.get(&thread) else { return Vec::new() };
    if conversation.editing.is_some() {
        return subject::send_edit(model);
    }
    let text = conversation.composer.text();
    if conversation.composer.is_blank() {
        return Vec::new();
    }
    let text = match slash::meaning(&text) {
        Meaning::Command { name, argument } => return slash::run(model, name, argument),
        Meaning::Text(text) => text,
    };
    if text.len() > LONGEST_MESSAGE {
        return vec![model.say(subject::too_long(text.len()), true)];
    }
    if outgoing::decides(&text) {
        let is_under_way = |outgoing: &Outgoing| !matches!(outgoing.progress, Progress::Failed { .. });
        if model.link != super::Link::Online {
            return vec![model.say("Decisions are never queued: send it when the server can be reached.", true)];
        }
        if conversation.outgoing.iter().any(is_under_way) {
            return vec![model.say("Decisions are never queued: send it when what you wrote before is sent.", true)];
        }
    }
    history::remember(model, &text);
    let (key, since) = (model.new_key(), model.now);
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    let before = std::mem::take(&mut conversation.stash);
    // What was being written before something said earlier took its place is there again.
    conversation.composer.set(if conversation.recalled.take().is_some() { &before } else { "" });
    conversation.go_to_end();
    conversation.outgoing.push(Outgoing { key, text, progress: Progress::Waiting, since, found: false });
    // On the disk before anything can happen to it.
    model.drafts_dirty = true;
    let mut effects = save_drafts(model);
    effects.extend(poll::send_next(model, thread));
    effects
}

/// `R`: what failed is sent again, under the key that it had; a decision is not.
pub fn send_again(model: &mut Model) -> Vec<Effect> {
    let Some(thread) = model.open else { return Vec::new() };
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    let is_failed = |outgoing: &&mut Outgoing| matches!(outgoing.progress, Progress::Failed { .. });
    let failed = conversation.outgoing.iter_mut().filter(is_failed);
    let (decisions, others): (Vec<_>, Vec<_>) = failed.partition(|outgoing| outgoing.decides());
    let (decides, any) = (!decisions.is_empty(), !others.is_empty());
    let in_doubt = decisions.iter().any(|decision| decision.is_in_doubt());
    for outgoing in others {
        outgoing.progress = Progress::Waiting;
    }
    let mut effects = poll::send_next(model, thread);
    if decides {
        let words = if in_doubt {
            "A decision is not sent twice: look whether it was made, then decide in the review."
        } else {
            "A decision is not sent twice. Nothing was decided by this one: decide in the review."
        };
        effects.push(model.say(words, true));
    } else if !any {
        effects.push(model.say("Everything has been sent.", false));
    }
    effects
}

/// `x`: what failed last is not sent at all.
pub fn drop_unsent(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    let unsent = |outgoing: &Outgoing| !matches!(outgoing.progress, Progress::Sending);
    let Some(at) = conversation.outgoing.iter().rposition(unsent) else {
        return vec![model.say("Nothing here is unsent.", false)];
    };
    let dropped = conversation.outgoing.remove(at);
    let words = match dropped.progress {
        Progress::Failed { may_have_arrived: true, .. } => "Dropped; it may have arrived all the same.",
        _ => "Dropped: it is not sent.",
    };
    let mut effects = drafts_changed(model);
    effects.push(model.say(words, false));
    effects
}

/// `e`: what was not sent goes back into the composer; else a message that was.
pub fn edit_or_take_back(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    let failed = |outgoing: &Outgoing| !matches!(outgoing.progress, Progress::Sending);
    let unsent = conversation.outgoing.iter().rposition(failed).filter(|_| conversation.selected.is_none());
    let Some(at) = unsent.filter(|_| conversation.editing.is_none()) else { return subject::edit(model) };
    let text = conversation.outgoing.remove(at).text;
    let draft = conversation.composer.text();
    let joined = if draft.trim().is_empty() { text } else { format!("{text}\n\n{draft}") };
    conversation.composer.set(&joined);
    model.focus = Pane::Composer;
    drafts_changed(model)
}
