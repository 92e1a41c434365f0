//! The review: the whole plan, and under it what `y` would do now and why.

use std::sync::Arc;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
};

use super::{Frame, Screen, chrome, composer, draw_rows, paint, status, surroundings};
use crate::{
    api::{Id, Status, Time},
    app::{
        Command, Context, Hit, Layout, Link, Model, ReviewDrawn,
        review::{Flaw, Obstacle, Review, arming::NotYet, fate, obstacle},
    },
    render::{Days, Piece, PlanView, Role, Row, Theme, lay_out_plan, piece},
    safe_text::SafeText,
};

const NOTHING_LEFT: &str = "Nothing is left to decide here.";
/// Rows below the plan, besides what is said there: a line and the keys.
const FOOT: u16 = 2;
/// Rows that what is said may take.
const MOST_SAID: u16 = 8;

/// The plan that was laid out last.
pub struct Kept {
    identity: String,
    facts: Vec<(&'static str, SafeText)>,
    waits: bool,
    width: u16,
    rows: Arc<Vec<Row>>,
}

pub fn draw(screen: &mut Screen, model: &Model, area: Rect, buffer: &mut Buffer, frame: &mut Frame) {
    let Some(review) = &model.review else { return };
    frame.hit(area, Hit::Review);
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    heading(&screen.theme, model, review, paint::line(inner, 0), buffer);
    let head = chrome::heading_rows(area);
    let said = said(&screen.theme, model, review, inner.width, (area.height / 4).clamp(2, MOST_SAID));
    let foot_rows = FOOT + u16::try_from(said.len()).unwrap_or(MOST_SAID);
    let body = Rect { y: area.y + head, height: area.height.saturating_sub(head + foot_rows), ..inner };
    let rows = laid_out(screen, model, review, body.width);
    let page = usize::from(body.height);
    let last_start = rows.len().saturating_sub(page);
    let at = rows.partition_point(|row| row.offset <= review.top).saturating_sub(1);
    let first = at.saturating_add_signed(review.scroll_by).min(last_start);
    draw_rows(rows.iter().skip(first), body, buffer);
    let hidden = rows.len().saturating_sub(first + page);
    let foot = Rect { y: body.bottom(), height: foot_rows, ..area };
    let keys = draw_foot(&screen.theme, model, review, (hidden, &said), foot, buffer, frame);
    frame.drawn.review = Some(ReviewDrawn {
        identity: review.plan.identity(),
        top: rows.get(first).map_or(0, |row| row.offset),
        last_row: hidden == 0 && page > 0,
        keys,
        layout: Layout { width: body.width, page, rows: rows.len() },
    });
}

fn heading(theme: &Theme, model: &Model, review: &Review, line: Rect, buffer: &mut Buffer) {
    let subject = review.plan.subject;
    let number = match (model.queue.position(subject), model.queue.len()) {
        (Some(at), count) => format!("{}/{count}", at + 1),
        (None, count) => format!("–/{count}"),
    };
    let start = [
        chrome::heading(theme, true, format!("Review {number}  ")),
        Piece { text: model.title(subject.thread), style: theme.style(Role::Strong) },
    ];
    let account = model.thread(subject.thread).and_then(|thread| thread.client_account_id);
    let end = piece(account.map(|id| model.account_name(id)).unwrap_or_default(), theme.style(Role::Dim));
    paint::apart(&start, &[end], line, buffer);
}

fn laid_out(screen: &mut Screen, model: &Model, review: &Review, width: u16) -> Arc<Vec<Row>> {
    let facts = facts(screen, model, review);
    let (identity, waits) = (review.plan.identity(), !review.is_over());
    if let Some(kept) = &screen.review
        && (kept.width, kept.waits, &kept.identity, &kept.facts) == (width, waits, &identity, &facts)
    {
        return Arc::clone(&kept.rows);
    }
    let plan = &review.plan;
    let digest = plan.digest.as_deref().filter(|_| plan.is_bound());
    let view = PlanView { facts: facts.clone(), items: &plan.items, digest, waits };
    let name = |id: Id| model.people.name(id);
    let with = surroundings(&screen.theme, &screen.days, &name, &|_| None);
    let rows = Arc::new(lay_out_plan(&view, usize::from(width), &with));
    screen.review = Some(Kept { identity, facts, waits, width, rows: Arc::clone(&rows) });
    rows
}

/// `, 22 Nov 09:12 (2h ago)`; what is older than a week has its date for its age.
fn written_at(days: &Days, at: Time, now: Time) -> String {
    let age = match days.ago(at, now) {
        ago if ago == "now" => " (just now)".to_owned(),
        ago if ago.ends_with(['m', 'h', 'd']) => format!(" ({ago} ago)"),
        _ => String::new(),
    };
    format!(", {}{age}", days.stamp(at))
}

/// What is to be known about the plan, besides what it changes.
fn facts(screen: &Screen, model: &Model, review: &Review) -> Vec<(&'static str, SafeText)> {
    let (plan, days, now) = (&review.plan, &screen.days, model.now.wall);
    let mut facts = Vec::new();
    if let Some(author) = plan.author {
        let bot = if model.people.is_bot(author) { " (bot)" } else { "" };
        let when = plan.posted_at.map(|at| written_at(days, at, now)).unwrap_or_default();
        facts.push(("written by", SafeText::line(&format!("{}{bot}{when}", model.people.name(author)))));
    }
    match &plan.status {
        Some(Status::AwaitingApproval) => {}
        Some(Status::Drifted) => {
            facts.push(("status", "drifted: the records have changed since it was first shown".into()));
        }
        Some(status) => facts.push(("status", SafeText::line(status.as_str()))),
        None => facts.push(("status", "unbound: this server can't tie a decision to what you see".into())),
    }
    if let Some(by) = plan.decided_by {
        facts.push(("decided by", model.people.name(by)));
    }
    if let Some(reason) = plan.reason.as_deref().filter(|reason| !reason.trim().is_empty()) {
        facts.push(("reason", SafeText::line(reason.trim())));
    }
    if let Some(error) = &plan.error {
        facts.push(("error", SafeText::line(error)));
    }
    if let Some(end) = plan.expires_at.filter(|_| plan.waits()) {
        facts.push(("expires", SafeText::line(&format!("in {} ({})", days.left(end, now), days.stamp(end)))));
    }
    facts
}

/// What is said below the plan: what makes it outdated, and what `y` would do or why it does nothing. What others
/// have done or the server answered is said to its end, as far as `most` rows go.
fn said(theme: &Theme, model: &Model, review: &Review, width: u16, most: u16) -> Vec<Row> {
    let (room, most) = (usize::from(width), usize::from(most));
    if review.reason.is_some() {
        return said_above_reason(theme, model, review, room, most);
    }
    let outdated = outdated(model, review).map(|change| {
        let words = format!("{change}: this plan would not be written as it stands.");
        Piece { text: SafeText::line(&words), style: theme.style(Role::Warn) }
    });
    let mut rows = outdated.map(|words| paint::wrapped(&[words], room, most - 1)).unwrap_or_default();
    let state = state(theme, model, review);
    let news = review.said.is_some() || review.moved.is_some() || review.is_over();
    rows.extend(paint::wrapped(&[state], room, if news { most - rows.len() } else { 1 }));
    let look = model.keymap.key_for(Context::Review, Command::LookAgain);
    if let Some(look) = look.filter(|_| review.moved.as_ref().is_some_and(|moved| moved.plan.is_some())) {
        hint(theme, &format!("{look} looks again."), room, &mut rows);
    }
    if review.is_over() && model.decisions.get(review.plan.subject).is_none() {
        hint(theme, NOTHING_LEFT, room, &mut rows);
    }
    rows
}

/// What has happened while a reason is being written, and the row that it is written on.
fn said_above_reason(theme: &Theme, model: &Model, review: &Review, room: usize, most: usize) -> Vec<Row> {
    let over = review.is_over();
    let fate = (over && review.moved.is_none()).then(|| fate(model, &review.plan));
    let news = review.moved.as_ref().map(|moved| moved.words.clone()).or(fate);
    let news = news.map(|text| Piece { text, style: theme.style(Role::Warn) });
    let mut rows = news.map(|words| paint::wrapped(&[words], room, most - 1)).unwrap_or_default();
    if over {
        hint(theme, NOTHING_LEFT, room, &mut rows);
    }
    let back = model.keymap.key_for(Context::Reason, Command::Back);
    if let Some(back) = back.filter(|_| !rows.is_empty()) {
        hint(theme, &format!("{back} leaves; what you wrote is kept."), room, &mut rows);
    }
    rows.push(Row { line: Line::default(), offset: 0 });
    rows
}

/// Adds what to press: beside the last row, or below it where there is no room.
fn hint(theme: &Theme, words: &str, room: usize, rows: &mut Vec<Row>) {
    let hint = piece(words, theme.style(Role::Warn));
    let beside = rows.last().is_some_and(|last| last.line.width() + 1 + hint.text.width() <= room);
    match rows.last_mut().filter(|_| beside) {
        Some(last) => last.line.extend([Span::raw(" "), Span::from(&hint)]),
        None => rows.extend(paint::wrapped(&[hint], room, 1)),
    }
}

/// What has changed under the plan, where the reader has looked at it nevertheless.
fn outdated<'a>(model: &'a Model, review: &Review) -> Option<&'a SafeText> {
    model.decisions.outdated(&review.plan).filter(|_| review.moved.is_none())
}

/// What `y` would do now, or why it does nothing.
fn state(theme: &Theme, model: &Model, review: &Review) -> Piece {
    let obstacle = obstacle(model);
    let approve = model.keymap.key_for(Context::Review, Command::Approve);
    let key = approve.map_or("no key".to_owned(), |key| key.to_string());
    match (&review.said, &obstacle) {
        (Some(said), _) if review.moved.is_none() => Piece { text: said.clone(), style: theme.style(Role::Warn) },
        (_, Some(obstacle)) => words(theme, model, review, obstacle),
        // Goes on from what stands above it.
        (_, None) if outdated(model, review).is_some() => {
            piece(format!("● {key} brings a new plan, nothing else"), theme.style(Role::Warn))
        }
        (_, None) if review.plan.is_bound() => piece(format!("● {key} approves exactly this"), theme.style(Role::Good)),
        (_, None) => piece(format!("● {key} approves the thread's last action (unbound)"), theme.style(Role::Warn)),
    }
}

/// A line, what is said, and the keys. Whether all of the keys could be drawn.
fn draw_foot(
    theme: &Theme,
    model: &Model,
    review: &Review,
    (hidden, said): (usize, &[Row]),
    area: Rect,
    buffer: &mut Buffer,
    frame: &mut Frame,
) -> bool {
    let more = if hidden > 0 { vec![piece(format!("↓ {hidden} more"), theme.style(Role::Dim))] } else { Vec::new() };
    chrome::rule(theme, &[], &more, paint::line(area, 0), buffer);
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let room = usize::from(inner.width);
    let last = Rect { y: area.bottom() - 1, height: 1, ..inner };
    if let Some(reason) = &review.reason {
        let (above, line) = (said.len().saturating_sub(1), u16::try_from(said.len()).unwrap_or(1));
        draw_rows(&said[..above], Rect { y: area.y + 1, height: area.height - FOOT, ..inner }, buffer);
        let question = piece("Why not? ", theme.style(Role::Heading));
        let x = paint::left(&[question], paint::line(inner, line), buffer);
        let input = Rect { x, width: inner.right().saturating_sub(x), ..paint::line(inner, line) };
        frame.cursor = composer::edit(reason, input, buffer);
        let keys = if review.is_over() {
            leaving_key(theme, model, Context::Reason)
        } else {
            status::keys(theme, model, room)
        };
        paint::left(&keys, last, buffer);
        return false;
    }
    draw_rows(said, Rect { y: area.y + 1, height: area.height - FOOT, ..inner }, buffer);
    let over = review.is_over();
    let keys = if over {
        leaving_key(theme, model, Context::Review)
    } else {
        deciding_keys(theme, model, review.plan.is_bound(), obstacle(model).is_none())
    };
    let fits = !over && paint::total(&keys) <= room;
    paint::left(&keys, last, buffer);
    let others = other_keys(theme, model, review, room.saturating_sub(paint::total(&keys) + 2));
    let x = inner.x + u16::try_from(paint::total(&keys) + 2).unwrap_or(0);
    paint::left(&others, Rect { x, width: inner.right().saturating_sub(x), ..last }, buffer);
    fits
}

/// The keys without which nobody should be able to decide: bright when `y` is armed.
fn deciding_keys(theme: &Theme, model: &Model, can_reject: bool, armed: bool) -> Vec<Piece> {
    let name = |command| model.keymap.key_for(Context::Review, command).map(|key| key.to_string()).unwrap_or_default();
    let approve = theme.style(if armed { Role::Good } else { Role::Dim });
    let dim = theme.style(Role::Dim);
    let strong = theme.style(Role::Strong);
    let mut keys = vec![
        piece(name(Command::Approve), if armed { approve.patch(strong) } else { dim }),
        piece(" approve  ", approve),
    ];
    if can_reject {
        keys.extend([piece(name(Command::Reject), strong), piece(" reject  ", dim)]);
    }
    keys.extend(leaving_key(theme, model, Context::Review));
    keys
}

/// The way out.
fn leaving_key(theme: &Theme, model: &Model, context: Context) -> Vec<Piece> {
    let name = model.keymap.key_for(context, Command::Back).map(|key| key.to_string()).unwrap_or_default();
    vec![piece(name, theme.style(Role::Strong)), piece(" leave", theme.style(Role::Dim))]
}

fn other_keys(theme: &Theme, model: &Model, review: &Review, room: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    if model.queue.len() > usize::from(model.queue.position(review.plan.subject).is_some()) {
        pieces.extend([piece("[ ]", theme.style(Role::Strong)), piece(" previous, next  ", theme.style(Role::Dim))]);
    }
    pieces.extend([piece("?", theme.style(Role::Strong)), piece(" help", theme.style(Role::Dim))]);
    if paint::total(&pieces) <= room { pieces } else { Vec::new() }
}

/// Why `y` does nothing now.
fn words(theme: &Theme, model: &Model, review: &Review, obstacle: &Obstacle) -> Piece {
    let (words, role): (SafeText, Role) = match obstacle {
        Obstacle::Busy => ("Sending your decision…".into(), Role::Dim),
        Obstacle::Unknown => ("Unknown, checking: the answer was lost; looking what became of it.".into(), Role::Warn),
        Obstacle::Decided => ("You have decided on exactly this.".into(), Role::Dim),
        Obstacle::Moved => (review.moved.as_ref().map(|moved| moved.words.clone()).unwrap_or_default(), Role::Warn),
        Obstacle::Flaw(Flaw::NotWaiting(_)) => (fate(model, &review.plan), Role::Warn),
        Obstacle::Flaw(flaw) => (flaw_words(flaw), Role::Bad),
        Obstacle::NotAllowed => ("You may not approve in this account.".into(), Role::Warn),
        Obstacle::Offline => (offline_words(model), Role::Bad),
        Obstacle::Elsewhere => ("The window does not have the focus.".into(), Role::Dim),
        Obstacle::NotYet(NotYet::OutOfSight) => ("The plan has to be in full view to decide.".into(), Role::Dim),
        Obstacle::NotYet(NotYet::NoRoom) => ("Make the window larger to decide.".into(), Role::Warn),
        Obstacle::NotYet(NotYet::ReadOn) => ("Read to the end to approve: ↓, PgDn or G.".into(), Role::Accent),
        Obstacle::NotYet(NotYet::Settling) => ("Ready in a moment…".into(), Role::Dim),
        Obstacle::NotYet(NotYet::Held) => ("y came too early: wait a second, then press it again.".into(), Role::Warn),
    };
    Piece { text: words, style: theme.style(role) }
}

fn offline_words(model: &Model) -> SafeText {
    match &model.link {
        Link::SignedOut { .. } => "Not signed in: nothing can be decided.".into(),
        _ => "The server can't be reached: decisions are never queued.".into(),
    }
}

fn flaw_words(flaw: &Flaw) -> SafeText {
    match flaw {
        Flaw::NotWaiting(_) => "It does not await approval.".into(),
        Flaw::Empty => "There is nothing in it to approve.".into(),
        Flaw::NoDigest => "The server sent no digest: it can't be approved safely.".into(),
        Flaw::OtherDigest => "Damaged: its digest is not the one that the server names. It can't be approved.".into(),
        Flaw::UnknownWord(word) => {
            SafeText::line(&format!("This version does not know “{word}”, so it can't approve it."))
        }
        Flaw::Unreadable(number) => {
            SafeText::line(&format!("Change {number} is not made as changes are: it can't be approved."))
        }
        Flaw::Contradictory(number) => {
            SafeText::line(&format!("Change {number} contradicts the record that it shows: it can't be approved."))
        }
    }
}
