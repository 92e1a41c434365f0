//! A list that a few typed letters narrow: what is typed, what fits, which row is chosen.

use super::{Composer, fuzzy};

/// Rows that are offered at most; typing more finds the others.
const MOST: usize = 200;

/// A narrowed list. What its rows are is their owner's affair.
#[derive(Clone, Debug)]
pub struct Finder {
    pub query: Composer,
    /// Indices of the owner's rows, the best first.
    pub found: Vec<usize>,
    /// The chosen one of them.
    pub at: usize,
}

impl Finder {
    /// Nothing is typed yet.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut finder = Self { query: Composer::one_line(""), found: Vec::new(), at: 0 };
        finder.find(names);
        finder
    }

    /// Narrows the owner's rows to what fits what is typed now, and chooses the best.
    pub fn find<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let typed = self.query.text();
        let mut scored: Vec<(i32, usize)> = (names.into_iter().enumerate())
            .filter_map(|(at, name)| Some((if typed.trim().is_empty() { 0 } else { fuzzy::score(&typed, name)? }, at)))
            .collect();
        scored.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
        self.found = scored.into_iter().take(MOST).map(|(_, at)| at).collect();
        self.at = 0;
    }

    /// Moves the choice.
    pub fn step(&mut self, rows: isize) {
        self.at = stepped(self.at, rows, self.found.len());
    }

    /// The owner's row that is chosen.
    #[must_use]
    pub fn chosen(&self) -> Option<usize> {
        self.found.get(self.at).copied()
    }
}

/// `at`, moved by so many rows within a list of `count`.
#[must_use]
pub fn stepped(at: usize, rows: isize, count: usize) -> usize {
    at.saturating_add_signed(rows).min(count.saturating_sub(1))
}
