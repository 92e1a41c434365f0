//! What has been laid out, so that only what changed is laid out again: by message, version, width and what
//! else a layout depends on. Bounded in bytes; what was not needed for longest goes first.

use std::{collections::HashMap, sync::Arc};

use super::{Rendered, Row};

/// Bytes of layouts that are kept.
pub const BUDGET: usize = 8 << 20;

/// Everything that a layout depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// A message, or something else that is laid out, by a number of its own.
    pub what: u64,
    /// Changes whenever the content does.
    pub version: u64,
    pub width: usize,
    /// Changes with names, theme and whatever else all layouts depend on.
    pub generation: u64,
}

struct Kept {
    rendered: Arc<Rendered>,
    bytes: usize,
    used: u64,
}

/// Layouts by what they depend on.
pub struct Cache {
    kept: HashMap<Key, Kept>,
    bytes: usize,
    budget: usize,
    clock: u64,
}

impl Cache {
    /// Keeps about `budget` bytes.
    #[must_use]
    pub fn new(budget: usize) -> Self {
        Self { kept: HashMap::new(), bytes: 0, budget, clock: 0 }
    }

    /// The layout, made by `make` if it is not here.
    pub fn get(&mut self, key: Key, make: impl FnOnce() -> Rendered) -> Arc<Rendered> {
        self.clock += 1;
        if let Some(kept) = self.kept.get_mut(&key) {
            kept.used = self.clock;
            return Arc::clone(&kept.rendered);
        }
        let rendered = Arc::new(make());
        let bytes = size_of::<Kept>() + rendered.rows.iter().map(Row::bytes).sum::<usize>();
        self.bytes += bytes;
        self.kept.insert(key, Kept { rendered: Arc::clone(&rendered), bytes, used: self.clock });
        if self.bytes > self.budget {
            self.shrink();
        }
        rendered
    }

    /// Forgets layouts in which something can be shown better now.
    pub fn forget(&mut self, outdated: impl Fn(&Rendered) -> bool) {
        self.kept.retain(|_, kept| {
            let goes = outdated(&kept.rendered);
            self.bytes -= if goes { kept.bytes } else { 0 };
            !goes
        });
    }

    /// Takes in a layout that was made elsewhere, in place of what stood for it.
    pub fn put(&mut self, key: Key, rendered: Rendered) {
        if let Some(before) = self.kept.remove(&key) {
            self.bytes -= before.bytes;
        }
        self.get(key, || rendered);
    }

    /// Lets the oldest go, but not the newest, until a quarter of the budget is free.
    fn shrink(&mut self) {
        let mut by_age: Vec<(u64, Key)> = self.kept.iter().map(|(key, kept)| (kept.used, *key)).collect();
        by_age.sort_unstable_by_key(|(used, _)| *used);
        by_age.pop();
        for (_, key) in by_age {
            if self.bytes <= self.budget / 4 * 3 {
                break;
            }
            if let Some(kept) = self.kept.remove(&key) {
                self.bytes -= kept.bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::text::Line;

    use super::*;

    fn key(what: u64) -> Key {
        Key { what, version: 1, width: 80, generation: 0 }
    }

    fn rendered(bytes: usize) -> Rendered {
        Rendered { rows: vec![Row { line: Line::from("x".repeat(bytes)), offset: 0 }], ..Rendered::default() }
    }

    #[test]
    fn lays_out_once_and_stays_within_its_budget() {
        let mut cache = Cache::new(10_000);
        cache.get(key(0), || rendered(1_000));
        for what in 1..100 {
            cache.get(key(what), || rendered(1_000));
            cache.get(key(0), || panic!("it is in use"));
            assert!(cache.bytes <= 10_000);
        }
        let mut made = false;
        cache.get(key(1), || {
            made = true;
            rendered(1)
        });
        assert!(made, "what was not used for long has gone");
    }

    #[test]
    fn what_is_larger_than_the_budget_is_made_once() {
        let mut cache = Cache::new(10_000);
        cache.get(key(0), || rendered(1_000));
        cache.get(key(1), || rendered(50_000));
        cache.get(key(1), || panic!("it is in use"));
        cache.put(key(1), rendered(20));
        assert!(cache.bytes < 10_000);
        assert_eq!(cache.get(key(1), || panic!("it is here")).rows[0].line.to_string().len(), 20);
    }

    #[test]
    fn forgets_what_is_outdated() {
        let mut cache = Cache::new(10_000);
        cache.get(key(0), || rendered(10));
        cache.forget(|rendered| rendered.wants.is_empty());
        assert_eq!((cache.bytes, cache.kept.len()), (0, 0));
    }
}
