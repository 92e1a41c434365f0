//! The terminal: its modes and how they are given back, what comes from it, frames, clipboard, notifications,
//! title. Every escape sequence lives here.
//!
//! It knows no chat, and decides nothing: a [`Session`] is what a loop reads from and draws on.

mod canvas;
mod capabilities;
mod decode;
mod encoder;
mod incoming;
mod input;
mod modes;
mod outgoing;
mod screen;
mod signals;
mod tty;

use std::{
    collections::VecDeque,
    io::{self, IsTerminal as _},
    time::Duration,
};

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::{Instant, sleep_until},
};

pub use capabilities::{Capabilities, Colors};
pub use input::{Background, Input, Key, KeyCode, Mouse, Press, Signal};
pub use signals::PATIENCE;

use canvas::Canvas;
use decode::Decoder;
use signals::Notice;
use tty::Tty;

/// How long the rest of a sequence may take before its beginning counts as all there is.
const SETTLING: Duration = Duration::from_millis(40);
/// How long the terminal is given for its answer before it is given back: one that came later would be read by
/// whoever has it then.
const ANSWERING: Duration = Duration::from_millis(150);
/// How many inputs [`Session::drain`] takes before it stops, so that a flood cannot keep a frame waiting.
const DRAINED_AT_ONCE: usize = 1024;

/// What a session asks of the terminal beyond the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Clicks and the wheel are reported; the terminal's own selection then needs Shift.
    pub mouse: bool,
}

/// Why the terminal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0} is not a terminal; start it in a terminal window, without pipes or redirections")]
    NoTerminal(&'static str),
    #[error("the terminal cannot be used: {0}")]
    Io(#[from] io::Error),
}

/// The terminal while it is ours. Dropping it gives the terminal back as it was; so does a panic in any
/// thread, before its message is printed, and a [`Signal`] that has not been obeyed after [`PATIENCE`].
pub struct Session {
    canvas: Canvas,
    tty: Tty,
    decoder: Decoder,
    /// Decoded, but not yet given out.
    inputs: VecDeque<Input>,
    /// When what has begun is all there is.
    settles: Option<Instant>,
    notices: UnboundedReceiver<Notice>,
    options: Options,
    title: String,
    paused: bool,
    /// `SIGCONT`s seen to.
    continued: u64,
    /// When the terminal was asked something that it has not answered.
    asked: Option<Instant>,
    _given_back: GivenBack,
}

/// Gives the terminal back when dropped.
struct GivenBack;

impl Drop for GivenBack {
    fn drop(&mut self) {
        modes::leave();
        signals::end();
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.take_answer();
    }
}

impl Session {
    /// Takes the terminal on standard input and output. There can be one session at a time, within a tokio
    /// runtime that does I/O and time.
    ///
    /// # Errors
    /// When one of them is no terminal, or the terminal cannot be changed.
    pub fn enter(options: Options) -> Result<Self, Error> {
        for (is_terminal, name) in
            [(io::stdin().is_terminal(), "standard input"), (io::stdout().is_terminal(), "standard output")]
        {
            if !is_terminal {
                return Err(Error::NoTerminal(name));
            }
        }
        let (sender, notices) = unbounded_channel();
        signals::begin(sender)?;
        let given_back = GivenBack;
        let tty = Tty::open()?;
        modes::restore_on_panic();
        modes::enter(options)?;
        Ok(Self {
            canvas: Canvas::new(),
            tty,
            decoder: Decoder::new(Capabilities::from_environment()),
            inputs: VecDeque::new(),
            settles: None,
            notices,
            options,
            title: String::new(),
            paused: false,
            continued: 0,
            asked: None,
            _given_back: given_back,
        })
    }

    /// What the terminal can do, as far as is known by now.
    pub fn capabilities(&self) -> Capabilities {
        self.decoder.capabilities
    }

    /// Asks whether the terminal is dark or light. [`Input::Background`] follows, or never: nobody waits for it.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn ask_background(&mut self) -> Result<(), Error> {
        if self.capabilities().tells_background && !self.paused {
            self.write(outgoing::ASK_BACKGROUND)?;
            self.asked = Some(Instant::now());
        }
        Ok(())
    }

    /// Draws a frame: what differs from the last one is written, in one piece. `paint` gets a blank buffer of the
    /// window's size and says where the cursor belongs. Does nothing while paused.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer) -> Option<Position>) -> Result<(), Error> {
        if !self.paused {
            self.canvas.frame(paint)?;
        }
        Ok(())
    }

    /// Draws `area` of the last frame anew, and leaves the rest as it is. Does nothing, and says so, where the
    /// screen does not show that frame any more.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn patch(&mut self, area: Rect, paint: impl FnOnce(&mut Buffer) -> Option<Position>) -> Result<bool, Error> {
        Ok(!self.paused && self.canvas.patch(area, paint)?)
    }

    /// Shows a letter in the last frame, ahead of the one that it will be a part of. Does nothing while paused.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn echo(&mut self, letter: char, at: Position) -> Result<(), Error> {
        if !self.paused {
            self.canvas.echo(letter, at)?;
        }
        Ok(())
    }

    /// Waits for the next input. Nothing is lost when the future is dropped. While paused, only signals arrive.
    pub async fn next(&mut self) -> Input {
        loop {
            if let Some(input) = self.inputs.pop_front() {
                return input;
            }
            tokio::select! {
                biased;
                notice = self.notices.recv() => self.heed(notice.unwrap_or(Notice::Closed)),
                bytes = self.tty.read(), if !self.paused => self.decode(bytes),
                () = sleep_until(self.settles.unwrap_or_else(Instant::now)), if self.settles.is_some() => self.settle(),
            }
        }
    }

    /// Takes all that is there already, without waiting.
    pub fn drain(&mut self) -> Vec<Input> {
        while let Ok(notice) = self.notices.try_recv() {
            self.heed(notice);
        }
        // If the terminal is gone, the next wait says so.
        while !self.paused
            && self.inputs.len() < DRAINED_AT_ONCE
            && let Ok(bytes) = self.tty.read_now()
            && !bytes.is_empty()
        {
            self.decode(Ok(bytes));
        }
        self.inputs.drain(..).collect()
    }

    /// Gives the terminal back and stops the process, as Ctrl+Z does elsewhere; when it is continued, takes
    /// the terminal again. [`Input::Resumed`] follows.
    ///
    /// # Errors
    /// When the terminal cannot be taken again.
    pub fn suspend(&mut self) -> Result<(), Error> {
        self.pause();
        let stopped = signals::stop();
        self.resume()?;
        self.continued = stopped?;
        Ok(())
    }

    /// Gives the terminal back for a while, to another program such as an editor. Until [`Session::resume`]
    /// nothing is drawn and no keys are read; an interrupt from the keyboard is that program's.
    pub fn pause(&mut self) {
        signals::set_paused(true);
        self.take_answer();
        self.paused = true;
        modes::leave();
    }

    /// Takes the terminal again after [`Session::pause`]. [`Input::Resumed`] follows.
    ///
    /// # Errors
    /// When the terminal cannot be taken.
    pub fn resume(&mut self) -> Result<(), Error> {
        modes::enter(self.options)?;
        signals::set_paused(false);
        self.paused = false;
        self.start_afresh()
    }

    /// Has clicks and the wheel reported or not; without, the terminal's own selection needs no Shift.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn set_mouse(&mut self, mouse: bool) -> Result<(), Error> {
        if self.options.mouse != mouse {
            self.options.mouse = mouse;
            if !self.paused {
                modes::change(self.options, &outgoing::mouse(mouse))?;
            }
        }
        Ok(())
    }

    /// Names the window, until the terminal is given back.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn set_title(&mut self, title: &str) -> Result<(), Error> {
        if self.title == title {
            return Ok(());
        }
        title.clone_into(&mut self.title);
        self.write(&outgoing::title(title))
    }

    /// Puts `text` into the clipboard of the machine that the person sits at, if the terminal lets us.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn copy(&mut self, text: &str) -> Result<(), Error> {
        self.write(&outgoing::copy(text, self.capabilities()))
    }

    /// Tells a person who is looking elsewhere. Control characters in either text are dropped.
    ///
    /// # Errors
    /// When the terminal is gone, or was given back.
    pub fn notify(&mut self, title: &str, text: &str) -> Result<(), Error> {
        self.write(&outgoing::notify(title, text, self.capabilities()))
    }

    fn write(&self, sequence: &str) -> Result<(), Error> {
        if !self.paused {
            modes::write(sequence.as_bytes())?;
        }
        Ok(())
    }

    /// The screen is empty and nothing is known of it.
    fn start_afresh(&mut self) -> Result<(), Error> {
        self.inputs.push_back(Input::Resumed);
        self.canvas = Canvas::new();
        if self.title.is_empty() { Ok(()) } else { self.write(&outgoing::title(&self.title)) }
    }

    fn heed(&mut self, notice: Notice) {
        let input = match notice {
            Notice::Signal(signal) => Input::Signal(signal),
            Notice::Suspend => Input::Suspend,
            Notice::Closed => Input::Closed,
            Notice::Resized => match tty::size() {
                Ok(size) => {
                    // It may be as large as before by now, and show less.
                    self.canvas.forget();
                    Input::Resize { columns: size.width, rows: size.height }
                }
                Err(_) => Input::Closed,
            },
            Notice::Continued(count) => {
                let is_news = count > self.continued;
                self.continued = self.continued.max(count);
                if !is_news || self.paused {
                    return;
                }
                // Somebody else stopped us, and the shell did with the terminal as it liked.
                self.pause();
                match self.resume() {
                    Ok(()) => return,
                    Err(_) => Input::Closed,
                }
            }
        };
        self.inputs.push_back(input);
    }

    fn decode(&mut self, bytes: io::Result<Vec<u8>>) {
        match bytes {
            Ok(bytes) => {
                let inputs = self.decoder.feed(&bytes);
                if inputs.iter().any(|input| matches!(input, Input::Background(_))) {
                    self.asked = None;
                }
                self.inputs.extend(inputs);
            }
            Err(_) => self.inputs.push_back(Input::Closed),
        }
        self.settles = self.decoder.is_unclear().then(|| Instant::now() + SETTLING);
    }

    /// Before somebody else gets the terminal: an answer that is still on its way is not meant for them.
    fn take_answer(&mut self) {
        while self.asked.is_some_and(|asked| asked.elapsed() < ANSWERING) {
            match self.tty.read_now() {
                Ok(bytes) if bytes.is_empty() => std::thread::sleep(Duration::from_millis(1)),
                Ok(bytes) => self.decode(Ok(bytes)),
                Err(_) => break,
            }
        }
        self.asked = None;
    }

    fn settle(&mut self) {
        self.settles = None;
        self.inputs.extend(self.decoder.settle());
    }
}
