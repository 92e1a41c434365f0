//! How the thread list is narrowed and ordered: the form of filters, the list of orders, and in a few words
//! what is in force.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Frame, composer, paint, panel};
use crate::{
    app::{Attribute, Field, FilterForm, Hit, Model, Order},
    render::{Piece, Role, Theme, piece},
    safe_text::SafeText,
};

const COLUMNS: u16 = 56;
/// Columns of a field's title.
const TITLE: usize = 10;

/// The form.
pub fn draw(theme: &Theme, form: &FilterForm, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let rows = u16::try_from(form.fields.len()).unwrap_or(0);
    let inner = panel::open(theme, ("Show only threads", &[]), (COLUMNS, rows), area, buffer, frame);
    let page = usize::from(inner.height);
    let first = panel::first_row(form.at, page, form.fields.len());
    for ((at, field), y) in form.fields.iter().enumerate().skip(first).take(page).zip(0..) {
        let line = paint::line(inner, y);
        frame.hit(line, Hit::Row(at));
        draw_field(theme, field, at == form.at, line, buffer, frame);
    }
}

fn draw_field(theme: &Theme, field: &Field, chosen: bool, line: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let title = field.kind.title();
    let title = piece(format!("{title:TITLE$}"), theme.style(if chosen { Role::Selected } else { Role::Dim }));
    let any = !field.is_typed() && field.chosen == 0;
    let role = match (chosen, any) {
        (true, _) => Role::Selected,
        (false, true) => Role::Dim,
        (false, false) => Role::Text,
    };
    let shown = Piece { text: field.shown(), style: theme.style(role) };
    let dim = theme.style(Role::Dim);
    if chosen && field.is_typed() {
        // What is typed, and beside it what that stands for.
        let meant = paint::fitted(&shown.text, usize::from(line.width) / 2, dim);
        panel::row(theme, true, &[title], &[piece("= ", dim), meant.clone()], line, buffer);
        let x = line.x + u16::try_from(TITLE + 2).unwrap_or(0);
        let end = u16::try_from(meant.text.width() + 3).unwrap_or(0);
        let width = line.right().saturating_sub(x + end);
        frame.cursor = composer::edit(&field.typed, Rect { x, width, ..line }, buffer);
        return;
    }
    let turns = chosen && field.choices.len() > 1;
    let end = if turns { "← →" } else { "" };
    panel::row(theme, chosen, &[title, shown], &[piece(end, dim)], line, buffer);
    if chosen {
        frame.cursor = Some((line.x + u16::try_from(TITLE + 2).unwrap_or(0), line.y));
    }
}

/// The list of orders.
pub fn draw_order(theme: &Theme, at: usize, order: Order, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let rows = u16::try_from(Attribute::ALL.len()).unwrap_or(0);
    let inner = panel::open(theme, ("Order threads by", &[]), (COLUMNS, rows), area, buffer, frame);
    let page = usize::from(inner.height);
    let first = panel::first_row(at, page, Attribute::ALL.len());
    for ((row, attribute), y) in Attribute::ALL.iter().enumerate().skip(first).take(page).zip(0..) {
        let line = paint::line(inner, y);
        frame.hit(line, Hit::Row(row));
        let chosen = row == at;
        let name = piece(attribute.title(), theme.style(panel::role(chosen)));
        let [up, down] = attribute.ends();
        let way = if chosen && order.descending { format!("↓ {down}") } else { format!("↑ {up}") };
        let way = if chosen { way } else { String::new() };
        panel::row(theme, chosen, &[name], &[piece(way, theme.style(Role::Accent))], line, buffer);
    }
}

/// What is in force beside a search, for the list's head; none where all threads stand in their usual order.
pub fn words(model: &Model) -> Option<SafeText> {
    let (filter, order) = (&model.threads.listing.filter, model.threads.listing.order);
    let mut words = Vec::new();
    match filter.awaiting_approval {
        Some(true) => words.push("awaiting approval".to_owned()),
        Some(false) => words.push("nothing to approve".to_owned()),
        None => {}
    }
    match filter.unread {
        Some(true) => words.push("unread".to_owned()),
        Some(false) => words.push("all read".to_owned()),
        None => {}
    }
    match (&filter.relation_type, filter.relation_id) {
        (Some(kind), Some(id)) => words.push(format!("{kind} #{id}")),
        (Some(kind), None) => words.push(kind.clone()),
        (None, Some(id)) => words.push(format!("#{id}")),
        (None, None) => {}
    }
    words.extend(filter.participant.map(|id| format!("with {}", model.people.name(id))));
    words.extend(filter.client_account.map(|id| model.account_name(id).to_string()));
    words.extend(filter.provider_account.map(|id| format!("provider {}", model.account_name(id))));
    if !words.is_empty() {
        words[0].insert_str(0, "only ");
    }
    if order != Order::default() {
        words.push(order.words());
    }
    (!words.is_empty()).then(|| SafeText::line(&words.join(" · ")))
}
