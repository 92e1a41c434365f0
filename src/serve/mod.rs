//! The server: HTTP in front, actions deciding what may be written, a sandbox for code, a store below.
//!
//! Directions: `http` → `actions` → `store`, `sandbox`; all of them → `model`, `plan`; never back.

pub mod actions;
pub mod admin;
mod fault;
mod fields;
pub mod http;
pub mod lifecycle;
pub mod model;
pub mod plan;
pub mod sandbox;
pub mod search;
pub mod served;
pub mod server;
pub mod store;
pub mod strict_json;
