//! Everything that can happen to the client.

use std::time::Duration;

use super::{Drafts, Drawn, KeyPress, Keymap, RequestId, Timer};
use crate::api::{Id, Me, Message, Participant, Person, Posted, QueuedAction, Thread, ThreadDetail};
use serde_json::{Map, Value};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The first of all.
    Started {
        drafts: Drafts,
    },
    Key(KeyPress),
    KeyReleased,
    /// Several keys arrived at once: nobody pressed them one by one. Comes before them.
    Burst,
    Paste(String),
    Mouse(Mouse),
    /// The window gained or lost the focus.
    Focus(bool),
    Resized,
    /// Back from being suspended.
    Resumed,
    Drawn(Drawn),
    Timer(Timer),
    Answered {
        id: RequestId,
        outcome: Outcome,
    },
    /// The person's own editor has ended: what became of the draft, or in words why it is as it was.
    Edited {
        thread: Id,
        outcome: Result<String, String>,
    },
    /// Something that was asked for beside the server did not work; in words.
    Failed(String),
    /// The event stream of that request told something, or nothing but that it is still there. What comes last
    /// of all is that the request is answered.
    Heard {
        id: RequestId,
        /// The id of the last event so far.
        last: Option<String>,
        news: Vec<News>,
    },
    /// The drafts could not be saved, in words; or they are again.
    DraftsSaved(Result<(), String>),
    /// The token was taken and is in force; or was not, and why.
    SignedIn(Result<(), String>),
    /// The config was read anew; or is broken.
    Settings(Result<Keymap, Fault>),
    /// There is no config any more.
    SettingsGone,
}

/// What keeps settings from being put in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, and the line where one is known: `config.toml, line 7`.
    pub place: String,
    /// The whole of it, file and line included.
    pub words: String,
}

/// What came of a request.
pub type Outcome = Result<Answer, Failure>;

/// One thing that the server told by itself.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// The stream is open: it tells everything that happens after what is asked for from now on.
    Ready,
    /// Something was missed: what is known may be wrong.
    Reset,
    /// In the form of the list.
    Thread(Thread),
    ThreadRemoved(Id),
    Message(Message),
    ParticipantAdded(Participant),
    ParticipantRemoved(Participant),
    RecordChanged {
        record_type: String,
        id: Id,
        /// `None`: it was deleted.
        fields: Option<Map<String, Value>>,
    },
}

/// The mouse, in columns and rows from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    Click { column: u16, row: u16 },
    WheelUp { column: u16, row: u16 },
    WheelDown { column: u16, row: u16 },
}

/// What the server answered.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Me(Me),
    People(Vec<Person>),
    Threads { items: Vec<Thread>, has_next: bool },
    Thread(ThreadDetail),
    Message(Message),
    Waiting(Vec<QueuedAction>),
    Decided(Vec<QueuedAction>),
    Posted(Posted),
    Participants(Vec<Participant>),
    Participant(Participant),
    Done,
}

/// Why there is no answer of use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// For people; not yet made safe to show.
    pub words: String,
    /// The request cannot have had an effect.
    pub had_no_effect: bool,
    pub retry_after: Option<Duration>,
}

/// What a failure means for what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No answer, or one that says *not now*.
    Unreachable,
    /// The token is not accepted, or there is none.
    SignedOut,
    /// One may not do that, or no longer.
    Forbidden,
    NotFound,
    /// It has changed meanwhile.
    Conflict,
    /// The server does not have that.
    Unsupported,
    /// Anything else that trying again does not mend.
    Refused,
}
