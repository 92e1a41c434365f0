//! The client's mind: a pure state machine. [`update`] takes the [`Model`], the time and one [`Event`], and
//! returns the [`Effect`]s that the driver is to carry out, as data.
//!
//! No I/O, no clock, no randomness, no tokio, nothing drawn: a list of events replays to the same state.
//! Answers and timers that came too late are known by their ids and ignored.

mod answers;
mod attention;
mod completion;
mod composer;
mod conversation;
mod dates;
mod decided;
mod drafts;
mod drawn;
mod effect;
mod event;
mod filter;
pub mod find;
mod finder;
mod fuzzy;
mod history;
mod input;
mod key;
mod keymap;
mod listing;
mod live;
mod members;
mod model;
mod moment;
mod outgoing;
mod overlays;
mod palette;
mod past;
mod people;
pub mod plain_text;
mod poll;
mod rebind;
pub mod review;
mod seek;
mod signing_in;
mod slash;
mod subject;
mod threads;
mod update;
mod writing;

pub use completion::{Completion, Item as CompletionItem, Kind as CompletionKind};
pub use composer::{CURSOR, Composer, LONGEST_MESSAGE, size};
pub use conversation::{Conversation, Entry, Loading, Scroll};
pub use decided::Decided;
pub use drafts::{Drafts, Edit, Unsent};
pub use drawn::{Area, Drawn, Hit, MessagesDrawn, ReviewDrawn, ThreadsDrawn};
pub use effect::{Call, Effect, RequestId, Secret, Timer};
pub use event::{Answer, Event, Failure, FailureKind, Mouse, News, Outcome};
pub use filter::{Field, FieldKind, FilterForm};
pub use find::Find;
pub use finder::Finder;
pub use key::{Key, KeyCode, KeyPress};
pub use keymap::{Binding, Command, Context, Keymap};
pub use listing::{Attribute, Filter, Listing, Order};
pub use live::Live;
pub use members::{Candidates, Members, MembersStep};
pub use model::{Choice, ChoiceItem, Link, Model, Notice, Overlay, Pane, Prompt, PromptKind, Setup};
pub use moment::Moment;
pub use outgoing::{Outgoing, Progress};
pub use palette::{Offer, Palette, Target};
pub use past::{Part, Past, Reveal};
pub use people::People;
pub use seek::{Goal, Seek};
pub use subject::Editing;
pub use threads::ThreadList;
pub use update::update;
