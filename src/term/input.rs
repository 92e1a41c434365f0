//! What comes from the terminal, in neutral words: keys, pastes, the mouse, the window, signals. Gives no key
//! a meaning.

/// Something that came from the terminal or the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    /// A key went up. Only terminals that tell repeats from fresh presses say so.
    KeyReleased,
    /// Pasted text: line breaks are `\n`, other control characters than those and tabs are gone.
    Paste(String),
    Mouse(Mouse),
    Resize {
        columns: u16,
        rows: u16,
    },
    /// The window gained or lost the focus.
    Focus(bool),
    /// The answer to [`super::Session::ask_background`].
    Background(Background),
    /// The process is asked to end; it has a moment to do so, see [`super::PATIENCE`].
    Signal(Signal),
    /// The process is asked to stop for a while: call [`super::Session::suspend`], as for Ctrl+Z.
    Suspend,
    /// The screen is ours again and empty: draw it.
    Resumed,
    /// The terminal is gone, or was given back because some thread panicked. Nothing can be drawn any more.
    Closed,
}

/// A key that went down, or is being held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
    /// Never set for [`KeyCode::Char`]: the character says it.
    pub shift: bool,
    pub press: Press,
}

/// Which key. With Ctrl or Alt a character is in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

/// Whether a finger just came down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Press {
    Fresh,
    /// It is being held.
    Repeat,
    /// The terminal does not tell, or has not yet shown that it does.
    Unknown,
}

/// The mouse, in columns and rows from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mouse {
    /// The left button went down.
    Click {
        column: u16,
        row: u16,
    },
    WheelUp {
        column: u16,
        row: u16,
    },
    WheelDown {
        column: u16,
        row: u16,
    },
}

/// What asks the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    Terminate,
    Hangup,
    Quit,
}

/// What is behind the text, where nothing else was painted there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    Dark,
    Light,
}

impl Background {
    /// Reads a colour as terminals write it: `rgb:ffff/ffff/ffff`, with one to four digits each, or `#ffffff`.
    pub(super) fn of(colour: &str) -> Option<Self> {
        let channels: Vec<&str> = match (colour.strip_prefix("rgb:"), colour.strip_prefix("rgba:")) {
            (Some(channels), _) | (_, Some(channels)) => channels.split('/').take(3).collect(),
            _ => {
                let digits = colour.strip_prefix('#').filter(|digits| digits.is_ascii() && digits.len() % 3 == 0)?;
                let width = digits.len() / 3;
                (0..3).map(|at| digits.get(at * width..(at + 1) * width)).collect::<Option<_>>()?
            }
        };
        let [red, green, blue] = *channels.as_slice() else { return None };
        // How bright each looks to the eye, of 1000.
        let brightness = channel(red)? * 213 + channel(green)? * 715 + channel(blue)? * 72;
        Some(if brightness > 1000 * FULL / 2 { Self::Light } else { Self::Dark })
    }
}

/// A channel at its brightest.
const FULL: u32 = 0xffff;

/// A channel out of [`FULL`], from one to four hexadecimal digits.
fn channel(digits: &str) -> Option<u32> {
    if !(1..=4).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let most = 16_u32.checked_pow(u32::try_from(digits.len()).ok()?)?.checked_sub(1)?;
    let value = u32::from_str_radix(digits, 16).ok()?;
    Some(value * FULL / most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_background_is_dark_or_light() {
        for (colour, background) in [
            ("rgb:0000/0000/0000", Some(Background::Dark)),
            ("rgb:ffff/ffff/ffff", Some(Background::Light)),
            ("rgb:ff/ff/ff", Some(Background::Light)),
            ("rgb:f/f/e", Some(Background::Light)),
            ("rgba:1e1e/1e1e/2e2e/ffff", Some(Background::Dark)),
            ("rgb:fdfd/f6f6/e3e3", Some(Background::Light)),
            ("rgb:0000/2b2b/3636", Some(Background::Dark)),
            ("rgb:0000/0000/ffff", Some(Background::Dark)),
            ("#fafafa", Some(Background::Light)),
            ("#000", Some(Background::Dark)),
            ("rgb:ffff/ffff", None),
            ("rgb:/ffff/ffff", None),
            ("rgb:fffff/0/0", None),
            ("rgb:+f/0/0", None),
            ("#ééé", None),
            ("", None),
            ("?", None),
            ("white", None),
        ] {
            assert_eq!(Background::of(colour), background, "{colour}");
        }
    }
}
