//! What could complete what is being written, right above it.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    widgets::{Clear, Widget},
};

use super::{chrome, paint};
use crate::{
    app::{Completion, CompletionKind},
    render::{Role, Theme, piece},
};

/// Draws it at the bottom of `area`.
pub fn draw(theme: &Theme, completion: &Completion, chosen: usize, area: Rect, buffer: &mut Buffer) {
    let wanted = u16::try_from(completion.items.len()).unwrap_or(u16::MAX).saturating_add(1);
    let rows = wanted.min(area.height);
    if rows < 2 {
        return;
    }
    let list = Rect { y: area.bottom() - rows, height: rows, ..area };
    Clear.render(list, buffer);
    let words = match completion.kind {
        CompletionKind::Command => "Commands",
        CompletionKind::Person => "People",
    };
    let keys = [piece("Tab takes it, Esc not", theme.style(Role::Dim))];
    chrome::rule(theme, &[piece(words, theme.style(Role::Dim))], &keys, paint::line(list, 0), buffer);
    let shown = usize::from(rows - 1);
    let chosen = chosen.min(completion.items.len().saturating_sub(1));
    let first = (chosen + 1).saturating_sub(shown);
    let widest = completion.items.iter().map(|item| item.label.width()).max().unwrap_or(0);
    for ((number, item), row) in completion.items.iter().enumerate().skip(first).zip(1..rows) {
        let is_chosen = number == chosen;
        let line = paint::line(list, row);
        let line = Rect { x: line.x + 1, width: line.width.saturating_sub(2), ..line };
        let mark = piece(if is_chosen { "▌ " } else { "  " }, theme.style(Role::Accent));
        let label = piece(&item.label, theme.style(if is_chosen { Role::Selected } else { Role::Text }));
        let gap = piece(" ".repeat(widest + 2 - item.label.width()), theme.style(Role::Text));
        let note = piece(&item.note, theme.style(Role::Dim));
        paint::left(&paint::shortened(&[mark, label, gap, note], usize::from(line.width)), line, buffer);
    }
}
