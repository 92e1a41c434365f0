//! The status line: how things stand, who one is, what waits; and the keys that matter where one is.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{draw_rows, paint};
use crate::{
    app::{Command, Context, Key, Link, Model, way_in},
    render::{Piece, Role, Row, Theme, piece},
};

/// A line in which words have to be few.
const NARROW: usize = 60;
/// Room that the sign of a broken file asks for, and the least that is worth having of the file's name.
const FAULT_ROOM: usize = 14;
const SHORTEST_NAME: usize = 4;
/// Rows that a notice may take.
const MOST_ROWS: u16 = 4;

/// Rows that it takes of a window that is `area` large: more than one only for a notice that needs them.
pub fn height(theme: &Theme, model: &Model, area: Rect) -> u16 {
    let most = (area.height / 3).clamp(1, MOST_ROWS);
    let rows = notice(theme, model, inside(area), most).map_or(1, |rows| rows.len());
    u16::try_from(rows).unwrap_or(most)
}

/// The bar without its margins.
fn inside(area: Rect) -> Rect {
    Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area }
}

/// The sentence that takes the bar's place for a while.
fn notice(theme: &Theme, model: &Model, area: Rect, most: u16) -> Option<Vec<Row>> {
    let notice = model.notice.as_ref()?;
    let (role, sign) = if notice.is_bad { (Role::Bad, "! ") } else { (Role::Strong, "") };
    let style = theme.style(Role::Bar).patch(theme.style(role));
    let pieces = [piece(sign, style), piece(&notice.words, style)];
    Some(paint::wrapped(&pieces, usize::from(area.width), usize::from(most)))
}

pub fn draw(theme: &Theme, model: &Model, area: Rect, buffer: &mut Buffer) {
    let bar = theme.style(Role::Bar);
    buffer.set_style(area, bar);
    let line = inside(area);
    let styled = |pieces: Vec<Piece>| -> Vec<Piece> {
        pieces.into_iter().map(|piece| Piece { style: bar.patch(piece.style), ..piece }).collect()
    };
    let room = usize::from(line.width);
    if let Some(rows) = notice(theme, model, line, line.height) {
        draw_rows(&rows, line, buffer);
        return;
    }
    let state = styled(state(theme, model, room));
    // The review has its keys beside what they decide.
    let in_review = matches!(model.context(), Context::Review | Context::Reason);
    let for_keys = if in_review { 0 } else { room.saturating_sub(paint::total(&state) + 3) };
    let keys = styled(keys(theme, model, for_keys));
    paint::left(&paint::shortened(&state, room), line, buffer);
    let x = line.right() - u16::try_from(paint::total(&keys)).unwrap_or(0);
    paint::left(&keys, Rect { x, width: line.right() - x, ..line }, buffer);
}

/// The parts about how things stand, as many as are worth their room, the least important left out first.
fn state(theme: &Theme, model: &Model, room: usize) -> Vec<Piece> {
    let dim = theme.style(Role::Dim);
    let text = theme.style(Role::Text);
    let mut parts = Vec::new();
    if model.unkept.is_some() {
        parts.push((0, vec![piece("! drafts not saved", theme.style(Role::Bad))]));
    }
    parts.push((3, vec![piece(&model.profile, dim)]));
    if let Some(me) = &model.me {
        parts.push((2, vec![piece(me.name.as_str(), text)]));
    }
    let unread = model.unread();
    if unread > 0 {
        let at_least = if model.threads.is_partial() { "+" } else { "" };
        parts.push((1, vec![piece(format!("{unread}{at_least} new"), theme.style(Role::Accent))]));
    }
    let waiting = model.waiting_count();
    if waiting > 0 {
        let words = match waiting {
            // There is worse to be said.
            _ if room < NARROW && model.fault.is_some() && model.link != Link::Online => "",
            _ if room < NARROW => " to approve",
            1 => " awaits approval",
            _ => " await approval",
        };
        parts.push((0, vec![piece(format!("◆ {waiting}{words}"), theme.style(Role::Warn))]));
    }
    // What can't be left out leaves its room to how things stand with the server, and that to what file is broken.
    let width = |parts: &[(i32, Vec<Piece>)]| parts.iter().map(|(_, part)| paint::total(part) + 3).sum::<usize>();
    let fixed: Vec<_> = parts.iter().filter(|(rank, _)| *rank == 0).cloned().collect();
    let sign = model.fault.as_ref().map_or(0, |_| FAULT_ROOM + 3);
    parts.insert(0, (0, link(theme, model, room < NARROW, room.saturating_sub(width(&fixed) + sign))));
    if let Some(fault) = &model.fault {
        let taken = width(&fixed) + paint::total(&parts[0].1) + 3;
        let place = place(&fault.place, room.saturating_sub(taken + 2).min(room / 2));
        parts.push((0, vec![piece(format!("! {place}"), theme.style(Role::Bad))]));
    }
    // The keys get the rest of the line.
    let budget = if room < NARROW { room } else { room / 2 };
    for least in [3, 2, 1] {
        if width(&parts) > budget + 3 {
            parts.retain(|(rank, _)| *rank < least);
        }
    }
    let mut pieces = Vec::new();
    for (_, part) in parts {
        if !pieces.is_empty() {
            pieces.push(piece(" · ", dim));
        }
        pieces.extend(part);
    }
    pieces
}

/// `config.toml, line 7` in as much room as there is: the file's name gives way, the line does not.
fn place(place: &str, room: usize) -> String {
    let (name, line) =
        place.rsplit_once(", ").map_or((place, String::new()), |(name, line)| (name, format!(", {line}")));
    let for_name = room.saturating_sub(line.chars().count());
    match name.chars().count() {
        length if length <= for_name => place.to_owned(),
        _ if for_name < SHORTEST_NAME && !line.is_empty() => line.trim_start_matches(", ").to_owned(),
        _ => name.chars().take(for_name.saturating_sub(1)).chain(['…']).collect::<String>() + &line,
    }
}

/// How things stand with the server: as much as fits of what there is to say, no part of it cut in two.
fn link(theme: &Theme, model: &Model, is_narrow: bool, room: usize) -> Vec<Piece> {
    let (dim, bad) = (theme.style(Role::Dim), theme.style(Role::Bad));
    match &model.link {
        Link::Connecting => vec![piece("○ connecting", dim)],
        Link::Online if is_narrow => vec![piece("●", theme.style(Role::Good))],
        Link::Online => {
            let words = if model.live.is_ready() { "live" } else { "polling" };
            vec![piece("● ", theme.style(Role::Good)), piece(words, dim)]
        }
        Link::Offline { words, .. } => {
            let (whole, short) = in_two_lengths(words);
            let said = [
                format!(", trying again: {whole}"),
                format!(", trying again: {short}"),
                format!(": {short}"),
                ", trying again".to_owned(),
                String::new(),
            ];
            first_that_fits(piece("○ offline", bad), said, dim, room)
        }
        Link::SignedOut { words } => {
            let way_in = way_in(model);
            let wide = format!("○ not signed in ({way_in})");
            let state = if is_narrow { format!("○ {way_in}") } else { wide };
            let (whole, short) = in_two_lengths(words);
            first_that_fits(piece(state, bad), [format!(": {whole}"), format!(": {short}"), String::new()], dim, room)
        }
    }
}

/// The first line of what went wrong, and of that what comes before it says what to do.
fn in_two_lengths(words: &str) -> (&str, &str) {
    let whole = words.lines().next().unwrap_or_default();
    let end = [": ", "; ", " ("].iter().filter_map(|end| whole.find(end)).min();
    (whole, &whole[..end.unwrap_or(whole.len())])
}

/// `state` with the first of `more` that there is room for beside it.
fn first_that_fits<const N: usize>(state: Piece, more: [String; N], style: Style, room: usize) -> Vec<Piece> {
    let left = room.saturating_sub(state.text.width());
    let mut more = more.into_iter().map(|words| piece(words, style));
    let said = more.find(|words| words.text.width() <= left);
    std::iter::once(state).chain(said).collect()
}

/// As many keys as fit, each with what it does; the one for the help before all others.
pub fn keys(theme: &Theme, model: &Model, room: usize) -> Vec<Piece> {
    let part = |(key, label): (Key, &str)| {
        let label = piece(format!(" {label}"), theme.style(Role::Dim));
        [piece(key.to_string(), theme.style(Role::Strong)), label, piece("  ", theme.style(Role::Dim))]
    };
    let (context, keymap) = (model.context(), &model.keymap);
    let help = keymap.key_for(Context::Lists, Command::Help);
    let (last, first): (Vec<_>, Vec<_>) = keymap.bar(context).partition(|(key, _)| Some(*key) == help);
    let last: Vec<Piece> = last.into_iter().flat_map(part).collect();
    // The gap after the last one is nobody's.
    let room = room + 2;
    let mut pieces = Vec::new();
    for part in first.into_iter().map(part) {
        if paint::total(&pieces) + paint::total(&part) + paint::total(&last) > room {
            break;
        }
        pieces.extend(part);
    }
    if paint::total(&pieces) + paint::total(&last) <= room {
        pieces.extend(last);
    }
    pieces.pop();
    pieces
}
