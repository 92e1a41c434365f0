//! Runs code in worker processes of our own binary, inside limits, and answers its calls of `records` from
//! whatever [`RecordSource`] it is given. It makes plans; whether one may be written is not its business.
//!
//! [`Pool`] → [`Session`] (one request's runs) → a worker process, in which [`worker`] runs.

mod arguments;
pub mod confine;
mod conversation;
mod hosted;
mod interpreter;
mod money;
mod overlay;
mod pool;
mod process;
mod records;
mod session;
mod surrogates;
mod value;
mod verdict;
mod wire;
pub mod worker;

use crate::{api::Id, serve::model::StoreError};

pub use self::{
    pool::Pool,
    records::{Overlay, RecordSource},
    session::{Context, Ran, Session},
};

/// Counts every byte that is allocated: without it the memory limit of a worker is not enforced. It limits
/// nothing until a worker says so.
#[global_allocator]
static ALLOCATOR: monty_alloc::LimitedAllocator = monty_alloc::LimitedAllocator;

/// The most bytes of a record's fields, in canonical form.
pub const MAX_DOCUMENT: usize = 64 << 10;

/// How deep a record's fields may be nested: themselves, and what they hold.
pub const MAX_LEVELS: usize = 32;

/// Why nothing can be said of the code: it was not run, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// More requests wait than may.
    #[error("too much code waits to be run: try again in a moment")]
    Busy,
    /// The request has used up the time of all its runs.
    #[error("the runs of this request took too long")]
    OutOfTime,
    /// No worker starts.
    #[error("no sandbox worker starts: {0}")]
    Broken(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An account's id, by which requests take turns.
type Account = Id;
