//! The thread list: two rows a thread, the selected one marked, what waits and what is new said in words.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Frame, Screen, chrome, filter, paint};
use crate::{
    api::Thread,
    app::{Hit, Link, Loading, Model, Pane, ThreadsDrawn, way_in},
    blocks,
    render::{Days, Piece, Role, Rows, Theme, Wrap, piece},
    safe_text::SafeText,
};

/// Rows of one thread, and with a blank one where there is room for it.
const ROWS: u16 = 2;
const ROOMY: u16 = 30;
/// From this width on what waits is said in full.
const IN_FULL: u16 = 30;

pub fn draw(screen: &mut Screen, model: &Model, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    frame.hit(area, Hit::Threads);
    let theme = &screen.theme;
    let inner = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let focused = model.focus == Pane::Threads;
    let words = match &model.threads.listing.search {
        Some(search) => SafeText::line(&format!("Search: {search}")),
        None => "Threads".into(),
    };
    let count = piece(model.threads.items.len().to_string(), theme.style(Role::Dim));
    let more = piece(if model.threads.has_next { "+" } else { "" }, theme.style(Role::Dim));
    paint::apart(&[chrome::heading(theme, focused, words)], &[count, more], paint::line(inner, 0), buffer);
    let mut top = chrome::heading_rows(area);
    if let Some(words) = filter::words(model) {
        let words = paint::fitted(&words, usize::from(inner.width), theme.style(Role::Accent));
        paint::left(&[words], paint::line(inner, 1), buffer);
        top += 1;
    }
    let list = Rect { y: area.y + top, height: area.height.saturating_sub(top), ..area };
    let step = if list.height >= ROOMY { ROWS + 1 } else { ROWS };
    let page = usize::from((list.height + step - ROWS) / step);
    let threads = &model.threads;
    let selected = threads.selected_index().unwrap_or(0);
    let first = first_in_sight(screen.first_thread, selected, page, threads.items.len());
    screen.first_thread = first;
    frame.drawn.threads = Some(ThreadsDrawn { first, page });
    if threads.items.is_empty() {
        return nothing(&screen.theme, model, list, buffer);
    }
    for (slot, thread) in threads.items.iter().skip(first).take(page).enumerate() {
        let y = list.y + u16::try_from(slot).unwrap_or(0) * step;
        let area = Rect { y, height: ROWS, ..list };
        frame.hit(area, Hit::Thread(thread.id));
        draw_thread(&screen.theme, &screen.days, model, thread, area, buffer);
    }
}

/// The first thread to draw so that the selected one is in sight, moving as little as possible.
fn first_in_sight(before: usize, selected: usize, page: usize, count: usize) -> usize {
    let last_start = count.saturating_sub(page);
    before.min(selected).max((selected + 1).saturating_sub(page)).min(last_start.max(selected.min(last_start)))
}

fn nothing(theme: &Theme, model: &Model, area: Rect, buffer: &mut Buffer) {
    let dim = |words: &str| piece(words, theme.style(Role::Dim));
    let lines = match (&model.threads.loading, model.threads.listing.narrows()) {
        (Loading::Waiting, _) if matches!(model.link, Link::Connecting | Link::Online) => vec![dim("Loading…")],
        (Loading::Waiting, _) => vec![dim("No threads yet:"), dim("the server can't be reached.")],
        (Loading::Failed(words), _) => {
            let (what, then) = match &model.link {
                Link::SignedOut { .. } => ("! You are not signed in.", format!("{}.", way_in(model))),
                _ => ("! Threads can't be loaded.", "F5 tries again.".to_owned()),
            };
            let mut lines = vec![piece(what, theme.style(Role::Bad)), dim("")];
            let mut rows = Rows::new(usize::from(area.width.saturating_sub(4)));
            rows.text(&[Piece { text: words.clone(), style: theme.style(Role::Dim) }], Wrap::Words);
            lines.extend(rows.rows.iter().take(6).map(|row| piece(row.line.to_string(), theme.style(Role::Dim))));
            lines.extend([dim(""), dim(&then)]);
            lines
        }
        (Loading::Loaded, true) => vec![dim("Nothing found."), dim(""), dim("Esc shows all threads.")],
        (Loading::Loaded, false) => vec![dim("No threads yet."), dim(""), dim("n starts one.")],
    };
    paint::centred(&lines, Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }, buffer);
}

fn draw_thread(theme: &Theme, days: &Days, model: &Model, thread: &Thread, area: Rect, buffer: &mut Buffer) {
    let selected = model.open == Some(thread.id);
    let focused = model.focus == Pane::Threads;
    let unread = thread.unread_count.unwrap_or(0);
    let mark = match (selected, focused) {
        (true, true) => piece("▌", theme.style(Role::Accent)),
        (true, false) => piece("▏", theme.style(Role::Accent)),
        (false, _) => piece(" ", theme.style(Role::Text)),
    };
    for row in 0..ROWS {
        paint::left(std::slice::from_ref(&mark), paint::line(area, row), buffer);
    }
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
    let title_role =
        if selected || (unread > 0 && !model.muted.contains(&thread.id)) { Role::Selected } else { Role::Text };
    let title = Piece { text: model.title(thread.id), style: theme.style(title_role) };
    let time = thread.updated_at.or(thread.last_message.as_ref().map(|last| last.created_at)).or(thread.created_at);
    let ago = time.map(|time| days.ago(time, model.now.wall)).unwrap_or_default();
    paint::apart(&[title], &[piece(ago, theme.style(Role::Dim))], paint::line(inner, 0), buffer);

    let mut about = Vec::new();
    if thread.awaiting_approval == Some(true) {
        let words = if area.width >= IN_FULL { "◆ awaiting approval" } else { "◆ awaiting" };
        about.push(piece(words, theme.style(Role::Warn)));
        about.push(piece(" · ", theme.style(Role::Dim)));
    }
    let muted = model.muted.contains(&thread.id);
    if muted {
        about.push(piece("muted · ", theme.style(Role::Dim)));
    }
    about.push(Piece { text: excerpt(model, thread), style: theme.style(Role::Dim) });
    let count = if unread > 0 { format!("{unread} new") } else { String::new() };
    let role = if muted { Role::Dim } else { Role::Accent };
    paint::apart(&about, &[piece(count, theme.style(role))], paint::line(inner, 1), buffer);
}

/// As many characters of a draft as a line could ever show.
const EXCERPT: usize = 1_024;

/// Who said what last, or which account it is about; a draft goes before both.
fn excerpt(model: &Model, thread: &Thread) -> SafeText {
    let draft = model.conversations.get(&thread.id).map(|conversation| &conversation.composer);
    if let Some(draft) = draft.filter(|draft| !draft.is_blank() && model.open != Some(thread.id)) {
        let text = blocks::redact(&draft.beginning(EXCERPT));
        return SafeText::line(&format!("Draft: {}", text.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    match &thread.last_message {
        Some(last) => {
            let who = if model.me.as_ref().is_some_and(|me| me.id == last.created_by_id) {
                "You".into()
            } else {
                model.people.name(last.created_by_id)
            };
            let first_name = if who.starts_with("user ") { &*who } else { who.split(' ').next().unwrap_or_default() };
            SafeText::line(&format!("{first_name}: {}", blocks::excerpt_in_words(&last.excerpt)))
        }
        None => thread.client_account_id.map(|id| model.account_name(id)).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_thread_is_always_in_sight() {
        assert_eq!(first_in_sight(0, 0, 5, 20), 0);
        assert_eq!(first_in_sight(0, 7, 5, 20), 3);
        assert_eq!(first_in_sight(10, 7, 5, 20), 7);
        assert_eq!(first_in_sight(3, 7, 5, 20), 3, "no more than needed");
        assert_eq!(first_in_sight(18, 3, 5, 4), 0, "the list became shorter");
        assert_eq!(first_in_sight(0, 3, 0, 4), 4, "no room at all");
    }
}
