//! The palette: what is typed, and under it the commands and threads that fit.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Frame, paint, panel};
use crate::{
    app::{Hit, Palette, Target},
    render::{Piece, Role, Theme, piece},
};

const COLUMNS: u16 = 62;
const ROWS: u16 = 14;

pub fn draw(theme: &Theme, palette: &Palette, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let finder = &palette.finder;
    let count = piece(format!("{} of {}", finder.found.len(), palette.rows.len()), theme.style(Role::Dim));
    let inner = panel::open(theme, ("Go to, or do", &[count]), (COLUMNS, ROWS), area, buffer, frame);
    panel::query(theme, &finder.query, "a command, a thread", paint::line(inner, 0), buffer, frame);
    let gap = if inner.height < ROWS { 1 } else { 2 };
    let list = Rect { y: inner.y + gap, height: inner.height.saturating_sub(gap), ..inner };
    if finder.found.is_empty() {
        return nothing(theme, list, buffer);
    }
    let page = usize::from(list.height);
    let first = panel::first_row(finder.at, page, finder.found.len());
    let rows = finder.found.iter().enumerate().skip(first).take(page);
    for ((at, offer), y) in rows.filter_map(|(at, row)| Some((at, palette.rows.get(*row)?))).zip(0..) {
        let line = paint::line(list, y);
        frame.hit(line, Hit::Row(at));
        let chosen = at == finder.at;
        let name = Piece { text: offer.name.clone(), style: theme.style(panel::role(chosen)) };
        let sign = match offer.target {
            Target::Command(..) => piece("", theme.style(Role::Dim)),
            Target::Thread(_) => piece("→ ", theme.style(Role::Dim)),
        };
        let beside = paint::fitted(&offer.beside, usize::from(line.width) / 3, theme.style(Role::Dim));
        panel::row(theme, chosen, &[sign, name], &[beside], line, buffer);
    }
}

/// Nothing fits what was typed.
pub fn nothing(theme: &Theme, list: Rect, buffer: &mut Buffer) {
    paint::left(&[piece("  Nothing fits.", theme.style(Role::Dim))], paint::line(list, 0), buffer);
}
