//! How long to wait before an idempotent call is tried again. Pure: whoever waits has the clock and the dice.

use std::time::Duration;

/// The shortest pause, before the first retry.
pub const FIRST: Duration = Duration::from_millis(250);
/// The longest pause, however often it failed.
pub const LONGEST: Duration = Duration::from_secs(30);

/// The pause before retry number `attempt` (from 0): doubles each time up to [`LONGEST`], and of that a share
/// between a half and the whole, as `random` (0 to 1) has it, so that many clients do not come back at once.
/// What the server asked for (`Retry-After`) is the least.
#[must_use]
pub fn delay(attempt: u32, random: f64, retry_after: Option<Duration>) -> Duration {
    let full = FIRST.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST);
    let random = if random.is_nan() { 1.0 } else { random.clamp(0.0, 1.0) };
    full.mul_f64(0.5 + random / 2.0).max(retry_after.unwrap_or_default())
}

/// A number between 0 and 1 for [`delay`].
#[must_use]
pub fn random() -> f64 {
    f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn stays_within_its_bounds(attempt: u32, random: f64, asked in 0_u64..1000) {
            let asked = Duration::from_secs(asked);
            let pause = delay(attempt, random, Some(asked));
            prop_assert!(pause >= asked);
            prop_assert!(pause <= LONGEST.max(asked));
            prop_assert!(delay(attempt, random, None) >= FIRST / 2);
        }

        #[test]
        fn never_shrinks_from_one_attempt_to_the_next(attempt in 0_u32..64, random in 0.0_f64..1.0) {
            prop_assert!(delay(attempt + 1, random, None) >= delay(attempt, random, None));
        }
    }

    #[test]
    fn doubles_up_to_the_longest() {
        let pauses: Vec<u128> = (0..9).map(|attempt| delay(attempt, 1.0, None).as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        assert_eq!(delay(1, 0.0, None).as_millis(), 250);
    }
}
