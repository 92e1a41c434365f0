//! Collects a frame and writes it in one piece, or not at all when nothing changed. Never asks the terminal
//! anything.

use std::io;

use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

use super::{modes, outgoing};

/// Where windows that don't say how large they are (size 0×0) are taken to be.
const USUAL_SIZE: Size = Size { width: 80, height: 24 };

/// A ratatui backend on the entered terminal.
#[derive(Default)]
pub struct Screen {
    frame: Vec<u8>,
    /// Whether the cursor is shown, and where it stands, as far as is known.
    shown: Option<bool>,
    at: Option<Position>,
}

impl Screen {
    fn encoder(&mut self) -> CrosstermBackend<&mut Vec<u8>> {
        CrosstermBackend::new(&mut self.frame)
    }

    fn show(&mut self, shown: bool) {
        if self.shown != Some(shown) {
            self.frame.extend_from_slice(if shown { outgoing::SHOW_CURSOR } else { outgoing::HIDE_CURSOR });
            self.shown = Some(shown);
        }
    }

    /// The frame's bytes, if there are any.
    fn take_frame(&mut self) -> Option<Vec<u8>> {
        let frame = std::mem::take(&mut self.frame);
        (!frame.is_empty()).then(|| [outgoing::BEGIN_FRAME, &frame, outgoing::END_FRAME].concat())
    }
}

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, cells: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut cells = cells.peekable();
        if cells.peek().is_none() {
            return Ok(());
        }
        self.at = None;
        self.encoder().draw(cells)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.show(false);
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.show(true);
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.at.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.at == Some(position) {
            return Ok(());
        }
        self.at = Some(position);
        self.encoder().set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, what: ClearType) -> io::Result<()> {
        self.encoder().clear_region(what)
    }

    fn size(&self) -> io::Result<Size> {
        let (width, height) = crossterm::terminal::size()?;
        Ok(if width == 0 || height == 0 { USUAL_SIZE } else { Size { width, height } })
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.take_frame().map_or(Ok(()), |frame| modes::write(&frame))
    }
}

#[cfg(test)]
#[path = "screen_tests.rs"]
mod tests;
