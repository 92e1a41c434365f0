//! The messages of the open thread. Where the reader stands is content (`Scroll`), so only what is on the
//! screen, and what scrolling passes over, is laid out.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use ratatui::{buffer::Buffer, layout::Rect, text::Line};

use super::{Frame, Screen, chrome, composer, heads::Heads, paint, surroundings};
use crate::{
    api::Id,
    app::{Conversation, Hit, Link, Loading, MessagesDrawn, Model, Pane, Scroll},
    render::{MessageView, Piece, Rendered, Role, Rows, Wrap, cache::Key, lay_out, piece},
    safe_text::SafeText,
};

/// Columns left of a message's text.
const INDENT: u16 = 2;
/// Lines longer than this are hard to read.
const WIDEST: u16 = 120;
/// Offsets below this are rows above a message's text: its day, its heading.
const HEAD: usize = 16;

pub fn draw(screen: &mut Screen, model: &Model, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    frame.hit(area, Hit::Messages);
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let Some(id) = model.open else { return no_thread(screen, model, inner, buffer) };
    title(screen, model, id, paint::line(inner, 0), buffer);
    let writing = composer::height(model, area);
    let top = chrome::heading_rows(area);
    let body = Rect { y: area.y + top, height: area.height.saturating_sub(top + writing), ..inner };
    let column = Rect { width: body.width.min(WIDEST), ..body };
    let drawn = conversation(screen, model, id, column, buffer, frame);
    let below = if drawn.as_ref().is_some_and(|drawn| drawn.scroll != Scroll::Latest) {
        vec![piece("↓ more below, G goes to the end", screen.theme.style(Role::Dim))]
    } else {
        Vec::new()
    };
    frame.drawn.messages = drawn;
    let line = Rect { y: area.bottom().saturating_sub(writing), height: writing, ..area };
    composer::draw(&screen.theme, model, &below, line, buffer, frame);
}

/// No thread is open: why, and what to do.
fn no_thread(screen: &Screen, model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &screen.theme;
    let (what, why, then) = match (&model.link, &model.threads.loading) {
        (Link::SignedOut { words }, _) => ("You are not signed in.", words.clone(), ""),
        (Link::Offline { words, .. }, _) => {
            ("The server can't be reached.", words.clone(), "It is tried again by itself; F5 tries now.")
        }
        (_, Loading::Failed(words)) => ("The threads can't be loaded.", words.clone(), "F5 tries again."),
        (_, Loading::Loaded) => ("", SafeText::default(), "Choose a thread, or press n to start one."),
        (_, Loading::Waiting) => return,
    };
    let mut rows = Rows::new(usize::from(area.width.min(64)));
    rows.text(&[piece(why, theme.style(Role::Dim))], Wrap::Words);
    let mut lines = vec![piece(what, theme.style(Role::Strong)), piece("", theme.style(Role::Dim))];
    lines.extend(rows.rows.iter().map(|row| piece(row.line.to_string(), theme.style(Role::Dim))));
    lines.extend([piece("", theme.style(Role::Dim)), piece(then, theme.style(Role::Dim))]);
    paint::centred(&lines, area, buffer);
}

fn title(screen: &Screen, model: &Model, id: Id, line: Rect, buffer: &mut Buffer) {
    let theme = &screen.theme;
    let role = if model.focus == Pane::Threads { Role::Strong } else { Role::Heading };
    let mut start = vec![Piece { text: model.title(id), style: theme.style(role) }];
    let thread = model.thread(id);
    if let Some((relation, number)) =
        thread.and_then(|thread| Some((thread.relation_type.as_ref()?, thread.relation_id?)))
        && thread.is_some_and(|thread| thread.subject.is_some())
    {
        start.push(piece(format!("  {relation} #{number}"), theme.style(Role::Dim)));
    }
    let account = thread.and_then(|thread| thread.client_account_id).map(|id| model.account_name(id));
    let end = piece(account.unwrap_or_default(), theme.style(Role::Dim));
    paint::apart(&start, &[end], line, buffer);
}

/// The messages; `None` where there are none to draw.
fn conversation(
    screen: &mut Screen,
    model: &Model,
    id: Id,
    area: Rect,
    buffer: &mut Buffer,
    frame: &mut Frame,
) -> Option<MessagesDrawn> {
    let conversation = model.conversations.get(&id)?;
    if conversation.entries.is_empty() && conversation.outgoing.is_empty() {
        nothing(screen, conversation, area, buffer);
        return None;
    }
    let mut pane = Pile { screen, model, conversation, width: area.width, height: usize::from(area.height) };
    let top = pane.top();
    let (last, end) = pane.draw(top, area, buffer, frame);
    let count = conversation.entries.len();
    let message_at = |at: usize| conversation.entries.get(at).map(|entry| entry.message.id);
    let scroll = match message_at(top.item) {
        Some(message) if !end => Scroll::At { message, offset: pane.offset(top) },
        _ => Scroll::Latest,
    };
    Some(MessagesDrawn {
        thread: id,
        scroll,
        at_top: top == Place::default(),
        newest_seen: last.filter(|_| count > 0).and_then(|last| message_at(last.min(count - 1))),
        visible: (top.item..=last.unwrap_or(top.item)).filter_map(message_at).collect(),
        page: pane.height,
    })
}

fn nothing(screen: &Screen, conversation: &Conversation, area: Rect, buffer: &mut Buffer) {
    let theme = &screen.theme;
    let dim = |words: &str| piece(words, theme.style(Role::Dim));
    let lines = match &conversation.loading {
        Loading::Waiting => vec![dim("Loading…")],
        Loading::Failed(words) => {
            let room = usize::from(area.width);
            let words = words.lines().next().unwrap_or_default();
            vec![
                piece("This thread can't be shown.", theme.style(Role::Bad)),
                paint::fitted(&words, room, theme.style(Role::Dim)),
                dim("F5 tries again."),
            ]
        }
        Loading::Loaded => vec![dim("Nothing has been said here yet."), dim("i starts writing.")],
    };
    paint::centred(&lines, area, buffer);
}

/// A row of the pile: which message or unsent text, and which of its rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    item: usize,
    row: usize,
}

/// All messages on top of each other, of which the pane shows a part.
struct Pile<'a> {
    screen: &'a mut Screen,
    model: &'a Model,
    conversation: &'a Conversation,
    width: u16,
    height: usize,
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
    fn count(&self) -> usize {
        self.conversation.entries.len() + self.conversation.outgoing.len()
    }

    /// The first row of the pane: where the reader stands, moved by what was scrolled, kept within the pile.
    fn top(&mut self) -> Place {
        let from = match self.conversation.scroll {
            Scroll::Latest => self.end(),
            Scroll::At { message, offset } => {
                let place = self.conversation.entries.binary_search_by_key(&message, |entry| entry.message.id);
                match place {
                    Ok(item) => Place { item, row: self.row_of(item, offset) },
                    Err(item) => Place { item: item.min(self.count().saturating_sub(1)), row: 0 },
                }
            }
        };
        let by = self.conversation.scroll_by;
        let moved = if by < 0 { self.up(from, by.unsigned_abs()) } else { self.down(from, by.unsigned_abs()) };
        let end = self.end();
        if (moved.item, moved.row) > (end.item, end.row) { end } else { moved }
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

    fn offset(&mut self, place: Place) -> usize {
        let item = self.item(place.item);
        match place.row.checked_sub(item.head.len()) {
            None => place.row,
            Some(row) => item.body.rows.get(row).map_or(0, |row| row.offset) + HEAD,
        }
    }

    /// Draws from `top` on. The last item of which the end can be seen, and whether the pile's end can.
    fn draw(&mut self, top: Place, area: Rect, buffer: &mut Buffer, frame: &mut Frame) -> (Option<usize>, bool) {
        let mut y = area.top();
        let mut whole = None;
        let mut skip = top.row;
        for at in top.item..self.count() {
            let item = self.item(at);
            frame.wants.extend(item.body.wants.iter().cloned());
            let body = item.body.rows.iter().map(|row| (INDENT, &row.line));
            for (indent, line) in item.head.iter().map(|line| (0, line)).chain(body).skip(skip) {
                if y >= area.bottom() {
                    return (whole, false);
                }
                buffer.set_line(area.x + indent, y, line, area.width.saturating_sub(indent));
                y += 1;
            }
            skip = 0;
            whole = Some(at);
        }
        (whole, true)
    }

    fn item(&mut self, at: usize) -> Item {
        let entries = &self.conversation.entries;
        let Some(entry) = entries.get(at) else { return self.unsent(at - entries.len()) };
        let message = &entry.message;
        let before = at.checked_sub(1).and_then(|before| entries.get(before)).map(|entry| &entry.message);
        let view = MessageView {
            text: &message.message,
            items: &message.action_items,
            mode: message.action_mode,
            actions: message.actions.as_deref(),
        };
        let what = u64::try_from(message.id).unwrap_or(0);
        Item { head: self.heads().of_message(message, before, at == 0), body: self.body(&view, what, entry.version) }
    }

    fn unsent(&mut self, at: usize) -> Item {
        let Some(outgoing) = self.conversation.outgoing.get(at) else {
            return Item { head: Vec::new(), body: Arc::new(Rendered { rows: Vec::new(), wants: Vec::new() }) };
        };
        let view = MessageView { text: &outgoing.text, items: &[], mode: None, actions: None };
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
            indent: INDENT,
        }
    }

    fn body(&mut self, view: &MessageView, what: u64, version: u64) -> Arc<Rendered> {
        let width = usize::from(self.width.saturating_sub(INDENT));
        let people = &self.model.people;
        let key = Key { what, version, width, generation: people.version() };
        let Screen { theme, days, layouts, highlights, .. } = &mut *self.screen;
        let name = |id: Id| people.name(id);
        let highlights = |key| highlights.get(&key).cloned();
        layouts.get(key, || lay_out(view, width, &surroundings(theme, days, &name, &highlights)))
    }
}
