//! Every key that does something, straight from the table that the keys come from.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Frame, Screen, chrome, draw_rows, paint};
use crate::{
    app::{Context, Hit, Key, Model},
    render::{Role, Row, Rows, Theme, Wrap, piece},
};

/// Columns for the keys, where what they do stands beside them.
const KEYS: usize = 20;
const SIDE_BY_SIDE: usize = 56;

pub fn draw(screen: &Screen, model: &Model, top: usize, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    frame.hit(area, Hit::Help);
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    paint::left(&[chrome::heading(&screen.theme, true, "Keys")], paint::line(inner, 0), buffer);
    let top_rows = chrome::heading_rows(area);
    let body = Rect { y: area.y + top_rows, height: area.height.saturating_sub(top_rows), ..inner };
    let rows = rows(&screen.theme, model, usize::from(body.width));
    let page = usize::from(body.height);
    let top = top.min(rows.len().saturating_sub(page));
    draw_rows(rows.iter().skip(top), body, buffer);
    let hidden = rows.len().saturating_sub(top + page);
    if hidden > 0 {
        let more = [piece(format!("↓ {hidden} more"), screen.theme.style(Role::Dim))];
        paint::apart(&[], &more, paint::line(inner, 0), buffer);
    }
    frame.drawn.help = Some((top, page));
}

fn rows(theme: &Theme, model: &Model, width: usize) -> Vec<Row> {
    let mut rows = Rows::new(width);
    if let Some(fault) = &model.fault {
        let words = "The config or a theme is broken; what was read before stays in force:";
        rows.text(&[piece(words, theme.style(Role::Bad))], Wrap::Words);
        rows.text(&[piece(fault.words.as_str(), theme.style(Role::Text))], Wrap::Words);
    }
    for (context, bindings) in model.keymap.help() {
        rows.gap();
        rows.row(&[piece(context.title(), theme.style(Role::Strong))]);
        for (keys, help) in bindings {
            line(&mut rows, theme, keys, help);
        }
        if context == Context::Composer {
            let more = "moves, deletes and selects as in any line editor: Ctrl+A, Ctrl+W, Alt+B, Alt+F, Ctrl+K, Ctrl+Y";
            line(&mut rows, theme, &[], more);
        }
    }
    rows.rows
}

/// One binding: its keys, and beside them, or below where that is too narrow, what they do.
fn line(rows: &mut Rows, theme: &Theme, keys: &[Key], help: &str) {
    let names: Vec<String> = keys.iter().map(Key::to_string).collect();
    let names = piece(format!("  {}", names.join(" ")), theme.style(Role::Accent));
    let help = piece(help, theme.style(Role::Text));
    let indent = |columns: usize| piece(" ".repeat(columns), theme.style(Role::Text));
    if rows.room() < SIDE_BY_SIDE {
        if !keys.is_empty() {
            rows.row(&[names]);
        }
        return rows.hanging(&[indent(4), help], &[indent(4)], Wrap::Words);
    }
    let padding = indent((KEYS + 2).saturating_sub(names.text.width()).max(1));
    rows.hanging(&[names, padding, help], &[indent(KEYS + 2)], Wrap::Words);
}
