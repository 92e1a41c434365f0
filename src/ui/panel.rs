//! What lies over the panes: a box with a title where there is room around it, else the whole body; and the
//! rows of lists in it, the chosen one marked as in the thread list.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Clear, Widget},
};

use super::{Frame, chrome, composer, paint};
use crate::{
    app::{Composer, Hit},
    render::{Piece, Role, Theme, piece},
    safe_text::width as width_of,
};

/// With less room than this a panel takes all of it.
const ROOM: (u16, u16) = (60, 14);

/// Opens a panel for `rows` rows of up to `columns` columns; returns where they go.
pub fn open(
    theme: &Theme,
    (title, end): (&str, &[Piece]),
    (columns, rows): (u16, u16),
    area: Rect,
    buffer: &mut Buffer,
    frame: &mut Frame,
) -> Rect {
    // What is covered was not seen.
    frame.drawn.review = None;
    frame.cursor = None;
    frame.hit(area, Hit::Outside);
    let title = chrome::heading(theme, true, title);
    if area.width < ROOM.0 || area.height < ROOM.1 {
        frame.hit(area, Hit::Overlay);
        Clear.render(area, buffer);
        let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
        paint::apart(&[title], end, paint::line(inner, 0), buffer);
        return Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..inner };
    }
    let width = (columns + 6).min(area.width - 4);
    let height = (rows + 4).min(area.height - 2);
    let x = area.x + (area.width - width) / 2;
    let y = area.y + (area.height - height) / 3;
    let outer = Rect { x, y, width, height };
    frame.hit(outer, Hit::Overlay);
    Clear.render(outer, buffer);
    // A wide character that the box cuts in half would paint over its border.
    for row in outer.top()..outer.bottom() {
        if let Some(cell) = buffer.cell_mut((outer.x - 1, row)).filter(|cell| width_of(cell.symbol()) > 1) {
            cell.set_symbol(" ");
        }
    }
    border(theme, &[title], end, outer, buffer);
    Rect { x: x + 3, y: y + 2, width: width - 6, height: height - 4 }
}

fn border(theme: &Theme, title: &[Piece], end: &[Piece], outer: Rect, buffer: &mut Buffer) {
    let dim = theme.style(Role::Dim);
    let last = Rect { x: outer.right() - 1, width: 1, ..outer };
    let inside = Rect { x: outer.x + 1, width: outer.width - 2, ..outer };
    chrome::rule(theme, title, end, paint::line(inside, 0), buffer);
    chrome::rule(theme, &[], &[], paint::line(inside, outer.height - 1), buffer);
    for row in 0..outer.height {
        let (left, right) = match row {
            0 => ("╭", "╮"),
            row if row + 1 == outer.height => ("╰", "╯"),
            _ => ("│", "│"),
        };
        paint::left(&[piece(left, dim)], paint::line(outer, row), buffer);
        paint::left(&[piece(right, dim)], paint::line(last, row), buffer);
    }
}

/// The first of `count` rows to draw so that the chosen one is in sight, the list staying put where it can.
pub fn first_row(chosen: usize, page: usize, count: usize) -> usize {
    chosen.saturating_sub(page / 2).min(count.saturating_sub(page))
}

/// One row of a list: marked where it is chosen, something of less weight at its end.
pub fn row(theme: &Theme, chosen: bool, start: &[Piece], end: &[Piece], line: Rect, buffer: &mut Buffer) {
    let mark = if chosen { "▌ " } else { "  " };
    let mut pieces = vec![piece(mark, theme.style(Role::Accent))];
    pieces.extend(start.iter().cloned());
    paint::apart(&pieces, end, line, buffer);
}

/// How a row's own words look.
pub fn role(chosen: bool) -> Role {
    if chosen { Role::Selected } else { Role::Text }
}

/// The line that is typed into.
pub fn query(theme: &Theme, input: &Composer, hint: &str, line: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let x = paint::left(&[piece("› ", theme.style(Role::Accent))], line, buffer);
    let text = Rect { x, width: line.right().saturating_sub(x), ..line };
    frame.cursor = composer::edit(input, text, buffer);
    if input.is_empty() {
        let hint = piece(hint, theme.style(Role::Dim));
        let beside = Rect { x: text.x + 1, width: text.width.saturating_sub(1), ..text };
        paint::left(&paint::shortened(&[hint], usize::from(beside.width)), beside, buffer);
    }
}
