//! The composer: what is being written. While one writes it is shown as it is; at rest, hidden code in it is
//! hidden like everywhere else.

use ratatui::{buffer::Buffer, layout::Rect, style::Style, widgets::Widget};

use super::{chrome, draw_rows, paint};
use crate::{
    app::{CURSOR, Composer, Conversation, LONGEST_MESSAGE, Model, Pane, Wrapped, size},
    blocks,
    render::{Piece, Role, Rows, Theme, Wrap, piece},
    safe_text::SafeText,
};

/// Columns that are free beside a full row: for the cursor after it.
pub const MARGIN: u16 = 1;
/// As many characters of a draft are looked at as could ever be seen.
const SHOWN: usize = 8_192;

/// What is written to the open thread, as it lies in the composer.
#[derive(Default)]
pub struct Writing {
    wrapped: Wrapped,
    /// The first row that is shown.
    top: usize,
    /// Where a letter that is added to the text will stand; `None`: it would move others.
    pub next: Option<(u16, u16)>,
}

/// Rows that the composer wants, its line above included, in a pane that is `area` large.
pub fn height(writing: &mut Writing, model: &Model, area: Rect) -> u16 {
    let most = (area.height / 3).max(2);
    let shown = model.conversation().map(|conversation| conversation.composer.shown());
    writing.wrapped.set(shown.unwrap_or_default(), usize::from(text_area(area).width));
    let rows = writing.wrapped.count(usize::from(most));
    u16::try_from(rows).unwrap_or(most).saturating_add(1).clamp(2, most)
}

/// Where the text stands, with a margin for the cursor after a full row.
pub fn text_area(area: Rect) -> Rect {
    Rect { x: area.x + 3, width: area.width.saturating_sub(3 + MARGIN), ..area }
}

fn rows_of(text: &str, width: usize, style: Style) -> Rows {
    let mut rows = Rows::new(width);
    rows.text(&[Piece { text: SafeText::message(text), style }], Wrap::Words);
    rows
}

/// Draws it, and says where the cursor stands. To be called after [`height`].
pub fn draw(
    theme: &Theme,
    model: &Model,
    writing: &mut Writing,
    below: &[Piece],
    area: Rect,
    buffer: &mut Buffer,
) -> Option<(u16, u16)> {
    let conversation = model.conversation()?;
    let focused = model.focus == Pane::Composer;
    let mut heading = heading(theme, conversation, focused);
    let bytes = conversation.composer.bytes();
    if bytes > LONGEST_MESSAGE {
        let words = format!("  ! {} of at most {}", size(bytes), size(LONGEST_MESSAGE));
        heading.push(piece(words, theme.style(Role::Bad)));
    }
    chrome::rule(theme, &heading, below, paint::line(area, 0), buffer);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let text = text_area(body);
    let composer = &conversation.composer;
    let prompt = piece(" › ", theme.style(if focused { Role::Accent } else { Role::Dim }));
    paint::left(&[prompt], paint::line(body, 0), buffer);
    if focused {
        return Some(draw_text(writing, composer, text, buffer));
    }
    if composer.is_blank() {
        paint::left(&[piece("Enter writes to this thread", theme.style(Role::Dim))], paint::line(text, 0), buffer);
    } else {
        // Its beginning is enough: a block that is cut off counts as one that goes on.
        let redacted = blocks::redact(&composer.beginning(SHOWN));
        let rows = rows_of(&redacted, usize::from(text.width), theme.style(Role::Dim));
        draw_rows(&rows.rows, text, buffer);
    }
    None
}

/// What of the composer changes with the text, as long as that is neither higher nor too long: its rows with the
/// margin beside them.
pub fn changeable(area: Rect) -> Rect {
    let text = text_area(area);
    Rect { y: area.y + 1, width: area.right().saturating_sub(text.x), height: area.height.saturating_sub(1), ..text }
}

/// Draws the rows around the cursor, and says where it stands.
pub fn draw_text(writing: &mut Writing, composer: &Composer, area: Rect, buffer: &mut Buffer) -> (u16, u16) {
    let Writing { wrapped, top, next } = writing;
    let page = usize::from(area.height).max(1);
    let (cursor, selected) = (composer.cursor(), composer.selected());
    let row = wrapped.row_of(cursor);
    let last_top = wrapped.count((*top).max(row) + page).saturating_sub(page);
    *top = (*top).min(row).max((row + 1).saturating_sub(page)).min(last_top);
    for (number, y) in (*top..).zip(area.top()..area.bottom()) {
        let mut x = area.x;
        for (at, shown) in wrapped.shown(number) {
            let is_selected = selected.as_ref().is_some_and(|selected| selected.contains(&at));
            let style = if is_selected { Style::new().reversed() } else { Style::new() };
            // The space at the end of a full row stands in the margin.
            x = buffer.set_stringn(x, y, shown, usize::from(area.right().saturating_sub(x)), style).0;
        }
    }
    let column = u16::try_from(wrapped.column_of(cursor)).unwrap_or(u16::MAX);
    let below = u16::try_from(row - *top).unwrap_or(0);
    let (x, y) = (area.x.saturating_add(column), area.y.saturating_add(below).min(area.bottom().saturating_sub(1)));
    let has_room = x < area.right() && cursor == wrapped.bytes() && selected.is_none();
    *next = has_room.then_some((x, y));
    (x.min(area.right()), y)
}

/// What is written: something new, or a change of something that was sent.
fn heading(theme: &Theme, conversation: &Conversation, focused: bool) -> Vec<Piece> {
    let Some(editing) = &conversation.editing else {
        return if focused { vec![chrome::heading(theme, true, "Write")] } else { Vec::new() };
    };
    let state = match (editing.sending, editing.outdated) {
        (true, _) => piece("  sending the change…", theme.style(Role::Dim)),
        (false, true) => piece("  ! it has changed meanwhile: Enter replaces that too", theme.style(Role::Warn)),
        (false, false) => piece("  Esc leaves it as it was", theme.style(Role::Dim)),
    };
    vec![chrome::heading(theme, true, "Change your message"), state]
}

/// Draws a line that is being written, and says where its cursor stands.
pub fn edit(composer: &Composer, area: Rect, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let area = area.intersection(buffer.area);
    composer.widget().render(area, buffer);
    let cells = (area.top()..area.bottom()).flat_map(|y| (area.left()..area.right()).map(move |x| (x, y)));
    let mut cursor = None;
    for at in cells {
        if let Some(cell) = buffer.cell_mut(at).filter(|cell| cell.modifier.contains(CURSOR)) {
            cell.modifier.remove(CURSOR);
            cursor = cursor.or(Some(at));
        }
    }
    cursor
}
