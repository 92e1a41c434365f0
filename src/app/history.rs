//! What one has said before, to be said again: Up where nothing is written yet, Alt+P and Alt+N anywhere.

use super::{Effect, Model, outgoing::decides, update::drafts_changed};
use crate::api::{CODE_HIDDEN, Kind};

/// Texts that are remembered.
const MOST: usize = 100;

/// Remembers a text that was sent. Decisions are not for repeating.
pub fn remember(model: &mut Model, text: &str) {
    if !decides(text) && model.sent.last().is_none_or(|last| last != text) {
        model.sent.push(text.to_owned());
        if model.sent.len() > MOST {
            model.sent.remove(0);
        }
    }
}

/// The next text further back, or further on; past the newest the draft comes back.
pub fn recall(model: &mut Model, back: bool) -> Vec<Effect> {
    let texts = texts(model);
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    let next = match (conversation.recalled, back) {
        (None, true) => Some(0),
        (Some(at), true) => Some(at + 1),
        (Some(at), false) => at.checked_sub(1),
        (None, false) => return Vec::new(),
    };
    match next.map(|at| (at, texts.get(at))) {
        Some((at, Some(text))) => {
            if conversation.recalled.is_none() {
                conversation.stash = conversation.composer.text();
            }
            conversation.composer.set(text);
            conversation.recalled = Some(at);
        }
        // There is nothing further back.
        Some((_, None)) => return Vec::new(),
        None => {
            let draft = std::mem::take(&mut conversation.stash);
            conversation.composer.set(&draft);
            conversation.recalled = None;
        }
    }
    drafts_changed(model)
}

/// The newest first: what was sent since the program began, then what one has said in the open thread.
fn texts(model: &Model) -> Vec<String> {
    let mut texts: Vec<String> = model.sent.iter().rev().cloned().collect();
    let me = model.me.as_ref().map(|me| me.id);
    let own = model
        .conversation()
        .into_iter()
        .flat_map(|conversation| conversation.messages().rev())
        .filter(|message| me.is_some() && message.created_by_id == me && message.kind != Some(Kind::Result));
    for message in own.filter(|message| !message.message.contains(CODE_HIDDEN) && !decides(&message.message)) {
        if texts.len() < MOST && !texts.contains(&message.message) {
            texts.push(message.message.clone());
        }
    }
    texts
}
