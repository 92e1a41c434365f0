//! Token buckets: how many events a minute each key may have. A full bucket holds one minute's worth.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Keys kept before those with a full bucket, which say nothing, are forgotten.
const PRUNE_AT: usize = 10_000;

/// The buckets of all keys of one kind.
#[derive(Debug)]
pub struct RateLimit<K> {
    /// 0: no limit.
    per_minute: u32,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    level: f64,
    at: Instant,
}

impl<K: Eq + Hash> RateLimit<K> {
    /// `per_minute` 0 switches the limit off.
    pub fn new(per_minute: u32) -> Self {
        Self { per_minute, buckets: Mutex::default() }
    }

    /// Counts one event of `key`.
    ///
    /// # Errors
    /// When the bucket is empty: how many whole seconds to wait, at least 1.
    pub fn take(&self, key: K, now: Instant) -> Result<(), u64> {
        if self.per_minute == 0 {
            return Ok(());
        }
        let full = f64::from(self.per_minute);
        let per_second = full / 60.0;
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let refilled = |bucket: &Bucket| {
            let passed = now.saturating_duration_since(bucket.at);
            (bucket.level + passed.as_secs_f64() * per_second).min(full)
        };
        if buckets.len() >= PRUNE_AT && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| refilled(bucket) < full);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { level: full, at: now });
        *bucket = Bucket { level: refilled(bucket), at: now };
        if bucket.level < 1.0 {
            let wait = Duration::from_secs_f64((1.0 - bucket.level) / per_second);
            return Err(wait.as_secs() + 1);
        }
        bucket.level -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_bucket_says_how_long_to_wait_and_fills_again() {
        let limit = RateLimit::new(2);
        let start = Instant::now();
        assert_eq!((limit.take("a", start), limit.take("a", start)), (Ok(()), Ok(())));
        let wait = limit.take("a", start).expect_err("empty");
        assert!((30..=31).contains(&wait), "{wait}");
        assert_eq!(limit.take("b", start), Ok(()));
        assert_eq!(limit.take("a", start + Duration::from_secs(wait)), Ok(()));
        assert!(limit.take("a", start + Duration::from_secs(wait)).is_err());
    }

    #[test]
    fn zero_means_no_limit() {
        let limit = RateLimit::new(0);
        assert!((0..1_000).all(|_| limit.take((), Instant::now()).is_ok()));
    }

    #[test]
    fn keys_that_say_nothing_any_more_are_forgotten() {
        let limit = RateLimit::new(60);
        let start = Instant::now();
        for key in 0..PRUNE_AT {
            assert_eq!(limit.take(key, start), Ok(()));
        }
        assert_eq!(limit.take(PRUNE_AT, start + Duration::from_mins(1)), Ok(()));
        assert_eq!(limit.buckets.lock().expect("sound").len(), 1);
    }
}
