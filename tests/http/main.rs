//! The Chat API as its clients meet it: every test talks to the real router, on a real store and real
//! workers, or to a real socket. What a test needs of the world it makes itself.
#![cfg(feature = "serve")]
// Bodies written with `json!` are handed over whole: it reads better than a borrow each time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::needless_pass_by_value)]

mod documented;
mod stream;
mod support;
mod wire;

mod access;
mod actions;
mod admin;
mod audit;
mod bodies;
mod decisions;
mod digests;
mod docs;
mod events;
mod following;
mod idempotency;
mod listing;
mod messages;
mod metrics;
mod openapi;
mod participants;
mod process;
mod queries;
mod records;
mod secrecy;
mod server;
mod threads;
mod tokens;
mod users;
mod wrapping;
