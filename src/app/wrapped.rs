//! A text that is being written, in rows as wide as the place where it is shown. What stays as it was keeps its
//! rows, and no more of them are made than somebody asks for: a key in a long draft costs no more than in a short
//! one. Knows no cursor and no colours.

use std::{borrow::Cow, ops::Range};

use crate::safe_text::{SafeText, clusters, width};

/// Columns between tab stops.
const TAB: usize = 4;

/// The rows of one text. A row ends after a space where it can, and that space needs no room.
#[derive(Clone, Debug, Default)]
pub struct Wrapped {
    text: String,
    columns: usize,
    /// Where rows begin, in bytes; the first at 0. Those after the last are not known yet.
    starts: Vec<usize>,
    /// There are no more rows than these.
    complete: bool,
}

impl Wrapped {
    #[must_use]
    pub fn new(text: String, columns: usize) -> Self {
        let mut wrapped = Self::default();
        wrapped.set(text, columns);
        wrapped
    }

    /// Takes another text, or another width, in place of the one that there was.
    pub fn set(&mut self, text: String, columns: usize) {
        let columns = columns.max(1);
        let same = if self.columns == columns { common_start(&self.text, &text) } else { 0 };
        if same == text.len() && same == self.text.len() && self.columns == columns && !self.starts.is_empty() {
            return;
        }
        // Where a row ends, the row after it decides together with it.
        let kept = self.starts.partition_point(|start| *start <= same).saturating_sub(2);
        self.starts.truncate(kept.max(1));
        if self.starts.is_empty() || kept == 0 {
            self.starts = vec![0];
        }
        (self.text, self.columns, self.complete) = (text, columns, false);
    }

    /// The bytes of the whole text.
    pub fn bytes(&self) -> usize {
        self.text.len()
    }

    /// How many rows there are, counted no further than `most`.
    pub fn count(&mut self, most: usize) -> usize {
        while self.starts.len() < most && self.extend() {}
        self.starts.len().min(most)
    }

    /// The row in which the character at `byte` stands, or the cursor before it.
    pub fn row_of(&mut self, byte: usize) -> usize {
        while self.starts.last().is_some_and(|last| *last <= byte) && self.extend() {}
        self.starts.partition_point(|start| *start <= byte).saturating_sub(1)
    }

    /// The bytes of a row, without the break at its end.
    pub fn row(&mut self, row: usize) -> Option<Range<usize>> {
        if self.count(row + 2) <= row {
            return None;
        }
        let start = self.starts[row];
        let end = self.starts.get(row + 1).copied().unwrap_or(self.text.len());
        let end = if self.text[start..end].ends_with('\n') { end - 1 } else { end };
        Some(start..end)
    }

    /// The characters of a row as they are shown, each with its place in the text.
    pub fn shown(&mut self, row: usize) -> Vec<(usize, Cow<'_, str>)> {
        let Some(range) = self.row(row) else { return Vec::new() };
        let mut column = 0;
        let row = &self.text[range.clone()];
        let characters = clusters(row).scan(range.start, |at, cluster| {
            let start = *at;
            *at += cluster.len();
            Some((start, cluster))
        });
        let shown = characters.map(|(at, cluster)| {
            let shown = as_shown(cluster, column);
            column += width(&shown);
            (at, shown)
        });
        shown.collect()
    }

    /// The column of the character at `byte`, or of the cursor before it, in its row.
    pub fn column_of(&mut self, byte: usize) -> usize {
        let row = self.row_of(byte);
        self.shown(row).iter().take_while(|(at, _)| *at < byte).map(|(_, shown)| width(shown)).sum()
    }

    /// The character of a row that stands nearest to a column.
    pub fn byte_at(&mut self, row: usize, column: usize) -> Option<usize> {
        let range = self.row(row)?;
        let is_last = self.count(row + 2) == row + 1 || self.text[range.end..].starts_with('\n');
        let mut used = 0;
        let mut last = range.start;
        for (at, shown) in self.shown(row) {
            if used + width(&shown) > column {
                return Some(at);
            }
            used += width(&shown);
            last = at;
        }
        // The place after the last character of a row that goes on is the beginning of the next one.
        Some(if is_last { range.end } else { last })
    }

    /// Makes one more row. Whether there is one.
    fn extend(&mut self) -> bool {
        let Some(start) = self.starts.last().copied().filter(|_| !self.complete) else { return false };
        match row_end(&self.text[start..], self.columns) {
            Some(end) => self.starts.push(start + end),
            None => self.complete = true,
        }
        !self.complete
    }
}

/// Where the row that `text` begins with ends and the next one begins; `None`: it is the last.
fn row_end(text: &str, columns: usize) -> Option<usize> {
    let (mut used, mut at) = (0, 0);
    let mut after_space = None;
    for cluster in clusters(text) {
        if cluster == "\n" {
            return Some(at + 1);
        }
        let is_space = cluster == " ";
        let wide = if is_space { 1 } else { width(&as_shown(cluster, used)) };
        if used + wide > columns && at > 0 {
            return if is_space && used == columns { Some(at + 1) } else { Some(after_space.unwrap_or(at)) };
        }
        used += wide;
        at += cluster.len();
        if is_space || wide > 1 {
            after_space = Some(at);
        }
    }
    None
}

/// A character as it is shown where so many columns are in use.
fn as_shown(cluster: &str, column: usize) -> Cow<'_, str> {
    match cluster {
        "\t" => " ".repeat(TAB - column % TAB).into(),
        _ if cluster.len() == 1 => cluster.into(),
        _ => SafeText::message(cluster).into_string().into(),
    }
}

/// Bytes at the beginning that both have, up to a whole character.
fn common_start(one: &str, other: &str) -> usize {
    let pieces = one.as_bytes().chunks(64).zip(other.as_bytes().chunks(64));
    let alike = pieces.take_while(|(one, other)| one == other).count() * 64;
    let mut same = alike.min(one.len()).min(other.len());
    same +=
        one.as_bytes()[same..].iter().zip(&other.as_bytes()[same..]).take_while(|(one, other)| one == other).count();
    while !(one.is_char_boundary(same) && other.is_char_boundary(same)) {
        same -= 1;
    }
    same
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(text: &str, columns: usize) -> Vec<String> {
        rows_of(&mut Wrapped::new(text.to_owned(), columns))
    }

    fn rows_of(wrapped: &mut Wrapped) -> Vec<String> {
        let count = wrapped.count(usize::MAX);
        let ranges: Vec<_> = (0..count).filter_map(|row| wrapped.row(row)).collect();
        ranges.into_iter().map(|range| wrapped.text[range].to_owned()).collect()
    }

    #[test]
    fn words_stay_whole_where_they_can_and_nothing_is_lost() {
        assert_eq!(rows("", 4), [""]);
        assert_eq!(rows("to be or not", 6), ["to be ", "or not"]);
        assert_eq!(rows("to be or not", 5), ["to be ", "or ", "not"]);
        assert_eq!(rows("hi abcdefgh", 5), ["hi ", "abcde", "fgh"]);
        assert_eq!(rows("a\n\nb\n", 4), ["a", "", "b", ""]);
        assert_eq!(rows("日本語", 4), ["日本", "語"]);
        assert_eq!(rows("abcd ", 4), ["abcd ", ""], "the cursor after the space begins the next row");
        assert_eq!(rows("abcd", 4), ["abcd"]);
    }

    #[test]
    fn the_cursor_goes_by_rows() {
        let mut wrapped = Wrapped::new("to be or\tnot 日本".to_owned(), 6);
        assert_eq!(rows_of(&mut wrapped), ["to be ", "or\t", "not 日", "本"]);
        assert_eq!((wrapped.row_of(0), wrapped.row_of(5), wrapped.row_of(6)), (0, 0, 1));
        assert_eq!((wrapped.column_of(8), wrapped.column_of(9)), (2, 0));
        assert_eq!(wrapped.byte_at(1, 3), Some(8), "the tab");
        assert_eq!(wrapped.byte_at(0, 60), Some(5), "the last character: after it is the next row");
        assert_eq!(wrapped.byte_at(3, 60), Some(19));
        assert_eq!(wrapped.byte_at(2, 5), Some(13), "its right half");
        assert_eq!(wrapped.byte_at(9, 0), None);
    }

    proptest! {
        #[test]
        fn what_is_changed_lies_as_if_it_were_new(
            before in "[a-c \t\n日é\u{301}]{0,60}", after in "[a-c \t\n日é\u{301}]{0,60}", at in 0_usize..60,
            asked in 0_usize..20, columns in 1_usize..12,
        ) {
            let at = before.char_indices().map(|(at, _)| at).take(at).last().unwrap_or(0);
            let changed = format!("{}{after}", &before[..at]);
            let mut wrapped = Wrapped::new(before, columns);
            wrapped.count(asked);
            wrapped.set(changed.clone(), columns);
            prop_assert_eq!(rows_of(&mut wrapped), rows(&changed, columns));
            wrapped.set(changed.clone(), columns + 1);
            prop_assert_eq!(rows_of(&mut wrapped), rows(&changed, columns + 1));
        }

        #[test]
        fn every_character_has_one_place(text in "[a-c \t\n日]{0,40}", columns in 1_usize..12) {
            let mut wrapped = Wrapped::new(text.clone(), columns);
            for (at, c) in text.char_indices().filter(|(_, c)| *c != '\n') {
                let (row, column) = (wrapped.row_of(at), wrapped.column_of(at));
                prop_assert_eq!(wrapped.byte_at(row, column), Some(at), "{}", c);
                prop_assert!(column <= columns.max(4));
            }
        }
    }
}
