//! Reads the terminal without a thread of its own: nobody reads while nobody waits, so that another program
//! can have it at any time.

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::AsFd as _,
};

use ratatui::layout::Size;
use rustix::{io::ioctl_fionread, termios::tcgetwinsize};
use tokio::io::unix::AsyncFd;

/// How large the terminal on standard output is, in columns and rows; some say 0×0.
///
/// # Errors
/// When it is gone.
pub fn size() -> io::Result<Size> {
    let size = tcgetwinsize(io::stdout())?;
    Ok(Size { width: size.ws_col, height: size.ws_row })
}

/// Standard input, a terminal.
pub struct Tty(AsyncFd<File>);

impl Tty {
    /// To be called within a tokio runtime that does I/O.
    ///
    /// # Errors
    /// When there is no such runtime, or the terminal cannot be waited for.
    #[allow(deprecated, reason = "its successor is unsafe for what a `File` owned by it cannot do wrong")]
    pub fn open() -> io::Result<Self> {
        tokio::runtime::Handle::try_current().map_err(io::Error::other)?;
        let input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        AsyncFd::new(input).map(Self)
    }

    /// Waits for bytes. None are lost if the future is dropped.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub async fn read(&self) -> io::Result<Vec<u8>> {
        loop {
            let mut ready = self.0.readable().await?;
            let bytes = self.read_now()?;
            if !bytes.is_empty() {
                return Ok(bytes);
            }
            ready.clear_ready();
        }
    }

    /// Takes what is there. The terminal itself stays in blocking mode: that is shared with whoever started
    /// us, so it asks first how much there is.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn read_now(&self) -> io::Result<Vec<u8>> {
        let mut input = self.0.get_ref();
        let available = usize::try_from(ioctl_fionread(input)?).map_err(io::Error::other)?;
        let mut bytes = vec![0; available];
        if available > 0 {
            let count = input.read(&mut bytes)?;
            bytes.truncate(count);
        }
        Ok(bytes)
    }
}
