//! The time at which an event happened, as the driver's clocks had it.

use std::time::Duration;

use crate::api::Time;

/// One reading of both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Since the client started; never jumps. For delays.
    pub elapsed: Duration,
    /// What the wall clock says. For showing ages.
    pub wall: Time,
}

impl Moment {
    /// How long ago `earlier` was; zero if it was not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.elapsed.saturating_sub(earlier.elapsed)
    }

    /// The moment that comes `duration` later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self { elapsed: self.elapsed + duration, wall: self.wall.plus(duration) }
    }
}
