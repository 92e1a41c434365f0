//! A real program in a real terminal: a pseudo-terminal outside, an emulator that says what a person would
//! see. For tests, benches and pictures; waits for conditions, never for time alone.

use std::{
    io::{Read, Write},
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a condition may take before it counts as never.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A program running in a terminal of its own. It is killed when this is dropped.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shared: Arc<Shared>,
}

struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

/// What the program has written so far.
struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    /// When the newest of them came.
    at: Instant,
    closed: bool,
}

impl Terminal {
    /// Starts `program` with `arguments` and, added to a clean environment, `environment`.
    pub fn start(
        program: impl AsRef<std::ffi::OsStr>,
        arguments: &[&str],
        environment: &[(&str, &str)],
        (columns, rows): (u16, u16),
    ) -> Self {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env_clear();
        for name in ["PATH", "LANG", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("TERM", "xterm-256color");
        command.env("LC_ALL", "C.UTF-8");
        command.env("TZ", "UTC");
        for (name, value) in environment {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().expect("the terminal's output");
        let keyboard = pair.master.take_writer().expect("the terminal's input");
        let parser = vt100::Parser::new(rows.try_into().expect("rows"), columns.try_into().expect("columns"), 0);
        let shared = Arc::new(Shared {
            seen: Mutex::new(Seen { parser, bytes: Vec::new(), at: Instant::now(), closed: false }),
            changed: Condvar::new(),
        });
        let reader = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            loop {
                let count = output.read(&mut buffer).unwrap_or(0);
                // Before the emulator works on them, so that its own time is not counted.
                let at = Instant::now();
                let mut seen = reader.seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.parser.process(&buffer[..count]);
                seen.bytes.extend_from_slice(&buffer[..count]);
                seen.at = at;
                seen.closed = count == 0;
                reader.changed.notify_all();
                if count == 0 {
                    break;
                }
            }
        });
        Self { master: pair.master, keyboard, child, shared }
    }

    /// Types `keys`, escape sequences included.
    pub fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.keyboard.flush().expect("the terminal takes keys");
    }

    /// Makes the window another size.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.master.resize(size).expect("another size");
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.parser.screen_mut().set_size(rows.try_into().expect("rows"), columns.try_into().expect("columns"));
    }

    /// The screen as text, a line a row.
    pub fn text(&self) -> String {
        self.look(vt100::Screen::contents)
    }

    /// Whatever `what` makes of the screen now.
    pub fn look<T>(&self, what: impl FnOnce(&vt100::Screen) -> T) -> T {
        what(self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).parser.screen())
    }

    /// Every byte written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).bytes.clone()
    }

    /// How many bytes have been written so far.
    pub fn written(&self) -> usize {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).bytes.len()
    }

    /// When the newest byte came.
    pub fn last_output(&self) -> Instant {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).at
    }

    /// Waits until nothing has been written for `pause`. For benches: a test waits for what it wants to see.
    pub fn quiet(&self, pause: Duration) {
        let start = Instant::now();
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        while !seen.closed && start.elapsed() < PATIENCE {
            let left = pause.saturating_sub(seen.at.max(start).elapsed());
            if left.is_zero() {
                return;
            }
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the screen's text fulfils `condition`, and returns that text.
    pub fn wait_until(&self, what: &str, condition: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let text = seen.parser.screen().contents();
            if condition(&text) {
                return text;
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            assert!(!left.is_zero() && !seen.closed, "never saw {what}; the screen is:\n{text}");
            seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until `text` is on the screen.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Waits for the program's end.
    pub fn wait_for_exit(&mut self) -> ExitStatus {
        let start = Instant::now();
        {
            let mut seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
            while !seen.closed {
                let left = PATIENCE.saturating_sub(start.elapsed());
                assert!(
                    !left.is_zero(),
                    "the program did not end; the screen is:\n{}",
                    seen.parser.screen().contents()
                );
                seen = self.shared.changed.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        self.child.wait().expect("an exit status")
    }

    /// The program's process id.
    pub fn process_id(&self) -> u32 {
        self.child.process_id().expect("a process id")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
