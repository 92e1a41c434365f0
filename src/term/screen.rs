//! Collects a frame and writes it in one piece, or not at all when nothing changed. Never asks the terminal
//! anything.

use std::io;

use ratatui::{
    backend::{Backend, ClearType, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

use super::{encoder::Encoder, modes, outgoing, tty};

/// Where windows that don't say how large they are (size 0×0) are taken to be.
const USUAL_SIZE: Size = Size { width: 80, height: 24 };
/// A frame up to this long reaches the terminal in one piece anyway: it goes without the marks that say so.
const SMALL: usize = 64;

/// A ratatui backend on the entered terminal.
#[derive(Default)]
pub struct Screen {
    encoder: Encoder,
    /// Whether the cursor is shown, as far as is known.
    shown: Option<bool>,
    /// How large the terminal was when ratatui last asked.
    size: std::cell::Cell<Size>,
}

impl Screen {
    fn show(&mut self, shown: bool) {
        if self.shown != Some(shown) {
            self.encoder.push(if shown { outgoing::SHOW_CURSOR } else { outgoing::HIDE_CURSOR });
            self.shown = Some(shown);
        }
    }

    /// The frame's bytes, if there are any.
    fn take_frame(&mut self) -> Option<Vec<u8>> {
        let frame = self.encoder.take();
        match frame.len() {
            0 => None,
            length if length <= SMALL => Some(frame),
            _ => Some([outgoing::BEGIN_FRAME, &frame, outgoing::END_FRAME].concat()),
        }
    }
}

impl Backend for Screen {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, cells: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        // Before the size was asked for, no row is taken to end.
        let width = self.size.get().width;
        self.encoder.draw(cells, if width == 0 { u16::MAX } else { width });
        Ok(())
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
        Ok(self.encoder.position().unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.encoder.move_to(position.into());
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, what: ClearType) -> io::Result<()> {
        self.encoder.clear(what);
        Ok(())
    }

    fn size(&self) -> io::Result<Size> {
        let size = tty::size()?;
        self.size.set(if size.width == 0 || size.height == 0 { USUAL_SIZE } else { size });
        Ok(self.size.get())
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
