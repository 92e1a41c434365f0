//! Signals: told to the session that has the terminal; without one, they do what they do by default. One
//! thread waits for them for as long as the process lives, so that they also count when the loop is stuck.

use std::{
    io,
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Signal as Number, getpid, kill_current_process_group, kill_process};
use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH},
    iterator::Signals,
    low_level::emulate_default_handler,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{Signal, modes};

/// How long a session may take to end after a [`Signal`], before it is ended.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// How long the program may take to clear away after the session.
const LEAVING: Duration = Duration::from_secs(10);

/// What stops us for real. `SIGTSTP` cannot, since it is watched, and `SIGSTOP` would also stop a process
/// that nobody is there to continue; this one the system ignores for such orphans.
const STOP: Number = Number::TTOU;

/// Something that the session is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    Signal(Signal),
    /// `SIGTSTP` from elsewhere than the keyboard.
    Suspend,
    /// `SIGCONT`, for this many times.
    Continued(u64),
    Resized,
    Closed,
}

/// Who is told.
struct Listener {
    session: Option<UnboundedSender<Notice>>,
    /// Another program has the terminal, on the session's behalf.
    paused: bool,
    continued: u64,
    /// When the last session gave the terminal back.
    ended: Option<Instant>,
}

static LISTENER: Mutex<Listener> = Mutex::new(Listener { session: None, paused: false, continued: 0, ended: None });
static CHANGED: Condvar = Condvar::new();

fn listener() -> MutexGuard<'static, Listener> {
    LISTENER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Signals go to `session` from now on.
///
/// # Errors
/// When they cannot be caught, or go to another session.
pub fn begin(session: UnboundedSender<Notice>) -> io::Result<()> {
    static WATCHED: OnceLock<()> = OnceLock::new();
    if WATCHED.get().is_none() {
        let mut signals = Signals::new([SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH])?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || signals.forever().for_each(heed))?;
        let _ = WATCHED.set(());
    }
    let mut listener = listener();
    if listener.session.is_some() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    listener.session = Some(session);
    listener.paused = false;
    Ok(())
}

/// There is no session any more.
pub fn end() {
    let mut listener = listener();
    listener.session = None;
    listener.paused = false;
    listener.ended = Some(Instant::now());
    CHANGED.notify_all();
}

/// Whether another program has the terminal.
pub fn set_paused(paused: bool) {
    listener().paused = paused;
}

/// Tells the session, if there is one.
pub fn tell(notice: Notice) {
    if let Some(session) = &listener().session {
        let _ = session.send(notice);
    }
}

/// Stops the process group and returns when it was continued, and how many times it ever was. Returns at once,
/// or nearly so, where the system doesn't stop it.
///
/// # Errors
/// When the group cannot be sent a signal.
pub fn stop() -> io::Result<u64> {
    let before = listener().continued;
    kill_current_process_group(STOP)?;
    // The stop may take effect only a little after the call, and the watch may hear of the end of it only a
    // little after us. Short waits, so that the time spent stopped counts for one of them at most.
    let mut listener = listener();
    for _ in 0..30 {
        if listener.continued != before {
            break;
        }
        listener = CHANGED.wait_timeout(listener, Duration::from_millis(10)).unwrap_or_else(PoisonError::into_inner).0;
    }
    Ok(listener.continued)
}

fn heed(signal: i32) {
    let mut listener = listener();
    let has_terminal = listener.session.is_some() && !listener.paused;
    match signal {
        SIGWINCH => {
            drop(listener);
            tell(Notice::Resized);
        }
        SIGCONT => {
            listener.continued += 1;
            CHANGED.notify_all();
            let count = listener.continued;
            drop(listener);
            tell(Notice::Continued(count));
        }
        SIGTSTP if has_terminal => {
            drop(listener);
            tell(Notice::Suspend);
        }
        // Nobody has the terminal, or a program that stops too.
        SIGTSTP => drop(kill_process(getpid(), STOP)),
        // The program that has the terminal was meant.
        SIGINT | SIGQUIT if listener.paused => {}
        _ => {
            drop(listener);
            end_session(signal);
        }
    }
}

/// Asks the session to end. Does what the signal does by default if there is none, or if it doesn't.
fn end_session(signal: i32) {
    let listener = listener();
    if let Some(session) = &listener.session {
        let _ = session.send(Notice::Signal(named(signal)));
        let ended = CHANGED.wait_timeout_while(listener, PATIENCE, |listener| listener.session.is_some());
        if !ended.unwrap_or_else(PoisonError::into_inner).1.timed_out() {
            return;
        }
        modes::leave_at_once();
    } else {
        let is_leaving = listener.ended.is_some_and(|ended| ended.elapsed() < LEAVING);
        drop(listener);
        // Whoever closes a terminal sends more than one: what the first one began is not cut short.
        if is_leaving {
            return;
        }
    }
    let _ = emulate_default_handler(signal);
}

fn named(signal: i32) -> Signal {
    match signal {
        SIGHUP => Signal::Hangup,
        SIGINT => Signal::Interrupt,
        SIGQUIT => Signal::Quit,
        _ => Signal::Terminate,
    }
}
