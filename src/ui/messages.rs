//! The messages of the open thread. Where the reader stands is content (`Scroll`), so only what is on the
//! screen, and what scrolling passes over, is laid out.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Frame, Scene, Screen, chrome, completion, composer, paint,
    pile::{Form, Pile, Place},
};
use crate::{
    api::Id,
    app::{Command, Context, Conversation, Find, Hit, Link, Loading, MessagesDrawn, Model, Pane, Scroll, Seek, way_in},
    render::{Piece, Role, Rows, Theme, Wrap, piece},
    safe_text::SafeText,
};

/// Lines longer than this are hard to read.
const WIDEST: u16 = 120;

pub fn draw(screen: &mut Screen, model: &Model, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    frame.hit(area, Hit::Messages);
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let Some(id) = model.open else { return no_thread(screen, model, inner, buffer) };
    title(screen, model, id, paint::line(inner, 0), buffer);
    let writing = composer::height(&mut screen.writing, model, area);
    let top = chrome::heading_rows(area);
    let body = Rect { y: area.y + top, height: area.height.saturating_sub(top + writing), ..inner };
    let column = Rect { width: body.width.min(WIDEST), ..body };
    let drawn = conversation(screen, model, id, column, Form::Pane, buffer, frame);
    let past = model.conversation().is_some_and(|conversation| conversation.past.is_some());
    let further = drawn.as_ref().is_some_and(|drawn| !drawn.at_bottom || past);
    let unseen = drawn.as_ref().is_some_and(|drawn| !drawn.new_seen);
    let below = below(&screen.theme, model, unseen, further);
    frame.drawn.messages = drawn;
    let line = Rect { y: area.bottom().saturating_sub(writing), height: writing, ..area };
    frame.hit(line, Hit::Composer);
    frame.drawn.composer = Some(usize::from(composer::text_area(area).width));
    frame.cursor = composer::draw(&screen.theme, model, &mut screen.writing, &below, line, buffer);
    screen.scene = Scene::of(model, area, line);
    if let Some(completion) = model.completion().filter(|_| model.focus == Pane::Composer) {
        let chosen = model.conversation().map_or(0, |conversation| conversation.completion);
        let above = Rect { y: area.y, height: area.height.saturating_sub(writing), ..area };
        completion::draw(&screen.theme, &completion, chosen, above, buffer);
    }
}

/// The bare view: text from edge to edge, to be selected with the terminal's own mouse.
pub fn draw_bare(screen: &mut Screen, model: &Model, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    frame.hit(area, Hit::Messages);
    let Some(id) = model.open else { return };
    frame.drawn.messages = conversation(screen, model, id, area, Form::Bare, buffer, frame);
}

/// What stands in the line under the messages: what is searched, or that there is more.
fn below(theme: &Theme, model: &Model, unseen: bool, further: bool) -> Vec<Piece> {
    let dim = theme.style(Role::Dim);
    let conversation = model.conversation();
    if let Some(find) = conversation.and_then(|conversation| conversation.find.as_ref()) {
        let seek = conversation.and_then(|conversation| conversation.seek.as_ref());
        return vec![
            piece("find ", dim),
            Piece { text: find.words.shortened(24), style: theme.style(Role::Accent) },
            piece(found(find, seek), dim),
        ];
    }
    if conversation.is_some_and(|conversation| conversation.seek.is_some()) {
        return vec![piece("looking for that place…", dim)];
    }
    if conversation.is_some_and(|conversation| conversation.selected.is_some()) {
        return selection_keys(theme, model);
    }
    if further {
        return vec![piece("↓ more below, G goes to the end", dim)];
    }
    let Some(fresh) = conversation.map(|open| open.fresh).filter(|fresh| unseen && fresh.is_unseen()) else {
        return Vec::new();
    };
    let key = model.keymap.key_for(Context::Messages, Command::ToNew);
    let way = key.map(|key| format!(", {key} goes to the first")).unwrap_or_default();
    vec![piece(format!("↑ {} new{way}", fresh.count), theme.style(Role::Accent))]
}

/// What can be done with the selected message.
fn selection_keys(theme: &Theme, model: &Model) -> Vec<Piece> {
    let commands = [
        (Command::Reply, "reply"),
        (Command::Edit, "change"),
        (Command::Copy, "copy"),
        (Command::OpenLink, "open link"),
    ];
    let mut pieces = Vec::new();
    for (command, label) in commands {
        let Some(key) = model.keymap.key_for(Context::Messages, command) else { continue };
        let gap = if pieces.is_empty() { "" } else { "  " };
        pieces.push(piece(format!("{gap}{key}"), theme.style(Role::Strong)));
        pieces.push(piece(format!(" {label}"), theme.style(Role::Dim)));
    }
    pieces
}

/// How a search stands.
fn found(find: &Find, seek: Option<&Seek>) -> &'static str {
    match (seek, find.ended) {
        (Some(_), _) => "  looking further…",
        (None, Some(_)) if !find.found => "  not in this thread",
        (None, Some(true)) => "  none further back",
        (None, Some(false)) => "  none further on",
        (None, None) => "",
    }
}

/// No thread is open, or nothing of it is here: why, and what to do.
fn no_thread(screen: &Screen, model: &Model, area: Rect, buffer: &mut Buffer) {
    let theme = &screen.theme;
    let way_in = format!("{}.", way_in(model));
    let (what, why, then) = match (&model.link, &model.threads.loading) {
        (Link::SignedOut { words }, _) => ("You are not signed in.", words.clone(), way_in.as_str()),
        (Link::Offline { words, .. }, _) => {
            ("The server can't be reached.", words.clone(), "It is tried again by itself; F5 tries now.")
        }
        (_, Loading::Failed(words)) => ("The threads can't be loaded.", words.clone(), "F5 tries again."),
        (_, Loading::Loaded) if model.threads.listing.narrows() => {
            ("", SafeText::default(), "No thread fits what you looked for.")
        }
        (_, Loading::Loaded) => ("", SafeText::default(), "Choose a thread, or press n to start one."),
        (_, Loading::Waiting) => return,
    };
    let mut rows = Rows::new(usize::from(area.width.min(64)));
    rows.text(&[piece(why, theme.style(Role::Dim))], Wrap::Words);
    let mut lines = vec![piece(what, theme.style(Role::Strong)), piece("", theme.style(Role::Dim))];
    lines.extend(rows.rows.iter().map(|row| piece(row.line.to_string(), theme.style(Role::Dim))));
    lines.extend([piece("", theme.style(Role::Dim)), piece(then, theme.style(Role::Dim))]);
    if model.open.is_some() {
        lines.push(piece("What you write here is kept, and sent then.", theme.style(Role::Dim)));
    }
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
    form: Form,
    buffer: &mut Buffer,
    frame: &mut Frame,
) -> Option<MessagesDrawn> {
    let conversation = model.conversations.get(&id)?;
    if conversation.shown().is_empty() && conversation.outgoing.is_empty() {
        nothing(screen, model, conversation, area, buffer);
        return None;
    }
    let height = usize::from(area.height);
    let mut pile = Pile { screen, model, conversation, form, width: area.width, height };
    let top = pile.top();
    let seen = pile.draw(top, area, buffer, frame);
    let shown = conversation.shown();
    let message_at = |at: usize| shown.get(at).map(|entry| entry.message.id);
    let rests = conversation.scroll_by == 0 && conversation.reveal.is_none();
    let scroll = match message_at(top.item) {
        // Nobody scrolled: whatever happened to the window or the thread, the reader stands where they stood.
        Some(_) if rests => conversation.scroll,
        Some(message) if !(seen.end && conversation.past.is_none()) => Scroll::At { message, offset: pile.offset(top) },
        _ => Scroll::Latest,
    };
    let whole = seen.whole.filter(|_| !shown.is_empty()).map(|at| at.min(shown.len() - 1));
    Some(MessagesDrawn {
        thread: id,
        scroll,
        at_top: top == Place::default(),
        at_bottom: seen.end,
        // Of a run further back nothing is the newest.
        newest_seen: whole.filter(|_| conversation.past.is_none()).and_then(message_at),
        visible: (top.item..=seen.last).filter_map(message_at).collect(),
        new_seen: conversation.fresh.first.is_some_and(|first| {
            let is_cut = message_at(top.item) == Some(first) && top.row > 1;
            !is_cut && (top.item..=seen.last).any(|at| message_at(at) == Some(first))
        }),
        page: height,
    })
}

fn nothing(screen: &Screen, model: &Model, conversation: &Conversation, area: Rect, buffer: &mut Buffer) {
    if conversation.loading != Loading::Loaded && !matches!(model.link, Link::Connecting | Link::Online) {
        return no_thread(screen, model, area, buffer);
    }
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
