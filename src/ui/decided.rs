//! What one has decided today, the newest first.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Frame, Screen, chrome, draw_rows, paint};
use crate::{
    api::{QueuedAction, Status},
    app::{Decided, Hit, Loading, Model},
    render::{Days, Piece, Role, Row, Rows, Theme, Wrap, piece},
    safe_text::SafeText,
};

pub fn draw(screen: &Screen, model: &Model, decided: &Decided, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    frame.hit(area, Hit::Help);
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let head = chrome::heading_rows(area);
    let body = Rect { y: area.y + head, height: area.height.saturating_sub(head), ..inner };
    let (days, now) = (&screen.days, model.now.wall);
    let is_of_today = |row: &&QueuedAction| row.action.decided_at.is_some_and(|at| days.same_day(at, now));
    let of_today: Vec<&QueuedAction> = decided.rows.iter().filter(is_of_today).collect();
    let rows = rows(&screen.theme, days, model, decided, &of_today, usize::from(body.width));
    let page = usize::from(body.height);
    let top = decided.top.min(rows.len().saturating_sub(page));
    let hidden = rows.len().saturating_sub(top + page);
    let more = if hidden > 0 { format!("↓ {hidden} more") } else { of_today.len().to_string() };
    let heading = chrome::heading(&screen.theme, true, "Decided today");
    paint::apart(&[heading], &[piece(more, screen.theme.style(Role::Dim))], paint::line(inner, 0), buffer);
    draw_rows(rows.iter().skip(top), body, buffer);
    frame.drawn.help = Some((top, page));
}

fn rows(
    theme: &Theme,
    days: &Days,
    model: &Model,
    decided: &Decided,
    of_today: &[&QueuedAction],
    width: usize,
) -> Vec<Row> {
    let mut rows = Rows::new(width);
    match &decided.loading {
        Loading::Waiting => rows.text(&[piece("Loading…", theme.style(Role::Dim))], Wrap::Words),
        Loading::Failed(words) => {
            rows.text(&[Piece { text: words.clone(), style: theme.style(Role::Bad) }], Wrap::Words);
        }
        Loading::Loaded if of_today.is_empty() => {
            rows.text(&[piece("You have decided nothing today.", theme.style(Role::Dim))], Wrap::Words);
        }
        Loading::Loaded => {}
    }
    for row in of_today {
        let time = row.action.decided_at.map(|at| days.clock(at)).unwrap_or_default();
        let (verdict, role) = verdict(&row.action.status);
        let hang = piece(" ".repeat(7), theme.style(Role::Dim));
        let first = [
            piece(format!("{time}  "), theme.style(Role::Dim)),
            piece(verdict, theme.style(role)),
            piece("  ", theme.style(Role::Dim)),
            Piece { text: model.title(row.thread_id), style: theme.style(Role::Strong) },
        ];
        rows.hanging(&first, std::slice::from_ref(&hang), Wrap::Words);
        for said in about(model, row) {
            let said = Piece { text: said, style: theme.style(Role::Dim) };
            rows.hanging(&[hang.clone(), said], std::slice::from_ref(&hang), Wrap::Words);
        }
        rows.gap();
    }
    rows.rows
}

/// What came of it, with a sign.
fn verdict(status: &Status) -> (SafeText, Role) {
    match status {
        Status::Written => ("✓ approved and written".into(), Role::Good),
        Status::Rejected => ("× rejected".into(), Role::Warn),
        Status::Failed => ("! approved, but it failed".into(), Role::Bad),
        Status::Drifted => ("! approved, but it had drifted".into(), Role::Warn),
        other => (SafeText::line(&other.as_str().replace('_', " ")), Role::Text),
    }
}

/// Which records, who proposed it, and why it was rejected.
fn about(model: &Model, row: &QueuedAction) -> Vec<SafeText> {
    let titles = row.action_items.iter().filter_map(|item| item.get("title")?.as_str()).take(3).collect::<Vec<_>>();
    let more = row.action_items.len().saturating_sub(titles.len());
    let mut words = titles.join(", ");
    if more > 0 {
        words = format!("{words} and {more} more");
    }
    if let Some(author) = row.author_id {
        words = format!("{words} · by {}", model.people.name(author));
    }
    let mut lines = vec![SafeText::line(&format!("{words} · message {}", row.message_id))];
    let reason = row.action.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    lines.extend(reason.map(|reason| SafeText::line(&format!("“{reason}”"))));
    lines
}
