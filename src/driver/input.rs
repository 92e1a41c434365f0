//! What came from the terminal, as the mind's events.

use crate::{
    app::{Event, Key, KeyCode, KeyPress, Mouse},
    term,
};

/// What the driver has to do about an input.
pub enum Step {
    /// The mind takes it.
    Tell(Box<Event>),
    /// What the terminal said that it is.
    Background(term::Background),
    Suspend,
    /// The terminal is gone, or somebody wants us gone: no decision is made.
    End,
}

impl From<term::Input> for Step {
    fn from(input: term::Input) -> Self {
        Self::Tell(Box::new(match input {
            term::Input::Key(key) => Event::Key(key_press(key)),
            term::Input::KeyReleased => Event::KeyReleased,
            term::Input::Paste(text) => Event::Paste(text),
            term::Input::Mouse(mouse) => Event::Mouse(match mouse {
                term::Mouse::Click { column, row } => Mouse::Click { column, row },
                term::Mouse::WheelUp { column, row } => Mouse::WheelUp { column, row },
                term::Mouse::WheelDown { column, row } => Mouse::WheelDown { column, row },
            }),
            term::Input::Resize { .. } => Event::Resized,
            term::Input::Focus(focused) => Event::Focus(focused),
            term::Input::Resumed => Event::Resumed,
            term::Input::Background(background) => return Self::Background(background),
            term::Input::Suspend => return Self::Suspend,
            term::Input::Signal(_) | term::Input::Closed => return Self::End,
        }))
    }
}

pub fn key_press(key: term::Key) -> KeyPress {
    let code = match key.code {
        term::KeyCode::Char(c) => KeyCode::Char(c),
        term::KeyCode::Enter => KeyCode::Enter,
        term::KeyCode::Esc => KeyCode::Esc,
        term::KeyCode::Tab => KeyCode::Tab,
        term::KeyCode::Backspace => KeyCode::Backspace,
        term::KeyCode::Delete => KeyCode::Delete,
        term::KeyCode::Up => KeyCode::Up,
        term::KeyCode::Down => KeyCode::Down,
        term::KeyCode::Left => KeyCode::Left,
        term::KeyCode::Right => KeyCode::Right,
        term::KeyCode::Home => KeyCode::Home,
        term::KeyCode::End => KeyCode::End,
        term::KeyCode::PageUp => KeyCode::PageUp,
        term::KeyCode::PageDown => KeyCode::PageDown,
        term::KeyCode::F(number) => KeyCode::F(number),
    };
    let repeat = key.press == term::Press::Repeat;
    KeyPress { key: Key { code, ctrl: key.ctrl, alt: key.alt, shift: key.shift }, repeat }
}
