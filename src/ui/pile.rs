//! All messages of a thread on top of each other, of which the pane shows a part: only what can be seen, and
//! what scrolling passes over, is laid out.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{Frame, Screen, heads::Heads, marks, paint, surroundings};
use crate::{
    api::Id,
    app::{Conversation, Entry, Model, Part, Scroll},
    render::{
        MARGIN, MessageView, Rendered, Role, Rows, Wrap,
        cache::Key,
        lay_out,
        long::{self, Order},
        piece,
    },
    safe_text::SafeText,
};

/// Columns left of a message's text.
const INDENT: u16 = 2;
/// Offsets below this are rows above a message's text: its day, its heading.
const HEAD: usize = 16;
/// Versions of bare texts, so that they have layouts of their own.
const BARE: u64 = 1 << 63;

/// What the pile is shown as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Pane,
    /// As it was written, from edge to edge.
    Bare,
}

/// A row of the pile: which message or unsent text, and which of its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub item: usize,
    pub row: usize,
}

/// What could be seen.
pub struct Seen {
    /// The last item of which something can be seen, and the last one that can be seen to its end.
    pub last: usize,
    pub whole: Option<usize>,
    /// The pile's end can be seen.
    pub end: bool,
}

/// The messages.
pub struct Pile<'a> {
    pub screen: &'a mut Screen,
    pub model: &'a Model,
    pub conversation: &'a Conversation,
    pub form: Form,
    pub width: u16,
    pub height: usize,
}

/// One message, laid out.
struct Item {
    head: Vec<Line<'static>>,
    body: Arc<Rendered>,
}

impl Item {
    fn rows(&self) -> usize {
        self.head.len() + self.body.rows.len()
    }
}

impl Pile<'_> {
    fn indent(&self) -> u16 {
        if self.form == Form::Bare { 0 } else { INDENT }
    }

    fn entries(&self) -> &[Entry] {
        self.conversation.shown()
    }

    fn count(&self) -> usize {
        let unsent = if self.conversation.past.is_some() { 0 } else { self.conversation.outgoing.len() };
        self.entries().len() + unsent
    }

    /// The first row of the pane: where the reader stands, moved by what was scrolled and what has to be seen,
    /// kept within the pile.
    pub fn top(&mut self) -> Place {
        let from = match self.conversation.scroll {
            Scroll::Latest => self.end(),
            Scroll::At { message, offset } => {
                match self.entries().binary_search_by_key(&message, |entry| entry.message.id) {
                    Ok(item) => Place { item, row: self.row_of(item, offset) },
                    Err(item) => Place { item: item.min(self.count().saturating_sub(1)), row: 0 },
                }
            }
        };
        let by = self.conversation.scroll_by;
        let moved = if by < 0 { self.up(from, by.unsigned_abs()) } else { self.down(from, by.unsigned_abs()) };
        let revealed = self.revealed(moved);
        let end = self.end();
        if revealed > end { end } else { revealed }
    }

    /// Where the pane begins so that what has to be seen is, moving no further than that takes.
    fn revealed(&mut self, top: Place) -> Place {
        let Some(reveal) = self.conversation.reveal else { return top };
        let found = self.entries().binary_search_by_key(&reveal.message, |entry| entry.message.id);
        let Ok(item) = found else { return top };
        let start = Place { item, row: 0 };
        match reveal.part {
            // Without the blank row above it.
            Part::Top => {
                Place { item, row: usize::from(self.item(item).head.first().is_some_and(|row| row.spans.is_empty())) }
            }
            Part::Any => {
                let end = Place { item, row: self.item(item).rows() };
                let last_start = self.up(end, self.height);
                if start < top {
                    start
                } else if last_start > top {
                    last_start.min(start)
                } else {
                    top
                }
            }
            Part::Match(which) => {
                let row = self.row_of_match(item, which).unwrap_or(0);
                let place = Place { item, row };
                let bottom = self.down(top, self.height.saturating_sub(1));
                if (top..=bottom).contains(&place) { top } else { self.up(place, self.height / 3) }
            }
        }
    }

    fn row_of_match(&mut self, at: usize, which: usize) -> Option<usize> {
        let needle = &self.conversation.find.as_ref()?.needle;
        let item = self.item(at);
        let found = marks::matches(&item.body.rows, needle);
        let nth = found.get(which).or(found.last())?;
        Some(item.head.len() + nth.first()?.row)
    }

    /// The first row when the last one stands at the bottom.
    fn end(&mut self) -> Place {
        let last = self.count().saturating_sub(1);
        let rows = self.item(last).rows();
        self.up(Place { item: last, row: rows }, self.height)
    }

    fn up(&mut self, from: Place, rows: usize) -> Place {
        let (mut place, mut left) = (from, rows);
        while left > place.row {
            if place.item == 0 {
                return Place::default();
            }
            left -= place.row;
            place.item -= 1;
            place.row = self.item(place.item).rows();
        }
        Place { row: place.row - left, ..place }
    }

    fn down(&mut self, from: Place, rows: usize) -> Place {
        let (mut place, mut left) = (from, rows);
        loop {
            let here = self.item(place.item).rows();
            if place.row + left < here || place.item + 1 >= self.count() {
                return Place { row: (place.row + left).min(here), ..place };
            }
            left -= here - place.row.min(here);
            place = Place { item: place.item + 1, row: 0 };
        }
    }

    fn row_of(&mut self, item: usize, offset: usize) -> usize {
        let item = self.item(item);
        if offset < HEAD {
            return offset.min(item.head.len());
        }
        let before = item.body.rows.partition_point(|row| row.offset + HEAD <= offset);
        item.head.len() + before.saturating_sub(1)
    }

    /// Where in its message a row begins, whatever the width.
    pub fn offset(&mut self, place: Place) -> usize {
        let item = self.item(place.item);
        match place.row.checked_sub(item.head.len()) {
            None => place.row,
            Some(row) => item.body.rows.get(row).map_or(0, |row| row.offset) + HEAD,
        }
    }

    /// Draws from `top` on.
    pub fn draw(&mut self, top: Place, area: Rect, buffer: &mut Buffer, frame: &mut Frame) -> Seen {
        let mut y = area.top();
        let mut seen = Seen { last: top.item, whole: None, end: true };
        let mut skip = top.row;
        let indent = self.indent();
        for at in top.item..self.count() {
            let item = self.item(at);
            frame.wants.extend(item.body.wants.iter().cloned());
            frame.orders.extend(item.body.order.clone());
            seen.last = at;
            let (from, first) = (y, skip);
            let body = item.body.rows.iter().map(|row| (indent, &row.line));
            for (indent, line) in item.head.iter().map(|line| (0, line)).chain(body).skip(skip) {
                if y >= area.bottom() {
                    seen.end = false;
                    break;
                }
                // What is wider than the text stands in the margin.
                buffer.set_line(area.x + indent, y, line, (area.width + MARGIN).saturating_sub(indent));
                y += 1;
            }
            let drawn = Rect { y: from, height: y - from, ..area };
            self.mark(at, &item, first, drawn, buffer);
            if !seen.end {
                break;
            }
            skip = 0;
            seen.whole = Some(at);
        }
        seen
    }

    /// Marks an item's rows, of which the first `skipped` are above the pane: as selected, and what is searched.
    fn mark(&self, at: usize, item: &Item, skipped: usize, area: Rect, buffer: &mut Buffer) {
        let Some(id) = self.entries().get(at).map(|entry| entry.message.id).filter(|_| self.form == Form::Pane) else {
            return;
        };
        let theme = &self.screen.theme;
        let body = item.head.len();
        let rows = skipped..skipped + usize::from(area.height);
        if self.conversation.selected == Some(id) {
            let bar = [piece("▌", theme.style(Role::Accent))];
            // Not beside the blank line and the rules above its heading.
            let from = if item.body.rows.is_empty() { body } else { body.saturating_sub(1) };
            for row in rows.clone().filter(|row| *row >= from) {
                let below = u16::try_from(row - skipped).unwrap_or(u16::MAX);
                let has_rule = row < body && item.head.get(row).is_none_or(|line| starts_with_rule(line));
                if !has_rule {
                    let margin = Rect { x: area.x.saturating_sub(1), ..area };
                    paint::left(&bar, paint::line(margin, below), buffer);
                }
            }
        }
        let Some(find) = &self.conversation.find else { return };
        for (number, found) in marks::matches(&item.body.rows, &find.needle).iter().enumerate() {
            let role = if find.at == Some((id, number)) { Role::Badge } else { Role::Found };
            for part in found.iter().filter(|part| rows.contains(&(part.row + body))) {
                let y = area.y + u16::try_from(part.row + body - skipped).unwrap_or(u16::MAX);
                let x = area.x + self.indent() + part.columns.start;
                let marked = Rect { x, y, width: part.columns.len().try_into().unwrap_or(0), height: 1 };
                let shown = Rect { width: area.width + MARGIN, ..area };
                buffer.set_style(marked.intersection(shown), theme.style(role));
            }
        }
    }

    fn item(&mut self, at: usize) -> Item {
        // Borrowed from the conversation, not from the pile.
        let entries = self.conversation.shown();
        let Some(entry) = entries.get(at) else { return self.unsent(at - entries.len()) };
        let message = &entry.message;
        let before = at.checked_sub(1).and_then(|before| entries.get(before)).map(|entry| &entry.message);
        let view = MessageView {
            text: &message.message,
            items: &message.action_items,
            mode: message.action_mode,
            actions: message.actions.as_deref(),
            is_confirmed: true,
        };
        let what = u64::try_from(message.id).unwrap_or(0);
        Item { head: self.heads().of_message(message, before, at == 0), body: self.body(&view, what, entry.version) }
    }

    fn unsent(&mut self, at: usize) -> Item {
        let Some(outgoing) = self.conversation.outgoing.get(at) else {
            return Item { head: Vec::new(), body: Arc::default() };
        };
        let view = MessageView { text: &outgoing.text, items: &[], mode: None, actions: None, is_confirmed: false };
        let mut hasher = DefaultHasher::new();
        outgoing.key.hash(&mut hasher);
        Item { head: self.heads().of_unsent(outgoing), body: self.body(&view, hasher.finish(), 0) }
    }

    fn heads(&self) -> Heads<'_> {
        Heads {
            theme: &self.screen.theme,
            days: &self.screen.days,
            model: self.model,
            conversation: self.conversation,
            width: self.width,
            indent: self.indent(),
        }
    }

    fn body(&mut self, view: &MessageView, what: u64, version: u64) -> Arc<Rendered> {
        let width = usize::from(self.width.saturating_sub(self.indent()));
        let people = &self.model.people;
        let bare = self.form == Form::Bare;
        let version = if bare { version | BARE } else { version };
        let key = Key { what, version, width, generation: people.version() };
        let Screen { theme, days, layouts, highlights, .. } = &mut *self.screen;
        layouts.get(key, || {
            if bare {
                return as_written(view.text, width, theme.style(Role::Text));
            }
            if long::is_long(view) {
                return long::placeholder(Order::new(key, view, theme, days, people.names()), theme);
            }
            let name = |id: Id| people.name(id);
            let highlights = |key| highlights.get(&key).cloned();
            lay_out(view, width, &surroundings(theme, days, &name, &highlights))
        })
    }
}

/// A text as it was written, hidden code hidden.
fn as_written(text: &str, width: usize, style: ratatui::style::Style) -> Rendered {
    let mut rows = Rows::new(width);
    let text = SafeText::message(&crate::blocks::redact(text));
    rows.text(&[crate::render::Piece { text, style }], Wrap::Words);
    Rendered { rows: rows.rows, ..Rendered::default() }
}

fn starts_with_rule(line: &Line) -> bool {
    line.spans.first().is_none_or(|span| span.content.starts_with('─'))
}
