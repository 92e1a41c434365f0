//! What was written and not sent, and which threads keep quiet, in the form in which it is kept on disk.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use serde::{Deserialize, Serialize};

use super::Editing;
use crate::api::{Id, Thread, Time};

/// Drafts by thread, messages that were on their way, and threads of which nobody wants to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drafts {
    pub threads: BTreeMap<Id, String>,
    /// In the order in which they were written, thread by thread.
    pub unsent: Vec<Unsent>,
    /// Threads that are to keep quiet.
    pub muted: BTreeSet<Id>,
    /// Messages that were being changed, by thread.
    pub edits: BTreeMap<Id, Edit>,
    /// The thread one was in, without what was said in it: the next start begins there, whether the server can be
    /// reached or not.
    #[serde(skip)]
    pub last: Option<Thread>,
}

/// A message that was being changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    #[serde(flatten)]
    pub editing: Editing,
    /// What it was to become.
    pub text: String,
}

/// A message of which it is not known that it arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsent {
    pub thread: Id,
    /// The idempotency key that it was sent with.
    pub key: String,
    pub text: String,
    /// When it was written.
    #[serde(default)]
    pub at: Option<Time>,
}

impl Drafts {
    /// Whether anything that somebody wrote is in it.
    #[must_use]
    pub fn hold_text(&self) -> bool {
        !(self.threads.is_empty() && self.unsent.is_empty() && self.edits.is_empty())
    }

    /// Takes in what another client of the same person has left. Nothing of either is lost, and what both have
    /// is there once.
    pub fn join(&mut self, other: Self) {
        for (thread, text) in other.threads {
            self.add_draft(thread, text);
        }
        for (thread, edit) in other.edits {
            match self.edits.entry(thread) {
                Entry::Vacant(place) => _ = place.insert(edit),
                // One composer holds one change: the other one becomes a draft.
                Entry::Occupied(known) if known.get().text != edit.text => self.add_draft(thread, edit.text),
                Entry::Occupied(_) => {}
            }
        }
        for unsent in other.unsent {
            if !self.unsent.iter().any(|known| known.key == unsent.key) {
                self.unsent.push(unsent);
            }
        }
        self.unsent.sort_by_key(|unsent| (unsent.thread, unsent.at));
        self.muted.extend(other.muted);
    }

    fn add_draft(&mut self, thread: Id, text: String) {
        let known = self.threads.entry(thread).or_default();
        if text.contains(known.as_str()) {
            *known = text;
        } else if !known.contains(&text) {
            known.push_str("\n\n");
            known.push_str(&text);
        }
    }

    /// All that somebody wrote, to be read by them.
    #[must_use]
    pub fn to_text(&self) -> String {
        let drafts = self.threads.iter();
        let edits = self.edits.iter().map(|(thread, edit)| (thread, &edit.text));
        let unsent = self.unsent.iter().map(|unsent| (&unsent.thread, &unsent.text));
        let texts = drafts.chain(edits).chain(unsent).map(|(thread, text)| format!("For thread {thread}:\n{text}"));
        texts.collect::<Vec<_>>().join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(text: &str) -> Drafts {
        Drafts { threads: [(1, text.to_owned())].into(), ..Drafts::default() }
    }

    fn unsent(key: &str, seconds: i64) -> Unsent {
        let at = Some(Time::from_microseconds(seconds * 1_000_000));
        Unsent { thread: 1, key: key.to_owned(), text: key.to_owned(), at }
    }

    #[test]
    fn of_two_drafts_both_are_kept_and_what_one_has_of_the_other_once() {
        for (one, other, both) in [
            ("", "b", "b"),
            ("a", "b", "a\n\nb"),
            ("half", "half a sentence", "half a sentence"),
            ("half a sentence", "half", "half a sentence"),
            ("same", "same", "same"),
        ] {
            let mut joined = draft(one);
            joined.join(draft(other));
            assert_eq!(joined, draft(both), "{one:?} and {other:?}");
        }
    }

    #[test]
    fn what_waits_is_there_once_in_the_order_in_which_it_was_written() {
        let mut joined = Drafts { unsent: vec![unsent("s-9", 1), unsent("s-10", 3)], ..Drafts::default() };
        joined.join(Drafts { unsent: vec![unsent("t-1", 2), unsent("s-9", 1)], ..Drafts::default() });
        let keys: Vec<&str> = joined.unsent.iter().map(|unsent| unsent.key.as_str()).collect();
        assert_eq!(keys, ["s-9", "t-1", "s-10"]);
    }

    #[test]
    fn two_changes_in_one_thread_are_both_kept() {
        let editing = Editing { message: 7, revision: None, draft: String::new(), sending: false, outdated: false };
        let change = |text: &str| Edit { editing: editing.clone(), text: text.to_owned() };
        let mut joined = Drafts { edits: [(1, change("one"))].into(), ..Drafts::default() };
        joined.join(Drafts { edits: [(1, change("two"))].into(), ..Drafts::default() });
        assert_eq!(joined.edits[&1].text, "one");
        assert_eq!(joined.threads[&1], "two");
        assert!(joined.hold_text() && joined.to_text().contains("one") && joined.to_text().contains("two"));
    }
}
