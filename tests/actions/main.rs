//! Actions on real workers: the sandbox under friendly and hostile code, and the flow from post to write.
#![cfg(feature = "serve")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::needless_pass_by_value)]

mod approving;
mod attacks;
mod blocks;
mod confinement;
mod docs;
mod living;
mod model;
mod money;
mod pool;
mod programs;
mod racing;
mod readings;
mod rogue;
mod sandbox;
#[path = "../support/server.rs"]
#[allow(dead_code)]
mod server;
mod story;
mod support;
mod world;
