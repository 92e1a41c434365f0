//! What every backend has to do, tried through the store's public face alone. A backend runs all of it by
//! giving [`world::World::new`] an empty database of its kind.

mod audit;
mod edits;
mod events;
mod idempotency;
mod lists;
mod operator;
mod pages;
mod posts;
mod runs;
mod search;
mod threads;
mod waiting;
mod world;
mod writing;
