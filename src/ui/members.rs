//! Who takes part in a thread; whom to add; whether to take somebody out.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Frame, paint, palette, panel};
use crate::{
    api::Participant,
    app::{Candidates, Hit, Loading, Members, MembersStep, Model},
    render::{Piece, Role, Theme, piece},
    safe_text::SafeText,
};

const COLUMNS: u16 = 56;
const ROWS: u16 = 14;

pub fn draw(theme: &Theme, model: &Model, members: &Members, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    match &members.step {
        MembersStep::Adding(candidates) => adding(theme, model, candidates, area, buffer, frame),
        MembersStep::Looking => looking(theme, model, members, area, buffer, frame),
        MembersStep::Removing(member) => {
            let inner = panel::open(theme, ("Participants", &[]), (COLUMNS, 3), area, buffer, frame);
            let name = model.people.name(member.user_id);
            let title = model.title(members.thread);
            let question = SafeText::line(&format!("Take {name} out of “{title}”?"));
            let lines = [
                paint::fitted(&question, usize::from(inner.width), theme.style(Role::Strong)),
                piece("", theme.style(Role::Text)),
                piece("y takes them out, n does not.", theme.style(Role::Dim)),
            ];
            for (words, row) in lines.into_iter().zip(0..) {
                paint::left(&[words], paint::line(inner, row), buffer);
            }
        }
    }
}

fn looking(theme: &Theme, model: &Model, members: &Members, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let count = piece(members.list.len().to_string(), theme.style(Role::Dim));
    let rows = u16::try_from(members.list.len() + 1).unwrap_or(ROWS).clamp(4, ROWS);
    let inner = panel::open(theme, ("Participants", &[count]), (COLUMNS, rows), area, buffer, frame);
    let title = paint::fitted(&model.title(members.thread), usize::from(inner.width), theme.style(Role::Dim));
    paint::left(&[title], paint::line(inner, 0), buffer);
    let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let words = match &members.loading {
        Loading::Waiting if members.list.is_empty() => Some(piece("Loading…", theme.style(Role::Dim))),
        Loading::Failed(words) => {
            let words = SafeText::line(&format!("! {words}"));
            Some(paint::fitted(&words, usize::from(list.width), theme.style(Role::Bad)))
        }
        Loading::Loaded if members.list.is_empty() => Some(piece("Nobody takes part.", theme.style(Role::Dim))),
        _ => None,
    };
    if let Some(words) = words {
        paint::left(&[words], paint::line(list, 0), buffer);
        return;
    }
    let page = usize::from(list.height);
    let first = panel::first_row(members.at, page, members.list.len());
    for ((at, member), y) in members.list.iter().enumerate().skip(first).take(page).zip(0..) {
        let line = paint::line(list, y);
        frame.hit(line, Hit::Row(at));
        let (name, what) = described(theme, model, member, at == members.at);
        panel::row(theme, at == members.at, &[name], &[what], line, buffer);
    }
}

fn described(theme: &Theme, model: &Model, member: &Participant, chosen: bool) -> (Piece, Piece) {
    let id = member.user_id;
    let me = model.me.as_ref().is_some_and(|me| me.id == id);
    let what = match (me, model.people.is_bot(id)) {
        (true, _) => "you",
        (_, true) => "bot",
        _ => "",
    };
    let name = Piece { text: model.people.name(id), style: theme.style(panel::role(chosen)) };
    (name, piece(what, theme.style(Role::Dim)))
}

fn adding(theme: &Theme, model: &Model, candidates: &Candidates, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let Candidates { finder, people, by_number } = candidates;
    let count = piece(format!("{} of {}", finder.found.len(), people.len()), theme.style(Role::Dim));
    let count = if *by_number { &[][..] } else { &[count] };
    let inner = panel::open(theme, ("Add to the thread", count), (COLUMNS, ROWS), area, buffer, frame);
    panel::query(
        theme,
        &finder.query,
        if *by_number { "a user's number" } else { "a name" },
        paint::line(inner, 0),
        buffer,
        frame,
    );
    let gap = if inner.height < ROWS { 1 } else { 2 };
    let list = Rect { y: inner.y + gap, height: inner.height.saturating_sub(gap), ..inner };
    if let Some(id) = candidates.typed_number() {
        let words = piece(format!("Enter adds user {id}."), theme.style(Role::Dim));
        paint::left(&[words], paint::line(list, 0), buffer);
        return;
    }
    if finder.found.is_empty() {
        if !by_number || !finder.query.is_blank() {
            palette::nothing(theme, list, buffer);
        }
        return;
    }
    let page = usize::from(list.height);
    let first = panel::first_row(finder.at, page, finder.found.len());
    let rows = finder.found.iter().enumerate().skip(first).take(page);
    for ((at, (id, name)), y) in rows.filter_map(|(at, row)| Some((at, people.get(*row)?))).zip(0..) {
        let line = paint::line(list, y);
        frame.hit(line, Hit::Row(at));
        let chosen = at == finder.at;
        let name = Piece { text: name.clone(), style: theme.style(panel::role(chosen)) };
        let what = if model.people.is_bot(*id) { "bot" } else { "" };
        panel::row(theme, chosen, &[name], &[piece(what, theme.style(Role::Dim))], line, buffer);
    }
}
