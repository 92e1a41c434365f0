//! What holds the panes together: the few lines between them, and their headings.

use ratatui::{buffer::Buffer, layout::Rect};

use super::paint;
use crate::render::{Piece, Role, Theme, piece};

/// A line from top to bottom.
pub fn vertical_rule(theme: &Theme, area: Rect, buffer: &mut Buffer) {
    for row in 0..area.height {
        paint::left(&[piece("│", theme.style(Role::Dim))], paint::line(area, row), buffer);
    }
}

/// Where a line to the right leaves the one from top to bottom.
pub fn junction(theme: &Theme, (x, y): (u16, u16), buffer: &mut Buffer) {
    paint::left(&[piece("├", theme.style(Role::Dim))], Rect { x, y, width: 1, height: 1 }, buffer);
}

/// A line from left to right with words in it.
pub fn rule(theme: &Theme, start: &[Piece], end: &[Piece], line: Rect, buffer: &mut Buffer) {
    let dashes = piece("─".repeat(usize::from(line.width)), theme.style(Role::Dim));
    paint::left(&[dashes], line, buffer);
    let dash = piece("─ ", theme.style(Role::Dim));
    let space = piece(" ", theme.style(Role::Dim));
    if !start.is_empty() {
        let mut words = vec![dash];
        words.extend(paint::shortened(start, usize::from(line.width).saturating_sub(4)));
        words.push(space.clone());
        paint::left(&words, line, buffer);
    }
    let width = paint::total(end) + 3;
    if end.is_empty() || paint::total(start) + width + 6 > usize::from(line.width) {
        return;
    }
    let x = line.right() - u16::try_from(width).unwrap_or(line.width);
    let mut words = vec![space.clone()];
    words.extend(end.iter().cloned());
    words.push(space);
    paint::left(&words, Rect { x, width: line.right() - x, ..line }, buffer);
}

/// Rows that a pane's heading takes: with a blank one below it where there is room.
pub fn heading_rows(area: Rect) -> u16 {
    if area.height < 16 { 1 } else { 2 }
}

/// A pane's heading: bright where the focus is.
pub fn heading(theme: &Theme, focused: bool, words: impl Into<crate::safe_text::SafeText>) -> Piece {
    piece(words, theme.style(if focused { Role::Heading } else { Role::Dim }))
}
