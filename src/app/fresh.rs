//! What was new when a thread was opened, and where the *new* line stands: nowhere, until it is known.

use super::{Conversation, Effect, Model, Moment, Part, Reveal, Seek, live, seek};
use crate::api::{Id, Message};

/// What was new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fresh {
    /// So many messages of others,
    pub count: u64,
    /// none of them after this one; `None`: the thread has not been fetched since.
    pub until: Option<Id>,
    /// The first of them, which the line stands above; `None`: it lies further back than what is here.
    pub first: Option<Id>,
    /// The line has been on the screen.
    pub seen: bool,
    me: Option<Id>,
}

impl Fresh {
    fn counts(&self, message: &Message) -> bool {
        let is_mine = self.me.is_some() && message.created_by_id == self.me;
        !is_mine && Some(message.id) <= self.until
    }

    /// Whether something new lies where the reader has not been.
    #[must_use]
    pub fn is_unseen(&self) -> bool {
        self.count > 0 && self.until.is_some() && !self.seen
    }
}

impl Conversation {
    /// The thread is opened; `is_current`: what is here of it is how it stands.
    pub(super) fn open(&mut self, now: Moment, unread: u64, me: Option<Id>, is_current: bool) {
        self.opened_at = Some(now);
        self.fresh = Fresh { count: unread, me, ..Fresh::default() };
        if is_current {
            self.mark_new(unread, me);
        }
    }

    /// Puts the *new* line before the `unread` newest messages that are not `me`'s.
    pub fn mark_new(&mut self, unread: u64, me: Option<Id>) {
        self.fresh = Fresh { count: unread, until: self.newest(), me, ..Fresh::default() };
        self.place_new();
    }

    /// Finds the first new message, if what is here goes back that far.
    pub(super) fn place_new(&mut self) {
        if self.fresh.first.is_none() {
            let wanted = usize::try_from(self.fresh.count).unwrap_or(usize::MAX);
            let new: Vec<Id> = self.new_here().take(wanted).collect();
            self.fresh.first = new.last().copied().filter(|_| new.len() == wanted || !self.has_older);
        }
    }

    /// The messages of the newest run that may be new, the newest first.
    fn new_here(&self) -> impl Iterator<Item = Id> {
        self.messages().rev().filter(|message| self.fresh.counts(message)).map(|message| message.id)
    }
}

/// Fetches a thread's newest page: the line that waited for it is placed.
pub(super) fn fetched(conversation: &mut Conversation, first_time: bool, unread: u64, me: Option<Id>) {
    let waits = conversation.fresh.count > 0 && conversation.fresh.until.is_none();
    if first_time || waits {
        // It may have been marked as read meanwhile.
        let unread = if unread > 0 { unread } else { conversation.fresh.count };
        conversation.mark_new(unread, me);
    }
}

/// Opens what is here of a thread.
pub(super) fn open(model: &mut Model, id: Id) {
    let (now, me, is_current) = (model.now, model.me.as_ref().map(|me| me.id), live::is_current(model, id));
    let unread = model.thread(id).and_then(|thread| thread.unread_count).unwrap_or(0);
    model.conversations.entry(id).or_default().open(now, unread, me, is_current);
}

/// `u`: to the first message that was new when the thread was opened, however far back.
pub(super) fn go_to_first(model: &mut Model) -> Vec<Effect> {
    let Some(conversation) = model.conversation() else { return Vec::new() };
    let fresh = conversation.fresh;
    match (fresh.first, conversation.entries.first().filter(|_| fresh.until.is_some())) {
        _ if fresh.count == 0 => vec![model.say("Nothing was new when you opened this thread.", false)],
        (Some(first), _) => seek::to_message(model, first, Part::Top),
        (None, Some(oldest)) => {
            let here = u64::try_from(conversation.new_here().count()).unwrap_or(u64::MAX);
            let goal = seek::Goal::New { before: oldest.message.id, left: fresh.count.saturating_sub(here).max(1) };
            seek::begin(model, goal)
        }
        (None, None) => vec![model.say("Still loading: try again in a moment.", false)],
    }
}

/// One page further back: the first new message is in it, or lies before it.
pub(super) fn sought(model: &mut Model, thread: Id, mut seek: Seek, messages: Vec<Message>, more: bool) -> Vec<Effect> {
    let Some(conversation) = model.conversations.get_mut(&thread) else { return Vec::new() };
    let seek::Goal::New { before, left } = &mut seek.goal else { return Vec::new() };
    let oldest = messages.first().map(|message| message.id).filter(|oldest| oldest < before);
    let new: Vec<Id> = messages.iter().rev().filter(|one| conversation.fresh.counts(one)).map(|one| one.id).collect();
    let found = usize::try_from(left.saturating_sub(1)).ok().and_then(|at| new.get(at)).copied();
    match (found, oldest) {
        (None, Some(oldest)) if more => {
            *left -= u64::try_from(new.len()).unwrap_or(0);
            *before = oldest;
            conversation.seek = Some(seek);
            seek::go_on(model, thread)
        }
        _ => {
            let Some(first) = found.or(new.last().copied()) else {
                return vec![model.say("The first new message is not there any more.", false)];
            };
            conversation.fresh.first = Some(first);
            seek::show_page(conversation, messages, more, true);
            conversation.reveal = Some(Reveal { message: first, part: Part::Top });
            Vec::new()
        }
    }
}
