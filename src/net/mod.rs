//! The Chat API as typed calls: addresses, tokens, timeouts, errors that say what to do, back-off.
//!
//! It speaks the wire of [`crate::api`] and nothing else: it draws nothing, decides nothing about
//! approvals, and keeps no state but which extensions the server turned out not to have.

mod base_url;
mod client;
mod error;
mod events;
mod extension;
mod query;
pub mod retry;
mod token;
mod transport;

pub use base_url::{BaseUrl, BaseUrlError};
pub use client::{Client, Options};
pub use error::{Error, NetworkKind, REFUSED_TOKEN};
pub use events::{EventStream, ServerEvent};
pub use extension::Extension;
pub use query::{ActionQuery, MessageWindow, Page, RecordQuery, ThreadQuery};
pub use token::Token;

/// The largest answer that is read; anything longer is [`Error::TooLarge`].
pub const MAX_BODY: usize = 32 << 20;

/// A fresh value for `Idempotency-Key`: 128 random bits in hex.
#[must_use]
pub fn new_idempotency_key() -> String {
    let mut bytes = [0_u8; 16];
    if getrandom::fill(&mut bytes).is_err() {
        // No system randomness: the hasher's own seed and the clock still differ from call to call.
        use std::hash::{BuildHasher, RandomState};
        let seed = RandomState::new();
        let now = std::time::SystemTime::now();
        bytes[..8].copy_from_slice(&seed.hash_one((now, 0_u8)).to_le_bytes());
        bytes[8..].copy_from_slice(&seed.hash_one((now, 1_u8)).to_le_bytes());
    }
    hex::encode(bytes)
}
