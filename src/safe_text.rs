//! The one door through which remote text becomes displayable.
//!
//! Whatever a server, a record or a pasted draft holds, a [`SafeText`] never holds a control character, an
//! escape sequence, a bidi control or a tag character, and nothing in it is invisible: what would be stands
//! there as a placeholder (`␛`, `⟨U+202E⟩`). It knows nothing of styles, wrapping or screens.

use std::{
    fmt::{self, Write as _},
    ops::Deref,
};

use unicode_properties::{GeneralCategory, UnicodeEmoji, UnicodeGeneralCategory};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns between the tab stops of [`SafeText::message`].
const TAB_WIDTH: usize = 4;
/// Combining marks that one character may carry; more would paint over the lines around it.
const MARKS_PER_CHARACTER: usize = 8;

/// Text that can be shown on a terminal. Only the constructors below make one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SafeText(String);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Message,
    Line,
    Exact,
}

impl SafeText {
    /// Text of several lines, to be read: line breaks are kept, tabs become spaces up to the next tab stop.
    #[must_use]
    pub fn message(text: &str) -> Self {
        Self::made(text, Mode::Message)
    }

    /// Text for one line: a line break is a placeholder too.
    #[must_use]
    pub fn line(text: &str) -> Self {
        Self::made(text, Mode::Line)
    }

    /// Text to decide by: two different texts never look the same. Everything that shows nothing of its own
    /// is a placeholder: tabs, spaces other than the plain one, spaces at the end of a line, joiners; a line
    /// break is shown as `␊` and kept. Characters that the placeholders are made of are spelt out.
    #[must_use]
    pub fn exact(text: &str) -> Self {
        Self::made(text, Mode::Exact)
    }

    fn made(text: &str, mode: Mode) -> Self {
        let plain = |c: char| is_plain(c) || (c == '\n' && mode == Mode::Message);
        if text.chars().all(plain) && !(mode == Mode::Exact && text.ends_with(' ')) {
            return Self(text.to_owned());
        }
        Self(without_empty_clusters(&with_placeholders(text, mode)))
    }

    /// How many terminal columns it takes; of several lines, all of them together.
    #[must_use]
    pub fn width(&self) -> usize {
        width(&self.0)
    }

    /// Its lines, without their breaks.
    pub fn lines(&self) -> impl Iterator<Item = Self> {
        self.0.split('\n').map(|line| Self(line.to_owned()))
    }

    /// The same text as a plain string.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// The beginning of it that fits into `columns`, with `…` at the end where something is left out. For
    /// lists only: never for what a person decides by.
    #[must_use]
    pub fn shortened(&self, columns: usize) -> Self {
        if self.width() <= columns {
            return self.clone();
        }
        let mut kept = String::new();
        let mut used = 1;
        for cluster in clusters(&self.0) {
            used += width(cluster);
            if used > columns {
                break;
            }
            kept.push_str(cluster);
        }
        if columns > 0 {
            kept.truncate(kept.trim_end().len());
            kept.push('…');
        }
        Self(kept)
    }
}

impl Deref for SafeText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for SafeText {
    /// As [`SafeText::line`].
    fn from(text: &str) -> Self {
        Self::line(text)
    }
}

impl From<String> for SafeText {
    /// As [`SafeText::line`].
    fn from(text: String) -> Self {
        Self::line(&text)
    }
}

impl From<&SafeText> for SafeText {
    fn from(text: &SafeText) -> Self {
        text.clone()
    }
}

/// The characters as a person sees them: extended grapheme clusters.
pub fn clusters(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true)
}

/// How many terminal columns `text` takes: the sum over its grapheme clusters, as a terminal draws them.
#[must_use]
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else if text.chars().all(is_plain) {
        text.chars().count()
    } else {
        clusters(text).map(cluster_width).sum()
    }
}

/// The columns of one cluster, as many as ratatui gives it: one more for each halfwidth sound mark.
fn cluster_width(cluster: &str) -> usize {
    cluster.width() + cluster.chars().filter(|c| matches!(c, '\u{ff9e}' | '\u{ff9f}')).count()
}

/// Whether terminals disagree about how wide a cluster is: those that know it as one character draw it in two
/// columns, others draw its parts beside each other.
#[must_use]
pub fn has_uncertain_width(cluster: &str) -> bool {
    !cluster.is_ascii() && cluster.chars().nth(1).is_some() && cluster_width(cluster) > 1
}

/// Whether `c` shows as itself in one column in every mode, whatever stands around it: what most text is made of,
/// and the lines that we draw. A quick answer that leaves out many which would show so too.
fn is_plain(c: char) -> bool {
    matches!(
        c,
        ' '..='~' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{17f}' | '\u{2010}'..='\u{2027}' | '\u{2500}'..='\u{257f}'
    )
}

/// Whether `c` may never reach a terminal, whatever stands around it.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    c.is_control() || is_bidi_control(c) || matches!(c, '\u{2028}' | '\u{2029}' | '\u{e0000}'..='\u{e007f}')
}

fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether `c` shows nothing of its own wherever it stands: Unicode's default ignorable code points, format
/// characters, noncharacters.
fn is_invisible(c: char) -> bool {
    let code = u32::from(c);
    let ignorable = matches!(
        c,
        '\u{00ad}' | '\u{034f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    );
    // These format characters have a glyph: they enclose the numbers or letters after them.
    let enclosing = matches!(
        c,
        '\u{0600}'
            ..='\u{0605}' | '\u{06dd}' | '\u{070f}' | '\u{0890}' | '\u{0891}' | '\u{08e2}' | '\u{110bd}' | '\u{110cd}'
    );
    let noncharacter = code & 0xfffe == 0xfffe || matches!(code, 0xfdd0..=0xfdef);
    ignorable || noncharacter || (c.general_category() == GeneralCategory::Format && !enclosing)
}

/// Whether an invisible `c` does something for the characters beside it, so that it may stay.
fn serves_its_neighbours(before: Option<char>, c: char, after: Option<char>) -> bool {
    let (Some(before), after) = (before, after.unwrap_or(' ')) else { return false };
    match c {
        '\u{fe0e}' | '\u{fe0f}' if before.is_ascii() => after == '\u{20e3}' && before.is_emoji_char(),
        '\u{fe0e}' | '\u{fe0f}' => before.is_emoji_char(),
        '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
        '\u{200d}' if is_emoji_part(before) => is_emoji_part(after),
        '\u{200c}' | '\u{200d}' => is_joining_letter(before) && is_joining_letter(after),
        _ => false,
    }
}

fn is_emoji_part(c: char) -> bool {
    !c.is_ascii() && (c.is_emoji_char() || c == '\u{fe0f}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether joiners change how `c` is written: the Arabic and Indic scripts.
fn is_joining_letter(c: char) -> bool {
    matches!(c, '\u{0600}'..='\u{0dff}' | '\u{fb50}'..='\u{fefc}') && !is_invisible(c)
}

/// Whether `c`, visible or not, would leave two different texts looking the same.
fn is_ambiguous(c: char) -> bool {
    use GeneralCategory as G;
    let space = c.general_category() == G::SpaceSeparator && c != ' ';
    let placeholder_part = matches!(c, '\u{2400}'..='\u{243f}' | '⟨');
    space || placeholder_part || matches!(c.general_category(), G::PrivateUse | G::Unassigned)
}

fn with_placeholders(text: &str, mode: Mode) -> String {
    let mut shown = String::with_capacity(text.len() + 16);
    let mut characters = text.chars().peekable();
    let (mut before, mut marks, mut spaces) = (None, 0, 0);
    while let Some(c) = characters.next() {
        let after = characters.peek().copied();
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if c == ' ' && mode == Mode::Exact {
            spaces += 1;
            before = Some(c);
            continue;
        }
        push_spaces(&mut shown, std::mem::take(&mut spaces), c == '\n');
        let stands_before = before.replace(c);
        match c {
            '\r' if mode == Mode::Message && after == Some('\n') => {}
            '\n' if mode == Mode::Message => shown.push('\n'),
            '\n' if mode == Mode::Exact => shown.push_str("␊\n"),
            '\t' if mode == Mode::Message => {
                let column = width(shown.rsplit('\n').next().unwrap_or_default());
                shown.extend(std::iter::repeat_n(' ', TAB_WIDTH - column % TAB_WIDTH));
            }
            _ if is_forbidden(c)
                || marks > MARKS_PER_CHARACTER
                || is_invisible(c) && (mode == Mode::Exact || !serves_its_neighbours(stands_before, c, after)) =>
            {
                push_placeholder(&mut shown, c);
                // What comes next stands beside the placeholder, not beside what it stands for.
                before = Some('⟩');
            }
            _ if mode == Mode::Exact && is_ambiguous(c) => push_code_point(&mut shown, c),
            _ => shown.push(c),
        }
    }
    push_spaces(&mut shown, spaces, true);
    shown
}

fn is_mark(c: char) -> bool {
    matches!(c.general_category(), GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark)
}

/// Spaces, made visible where nothing but the end of the line comes after them.
fn push_spaces(shown: &mut String, count: usize, at_line_end: bool) {
    shown.extend(std::iter::repeat_n(if at_line_end { '␠' } else { ' ' }, count));
}

/// A picture for the old control characters, the code point for everything else.
fn push_placeholder(shown: &mut String, c: char) {
    match u32::from(c) {
        code @ 0..=0x1f => shown.push(char::from_u32(0x2400 + code).unwrap_or('\u{fffd}')),
        0x7f => shown.push('␡'),
        _ => push_code_point(shown, c),
    }
}

fn push_code_point(shown: &mut String, c: char) {
    let _ = write!(shown, "⟨U+{:04X}⟩", u32::from(c));
}

/// Spells out clusters that take no column, such as a combining mark with nothing to stand on: a terminal
/// drops them or hangs them on whatever was drawn before.
fn without_empty_clusters(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for cluster in clusters(text) {
        if cluster != "\n" && cluster_width(cluster) == 0 {
            cluster.chars().for_each(|c| push_code_point(&mut shown, c));
        } else {
            shown.push_str(cluster);
        }
    }
    shown
}

#[cfg(test)]
#[path = "safe_text_tests.rs"]
mod tests;
