//! What the mind asked to be woken for, and when. One time for each timer.

use std::{collections::HashMap, time::Duration};

use tokio::time::Instant;

use crate::app::Timer;

/// The timers that are set.
#[derive(Debug, Default)]
pub struct Timers(HashMap<Timer, Instant>);

impl Timers {
    /// Sets `timer` anew.
    pub fn set(&mut self, timer: Timer, after: Duration) {
        self.0.insert(timer, Instant::now() + after);
    }

    /// Takes the timers whose time has come.
    pub fn due(&mut self) -> Vec<Timer> {
        let now = Instant::now();
        self.0.extract_if(|_, at| *at <= now).map(|(timer, _)| timer).collect()
    }

    /// Returns when the next one is due; never, where none is set.
    pub async fn next(&self) {
        match self.0.values().min() {
            Some(at) => tokio::time::sleep_until(*at).await,
            None => std::future::pending().await,
        }
    }
}
