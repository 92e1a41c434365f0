//! Far back in a long thread: a run of older messages that is not joined to the newest ones, and what keeps
//! both runs small. What is far from the reader is let go and loaded again.

use super::{Conversation, Entry, Scroll, conversation::take_into};
use crate::api::{Id, Message, ThreadDetail};

/// A run longer than this, in messages or in bytes, loses what is farthest from the reader …
const MOST_MESSAGES: usize = 1_000;
const MOST_BYTES: usize = 4 << 20;
/// … but never fewer messages than this.
const LEAST_MESSAGES: usize = 200;

/// A gapless run of messages before the newest.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// By id.
    pub entries: Vec<Entry>,
    pub has_older: bool,
    /// What comes after it is being fetched.
    pub loading_newer: bool,
}

/// What the next frame shows, moving no further than it has to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reveal {
    pub message: Id,
    pub part: Part,
}

/// What of a message is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Its beginning, as the first row.
    Top,
    /// All of it, or its beginning.
    Any,
    /// Where a match of what is searched for stands, counted from 0.
    Match(usize),
}

impl Conversation {
    /// The messages that the reader goes through, oldest first.
    #[must_use]
    pub fn shown(&self) -> &[Entry] {
        self.past.as_ref().map_or(&self.entries, |past| &past.entries)
    }

    #[must_use]
    pub fn shown_message(&self, id: Id) -> Option<&Message> {
        let shown = self.shown();
        let at = shown.binary_search_by_key(&id, |entry| entry.message.id).ok()?;
        shown.get(at).map(|entry| &entry.message)
    }

    /// There is more before what is shown.
    #[must_use]
    pub fn shown_has_older(&self) -> bool {
        self.past.as_ref().map_or(self.has_older, |past| past.has_older)
    }

    /// To the newest messages, and along with them.
    pub fn go_to_end(&mut self) {
        self.past = None;
        self.seek = None;
        self.reveal = None;
        self.scroll = Scroll::Latest;
        self.scroll_by = 0;
    }

    /// Takes in a page of messages that come right before the oldest one shown.
    pub fn take_older(&mut self, detail: ThreadDetail) {
        self.loading_older = false;
        let more = detail.has_more_messages.unwrap_or(false) && !detail.messages.is_empty();
        self.versions += 1;
        let version = self.versions;
        let (entries, has_older) = match &mut self.past {
            Some(past) => (&mut past.entries, &mut past.has_older),
            None => (&mut self.entries, &mut self.has_older),
        };
        *has_older = more;
        for message in detail.messages {
            take_into(entries, message, version);
        }
        self.place_new();
        self.let_go();
    }

    /// Takes in a page of messages that come right after the last one of the past. Where that reaches the
    /// newest run, both are one again.
    pub fn take_newer(&mut self, messages: Vec<Message>) {
        let Some(mut past) = self.past.take() else { return };
        past.loading_newer = false;
        self.versions += 1;
        let nothing_between = messages.is_empty();
        for message in messages {
            take_into(&mut past.entries, message, self.versions);
        }
        let (last, first) = (past.entries.last(), self.entries.first());
        let meet = matches!((last, first), (Some(last), Some(first)) if last.message.id >= first.message.id);
        if meet || nothing_between {
            let first = self.entries.first().map_or(Id::MAX, |entry| entry.message.id);
            past.entries.retain(|entry| entry.message.id < first);
            past.entries.append(&mut self.entries);
            self.entries = past.entries;
            self.has_older = past.has_older;
        } else {
            self.past = Some(past);
        }
        self.place_new();
        self.let_go();
    }

    /// Shows a run that was fetched from somewhere in the thread.
    pub fn show_past(&mut self, messages: Vec<Message>, has_older: bool) {
        self.versions += 1;
        let mut past = Past { has_older, ..Past::default() };
        for message in messages {
            take_into(&mut past.entries, message, self.versions);
        }
        self.loading_older = false;
        self.past = Some(past);
    }

    /// Lets go of what is far from the reader.
    pub fn let_go(&mut self) {
        let reader = match self.scroll {
            Scroll::At { message, .. } => message,
            Scroll::Latest => Id::MAX,
        };
        if self.past.is_none() && is_long(&self.entries) {
            let tail = self.entries.len().saturating_sub(LEAST_MESSAGES / 2);
            let at = self.entries.partition_point(|entry| entry.message.id < reader);
            // Not where the reader is about to come to the end: both would be joined again at once.
            if at + LEAST_MESSAGES < tail {
                let newest = self.entries.split_off(tail);
                let entries = std::mem::replace(&mut self.entries, newest);
                self.past = Some(Past { entries, has_older: self.has_older, loading_newer: false });
                self.has_older = true;
            } else {
                self.has_older |= shorten(&mut self.entries, at).0;
            }
        }
        if let Some(past) = &mut self.past {
            let at = past.entries.partition_point(|entry| entry.message.id < reader);
            past.has_older |= shorten(&mut past.entries, at).0;
        }
    }
}

fn is_long(entries: &[Entry]) -> bool {
    let bytes: usize = entries.iter().map(bytes_of).sum();
    entries.len() > LEAST_MESSAGES && (entries.len() > MOST_MESSAGES || bytes > MOST_BYTES)
}

fn bytes_of(entry: &Entry) -> usize {
    size_of::<Entry>() + entry.message.message.len()
}

/// Takes messages off the end that is farther from `reader`, an index. Whether something went from the
/// beginning, and from the end.
fn shorten(entries: &mut Vec<Entry>, reader: usize) -> (bool, bool) {
    let (mut first, mut last) = (0, entries.len());
    let mut bytes: usize = entries.iter().map(bytes_of).sum();
    if !is_long(entries) {
        return (false, false);
    }
    while last - first > LEAST_MESSAGES && (last - first > MOST_MESSAGES / 4 * 3 || bytes > MOST_BYTES / 4 * 3) {
        let goes = if reader.saturating_sub(first) > last.saturating_sub(reader) {
            first += 1;
            first - 1
        } else {
            last -= 1;
            last
        };
        bytes -= entries.get(goes).map_or(0, bytes_of);
    }
    let ended = last < entries.len();
    entries.truncate(last);
    entries.drain(..first);
    (first > 0, ended)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(ids: std::ops::RangeInclusive<Id>, more: bool) -> ThreadDetail {
        let messages: Vec<_> = ids.map(|id| json!({ "id": id, "message": format!("message {id}") })).collect();
        serde_json::from_value(json!({ "id": 1, "messages": messages, "has_more_messages": more })).expect("a thread")
    }

    fn ids(entries: &[Entry]) -> Vec<Id> {
        entries.iter().map(|entry| entry.message.id).collect()
    }

    fn now() -> crate::app::Moment {
        let wall = "2026-11-22T09:34:00Z".parse().expect("a time");
        crate::app::Moment { elapsed: std::time::Duration::ZERO, wall }
    }

    #[test]
    fn whoever_reads_far_back_keeps_little_and_loses_nothing() {
        let mut conversation = Conversation::default();
        conversation.take_newest(page(4_901..=5_000, true), now());
        let mut first = 4_901;
        while conversation.shown_has_older() {
            conversation.scroll = Scroll::At { message: first, offset: 0 };
            conversation.take_older(page(first - 100..=first - 1, first > 101));
            first -= 100;
            let shown = ids(conversation.shown());
            assert_eq!(shown.first(), Some(&first));
            assert!(shown.is_sorted_by(|one, other| one + 1 == *other), "no gap");
            assert!(shown.len() + conversation.entries.len() <= 2 * MOST_MESSAGES, "{}", shown.len());
        }
        assert_eq!(first, 1);
        assert_eq!(conversation.newest(), Some(5_000), "the newest are still there");
        // And down again, until both are one.
        while let Some(last) = conversation.past.as_ref().and_then(|past| past.entries.last()) {
            let last = last.message.id;
            conversation.scroll = Scroll::At { message: last, offset: 0 };
            conversation.take_newer(page(last + 1..=(last + 100).min(5_000), false).messages);
            let shown = ids(conversation.shown());
            assert!(shown.is_sorted_by(|one, other| one + 1 == *other), "no gap");
            assert!(shown.len() <= 2 * MOST_MESSAGES);
        }
        assert_eq!(conversation.newest(), Some(5_000));
        assert!(conversation.has_older);
    }

    #[test]
    fn whoever_follows_a_thread_for_days_keeps_little() {
        let mut conversation = Conversation::default();
        conversation.take_newest(page(1..=100, false), now());
        for id in 101..5_000 {
            conversation.take(page(id..=id, false).messages.remove(0));
            conversation.let_go();
        }
        assert!(conversation.entries.len() <= MOST_MESSAGES && conversation.has_older);
        assert_eq!(conversation.newest(), Some(4_999));
        assert!(conversation.past.is_none());
    }

    #[test]
    fn what_arrives_meanwhile_does_not_join_the_past() {
        let mut conversation = Conversation::default();
        conversation.take_newest(page(901..=1_000, true), now());
        conversation.show_past(page(101..=200, true).messages, true);
        conversation.take(page(1_001..=1_001, false).messages.remove(0));
        conversation.take(page(500..=500, false).messages.remove(0));
        assert_eq!(ids(conversation.shown()), (101..=200).collect::<Vec<_>>());
        assert_eq!(conversation.entries.first().map(|entry| entry.message.id), Some(901), "no gap in the newest");
        assert_eq!(conversation.newest(), Some(1_001));
        conversation.go_to_end();
        assert_eq!(conversation.shown().len(), 101);
    }
}
