//! The terminal's modes, changed together and given back together, exactly once, by whoever comes first: the
//! session's end, a panic in any thread, or the signal watch when the loop is stuck.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::AsFd as _,
    panic,
    sync::{Mutex, MutexGuard, Once, PoisonError, TryLockError},
};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use super::{Options, outgoing, signals};

/// The terminal while it is ours; `None`: it is as it was found. Held while anything is written, so that
/// nothing is written after it was given back. Nothing that can panic happens while it is held.
static ENTERED: Mutex<Option<Entered>> = Mutex::new(None);

struct Entered {
    output: File,
    undo: String,
}

fn entered() -> MutexGuard<'static, Option<Entered>> {
    ENTERED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the terminal.
///
/// # Errors
/// When it cannot be written to, or is ours already. Then it is as before.
pub fn enter(options: Options) -> io::Result<()> {
    let mut entered = entered();
    if entered.is_some() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    enable_raw_mode()?;
    let written = output.write_all(outgoing::enter(options).as_bytes());
    let taken = Entered { output, undo: outgoing::leave(options) };
    match written {
        Ok(()) => *entered = Some(taken),
        Err(_) => give_back(taken),
    }
    written
}

/// Gives the terminal back, if it is ours.
pub fn leave() {
    let mut entered = entered();
    if let Some(taken) = entered.take() {
        give_back(taken);
    }
}

/// As [`leave`], but waits for nobody: where a thread hangs in the middle of writing to a terminal that
/// doesn't read, at least the line discipline is as before.
pub fn leave_at_once() {
    let entered = match ENTERED.try_lock() {
        Ok(entered) => Some(entered),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    };
    match entered.and_then(|mut entered| entered.take()) {
        Some(taken) => give_back(taken),
        None => drop(disable_raw_mode()),
    }
}

fn give_back(Entered { mut output, undo }: Entered) {
    // If the terminal is gone there is nothing to give back.
    let _ = output.write_all(undo.as_bytes());
    let _ = disable_raw_mode();
}

/// Writes `sequence`, which changes what was asked for into `options`.
///
/// # Errors
/// When the terminal is gone, or not ours (any more).
pub fn change(options: Options, sequence: &str) -> io::Result<()> {
    let mut entered = entered();
    let taken = entered.as_mut().ok_or_else(|| io::Error::other("the screen was left"))?;
    taken.undo = outgoing::leave(options);
    taken.output.write_all(sequence.as_bytes())
}

/// Writes to the terminal, in one piece.
///
/// # Errors
/// When it is gone, or not ours (any more).
pub fn write(bytes: &[u8]) -> io::Result<()> {
    let mut entered = entered();
    let taken = entered.as_mut().ok_or_else(|| io::Error::other("the screen was left"))?;
    taken.output.write_all(bytes)
}

/// From now on a panic, in whatever thread, gives the terminal back before its message is printed.
pub fn restore_on_panic() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            leave();
            signals::tell(signals::Notice::Closed);
            report(info);
        }));
    });
}
