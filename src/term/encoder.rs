//! Cells to bytes: the shortest way to write what changed, from where the cursor stands and with the pen that
//! is in force. Over a slow line every byte of an echoed key counts. Pure: builds bytes, writes none.

use std::io::Write as _;

use ratatui::{
    backend::ClearType,
    buffer::Cell,
    layout::Position,
    style::{Color, Modifier},
};
use unicode_width::UnicodeWidthStr as _;

/// Blanks that are cheaper to erase than to write: as many bytes as the erasure and the move after it take.
const WORTH_ERASING: usize = 10;
/// The same at the end of a row, where nothing comes after.
const WORTH_CLEARING: usize = 4;

/// Turns cells into bytes and remembers what they leave behind in the terminal.
#[derive(Default)]
pub struct Encoder {
    bytes: Vec<u8>,
    /// Where the cursor stands; `None`: not known.
    at: Option<Position>,
    /// `None`: not known.
    pen: Option<Pen>,
}

/// How cells are drawn until something else is said.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pen {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

impl Pen {
    const PLAIN: Self = Self { foreground: Color::Reset, background: Color::Reset, modifier: Modifier::empty() };

    fn of(cell: &Cell) -> Self {
        Self { foreground: cell.fg, background: cell.bg, modifier: cell.modifier }
    }

    /// Whether a blank drawn with it looks like an erased cell.
    fn leaves_blanks_blank(self) -> bool {
        let visible = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::CROSSED_OUT;
        self.background == Color::Reset && !self.modifier.intersects(visible)
    }
}

impl Encoder {
    /// What has been encoded since it was last asked.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Where the cursor stands, if that is known.
    pub fn position(&self) -> Option<Position> {
        self.at
    }

    pub fn push(&mut self, sequence: &[u8]) {
        self.bytes.extend_from_slice(sequence);
    }

    /// Draws cells of a screen that is `width` columns wide; row by row, each from left to right.
    pub fn draw<'a>(&mut self, cells: impl Iterator<Item = (u16, u16, &'a Cell)>, width: u16) {
        let cells: Vec<_> = cells.collect();
        let mut rest = cells.as_slice();
        while let Some((x, y, cell)) = rest.first() {
            let blanks = blanks(rest);
            let reaches_end = usize::from(*x) + blanks >= usize::from(width);
            let erased = if blanks >= WORTH_CLEARING && reaches_end {
                self.erase(Position::new(*x, *y), None);
                blanks
            } else if blanks >= WORTH_ERASING {
                self.erase(Position::new(*x, *y), Some(blanks));
                blanks
            } else {
                self.write(Position::new(*x, *y), cell, width);
                1
            };
            rest = &rest[erased..];
        }
    }

    /// Moves the cursor, by the shortest of the ways there are.
    pub fn move_to(&mut self, to: Position) {
        let Some(from) = self.at.replace(to) else {
            self.bytes.extend(absolute(to));
            return;
        };
        if from == to {
            return;
        }
        let ways = [Some(absolute(to)), within_row(from, to), to_next_row(from, to)];
        self.bytes.extend(ways.into_iter().flatten().min_by_key(Vec::len).unwrap_or_default());
    }

    /// Clears a part of the screen. Whoever does that may not know where the window's last change has left the
    /// cursor, so the place is said with the next move.
    pub fn clear(&mut self, what: ClearType) {
        self.at = None;
        self.set_pen(Pen::PLAIN);
        self.push(match what {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        });
    }

    fn write(&mut self, at: Position, cell: &Cell, width: u16) {
        self.move_to(at);
        self.set_pen(Pen::of(cell));
        let symbol = cell.symbol();
        self.push(symbol.as_bytes());
        self.at = advance(symbol)
            .map(|columns| at.x.saturating_add(columns))
            .filter(|x| *x < width)
            .map(|x| Position::new(x, at.y));
    }

    /// Erases that many cells, or all to the end of the row; the cursor stays.
    fn erase(&mut self, at: Position, count: Option<usize>) {
        self.move_to(at);
        self.set_pen(Pen::PLAIN);
        // Writing to a vector does not fail.
        let _ = match count {
            None => self.bytes.write_all(b"\x1b[K"),
            Some(count) => write!(self.bytes, "\x1b[{count}X"),
        };
    }

    fn set_pen(&mut self, pen: Pen) {
        let from = self.pen.replace(pen);
        if from == Some(pen) {
            return;
        }
        let afresh = codes(None, pen);
        let onward = from.map(|from| codes(Some(from), pen));
        let shortest = onward.filter(|onward| onward.len() < afresh.len()).unwrap_or(afresh);
        let _ = write!(self.bytes, "\x1b[{shortest}m");
    }
}

/// How many of the next cells are blanks beside each other that may as well be erased.
fn blanks(cells: &[(u16, u16, &Cell)]) -> usize {
    let Some((first, row, _)) = cells.first() else { return 0 };
    let is_next = |(at, (x, y, cell)): &(usize, &(u16, u16, &Cell))| {
        y == row
            && usize::from(*x) == usize::from(*first) + at
            && cell.symbol() == " "
            && Pen::of(cell).leaves_blanks_blank()
    };
    cells.iter().enumerate().take_while(is_next).count()
}

/// How many columns the terminal's cursor surely moves on with a symbol; `None` where terminals differ, as
/// they do on clusters of several characters.
fn advance(symbol: &str) -> Option<u16> {
    let mut characters = symbol.chars();
    let is_one = characters.next().is_some() && characters.next().is_none();
    if is_one { u16::try_from(symbol.width()).ok().filter(|width| *width == 1) } else { None }
}

/// CUP, without the numbers that may be left out.
fn absolute(to: Position) -> Vec<u8> {
    let (row, column) = (u32::from(to.y) + 1, u32::from(to.x) + 1);
    match (row, column) {
        (1, 1) => "\x1b[H".to_owned(),
        (_, 1) => format!("\x1b[{row}H"),
        (1, _) => format!("\x1b[;{column}H"),
        _ => format!("\x1b[{row};{column}H"),
    }
    .into_bytes()
}

fn within_row(from: Position, to: Position) -> Option<Vec<u8>> {
    if from.y != to.y {
        return None;
    }
    Some(match (from.x, to.x) {
        (_, 0) => b"\r".to_vec(),
        (from, to) if from > to && from - to <= 3 => vec![b'\x08'; usize::from(from - to)],
        (from, to) if from > to => format!("\x1b[{}D", from - to).into_bytes(),
        (from, to) if to - from == 1 => b"\x1b[C".to_vec(),
        (from, to) => format!("\x1b[{}C", to - from).into_bytes(),
    })
}

/// To the beginning of the row below.
fn to_next_row(from: Position, to: Position) -> Option<Vec<u8>> {
    (to.x == 0 && to.y == from.y.checked_add(1)?).then(|| b"\r\n".to_vec())
}

/// The parameters of an SGR that leads from one pen to another; `None`: from any.
fn codes(from: Option<Pen>, to: Pen) -> String {
    let mut codes: Vec<String> = Vec::new();
    let known = from.unwrap_or(Pen::PLAIN);
    if from.is_none() && to != Pen::PLAIN {
        codes.push("0".to_owned());
    }
    let (had, has) = (known.modifier, to.modifier);
    let mut added = has - had;
    for (group, off) in [
        (Modifier::BOLD | Modifier::DIM, 22),
        (Modifier::ITALIC, 23),
        (Modifier::UNDERLINED, 24),
        (Modifier::SLOW_BLINK | Modifier::RAPID_BLINK, 25),
        (Modifier::REVERSED, 27),
        (Modifier::HIDDEN, 28),
        (Modifier::CROSSED_OUT, 29),
    ] {
        if (had - has).intersects(group) {
            codes.push(off.to_string());
            // What shares the code is switched off with it.
            added |= has & group;
        }
    }
    for (modifier, on) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::ITALIC, 3),
        (Modifier::UNDERLINED, 4),
        (Modifier::SLOW_BLINK, 5),
        (Modifier::RAPID_BLINK, 6),
        (Modifier::REVERSED, 7),
        (Modifier::HIDDEN, 8),
        (Modifier::CROSSED_OUT, 9),
    ] {
        if added.contains(modifier) {
            codes.push(on.to_string());
        }
    }
    if known.foreground != to.foreground {
        codes.push(colour(to.foreground, 30));
    }
    if known.background != to.background {
        codes.push(colour(to.background, 40));
    }
    codes.join(";")
}

/// The parameters of a colour; `base` is 30 for the foreground and 40 for the background.
fn colour(colour: Color, base: u16) -> String {
    let (plain, bright) = (|number: u16| (base + number).to_string(), |number: u16| (base + 60 + number).to_string());
    match colour {
        Color::Reset => plain(9),
        Color::Black => plain(0),
        Color::Red => plain(1),
        Color::Green => plain(2),
        Color::Yellow => plain(3),
        Color::Blue => plain(4),
        Color::Magenta => plain(5),
        Color::Cyan => plain(6),
        Color::Gray => plain(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(number) => format!("{};5;{number}", base + 8),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}

#[cfg(test)]
#[path = "encoder_tests.rs"]
mod tests;
