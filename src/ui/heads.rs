//! What stands above a message's text: its day, the *new* line, who says it and when, or how far it got.

use ratatui::text::{Line, Span};

use crate::{
    api::{Id, Kind, Message, Time},
    app::{Command, Context, Conversation, Model, Outgoing, Progress, goes_by_itself},
    render::{Days, Piece, Role, Rows, Theme, Wrap, piece},
    safe_text::SafeText,
};

/// Messages of one author that close together share a heading, in microseconds.
const TOGETHER: i64 = 5 * 60 * 1_000_000;

/// Makes headings for the messages of one thread.
pub struct Heads<'a> {
    pub theme: &'a Theme,
    pub days: &'a Days,
    pub model: &'a Model,
    pub conversation: &'a Conversation,
    pub width: u16,
    /// Columns left of a message's text.
    pub indent: u16,
}

impl Heads<'_> {
    /// What stands above a message: a new day, the *new* line, who says it and when.
    pub fn of_message(&self, message: &Message, before: Option<&Message>, first: bool) -> Vec<Line<'static>> {
        let (theme, days) = (self.theme, self.days);
        let mut head = Vec::new();
        if first && self.conversation.shown_has_older() {
            head.push(self.rule("older messages are loading", Role::Dim));
            head.push(Line::default());
        }
        let new_day = match (message.created_at, before.and_then(|before| before.created_at)) {
            (Some(this), Some(before)) => !days.same_day(this, before),
            (Some(_), None) => true,
            (None, _) => false,
        };
        let blank = |head: &mut Vec<Line<'static>>| {
            if !(first && head.is_empty()) {
                head.push(Line::default());
            }
        };
        if let Some(day) = message.created_at.filter(|_| new_day) {
            blank(&mut head);
            head.push(self.rule(&days.day(day, self.model.now.wall), Role::Dim));
        }
        let new = self.conversation.fresh.first == Some(message.id);
        if new {
            blank(&mut head);
            head.push(self.rule("new", Role::Accent));
        }
        blank(&mut head);
        if new_day || new || !before.is_some_and(|before| together(before, message)) {
            let time = message.created_at.map(|time| days.clock(time)).unwrap_or_default();
            let edited = if message.edited_at.is_some() { "  edited" } else { "" };
            let mut pieces = self.author(message.created_by_id, message.kind);
            pieces.push(piece(format!("  {time}{edited}"), theme.style(Role::Dim)));
            head.push(line_of(&pieces));
        }
        head
    }

    fn author(&self, author: Option<Id>, kind: Option<Kind>) -> Vec<Piece> {
        let (theme, people) = (self.theme, &self.model.people);
        let Some(id) = author else { return vec![piece("somebody", theme.style(Role::Name))] };
        let me = self.model.me.as_ref().is_some_and(|me| me.id == id);
        if kind == Some(Kind::Result) {
            let whom = if me { "you".into() } else { people.name(id) };
            return vec![
                piece("Countersign", theme.style(Role::Name)),
                piece(format!("  for {whom}"), theme.style(Role::Dim)),
            ];
        }
        let role = if me {
            Role::OwnName
        } else if people.is_bot(id) {
            Role::BotName
        } else {
            Role::Name
        };
        let mut pieces = vec![Piece { text: people.name(id), style: theme.style(role) }];
        if people.is_bot(id) {
            pieces.push(piece("  bot", theme.style(Role::Dim)));
        } else if me {
            pieces.push(piece("  you", theme.style(Role::Dim)));
        }
        pieces
    }

    /// Who writes it and how far it got; what went wrong in full.
    pub fn of_unsent(&self, outgoing: &Outgoing) -> Vec<Line<'static>> {
        let theme = self.theme;
        let name = self.model.me.as_ref().map_or_else(|| "You".into(), |me| SafeText::line(&me.name));
        let author = Piece { text: name, style: theme.style(Role::OwnName) };
        let mut head = vec![Line::default()];
        match &outgoing.progress {
            Progress::Sending => head.push(line_of(&[author, piece("  sending…", theme.style(Role::Dim))])),
            Progress::Waiting => head.push(line_of(&[author, piece("  ○ waits to be sent", theme.style(Role::Warn))])),
            Progress::Failed { words, may_have_arrived } => {
                let (what, role) = match (may_have_arrived, outgoing.decides()) {
                    _ if goes_by_itself(self.model, outgoing) => ("  ○ waits to be sent", Role::Warn),
                    (true, _) => ("  ! may not have arrived", Role::Bad),
                    (false, false) => ("  ! not sent", Role::Bad),
                    (false, true) => ("  ! nothing was decided", Role::Bad),
                };
                head.push(line_of(&[author, piece(what, theme.style(role))]));
                let mut rows = Rows::new(usize::from(self.width.saturating_sub(self.indent)));
                let why = Piece { text: words.clone(), style: theme.style(Role::Dim) };
                rows.text(&[why, piece(self.ways_on(outgoing), theme.style(Role::Dim))], Wrap::Words);
                head.extend(rows.rows.into_iter().map(|mut row| {
                    row.line.spans.insert(0, Span::raw(" ".repeat(usize::from(self.indent))));
                    row.line
                }));
            }
        }
        head
    }

    /// What can be done with what failed, and what can't; nothing where there are no keys for it.
    fn ways_on(&self, outgoing: &Outgoing) -> String {
        let key = |command| self.model.keymap.key_for(Context::Messages, command);
        let keys = key(Command::SendAgain).zip(key(Command::Edit)).zip(key(Command::Drop));
        let Some(((send, edit), drop)) = keys else { return String::new() };
        let again = match (outgoing.decides(), outgoing.is_in_doubt()) {
            _ if goes_by_itself(self.model, outgoing) => {
                "it is sent by itself, and is there once even if it had arrived; ".to_owned()
            }
            (false, _) => format!("{send} sends it again, "),
            (true, true) => "a decision is not sent twice: look whether it was made; ".to_owned(),
            (true, false) => String::new(),
        };
        format!(" ({again}{edit} edits it, {drop} drops it)")
    }

    /// `── words ──────`
    fn rule(&self, words: &str, role: Role) -> Line<'static> {
        let style = self.theme.style(role);
        let words = SafeText::line(words).shortened(usize::from(self.width).saturating_sub(6));
        let rest = usize::from(self.width).saturating_sub(words.width() + 4);
        line_of(&[piece("── ", style), Piece { text: words, style }, piece(format!(" {}", "─".repeat(rest)), style)])
    }
}

/// Whether a message may stand under the heading of the one before it.
fn together(before: &Message, message: &Message) -> bool {
    let close = |one: Time, other: Time| (other.as_microseconds() - one.as_microseconds()).abs() < TOGETHER;
    let in_time = matches!((before.created_at, message.created_at), (Some(one), Some(other)) if close(one, other));
    in_time
        && before.created_by_id == message.created_by_id
        && before.kind == message.kind
        && message.kind != Some(Kind::Result)
}

fn line_of(pieces: &[Piece]) -> Line<'static> {
    Line::from(pieces.iter().map(Span::from).collect::<Vec<_>>())
}
