//! A text being written: the maintained editor widget's state, with keys of our own and whole characters.

use std::{fmt, ops::Range, sync::Arc};

use ratatui::style::{Modifier, Style};
use tui_textarea::{CursorMove, Input, Key as InputKey, TextArea};
use unicode_segmentation::UnicodeSegmentation;

use super::{Key, KeyCode, Wrapped};

/// How the widget marks its cursor. Nothing else of ours blinks, so whoever draws it finds the place again and
/// puts the terminal's own cursor there.
pub const CURSOR: Modifier = Modifier::RAPID_BLINK;

/// The longest text that the API takes, in bytes.
pub const LONGEST_MESSAGE: usize = 65_536;

/// Undo steps that are kept.
const HISTORY: usize = 200;

/// How many bytes, as one says it.
#[must_use]
pub fn size(bytes: usize) -> String {
    match bytes {
        ..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

/// One text with its cursor and history.
#[derive(Clone)]
pub struct Composer {
    area: TextArea<'static>,
    lines: Lines,
    /// Pastes too large to be sent or shown, by the mark that stands for each in the text.
    folded: Vec<(String, Arc<str>)>,
    /// Shown as dots, and in no log.
    hidden: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    One,
    Many,
}

impl Composer {
    /// For text of any number of lines.
    #[must_use]
    pub fn multi_line(text: &str) -> Self {
        Self::new(text, Lines::Many, false)
    }

    /// For a single line.
    #[must_use]
    pub fn one_line(text: &str) -> Self {
        Self::new(text, Lines::One, false)
    }

    /// For a single line that nobody is to read over one's shoulder.
    #[must_use]
    pub fn hidden_line() -> Self {
        Self::new("", Lines::One, true)
    }

    fn new(text: &str, lines: Lines, hidden: bool) -> Self {
        let mut composer = Self { area: TextArea::default(), lines, hidden, folded: Vec::new() };
        composer.set(text);
        composer
    }

    /// Replaces the text, history included; the cursor stands at its end.
    pub fn set(&mut self, text: &str) {
        let text = self.acceptable(text);
        self.folded.clear();
        let text = if self.is_too_large(text.len()) { self.fold(text) } else { text };
        self.area = TextArea::from(text.split('\n'));
        if self.hidden {
            self.area.set_mask_char('•');
        }
        self.area.set_max_histories(HISTORY);
        self.area.set_cursor_line_style(Style::new());
        self.area.set_cursor_style(Style::new().add_modifier(CURSOR));
        self.area.move_cursor(CursorMove::Bottom);
        self.area.move_cursor(CursorMove::End);
    }

    /// What was written.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.area.lines().join("\n");
        self.folded.iter().fold(
            text,
            |text, (mark, paste)| {
                if text.contains(mark) { text.replacen(mark, paste, 1) } else { text }
            },
        )
    }

    /// What is shown of it: what was written, with a mark for each paste that is held apart.
    #[must_use]
    pub fn shown(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Where the cursor stands in [`Self::shown`], in bytes.
    #[must_use]
    pub fn cursor(&self) -> usize {
        let row = self.area.cursor().0;
        let above: usize = self.area.lines().iter().take(row).map(|line| line.len() + 1).sum();
        above + self.split_at_cursor().0.len()
    }

    /// What is selected of [`Self::shown`].
    #[must_use]
    pub fn selected(&self) -> Option<Range<usize>> {
        let (start, end) = self.area.selection_range()?;
        let byte = |(row, column): (usize, usize)| {
            let lines = self.area.lines();
            let above: usize = lines.iter().take(row).map(|line| line.len() + 1).sum();
            let line = lines.get(row).map_or("", String::as_str);
            above + line.char_indices().nth(column).map_or(line.len(), |(at, _)| at)
        };
        Some(byte(start)..byte(end))
    }

    /// Moves the cursor up or down as the text lies in rows of so many columns. Whether it moved.
    pub fn go_by_rows(&mut self, rows: isize, columns: usize) -> bool {
        let mut wrapped = Wrapped::new(self.shown(), columns);
        let at = self.cursor();
        let (row, column) = (wrapped.row_of(at), wrapped.column_of(at));
        let target = row.checked_add_signed(rows).and_then(|row| wrapped.byte_at(row, column));
        let Some(target) = target else { return false };
        self.area.cancel_selection();
        self.go_to(target);
        true
    }

    fn go_to(&mut self, byte: usize) {
        let mut left = byte;
        for (row, line) in self.area.lines().iter().enumerate() {
            if left <= line.len() {
                let column = line.char_indices().take_while(|(at, _)| *at < left).count();
                let place = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
                self.area.move_cursor(CursorMove::Jump(place(row), place(column)));
                return;
            }
            left -= line.len() + 1;
        }
    }

    /// How many bytes were written.
    #[must_use]
    pub fn bytes(&self) -> usize {
        if self.folded.is_empty() { self.bytes_shown() } else { self.text().len() }
    }

    /// Of what is held apart only the mark counts.
    fn bytes_shown(&self) -> usize {
        let lines = self.area.lines();
        lines.iter().map(String::len).sum::<usize>() + lines.len().saturating_sub(1)
    }

    /// What no server would take is held apart, and a mark stands for it: laying it out with every key would
    /// make every key wait.
    fn is_too_large(&self, bytes: usize) -> bool {
        self.lines == Lines::Many && bytes > LONGEST_MESSAGE
    }

    fn fold(&mut self, text: String) -> String {
        let lines = text.lines().count();
        let lines = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
        let number = if self.folded.is_empty() { String::new() } else { format!(" no. {}", self.folded.len() + 1) };
        let mark = format!("[pasted{number}: {lines}, {}]", size(text.len()));
        self.folded.push((mark.clone(), text.into()));
        mark
    }

    /// Whether it is a single line.
    #[must_use]
    pub fn is_one_line(&self) -> bool {
        self.area.lines().len() == 1
    }

    /// What stands before the cursor on its line, and after it.
    #[must_use]
    pub fn line_around_cursor(&self) -> (&str, &str) {
        self.split_at_cursor()
    }

    /// Puts `text` in the place of `begun`, which stands right before the cursor.
    pub fn replace_before_cursor(&mut self, begun: &str, text: &str) {
        if self.split_at_cursor().0.ends_with(begun) {
            let count = begun.chars().count();
            if count > 0 {
                self.step(CursorMove::Back, count);
                self.area.delete_str(count);
            }
            self.area.insert_str(text);
        }
    }

    /// No more of it than `characters`: to measure what can be shown of a text that may be a megabyte.
    #[must_use]
    pub fn beginning(&self, characters: usize) -> String {
        let lines = self.area.lines().iter().enumerate();
        let all = lines.flat_map(|(number, line)| (number > 0).then_some('\n').into_iter().chain(line.chars()));
        all.take(characters).collect()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.area.is_empty()
    }

    /// Whether there is nothing in it but white space.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.area.lines().iter().all(|line| line.trim().is_empty())
    }

    /// Puts `text`, pasted, where the cursor is.
    pub fn insert(&mut self, text: &str) {
        let text = self.acceptable(text);
        let text = if self.is_too_large(self.bytes_shown() + text.len()) { self.fold(text) } else { text };
        self.area.insert_str(text);
    }

    pub fn break_line(&mut self) {
        if self.lines == Lines::Many {
            self.area.insert_newline();
        }
    }

    pub fn undo(&mut self) {
        self.area.undo();
    }

    pub fn redo(&mut self) {
        self.area.redo();
    }

    /// Takes a key that stands for no command. Whether anything came of it.
    pub fn press(&mut self, key: Key) -> bool {
        match key.code {
            KeyCode::Enter | KeyCode::Tab => false,
            KeyCode::Char('m' | 'j') if key.ctrl => false,
            KeyCode::Char('u') if key.ctrl => self.area.delete_line_by_head(),
            KeyCode::Backspace if !key.ctrl && !key.alt => self.delete_before(),
            KeyCode::Char('h') if key.ctrl => self.delete_before(),
            KeyCode::Delete if !key.ctrl && !key.alt => self.delete_after(),
            KeyCode::Left if !key.ctrl && !key.alt && !key.shift => {
                self.step(CursorMove::Back, self.cluster_before());
                true
            }
            KeyCode::Right if !key.ctrl && !key.alt && !key.shift => {
                self.step(CursorMove::Forward, self.cluster_after());
                true
            }
            _ => self.area.input(input(key)),
        }
    }

    /// Deletes the whole character before the cursor, however many code points it is made of.
    fn delete_before(&mut self) -> bool {
        let count = self.cluster_before();
        if count > 1 && !self.area.is_selecting() {
            self.step(CursorMove::Back, count);
            return self.area.delete_str(count);
        }
        self.area.delete_char()
    }

    fn delete_after(&mut self) -> bool {
        let count = self.cluster_after();
        if count > 1 { self.area.delete_str(count) } else { self.area.delete_next_char() }
    }

    fn step(&mut self, way: CursorMove, code_points: usize) {
        for _ in 0..code_points.max(1) {
            self.area.move_cursor(way);
        }
    }

    /// Code points of the character before the cursor; 0 at the start of a line.
    fn cluster_before(&self) -> usize {
        let (before, _) = self.split_at_cursor();
        if let Some((mark, _)) = self.folded.iter().find(|(mark, _)| before.ends_with(mark)) {
            return mark.chars().count();
        }
        before.graphemes(true).next_back().map_or(0, |cluster| cluster.chars().count())
    }

    fn cluster_after(&self) -> usize {
        let (_, after) = self.split_at_cursor();
        if let Some((mark, _)) = self.folded.iter().find(|(mark, _)| after.starts_with(mark)) {
            return mark.chars().count();
        }
        after.graphemes(true).next().map_or(0, |cluster| cluster.chars().count())
    }

    fn split_at_cursor(&self) -> (&str, &str) {
        let cursor = self.area.cursor();
        let line = self.area.lines().get(cursor.0).map_or("", String::as_str);
        let at = line.char_indices().nth(cursor.1).map_or(line.len(), |(at, _)| at);
        line.split_at(at)
    }

    /// Line ends made one, control characters left out: nothing anybody means to send.
    fn acceptable(&self, text: &str) -> String {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = if self.lines == Lines::One { text.replace('\n', " ") } else { text };
        text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
    }

    /// For drawing: the widget, which remembers how far it is scrolled and where it broke its lines.
    #[must_use]
    pub fn widget(&self) -> &TextArea<'static> {
        &self.area
    }
}

impl fmt::Debug for Composer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.hidden { "…".to_owned() } else { self.text() };
        f.debug_tuple("Composer").field(&text).finish()
    }
}

fn input(key: Key) -> Input {
    let code = match key.code {
        KeyCode::Char(c) => InputKey::Char(c),
        KeyCode::Enter => InputKey::Enter,
        KeyCode::Esc => InputKey::Esc,
        KeyCode::Tab => InputKey::Tab,
        KeyCode::Backspace => InputKey::Backspace,
        KeyCode::Delete => InputKey::Delete,
        KeyCode::Up => InputKey::Up,
        KeyCode::Down => InputKey::Down,
        KeyCode::Left => InputKey::Left,
        KeyCode::Right => InputKey::Right,
        KeyCode::Home => InputKey::Home,
        KeyCode::End => InputKey::End,
        KeyCode::PageUp => InputKey::PageUp,
        KeyCode::PageDown => InputKey::PageDown,
        KeyCode::F(number) => InputKey::F(number),
    };
    Input { key: code, ctrl: key.ctrl, alt: key.alt, shift: key.shift }
}

#[cfg(test)]
#[path = "composer_tests.rs"]
mod tests;
