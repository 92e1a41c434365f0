//! Countersign: people and agents talk in threads, agents propose changes as code, and nothing is
//! written that a person did not see and approve, or that a rule of the operator's did not allow.
//!
//! Everything lives in this library, so that tests can reach it; `main.rs` only parses and dispatches.
//! Ground floor, importing nothing of ours: [`api`], [`blocks`], [`safe_text`].

pub mod api;
pub mod app;
pub mod blocks;
pub mod cli;
pub mod commands;
pub mod config;
pub mod driver;
#[cfg(test)]
mod fuzz;
pub mod keyring;
pub mod net;
pub mod render;
pub mod safe_text;
pub mod term;
pub mod ui;

#[cfg(feature = "serve")]
pub mod demo;
#[cfg(feature = "serve")]
pub mod serve;
