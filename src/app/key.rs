//! Keys as the client names them, whatever terminal they came from.

use std::{fmt, str::FromStr};

/// Which key, without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    /// What it types: `A` for Shift and a.
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

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
    /// Never set for [`KeyCode::Char`]: the character says it.
    pub shift: bool,
}

/// A key that went down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPress {
    pub key: Key,
    /// The terminal says that it is held down, not pressed anew.
    pub repeat: bool,
}

impl Key {
    /// The key alone.
    #[must_use]
    pub const fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// The character that it types, if it types one.
    #[must_use]
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

/// Names of the keys that type nothing, as people write them in a config and read them in the help.
const NAMED: [(KeyCode, &str); 14] = [
    (KeyCode::Enter, "Enter"),
    (KeyCode::Esc, "Esc"),
    (KeyCode::Tab, "Tab"),
    (KeyCode::Backspace, "Backspace"),
    (KeyCode::Delete, "Delete"),
    (KeyCode::Up, "↑"),
    (KeyCode::Down, "↓"),
    (KeyCode::Left, "←"),
    (KeyCode::Right, "→"),
    (KeyCode::Home, "Home"),
    (KeyCode::End, "End"),
    (KeyCode::PageUp, "PgUp"),
    (KeyCode::PageDown, "PgDn"),
    (KeyCode::Char(' '), "Space"),
];

/// Other spellings of [`NAMED`], for typing.
const SPELLINGS: [(&str, &str); 8] = [
    ("up", "↑"),
    ("down", "↓"),
    ("left", "←"),
    ("right", "→"),
    ("pageup", "PgUp"),
    ("pagedown", "PgDn"),
    ("escape", "Esc"),
    ("return", "Enter"),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (self.shift, "Shift+")] {
            if held {
                f.write_str(name)?;
            }
        }
        match (NAMED.iter().find(|(code, _)| *code == self.code), self.code) {
            (Some((_, name)), _) => f.write_str(name),
            (None, KeyCode::Char(c)) if self.ctrl || self.alt => write!(f, "{}", c.to_ascii_uppercase()),
            (None, KeyCode::Char(c)) => write!(f, "{c}"),
            (None, KeyCode::F(number)) => write!(f, "F{number}"),
            (None, _) => Ok(()),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    /// Reads `q`, `Ctrl+J`, `Shift+Tab`, `PgUp`, `F5`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut key = Self::plain(KeyCode::Esc);
        let mut name = text;
        while let Some((modifier, rest)) = name.split_once('+').filter(|(_, rest)| !rest.is_empty()) {
            match modifier.to_ascii_lowercase().as_str() {
                "ctrl" => key.ctrl = true,
                "alt" => key.alt = true,
                "shift" => key.shift = true,
                _ => return Err(format!("`{text}` is no key: there is no modifier `{modifier}`")),
            }
            name = rest;
        }
        key.code =
            code_named(name).ok_or_else(|| format!("`{text}` is no key: write one such as q, Ctrl+J or PgUp"))?;
        match key.code {
            KeyCode::Char(c) if key.ctrl || key.alt => key.code = KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Char(c) if key.shift => {
                key.code = KeyCode::Char(c.to_uppercase().next().unwrap_or(c));
                key.shift = false;
            }
            _ => {}
        }
        Ok(key)
    }
}

fn code_named(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    if let (Some(c), None) = (characters.next(), characters.next())
        && !NAMED.iter().any(|(_, known)| *known == name)
    {
        return Some(KeyCode::Char(c));
    }
    let spelt = SPELLINGS.iter().find(|(other, _)| name.eq_ignore_ascii_case(other)).map_or(name, |(_, known)| known);
    let named = NAMED.iter().find(|(_, known)| known.eq_ignore_ascii_case(spelt)).map(|(code, _)| *code);
    let function = || name.strip_prefix(['F', 'f'])?.parse().ok().map(KeyCode::F);
    named.or_else(function)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_written_alike() {
        for name in ["q", "Q", "Ctrl+J", "Alt+Enter", "Shift+Tab", "PgUp", "↓", "Space", "[", "?", "F5", "+", "Ctrl++"]
        {
            assert_eq!(name.parse::<Key>().expect(name).to_string(), name);
        }
        assert_eq!("ctrl+c".parse::<Key>(), "Ctrl+C".parse());
        assert_eq!("shift+a".parse::<Key>(), "A".parse());
        assert_eq!("pagedown".parse::<Key>(), "PgDn".parse());
        for wrong in ["", "hyper+x", "Foo"] {
            assert!(wrong.parse::<Key>().is_err(), "{wrong}");
        }
    }
}
