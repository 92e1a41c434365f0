//! Every escape sequence that is written by hand: modes and how each is undone, frames, clipboard,
//! notifications, title. Pure: builds bytes, writes none. (Cells and colours: see `encoder`.)

use std::fmt::Write as _;

use crossterm::{Command as _, clipboard::CopyToClipboard};

use super::{Capabilities, Options};

/// Goes before the bytes of a frame, so that the terminal shows it in one piece.
pub const BEGIN_FRAME: &[u8] = b"\x1b[?2026h";
/// Goes after the bytes of a frame.
pub const END_FRAME: &[u8] = b"\x1b[?2026l";
pub const SHOW_CURSOR: &[u8] = b"\x1b[?25h";
pub const HIDE_CURSOR: &[u8] = b"\x1b[?25l";

/// Asks for the colour of the background (OSC 11). tmux answers for the terminal around it.
pub const ASK_BACKGROUND: &str = "\x1b]11;?\x1b\\";

/// Ends an unfinished frame and every style, whatever was written last.
const COME_TO_REST: &str = "\x1b[?2026l\x1b[0m";
/// Notifications longer than this are cut: they are shown in a corner, and terminals cut them anyway.
const NOTIFICATION_LENGTH: usize = 200;

/// Something that is switched on when the screen is entered, and off when it is left.
struct Mode {
    on: &'static str,
    off: &'static str,
}

/// The title is put on the terminal's own stack.
const TITLE: Mode = Mode { on: "\x1b[22;2t", off: "\x1b[23;2t" };
/// Cleared by hand for terminals that have but one screen.
const ALTERNATE_SCREEN: Mode = Mode { on: "\x1b[?1049h\x1b[2J", off: "\x1b[?1049l" };
const BRACKETED_PASTE: Mode = Mode { on: "\x1b[?2004h", off: "\x1b[?2004l" };
const FOCUS: Mode = Mode { on: "\x1b[?1004h", off: "\x1b[?1004l" };
/// Buttons and wheel only: a mouse that just moves must not wake anybody.
const MOUSE_BUTTONS: Mode = Mode { on: "\x1b[?1000h", off: "\x1b[?1000l" };
/// Positions as decimal numbers, so that they may exceed 223.
const MOUSE_POSITIONS: Mode = Mode { on: "\x1b[?1006h", off: "\x1b[?1006l" };
/// Unambiguous keys, and their repeats and releases (kitty's flags 1 and 2). The stack belongs to the
/// alternate screen, so this comes after it. Terminals that don't know it ignore it: nothing is asked, the
/// first release that arrives tells.
const KEYBOARD: Mode = Mode { on: "\x1b[>3u", off: "\x1b[<1u" };
const CURSOR: Mode = Mode { on: "\x1b[?25l", off: "\x1b[?25h" };

/// The modes in the order in which they are switched on.
fn modes(options: Options) -> impl DoubleEndedIterator<Item = Mode> {
    let mouse = [MOUSE_BUTTONS, MOUSE_POSITIONS].into_iter().filter(move |_| options.mouse);
    [TITLE, ALTERNATE_SCREEN, BRACKETED_PASTE, FOCUS].into_iter().chain(mouse).chain([KEYBOARD, CURSOR])
}

/// What enters the screen.
pub fn enter(options: Options) -> String {
    modes(options).map(|mode| mode.on).collect()
}

/// What undoes [`enter`] with the same options, last first.
pub fn leave(options: Options) -> String {
    std::iter::once(COME_TO_REST).chain(modes(options).rev().map(|mode| mode.off)).collect()
}

/// Has the mouse reported, or not any more.
pub fn mouse(on: bool) -> String {
    let modes = [MOUSE_BUTTONS, MOUSE_POSITIONS];
    if on { modes.map(|mode| mode.on).concat() } else { modes.map(|mode| mode.off).concat() }
}

/// Names the window.
pub fn title(text: &str) -> String {
    format!("\x1b]2;{}\x1b\\", printable(text))
}

/// Puts `text` into the clipboard of the machine that the terminal runs on (OSC 52). tmux gets it for its own
/// buffer too.
pub fn copy(text: &str, capabilities: Capabilities) -> String {
    let mut sequence = String::new();
    let _ = CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence);
    if capabilities.tmux {
        sequence.push_str(&through_tmux(&sequence));
    }
    sequence
}

/// How a terminal is told to show a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notifier {
    /// OSC 9, as iTerm2 has it and most others took over.
    Osc9,
    /// OSC 777, as rxvt has it: foot and the VTE family.
    Osc777,
    /// Only the bell.
    Bell,
}

/// Tells somebody who is looking elsewhere; rings the bell in any case, which tmux and window managers turn
/// into a mark. Both texts lose their control characters.
pub fn notify(title: &str, text: &str, capabilities: Capabilities) -> String {
    let (title, text) = (printable(title), printable(text));
    let sequence = match capabilities.notifier {
        // A text that begins with a number and a semicolon would be another command.
        Notifier::Osc9 => format!("\x1b]9;{}: {text}\x1b\\", title.replace(';', ",")),
        Notifier::Osc777 => format!("\x1b]777;notify;{};{text}\x1b\\", title.replace(';', ",")),
        Notifier::Bell => String::new(),
    };
    let sequence = if capabilities.tmux && !sequence.is_empty() { through_tmux(&sequence) } else { sequence };
    sequence + "\x07"
}

/// Wraps `sequence` so that tmux hands it on to the terminal around it.
fn through_tmux(sequence: &str) -> String {
    let mut wrapped = String::with_capacity(sequence.len() + 16);
    let _ = write!(wrapped, "\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"));
    wrapped
}

/// `text` without anything that could end the sequence it stands in.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(NOTIFICATION_LENGTH).collect()
}

#[cfg(test)]
#[path = "outgoing_tests.rs"]
mod tests;
