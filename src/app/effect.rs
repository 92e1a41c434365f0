//! What [`super::update`] asks the driver to do: data, not deeds.

use std::{fmt, time::Duration};

use super::{Drafts, Listing};
use crate::{
    api::{Id, NewThread},
    safe_text::SafeText,
};

/// Something for the driver to carry out.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the server; the answer comes back as an event with this id.
    Request {
        id: RequestId,
        call: Call,
    },
    /// The answer is of no use any more.
    Cancel(RequestId),
    /// Send [`super::Event::Timer`] then. One already set for the same timer is forgotten.
    Wake {
        timer: Timer,
        after: Duration,
    },
    /// What was drawn changed something that is to be seen: draw once more.
    Redraw,
    /// The connection was lost and is there again: what the server did not have it may have now.
    ConnectionIsNew,
    /// Put the drafts where a restart finds them.
    SaveDrafts(Drafts),
    /// Try this token, and go on with it where the server takes it.
    SignIn(Secret),
    /// Read the config anew, because somebody asked. Where it was touched that is done anyway.
    ReadSettings,
    /// Have a draft edited in the person's own editor; [`super::Event::Edited`] follows.
    Editor {
        thread: Id,
        text: String,
    },
    /// Put this into the clipboard of whoever sits at the terminal.
    Copy(String),
    /// Show this address in a browser.
    OpenLink(String),
    /// Tell somebody who is not looking.
    Notify(SafeText),
    Suspend,
    Quit,
}

/// Something that no log and no panic may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub(super) String);

impl Secret {
    /// The text itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Names one request; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// A call of the Chat API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    Me,
    People,
    Threads {
        listing: Box<Listing>,
        /// From 1.
        page: u32,
    },
    Thread(Id),
    /// The messages before this one.
    Older {
        thread: Id,
        before: Id,
    },
    /// The messages right after this one.
    Newer {
        thread: Id,
        after: Id,
    },
    Message {
        thread: Id,
        message: Id,
    },
    /// Change one's own message.
    Edit {
        thread: Id,
        message: Id,
        text: String,
        /// What it is a change of, where the server counts.
        revision: Option<u64>,
    },
    /// Every action that awaits approval, in all threads.
    Waiting,
    /// What somebody decided lately, the newest decision first.
    Decided {
        by: Id,
    },
    /// What happens, from now on or after the event with that id; answered when the stream has ended.
    Follow {
        after: Option<String>,
    },
    Post {
        thread: Id,
        text: String,
        /// For `Idempotency-Key`.
        key: String,
    },
    CreateThread {
        new: NewThread,
        key: String,
    },
    MarkRead {
        thread: Id,
        message: Id,
    },
    Participants(Id),
    AddParticipant {
        thread: Id,
        user: Id,
    },
    RemoveParticipant {
        thread: Id,
        participant: Id,
    },
}

impl Call {
    /// Whether it changes something, so that a lost answer leaves a question open.
    #[must_use]
    pub fn changes_something(&self) -> bool {
        matches!(
            self,
            Self::Post { .. }
                | Self::Edit { .. }
                | Self::CreateThread { .. }
                | Self::MarkRead { .. }
                | Self::AddParticipant { .. }
                | Self::RemoveParticipant { .. }
        )
    }
}

/// What one can be woken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// Time to ask the server for news.
    Poll,
    /// Time to open the event stream again.
    Follow,
    /// The review may have become ready for a decision.
    Review,
    /// The notice has been there long enough.
    Notice,
    /// The drafts have not been saved for a moment.
    Drafts,
    /// The selection has rested on a thread.
    Open,
    /// What is typed into the palette has rested.
    Palette,
}
