//! What the terminal shows, cell by cell. A frame is painted beside it and what differs is written; where it is
//! known that no more than a part can differ, no more than that part is looked at.

use std::io;

use ratatui::{
    backend::Backend as _,
    buffer::{Buffer, Cell, CellWidth as _},
    layout::{Position, Rect},
};

use super::screen::Screen;

/// The screen and what it shows.
pub struct Canvas {
    screen: Screen,
    shown: Buffer,
    /// The frame that is painted next.
    next: Buffer,
    /// What is on the screen is not what was drawn there.
    stale: bool,
}

impl Canvas {
    /// Nothing is known of the screen yet.
    pub fn new() -> Self {
        Self { screen: Screen::default(), shown: Buffer::default(), next: Buffer::default(), stale: false }
    }

    /// The window has changed: what it shows is not known any more.
    pub fn forget(&mut self) {
        self.stale = true;
    }

    /// Paints a frame over all of the window; `paint` says where the cursor belongs.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn frame(&mut self, paint: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<()> {
        let area = Rect::from((Position::ORIGIN, self.screen.size()?));
        if std::mem::take(&mut self.stale) || self.shown.area != area {
            self.screen.clear()?;
            self.shown = Buffer::empty(area);
            self.next = Buffer::empty(area);
        }
        self.next.reset();
        let cursor = paint(&mut self.next);
        self.screen.draw(changes(&self.shown, &self.next).into_iter())?;
        std::mem::swap(&mut self.shown, &mut self.next);
        self.finish(cursor)
    }

    /// Paints `area` anew and leaves the rest as it is; `paint` gets a blank buffer of that area. Where the screen
    /// does not show the last frame any more, nothing happens, and that is said: it takes a whole one.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn patch(&mut self, area: Rect, paint: impl FnOnce(&mut Buffer) -> Option<Position>) -> io::Result<bool> {
        if self.stale || area.intersection(self.shown.area) != area {
            return Ok(false);
        }
        let mut before = Buffer::empty(area);
        copy(&self.shown, &mut before, area);
        let mut after = Buffer::empty(area);
        let cursor = paint(&mut after);
        self.screen.draw(changes(&before, &after).into_iter())?;
        copy(&after, &mut self.shown, area);
        self.finish(cursor)?;
        Ok(true)
    }

    /// Shows a letter ahead of the frame that it will be a part of, and the cursor after it. A frame that is
    /// otherwise puts right what was not so. Where the screen does not show the last frame, nothing happens.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn echo(&mut self, letter: char, at: Position) -> io::Result<()> {
        if self.stale {
            return Ok(());
        }
        let Some(cell) = self.shown.cell_mut(at) else { return Ok(()) };
        cell.reset();
        cell.set_char(letter);
        self.screen.draw(std::iter::once((at.x, at.y, &*cell)))?;
        self.finish(Some(Position { x: at.x + 1, ..at }))
    }

    fn finish(&mut self, cursor: Option<Position>) -> io::Result<()> {
        match cursor {
            None => self.screen.hide_cursor()?,
            Some(position) => {
                self.screen.show_cursor()?;
                self.screen.set_cursor_position(position)?;
            }
        }
        self.screen.flush()
    }
}

/// The cells to be written where one frame follows another, row by row, from left to right.
fn changes<'a>(before: &Buffer, after: &'a Buffer) -> Vec<(u16, u16, &'a Cell)> {
    let mut changes = Vec::new();
    // The right half of what stood there and is wider than what comes.
    let mut half: Option<(u16, u16)> = None;
    for (x, y, cell) in before.diff_iter(after) {
        if let Some(at) = half.take().filter(|at| *at != (x, y))
            && let Some(cell) = after.cell(at)
        {
            changes.push((at.0, at.1, cell));
        }
        changes.push((x, y, cell));
        let leaves_half = |before: &&Cell| is_cluster(before) && cell.cell_width() < before.cell_width();
        half = before.cell((x, y)).filter(leaves_half).map(|_| (x.saturating_add(1), y));
    }
    changes.extend(half.and_then(|at| after.cell(at).map(|cell| (at.0, at.1, cell))));
    changes
}

/// Whether a terminal may show a symbol as several beside each other, of which one stays when another is written
/// over: some do with flags.
fn is_cluster(cell: &Cell) -> bool {
    cell.symbol().chars().nth(1).is_some()
}

/// Copies the cells of `area`, which lies in both.
fn copy(from: &Buffer, to: &mut Buffer, area: Rect) {
    let width = usize::from(area.width);
    for y in area.top()..area.bottom() {
        let (source, target) = (from.index_of(area.x, y), to.index_of(area.x, y));
        to.content[target..target + width].clone_from_slice(&from.content[source..source + width]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(before: &str, after: &str) -> Vec<(u16, String)> {
        let (before, after) = (Buffer::with_lines([before]), Buffer::with_lines([after]));
        changes(&before, &after).into_iter().map(|(x, _, cell)| (x, cell.symbol().to_owned())).collect()
    }

    #[test]
    fn of_a_flag_no_half_stays() {
        let cells =
            |cells: &[(u16, &str)]| cells.iter().map(|(x, symbol)| (*x, (*symbol).to_owned())).collect::<Vec<_>>();
        assert_eq!(written("ab🇳🇴  ", "ab    "), cells(&[(2, " "), (3, " ")]));
        assert_eq!(written("ab🇳🇴cd", "abcd  "), cells(&[(2, "c"), (3, "d"), (4, " "), (5, " ")]));
        assert_eq!(written("ab🇳🇴cd", "ab日cd"), cells(&[(2, "日")]));
        assert_eq!(written("🇳🇴🇸🇪a", "x 🇸🇪a"), cells(&[(0, "x"), (1, " ")]));
        assert_eq!(written("a日b", "ac b"), cells(&[(1, "c")]), "every terminal takes its other half away");
    }
}
