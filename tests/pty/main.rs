//! Real programs in a real terminal.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../support/fake_server.rs"]
#[allow(dead_code)]
mod fake_server;
#[path = "../support/seed.rs"]
mod seed_server;
#[path = "../support/terminal.rs"]
#[allow(dead_code)]
mod terminal;

#[cfg(feature = "serve")]
#[path = "../support/server.rs"]
#[allow(dead_code)]
mod server;

#[cfg(feature = "serve")]
mod client;
#[cfg(feature = "serve")]
mod demo;
#[cfg(feature = "serve")]
mod desk;
#[cfg(feature = "serve")]
mod live;
#[cfg(feature = "serve")]
mod machine;
mod played;
#[cfg(feature = "serve")]
#[path = "../support/proxy.rs"]
mod proxy;
mod seed;
#[cfg(feature = "serve")]
mod settings;
#[cfg(feature = "serve")]
mod signing_in;
mod term;
mod widths;
