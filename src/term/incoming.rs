//! Reads one sequence as terminals send them: plain text, the control characters, xterm's keys, kitty's
//! keyboard protocol, focus, the mouse, the colour of the background. Knows nothing of what came before.

use super::{Background, KeyCode, Mouse};

/// What one sequence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sequence {
    Key(Stroke),
    PasteBegins,
    Mouse(Mouse),
    Focus(bool),
    /// An answer, whoever asked.
    Background(Background),
    /// Well-formed, but nothing to us.
    Unknown,
}

/// A movement of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stroke {
    /// `None`: one that nobody could bind or type.
    pub code: Option<KeyCode>,
    pub shift: bool,
    pub ctrl: bool,
    pub alt: bool,
    /// A modifier of the window system is held: Super, Hyper or Meta.
    pub foreign: bool,
    pub motion: Motion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    Down,
    Held,
    Up,
}

impl Stroke {
    pub const fn plain(code: KeyCode) -> Self {
        Self { code: Some(code), shift: false, ctrl: false, alt: false, foreign: false, motion: Motion::Down }
    }

    const fn ctrl(c: char) -> Self {
        Self { ctrl: true, ..Self::plain(KeyCode::Char(c)) }
    }
}

/// What a reading yields: what was read, and how many bytes it took.
type Reading<T> = Option<(T, usize)>;

/// Reads the sequence at the beginning of `bytes`; `None` if it is not all there yet.
pub fn read(bytes: &[u8]) -> Reading<Sequence> {
    let (&first, rest) = bytes.split_first()?;
    let stroke = match first {
        0x1b => return escape(rest).map(|(sequence, length)| (sequence, length + 1)),
        b'\r' => Stroke::plain(KeyCode::Enter),
        b'\t' => Stroke::plain(KeyCode::Tab),
        0x7f => Stroke::plain(KeyCode::Backspace),
        0 => Stroke::ctrl(' '),
        0x01..=0x1a => Stroke::ctrl(char::from(first - 1 + b'a')),
        0x1c..=0x1f => Stroke::ctrl(char::from(first - 0x1c + b'\\')),
        _ => return character(bytes),
    };
    Some((Sequence::Key(stroke), 1))
}

fn character(bytes: &[u8]) -> Reading<Sequence> {
    let longest = bytes.get(..4).unwrap_or(bytes);
    let valid = match std::str::from_utf8(longest) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            longest.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok())?
        }
        Err(error) => return error.error_len().map(|length| (Sequence::Unknown, length)),
    };
    let c = valid.chars().next()?;
    let sequence = if c.is_control() { Sequence::Unknown } else { Sequence::Key(Stroke::plain(KeyCode::Char(c))) };
    Some((sequence, c.len_utf8()))
}

/// What comes after Escape.
fn escape(bytes: &[u8]) -> Reading<Sequence> {
    let (&first, rest) = bytes.split_first()?;
    let (sequence, length) = match first {
        b'[' => control_sequence(rest)?,
        b'O' => (letter(*rest.first()?, Modifiers::NONE), 1),
        b']' | b'P' | b'X' | b'^' | b'_' => {
            let (text, length) = string(rest)?;
            (if first == b']' { system_command(text) } else { Sequence::Unknown }, length)
        }
        // The first one was a key of its own.
        0x1b => return Some((Sequence::Key(Stroke::plain(KeyCode::Esc)), 0)),
        _ => {
            let (sequence, length) = read(bytes)?;
            return Some((with_alt(sequence), length));
        }
    };
    Some((sequence, length + 1))
}

fn with_alt(sequence: Sequence) -> Sequence {
    match sequence {
        Sequence::Key(stroke) => Sequence::Key(Stroke { alt: true, ..stroke }),
        other => other,
    }
}

/// A string up to its terminator, and how many bytes both take. A control character ends it too, unread: what the
/// terminal never finished must not swallow the keys that follow.
fn string(bytes: &[u8]) -> Reading<&[u8]> {
    let end = bytes.iter().position(u8::is_ascii_control)?;
    let text = bytes.get(..end)?;
    match bytes.get(end..)? {
        [0x07, ..] => Some((text, end + 1)),
        [0x1b, b'\\', ..] => Some((text, end + 2)),
        [0x1b] => None,
        _ => Some((text, end)),
    }
}

/// What `OSC` says: of all its answers only the background's colour (OSC 11) is of interest.
fn system_command(text: &[u8]) -> Sequence {
    let colour = std::str::from_utf8(text).ok().and_then(|text| text.strip_prefix("11;"));
    colour.and_then(Background::of).map_or(Sequence::Unknown, Sequence::Background)
}

/// What comes after `ESC [`.
fn control_sequence(bytes: &[u8]) -> Reading<Sequence> {
    match bytes.first()? {
        // The Linux console's F1 to F5.
        b'[' => {
            let letter = *bytes.get(1)?;
            let number = letter.wrapping_sub(b'A').wrapping_add(1);
            let sequence = if (1..=5).contains(&number) {
                Sequence::Key(Stroke::plain(KeyCode::F(number)))
            } else {
                Sequence::Unknown
            };
            return Some((sequence, 2));
        }
        // The mouse as terminals report it that don't know how to do it better: three bytes, offset by 32.
        b'M' => {
            let &[_, button, column, row] = bytes.get(..4)?.first_chunk()?;
            let [button, column, row] = [button, column, row].map(|byte| u16::from(byte.saturating_sub(32)));
            return Some((mouse(button, column, row, true), 4));
        }
        _ => {}
    }
    let end = bytes.iter().position(|byte| !matches!(byte, 0x20..=0x3f))?;
    let last = *bytes.get(end)?;
    // An escape in the middle begins anew.
    let length = if last == 0x1b { end } else { end + 1 };
    let parameters = bytes.get(..end).and_then(|parameters| std::str::from_utf8(parameters).ok())?;
    Some((interpreted(parameters, last), length))
}

fn interpreted(text: &str, last: u8) -> Sequence {
    if let Some(text) = text.strip_prefix('<') {
        let parameters = Parameters(text);
        return match (last, parameters.number(0), parameters.number(1), parameters.number(2)) {
            (b'M' | b'm', Some(button), Some(column), Some(row)) => mouse(button, column, row, last == b'M'),
            _ => Sequence::Unknown,
        };
    }
    let parameters = Parameters(text);
    let modifiers = parameters.modifiers();
    match last {
        b'I' if text.is_empty() => Sequence::Focus(true),
        b'O' if text.is_empty() => Sequence::Focus(false),
        b'Z' => key(Some(KeyCode::Tab), Modifiers { mask: modifiers.mask | SHIFT, ..modifiers }),
        b'u' => kitty(parameters),
        b'~' => match parameters.number(0) {
            Some(200) => Sequence::PasteBegins,
            // xterm's other way to write keys with modifiers, which tmux uses too.
            Some(27) => key(parameters.number(2).and_then(|code| named(u32::from(code))), modifiers),
            number => key(number.and_then(numbered), modifiers),
        },
        _ => letter(last, modifiers),
    }
}

/// Kitty's: `code:shifted:base ; modifiers:motion ; text u`.
fn kitty(parameters: Parameters) -> Sequence {
    let Some(code) = parameters.sub(0, 0) else { return Sequence::Unknown };
    let modifiers = parameters.modifiers();
    let code = match named(code) {
        Some(KeyCode::Char(c)) if modifiers.mask & SHIFT != 0 => {
            let shifted = parameters.sub(0, 1).and_then(char::from_u32).or_else(|| c.to_uppercase().next());
            Some(KeyCode::Char(shifted.filter(|c| !c.is_control()).unwrap_or(c)))
        }
        code => code,
    };
    key(code, modifiers)
}

fn key(code: Option<KeyCode>, Modifiers { mask, motion }: Modifiers) -> Sequence {
    Sequence::Key(Stroke {
        code,
        shift: mask & SHIFT != 0,
        alt: mask & ALT != 0,
        ctrl: mask & CTRL != 0,
        foreign: mask & (SUPER | HYPER | META) != 0,
        motion,
    })
}

/// Keys that end in a letter, after `ESC [` or `ESC O`.
fn letter(letter: u8, modifiers: Modifiers) -> Sequence {
    let code = match letter {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'M' => KeyCode::Enter,
        b'P'..=b'S' => KeyCode::F(letter - b'P' + 1),
        _ => return Sequence::Unknown,
    };
    key(Some(code), modifiers)
}

/// Keys that are a number before `~`.
fn numbered(number: u16) -> Option<KeyCode> {
    let function = |from| u8::try_from(number - from).ok().map(KeyCode::F);
    match number {
        1 | 7 => Some(KeyCode::Home),
        4 | 8 => Some(KeyCode::End),
        3 => Some(KeyCode::Delete),
        5 => Some(KeyCode::PageUp),
        6 => Some(KeyCode::PageDown),
        11..=15 => function(10),
        17..=21 => function(11),
        23 | 24 => function(12),
        _ => None,
    }
}

/// Keys that are a code point, with those that kitty put into the private use area.
fn named(code: u32) -> Option<KeyCode> {
    const KEYPAD: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
    const KEYPAD_SIGNS: [char; 5] = ['.', '/', '*', '-', '+'];
    const KEYPAD_MOVES: [KeyCode; 8] = [
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
    ];
    let from = |first: u32| usize::try_from(code.saturating_sub(first)).unwrap_or(usize::MAX);
    match code {
        9 => Some(KeyCode::Tab),
        13 | 57414 => Some(KeyCode::Enter),
        27 => Some(KeyCode::Esc),
        127 => Some(KeyCode::Backspace),
        57376..=57398 => u8::try_from(code - 57376 + 13).ok().map(KeyCode::F),
        57399..=57408 => KEYPAD.get(from(57399)).copied().map(KeyCode::Char),
        57409..=57413 => KEYPAD_SIGNS.get(from(57409)).copied().map(KeyCode::Char),
        57415 => Some(KeyCode::Char('=')),
        57416 => Some(KeyCode::Char(',')),
        57417..=57424 => KEYPAD_MOVES.get(from(57417)).copied(),
        57426 => Some(KeyCode::Delete),
        57344..=63743 => None,
        _ => char::from_u32(code).filter(|c| !c.is_control()).map(KeyCode::Char),
    }
}

/// The left button and the wheel; with modifiers held they are the terminal's or the window system's.
fn mouse(button: u16, column: u16, row: u16, down: bool) -> Sequence {
    let (column, row) = (column.saturating_sub(1), row.saturating_sub(1));
    match (button, down) {
        (0, true) => Sequence::Mouse(Mouse::Click { column, row }),
        (64, true) => Sequence::Mouse(Mouse::WheelUp { column, row }),
        (65, true) => Sequence::Mouse(Mouse::WheelDown { column, row }),
        _ => Sequence::Unknown,
    }
}

const SHIFT: u8 = 1;
const ALT: u8 = 2;
const CTRL: u8 = 4;
const SUPER: u8 = 8;
const HYPER: u8 = 16;
const META: u8 = 32;

#[derive(Clone, Copy)]
struct Modifiers {
    mask: u8,
    motion: Motion,
}

impl Modifiers {
    const NONE: Self = Self { mask: 0, motion: Motion::Down };
}

/// Numbers between semicolons, each with its own between colons.
#[derive(Clone, Copy)]
struct Parameters<'a>(&'a str);

impl Parameters<'_> {
    fn sub(self, at: usize, sub: usize) -> Option<u32> {
        self.0.split(';').nth(at)?.split(':').nth(sub)?.parse().ok()
    }

    fn number(self, at: usize) -> Option<u16> {
        self.sub(at, 0)?.try_into().ok()
    }

    /// Where keys have them: the second parameter.
    fn modifiers(self) -> Modifiers {
        // The sum is sent plus one; Caps Lock and Num Lock are in it.
        let mask = self.sub(1, 0).and_then(|sum| u8::try_from(sum.saturating_sub(1)).ok()).unwrap_or_default();
        let motion = match self.sub(1, 1) {
            Some(2) => Motion::Held,
            Some(3) => Motion::Up,
            _ => Motion::Down,
        };
        Modifiers { mask, motion }
    }
}

#[cfg(test)]
#[path = "incoming_tests.rs"]
mod tests;
