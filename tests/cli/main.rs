//! The network side and the commands, from outside: typed calls against a server that misbehaves on purpose,
//! and the real binary against the real server.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../support/fake_server.rs"]
mod fake_server;
mod keyring;
mod login;
mod lost;
mod net;
#[cfg(feature = "serve")]
mod plain;
mod seed;
#[path = "../support/seed.rs"]
mod seed_server;
#[path = "../support/terminal.rs"]
#[allow(dead_code)]
mod terminal;
mod usage;
mod watch;

#[cfg(feature = "serve")]
mod commands;
#[cfg(feature = "serve")]
mod deciding;
#[cfg(feature = "serve")]
mod demo;
#[cfg(feature = "serve")]
#[path = "../support/server.rs"]
#[allow(dead_code)]
mod server;
#[cfg(feature = "serve")]
mod statuses;
