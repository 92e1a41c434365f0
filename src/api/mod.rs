//! The wire: what server and client say to each other, as serde types. No I/O, no policy.
//!
//! A server that offers the seed document alone leaves the extensions out, so every extension is an
//! `Option` that defaults to `None` when read; our server always writes all of them (`null`, never absent).

mod action;
mod digest;
mod message;
mod participant;
mod problem;
mod record;
mod thread;
mod time;
mod user;

pub use action::{Action, ActionError, Binding, Change, Item, Operation, QueuedAction, Status};
pub use digest::{canonical, digest};
pub use message::{Kind, Message, Mode, NewMessage, Posted};
pub use participant::{NewParticipant, Participant, Person};
pub use problem::{FieldError, Problem, ProblemType};
pub use record::Record;
pub use thread::{LONGEST_SUBJECT, LastMessage, NewThread, Thread, ThreadDetail};
pub use time::Time;
pub use user::{AccountGrant, Me, UserKind};

/// A positive integer below 2^53 that names one thing of its kind.
pub type Id = i64;

/// What stands in a served text where a `codeaction` or `coderesult` body was.
pub const CODE_HIDDEN: &str = "[code hidden]";
