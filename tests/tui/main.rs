//! The client's mind and face together, against a server made of plain data: keys go in, screens come out.
//! No terminal, no network, no clock.

// Bodies written with `json!` are handed over whole: it reads better than a borrow each time.
#![allow(clippy::expect_used, clippy::panic, clippy::needless_pass_by_value)]

mod any_field;
mod approving;
mod by_hand;
mod composing;
mod converging;
mod drafts;
mod drift;
mod fixture;
mod large;
mod law;
mod law_traps;
mod listing;
mod live;
mod living;
mod looks;
mod members;
mod notices;
mod opening;
mod outcomes;
mod palette;
mod reading;
mod reading_screens;
mod review_words;
mod screens;
mod sending;
mod server;
mod server_posts;
mod signing_in;
mod starting;
mod stream;
mod touching;
mod world;
