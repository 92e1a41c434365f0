//! A few things to choose from by number, above the status line.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Clear, Widget},
};

use super::{chrome, paint};
use crate::{
    app::Choice,
    render::{Piece, Role, Theme, piece},
};

pub fn draw(theme: &Theme, choice: &Choice, area: Rect, buffer: &mut Buffer) {
    let rows = u16::try_from(choice.items.len()).unwrap_or(u16::MAX).saturating_add(1).min(area.height);
    let box_area = Rect { y: area.bottom() - rows, height: rows, ..area };
    Clear.render(box_area, buffer);
    let question = [chrome::heading(theme, true, choice.question)];
    chrome::rule(theme, &question, &[], paint::line(box_area, 0), buffer);
    for ((number, row), (words, _)) in (0..).zip(1..rows).zip(&choice.items) {
        let chosen = number == choice.at;
        let line = paint::line(box_area, row);
        let line = Rect { x: line.x + 1, width: line.width.saturating_sub(2), ..line };
        let mark = piece(if chosen { "▌" } else { " " }, theme.style(Role::Accent));
        let style = theme.style(if chosen { Role::Selected } else { Role::Text });
        let digit = piece(format!("{} ", number + 1), theme.style(Role::Strong));
        let room = usize::from(line.width).saturating_sub(4);
        paint::left(&[mark, digit, Piece { text: words.shortened(room), style }], line, buffer);
    }
}
