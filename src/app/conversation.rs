//! One thread as the client holds it: a gapless run of its newest messages, what is on its way, what is being
//! written, and where the reader stands. A part of it further back that is read meanwhile: see [`Past`].

use super::{Composer, Editing, Find, Fresh, Moment, Outgoing, Past, Reveal, Seek};
use crate::{
    api::{Id, Message, Participant, Thread, ThreadDetail},
    blocks,
    safe_text::SafeText,
};

/// Whether something has arrived yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Loading {
    #[default]
    Waiting,
    Loaded,
    /// Not, and why.
    Failed(SafeText),
}

/// Where a reader stands in a thread: content, never a row, so that resizing, older messages and new ones
/// leave the reader where they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scroll {
    /// At the end, following what arrives.
    #[default]
    Latest,
    /// The row at the top of the pane: the one of this message that holds this offset of its text.
    At { message: Id, offset: usize },
}

/// A message with a number that changes whenever anything of it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its text has been redacted here too, whatever the server sent.
    pub message: Message,
    pub version: u64,
}

/// A thread.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// As it was served last.
    pub thread: Option<Thread>,
    pub participants: Vec<Participant>,
    /// By id, without a gap.
    pub entries: Vec<Entry>,
    pub loading: Loading,
    /// Older messages than these exist.
    pub has_older: bool,
    /// They are being fetched.
    pub loading_older: bool,
    pub outgoing: Vec<Outgoing>,
    pub composer: Composer,
    pub scroll: Scroll,
    /// Rows to scroll in the next frame, beyond `scroll`; down is positive.
    pub scroll_by: isize,
    /// What the next frame has to show, wherever that is.
    pub reveal: Option<Reveal>,
    /// What is read, where that is not joined to `entries`.
    pub past: Option<Past>,
    /// What is looked for further back.
    pub seek: Option<Seek>,
    pub find: Option<Find>,
    /// The message that commands are about.
    pub selected: Option<Id>,
    /// The composer holds a message that was sent already.
    pub editing: Option<Editing>,
    /// Which of one's sent texts the composer shows, counted from the last.
    pub recalled: Option<usize>,
    /// What was being written before that.
    pub stash: String,
    /// Which of the completions is chosen, and whether they were declined for what is written.
    pub completion: usize,
    pub declined: Option<String>,
    /// What was new when the thread was opened.
    pub fresh: Fresh,
    /// How far the server has been told that it was read.
    pub read_up_to: Id,
    pub opened_at: Option<Moment>,
    /// When it was last fetched.
    pub fetched_at: Option<Moment>,
    /// The number of the request that it was last fetched with; 0: none.
    pub asked: u64,
    /// Counts changes of entries.
    pub(super) versions: u64,
}

impl Default for Conversation {
    fn default() -> Self {
        Self {
            thread: None,
            participants: Vec::new(),
            entries: Vec::new(),
            loading: Loading::Waiting,
            has_older: false,
            loading_older: false,
            outgoing: Vec::new(),
            composer: Composer::multi_line(""),
            scroll: Scroll::Latest,
            scroll_by: 0,
            reveal: None,
            past: None,
            seek: None,
            find: None,
            selected: None,
            editing: None,
            recalled: None,
            stash: String::new(),
            completion: 0,
            declined: None,
            fresh: Fresh::default(),
            read_up_to: 0,
            opened_at: None,
            fetched_at: None,
            asked: 0,
            versions: 0,
        }
    }
}

impl Conversation {
    /// Lets go of everything that the server has too.
    pub fn forget_messages(&mut self) {
        *self = Self {
            outgoing: std::mem::take(&mut self.outgoing),
            composer: self.composer.clone(),
            editing: self.editing.take(),
            read_up_to: self.read_up_to,
            // Never starts anew: a message and its version name one content for as long as the program runs.
            versions: self.versions,
            ..Self::default()
        };
    }

    /// Makes it the draft, unless something else is being written here. Whether it did.
    pub fn offer_draft(&mut self, text: &str) -> bool {
        match &mut self.editing {
            Some(editing) if editing.draft.trim().is_empty() => text.clone_into(&mut editing.draft),
            None if self.composer.is_blank() => self.composer.set(text),
            _ => return false,
        }
        true
    }

    /// The messages, oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.entries.iter().map(|entry| &entry.message)
    }

    #[must_use]
    pub fn message(&self, id: Id) -> Option<&Message> {
        self.position(id).ok().and_then(|at| self.entries.get(at)).map(|entry| &entry.message)
    }

    #[must_use]
    pub fn newest(&self) -> Option<Id> {
        self.entries.last().map(|entry| entry.message.id)
    }

    fn position(&self, id: Id) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&id, |entry| entry.message.id)
    }

    /// Takes in the newest page of the thread. Whether anything is new or different.
    pub fn take_newest(&mut self, mut detail: ThreadDetail, now: Moment) -> bool {
        detail.messages.sort_by_key(|message| message.id);
        let mut changed = self.loading != Loading::Loaded || self.thread.as_ref() != Some(&detail.thread);
        self.loading = Loading::Loaded;
        self.fetched_at = Some(now);
        self.thread = Some(detail.thread);
        if self.participants != detail.participants {
            self.participants = detail.participants;
            changed = true;
        }
        let more = detail.has_more_messages.unwrap_or(false);
        let (first, last) = match (detail.messages.first(), detail.messages.last()) {
            (Some(first), Some(last)) => (first.id, last.id),
            _ => (0, 0),
        };
        let known = self.entries.len();
        if !more {
            self.entries.retain(|entry| entry.message.id >= first);
            self.has_older = false;
        } else if self.newest().is_none_or(|newest| newest < first) {
            // Too much has been posted since: between what was here and this page something is missing.
            self.entries.clear();
            self.has_older = true;
        }
        // What this page should hold and doesn't is gone; what is newer than it was posted after it was made.
        let kept = |id: Id| id < first || id > last || detail.messages.binary_search_by_key(&id, |m| m.id).is_ok();
        self.entries.retain(|entry| kept(entry.message.id));
        changed |= known != self.entries.len();
        for message in detail.messages {
            changed |= self.take(message);
        }
        changed
    }

    /// Takes in one message that belongs among or after the known ones. Whether anything is different.
    pub fn take(&mut self, message: Message) -> bool {
        self.versions += 1;
        let changed_past = self.past.as_mut().is_some_and(|past| {
            let known = past.entries.binary_search_by_key(&message.id, |entry| entry.message.id).is_ok();
            known && take_into(&mut past.entries, message.clone(), self.versions)
        });
        // What lies before the newest run belongs to it only where nothing is missing in between.
        let outside = self.past.is_some() && self.entries.first().is_some_and(|first| message.id < first.message.id);
        changed_past | (!outside && take_into(&mut self.entries, message, self.versions))
    }

    /// Whether a single message, fetched by id, can be taken in without leaving a gap.
    #[must_use]
    pub fn has_room_for(&self, id: Id) -> bool {
        let is_whole = self.loading == Loading::Loaded && !self.has_older;
        is_whole || self.entries.first().is_some_and(|oldest| oldest.message.id <= id)
    }

    /// The message that is on its way under a key.
    pub fn outgoing_mut(&mut self, key: &str) -> Option<&mut Outgoing> {
        self.outgoing.iter_mut().find(|outgoing| outgoing.key == key)
    }
}

/// Puts a message into a run, its text redacted. Whether anything is different.
pub(super) fn take_into(entries: &mut Vec<Entry>, mut message: Message, version: u64) -> bool {
    let place = entries.binary_search_by_key(&message.id, |entry| entry.message.id);
    if let Some(known) = place.ok().and_then(|at| entries.get(at)).map(|entry| &entry.message) {
        let older = matches!((known.revision, message.revision), (Some(known), Some(new)) if new < known);
        if older || same_revision(known, &message) {
            return false;
        }
    }
    message.message = blocks::redact(&message.message);
    let entry = Entry { message, version };
    match place {
        Ok(at) if entries[at].message == entry.message => return false,
        Ok(at) => entries[at] = entry,
        Err(at) => entries.insert(at, entry),
    }
    true
}

/// Whether the server says that nothing of what it serves has changed.
fn same_revision(known: &Message, new: &Message) -> bool {
    known.revision.is_some() && known.revision == new.revision && known.actions == new.actions
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
