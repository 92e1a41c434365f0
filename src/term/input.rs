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
