//! Finding words in the open thread: which messages hold them, going from one match to the next, and on into
//! what is not loaded. How a match is marked is the screen's business; both look at texts by [`squeezed`].

use super::{Effect, Model, Part, plain_text, seek, seek::Goal};
use crate::{
    api::{Id, Message},
    safe_text::SafeText,
};

/// A search in one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// As it was typed.
    pub words: SafeText,
    pub needle: String,
    /// The match one stands at: the message, and which of its matches.
    pub at: Option<(Id, usize)>,
    /// There is a match.
    pub found: bool,
    /// Nothing is left in that direction; `true`: further back.
    pub ended: Option<bool>,
}

/// Text as it is compared: in lower case, without spaces and the lines that text is framed with, since where
/// a row ends is of no importance.
#[must_use]
pub fn squeezed(text: &str) -> String {
    text.chars().filter(|c| counts(*c)).flat_map(char::to_lowercase).collect()
}

/// Whether a character takes part in comparing.
#[must_use]
pub fn counts(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, '│' | '▎' | '╭' | '╰' | '─')
}

/// How often a message holds `needle`.
pub fn count(message: &Message, needle: &str) -> usize {
    if needle.is_empty() { 0 } else { squeezed(&plain_text::of(message)).matches(needle).count() }
}

/// Starts a search: at the match nearest to the end of what can be seen, further back.
pub fn begin(model: &mut Model, words: &str) -> Vec<Effect> {
    let newest = model.drawn.messages.as_ref().and_then(|drawn| drawn.visible.last().copied());
    let needle = squeezed(words);
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    if needle.is_empty() {
        conversation.find = None;
        return Vec::new();
    }
    let at = newest.map(|newest| (newest.saturating_add(1), 0));
    conversation.find = Some(Find { words: SafeText::line(words.trim()), needle, at, found: false, ended: None });
    model.focus = super::Pane::Messages;
    step(model, true)
}

/// To the next match; `back`: further back in time.
pub fn step(model: &mut Model, back: bool) -> Vec<Effect> {
    let Some(conversation) = model.conversation_mut() else { return Vec::new() };
    let Some(search) = &conversation.find else { return Vec::new() };
    let needle = search.needle.clone();
    let (here, which) = search.at.unwrap_or((Id::MAX, 0));
    let shown = conversation.shown();
    let counted = |message: &Message| Some((message.id, count(message, &needle))).filter(|hit| hit.1 > 0);
    let same = shown.iter().find(|entry| entry.message.id == here).and_then(|entry| counted(&entry.message));
    let hit = match same {
        Some(_) if back && which > 0 => Some((here, which - 1)),
        Some((_, count)) if !back && which + 1 < count => Some((here, which + 1)),
        _ if back => {
            let mut before = shown.iter().rev().filter(|entry| entry.message.id < here);
            before.find_map(|entry| counted(&entry.message)).map(|(id, count)| (id, count - 1))
        }
        _ => {
            let mut after = shown.iter().filter(|entry| entry.message.id > here);
            after.find_map(|entry| counted(&entry.message)).map(|(id, _)| (id, 0))
        }
    };
    let (first, last) = (shown.first().map(|entry| entry.message.id), shown.last().map(|entry| entry.message.id));
    let newest = conversation.past.is_none();
    match (hit, first, last) {
        (Some((id, which)), ..) => arrive(model, id, which),
        (None, Some(first), _) if back && conversation.shown_has_older() => {
            seek::begin(model, Goal::MatchBefore(first))
        }
        (None, _, Some(last)) if !back && !newest => seek::begin(model, Goal::MatchAfter(last)),
        _ => none_left(model, back),
    }
}

/// A match was found.
pub fn arrive(model: &mut Model, id: Id, which: usize) -> Vec<Effect> {
    if let Some(search) = model.conversation_mut().and_then(|conversation| conversation.find.as_mut()) {
        search.at = Some((id, which));
        search.found = true;
        search.ended = None;
    }
    seek::to_message(model, id, Part::Match(which))
}

/// There is no further match in that direction.
pub fn none_left(model: &mut Model, back: bool) -> Vec<Effect> {
    if let Some(search) = model.conversation_mut().and_then(|conversation| conversation.find.as_mut()) {
        search.ended = Some(back);
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        serde_json::from_value(serde_json::json!({
            "id": 1, "message": text,
            "action_items": [{ "title": "invoice #25", "changes": [{ "field": "amount", "after": "Tolv kroner" }] }],
        }))
        .expect("a message")
    }

    #[test]
    fn words_are_found_as_they_are_read() {
        let message = message("They are **12** people,\nand 12 _people_ [came](https://people.example).");
        for (words, times) in
            [("12 people", 2), ("PEOPLE", 3), ("people, and", 1), ("**", 0), ("invoice #25", 1), ("tolv", 1), (" ", 0)]
        {
            assert_eq!(count(&message, &squeezed(words)), times, "{words}");
        }
    }
}
