//! Rows: styled text that has been fitted to a width by grapheme cluster, each row knowing where in the text
//! it begins, so that a reader's place survives another width.

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use crate::safe_text::{SafeText, clusters, width};

/// Columns to the right of the rows that stay free of prose.
pub const MARGIN: u16 = 1;

/// A run of text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: SafeText,
    pub style: Style,
}

/// A piece.
pub fn piece(text: impl Into<SafeText>, style: Style) -> Piece {
    Piece { text: text.into(), style }
}

impl From<&Piece> for Span<'static> {
    fn from(piece: &Piece) -> Self {
        Span::styled(piece.text.to_string(), piece.style)
    }
}

/// One row of the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub line: Line<'static>,
    /// Bytes of text before this row, whatever the width: always more than the row's before.
    pub offset: usize,
}

impl Row {
    /// Roughly what it takes in memory.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.line.spans.iter().map(|span| size_of::<Span>() + span.content.len()).sum::<usize>()
    }
}

/// Where a line may be broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrap {
    /// After spaces, which vanish there, and between wide characters; words longer than a row anywhere.
    Words,
    /// Between any two characters; nothing vanishes.
    Anywhere,
    /// After a single space, which stays, else anywhere: nothing vanishes, and no row leaves it open how many
    /// spaces there were.
    Exact,
}

/// Rows being built.
#[derive(Clone, Debug)]
pub struct Rows {
    pub rows: Vec<Row>,
    /// Columns to fill.
    width: usize,
    offset: usize,
    /// What stands before every row, and what stands before the next one instead.
    prefixes: Vec<Prefix>,
}

/// What a quote, a list item or a frame puts before its rows.
#[derive(Clone, Debug)]
struct Prefix {
    first: Option<Vec<Piece>>,
    rest: Vec<Piece>,
}

impl Rows {
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { rows: Vec::new(), width: width.max(1), offset: 0, prefixes: Vec::new() }
    }

    /// Puts something before every row from now on; `first` instead before the next row.
    pub fn push_prefix(&mut self, first: Option<Vec<Piece>>, rest: Vec<Piece>) {
        self.prefixes.push(Prefix { first, rest });
    }

    pub fn pop_prefix(&mut self) {
        // A list item without any text still shows its mark.
        if self.prefixes.last().is_some_and(|prefix| prefix.first.is_some()) {
            self.row(&[]);
        }
        self.prefixes.pop();
    }

    /// Columns that are left beside the prefixes.
    #[must_use]
    pub fn room(&self) -> usize {
        let used: usize = self.prefixes.iter().flat_map(|prefix| &prefix.rest).map(|piece| piece.text.width()).sum();
        self.width.saturating_sub(used).max(1)
    }

    /// A blank row, prefixes aside; none at the beginning and no two in succession.
    pub fn gap(&mut self) {
        let starts = self.prefixes.iter().any(|prefix| prefix.first.is_some());
        if !starts && self.rows.last().is_some_and(|row| !is_blank(row)) {
            self.row(&[]);
        }
    }

    /// Takes blank rows off the end.
    pub fn trim_end(&mut self) {
        while self.rows.len() > 1 && self.rows.last().is_some_and(is_blank) {
            self.rows.pop();
        }
    }

    /// A row as it is; the text in it counts towards offsets.
    pub fn row(&mut self, pieces: &[Piece]) {
        self.push_row(self.offset, pieces.iter().map(Span::from).collect());
        self.offset += pieces.iter().map(|piece| piece.text.len()).sum::<usize>() + 1;
    }

    /// A row with something at its right edge, if that fits.
    pub fn row_with_right(&mut self, left: &[Piece], right: Option<Piece>) {
        let used: usize = left.iter().map(|piece| piece.text.width()).sum();
        let mut spans: Vec<Span<'static>> = left.iter().map(Span::from).collect();
        if let Some(right) = right.filter(|right| used + 2 + right.text.width() <= self.room()) {
            spans.push(Span::raw(" ".repeat(self.room() - used - right.text.width())));
            spans.push(Span::from(&right));
        }
        self.push_row(self.offset, spans);
        self.offset += left.iter().map(|piece| piece.text.len()).sum::<usize>() + 1;
    }

    /// Text over as many rows as it takes.
    pub fn text(&mut self, pieces: &[Piece], wrap: Wrap) {
        self.hanging(pieces, &[], wrap);
    }

    /// A line of code over as many rows as it takes. One that fits with the margin stands in it, instead of leaving its
    /// last letter to a row of its own.
    pub fn code(&mut self, pieces: &[Piece]) {
        let width: usize = pieces.iter().map(|piece| piece.text.width()).sum();
        if width <= self.room() + usize::from(MARGIN) {
            self.row(pieces);
        } else {
            self.text(pieces, Wrap::Anywhere);
        }
    }

    /// Text over as many rows as it takes, all but the first indented by `hang`.
    pub fn hanging(&mut self, pieces: &[Piece], hang: &[Piece], wrap: Wrap) {
        let indent: usize = hang.iter().map(|piece| piece.text.width()).sum();
        let room = self.room();
        for (at, part) in broken(pieces, room, room.saturating_sub(indent).max(1), wrap).into_iter().enumerate() {
            let indent = if at == 0 { &[] } else { hang };
            self.push_row(self.offset + part.start, indent.iter().map(Span::from).chain(part.spans).collect());
        }
        self.offset += pieces.iter().map(|piece| piece.text.len()).sum::<usize>() + 1;
    }

    fn push_row(&mut self, offset: usize, content: Vec<Span<'static>>) {
        let mut spans: Vec<Span<'static>> = Vec::with_capacity(content.len() + self.prefixes.len());
        for prefix in &mut self.prefixes {
            let first = prefix.first.take();
            spans.extend(first.as_ref().unwrap_or(&prefix.rest).iter().map(Span::from));
        }
        spans.extend(content);
        self.rows.push(Row { line: Line::from(spans), offset });
    }
}

fn is_blank(row: &Row) -> bool {
    row.line.spans.iter().all(|span| span.content.chars().all(|c| c.is_whitespace() || matches!(c, '│' | '▎')))
}

/// One cluster with its style, on its way into a row.
#[derive(Clone, Copy)]
struct Cell<'a> {
    text: &'a str,
    style: Style,
    width: usize,
    /// Bytes of text before it.
    start: usize,
}

/// One row's share of a text.
struct Part {
    spans: Vec<Span<'static>>,
    /// Bytes of text before it.
    start: usize,
}

/// The pieces, broken into rows of at most `first` and then `rest` columns. At least one row.
fn broken(pieces: &[Piece], first: usize, rest: usize, wrap: Wrap) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut row: Vec<Cell> = Vec::new();
    let (mut used, mut row_start) = (0, 0);
    // How many cells of the row come before the last place where it may be broken.
    let mut break_at = None;
    let room = |parts: &[Part]| if parts.is_empty() { first } else { rest };
    for cell in cells(pieces) {
        if cell.text == "\n" {
            parts.push(Part { spans: spans(&row), start: row_start });
            (row, used, break_at, row_start) = (Vec::new(), 0, None, cell.start + 1);
            continue;
        }
        if wrap == Wrap::Words && cell.width > 1 && !row.is_empty() {
            break_at = Some(row.len());
        }
        if wrap == Wrap::Words && cell.text == " " && used + 1 > room(&parts) {
            // The break swallows it; what comes next begins the row.
            break_at = Some(row.len());
            continue;
        }
        while used + cell.width > room(&parts) && !row.is_empty() {
            let at = break_at.take().filter(|at| *at > 0 && wrap != Wrap::Anywhere).unwrap_or(row.len());
            let next = row.split_off(at);
            while wrap == Wrap::Words && row.last().is_some_and(|cell| cell.text == " ") {
                row.pop();
            }
            parts.push(Part { spans: spans(&row), start: row_start });
            row = next;
            row_start = row.first().map_or(cell.start, |cell| cell.start);
            used = row.iter().map(|cell| cell.width).sum();
        }
        used += cell.width;
        let after_space = row.last().is_some_and(|last| last.text == " ");
        row.push(cell);
        match (wrap, cell.text) {
            (Wrap::Exact, " ") if after_space => break_at = None,
            // A break far to the left would tear more than it keeps together.
            (Wrap::Exact, " ") if used * 2 < room(&parts) => {}
            (_, " ") => break_at = Some(row.len()),
            (Wrap::Words, _) if cell.width > 1 => break_at = Some(row.len()),
            _ => {}
        }
    }
    parts.push(Part { spans: spans(&row), start: row_start });
    parts
}

fn cells(pieces: &[Piece]) -> impl Iterator<Item = Cell<'_>> {
    let mut start = 0;
    pieces.iter().flat_map(|piece| clusters(&piece.text).map(|text| (text, piece.style))).map(move |(text, style)| {
        let cell = Cell { text, style, width: width(text), start };
        start += text.len();
        cell
    })
}

/// Neighbours of one style joined.
fn spans(cells: &[Cell]) -> Vec<Span<'static>> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for cell in cells {
        match spans.last_mut() {
            Some(last) if last.style == cell.style => last.content.to_mut().push_str(cell.text),
            _ => spans.push(Span::styled(cell.text.to_owned(), cell.style)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::Stylize;

    use super::*;

    fn wrapped(text: &str, columns: usize, wrap: Wrap) -> Vec<String> {
        let mut rows = Rows::new(columns);
        rows.text(&[Piece { text: SafeText::message(text), style: Style::new() }], wrap);
        rows.rows.iter().map(|row| row.line.to_string()).collect()
    }

    #[test]
    fn words_stay_whole_where_they_can() {
        assert_eq!(wrapped("to be or not to be", 6, Wrap::Words), ["to be", "or not", "to be"]);
        assert_eq!(wrapped("abcdefgh ij", 3, Wrap::Words), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrapped("a  b", 10, Wrap::Words), ["a  b"]);
        assert_eq!(wrapped("日本語 text", 4, Wrap::Words), ["日本", "語", "text"]);
        assert_eq!(wrapped("", 4, Wrap::Words), [""]);
        assert_eq!(wrapped("a\nb", 4, Wrap::Words), ["a", "b"]);
    }

    #[test]
    fn anywhere_loses_nothing() {
        assert_eq!(wrapped("to be  or", 4, Wrap::Anywhere), ["to b", "e  o", "r"]);
    }

    #[test]
    fn exact_breaks_after_single_spaces_only() {
        assert_eq!(wrapped("price: 9500", 9, Wrap::Exact), ["price: ", "9500"]);
        assert_eq!(wrapped("price:  9500", 9, Wrap::Exact), ["price:  9", "500"]);
        assert_eq!(wrapped("a 95000000", 6, Wrap::Exact), ["a 9500", "0000"]);
    }

    #[test]
    fn styles_survive_the_break() {
        let mut rows = Rows::new(5);
        rows.text(&[piece("ab ", Style::new()), piece("cd ef", Style::new().bold())], Wrap::Words);
        let spans: Vec<_> = rows.rows.iter().map(|row| row.line.spans.clone()).collect();
        assert_eq!(spans, [vec![Span::raw("ab "), "cd".bold()], vec!["ef".bold()]]);
    }

    #[test]
    fn prefixes_stand_before_every_row() {
        let mut rows = Rows::new(6);
        rows.push_prefix(Some(vec![piece("• ", Style::new())]), vec![piece("  ", Style::new())]);
        rows.text(&[piece("ab cd ef", Style::new())], Wrap::Words);
        rows.pop_prefix();
        rows.push_prefix(Some(vec![piece("• ", Style::new())]), vec![piece("  ", Style::new())]);
        rows.pop_prefix();
        let lines: Vec<String> = rows.rows.iter().map(|row| row.line.to_string()).collect();
        assert_eq!(lines, ["• ab", "  cd", "  ef", "• "]);
    }

    proptest! {
        #[test]
        fn no_row_is_too_wide_and_no_text_is_lost(text in "[a-z 日👍é\u{301}]{0,60}", columns in 2_usize..20) {
            for wrap in [Wrap::Words, Wrap::Anywhere, Wrap::Exact] {
                let lines = wrapped(&text, columns, wrap);
                prop_assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
                let dense = |text: &str| text.replace(' ', "");
                prop_assert_eq!(dense(&lines.concat()), dense(&SafeText::message(&text)));
                if wrap != Wrap::Words {
                    prop_assert_eq!(lines.concat(), SafeText::message(&text).into_string());
                }
            }
        }

        #[test]
        fn offsets_grow_and_begin_alike_at_any_width(text in "[a-z ]{0,60}", columns in 1_usize..20) {
            let offsets = |columns| {
                let mut rows = Rows::new(columns);
                for _ in 0..2 {
                    rows.text(&[piece(text.as_str(), Style::new())], Wrap::Anywhere);
                }
                rows.rows.iter().map(|row| row.offset).collect::<Vec<_>>()
            };
            let (narrow, wide) = (offsets(columns), offsets(1000));
            prop_assert!(narrow.is_sorted_by(|one, other| one < other));
            prop_assert!(wide.iter().all(|offset| narrow.contains(offset)));
        }
    }
}
