//! Small strokes that all panes are drawn with.

use std::num::NonZeroU16;

use ratatui::{
    buffer::{Buffer, CellDiffOption},
    layout::Rect,
    text::Span,
};
use unicode_width::UnicodeWidthStr;

use crate::{
    render::{Piece, Role, Row, Rows, Theme, Wrap},
    safe_text::{SafeText, has_uncertain_width, is_forbidden, width},
};

/// Draws pieces from the left of a line; what does not fit is cut off. Returns the column after them.
pub fn left(pieces: &[Piece], line: Rect, buffer: &mut Buffer) -> u16 {
    let mut x = line.x;
    for piece in pieces {
        let room = line.right().saturating_sub(x);
        if room == 0 || line.height == 0 {
            break;
        }
        x = buffer.set_span(x, line.y, &Span::from(piece), room).0;
    }
    x
}

/// Draws `start` at the left and `end` at the right of a line. Where both don't fit, the last piece of `start`
/// is shortened, so long as that leaves some of it.
pub fn apart(start: &[Piece], end: &[Piece], line: Rect, buffer: &mut Buffer) {
    let room = usize::from(line.width);
    let end_width = total(end);
    let end_fits = end_width + 8 <= room;
    let for_start = if end_fits && end_width > 0 { room - end_width - 1 } else { room };
    left(&shortened(start, for_start), line, buffer);
    if let Some(x) = u16::try_from(room - end_width.min(room)).ok().filter(|_| end_fits) {
        left(end, Rect { x: line.x + x, width: line.width - x, ..line }, buffer);
    }
}

/// How wide pieces are together.
pub fn total(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.text.width()).sum()
}

/// The pieces within `room` columns, the one that crosses its end shortened.
pub fn shortened(pieces: &[Piece], room: usize) -> Vec<Piece> {
    let mut kept = Vec::new();
    let mut used = 0;
    for piece in pieces {
        let text = piece.text.shortened(room - used);
        used += text.width();
        let whole = text == piece.text;
        kept.push(Piece { text, style: piece.style });
        if !whole {
            break;
        }
    }
    kept
}

/// A line inside `area`, counted from its top.
pub fn line(area: Rect, row: u16) -> Rect {
    Rect { y: area.y + row.min(area.height.saturating_sub(1)), height: 1.min(area.height), ..area }
}

/// Lines of words in the middle of `area`: for what is empty, loading or broken.
pub fn centred(lines: &[Piece], area: Rect, buffer: &mut Buffer) {
    let top = area.height.saturating_sub(u16::try_from(lines.len()).unwrap_or(0)) / 3;
    for (row, words) in (top..area.height).zip(lines) {
        let text = words.text.shortened(usize::from(area.width));
        let x = (usize::from(area.width) - text.width()) / 2;
        let x = area.x + u16::try_from(x).unwrap_or(0);
        left(&[Piece { text, style: words.style }], Rect { x, width: area.right() - x, ..line(area, row) }, buffer);
    }
}

/// A window in which nothing fits: how much room it takes, or what there is to say about the last key.
pub fn too_small(theme: &Theme, notice: Option<&SafeText>, area: Rect, buffer: &mut Buffer) {
    let (columns, rows) = super::SMALLEST;
    let long = format!("Too small: make the window at least {columns}×{rows} (it is {}×{}).", area.width, area.height);
    let texts = [long, format!("Make it at least {columns}×{rows}."), format!("{columns}×{rows}!")];
    let fits = |text: &String| width(text) <= usize::from(area.width);
    let text =
        notice.cloned().unwrap_or_else(|| texts.iter().find(|text| fits(text)).cloned().unwrap_or_default().into());
    let mut lines = Rows::new(usize::from(area.width));
    lines.text(&[Piece { text, style: theme.style(Role::Text) }], Wrap::Words);
    let count = u16::try_from(lines.rows.len()).unwrap_or(area.height).min(area.height);
    let middle = Rect { y: area.y + (area.height - count) / 2, height: count, ..area };
    super::draw_rows(&lines.rows, middle, buffer);
    scrub(buffer);
}

/// The last look at what goes to the terminal. Everything came by [`SafeText`]; this holds even if something
/// did not. And it allows for what terminals do otherwise than ratatui thinks.
pub fn scrub(buffer: &mut Buffer) {
    let right = usize::from(buffer.area.width);
    for at in 0..buffer.content.len() {
        let cell = &mut buffer.content[at];
        let symbol = cell.symbol();
        if symbol.is_ascii() && !symbol.bytes().any(|byte| byte.is_ascii_control()) {
            continue;
        }
        if symbol.contains(is_forbidden) {
            cell.set_symbol("\u{fffd}");
        } else if symbol.contains(['\u{ff9e}', '\u{ff9f}']) {
            // Halfwidth sound marks take one column, which ratatui overrates.
            let columns = u16::try_from(UnicodeWidthStr::width(symbol)).ok().and_then(NonZeroU16::new);
            cell.set_diff_option(columns.map_or(CellDiffOption::None, CellDiffOption::ForcedWidth));
        } else if has_uncertain_width(symbol) {
            // A terminal that draws its parts side by side paints over what comes after: that is drawn anew.
            let end = at + width(symbol);
            let row_end = (at / right + 1) * right;
            for after in buffer.content.iter_mut().take(row_end.min(end + OVERLAP)).skip(end) {
                after.set_diff_option(CellDiffOption::AlwaysUpdate);
            }
        }
    }
}

/// Columns that may be painted over by a character whose parts are drawn side by side.
const OVERLAP: usize = 6;

/// Pieces over at most `most` rows of `room` columns; what does not fit ends in `…`.
pub fn wrapped(pieces: &[Piece], room: usize, most: usize) -> Vec<Row> {
    let mut rows = Rows::new(room);
    rows.text(pieces, Wrap::Words);
    let mut rows = rows.rows;
    if rows.len() > most {
        rows.truncate(most);
        if let Some(span) = rows.last_mut().and_then(|row| row.line.spans.last_mut()) {
            let text = format!("{}…", &span.content);
            let cut = SafeText::message(&text).shortened(room);
            span.content = cut.into_string().into();
        }
    }
    rows
}

/// A text as one piece, shortened to `room` columns.
pub fn fitted(text: &SafeText, room: usize, style: ratatui::style::Style) -> Piece {
    Piece { text: text.shortened(room), style }
}
