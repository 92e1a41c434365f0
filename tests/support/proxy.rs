//! A network that misbehaves on command: a TCP proxy between a client and a real server. A fault holds for
//! every connection, open ones included, until another one is set.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing does.
    None,
    /// Every piece takes this long.
    Delay(Duration),
    /// Answers end in the middle.
    Cut,
    /// Requests arrive, and no answer ever comes back.
    LostAnswers,
    /// Nothing gets through any more, and nobody says so.
    BlackHole,
    /// Answers come byte by byte.
    Drip,
    /// The server answers this, whatever is asked; with `Retry-After` in seconds.
    Status(u16, Option<u32>),
    /// Answers are no JSON.
    Garbage,
    /// Answers are 200 MB long.
    Huge,
    /// Nobody listens.
    Refused,
}

/// A proxy on a port of its own, until it is dropped.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    upstream: String,
    fault: Mutex<Fault>,
    /// Counts the faults; a connection of an earlier one ends.
    era: AtomicUsize,
    requests: AtomicUsize,
    over: AtomicBool,
}

/// How often a connection looks whether its time is over.
const LOOK: Duration = Duration::from_millis(20);
const HUGE: usize = 200 << 20;

impl Proxy {
    /// `upstream`: `http://address:port`.
    pub fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            upstream: upstream.trim_start_matches("http://").to_owned(),
            fault: Mutex::new(Fault::None),
            era: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if own.over.load(Ordering::SeqCst) {
                    break;
                }
                let own = Arc::clone(&own);
                thread::spawn(move || own.serve(stream));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on this goes wrong.
    pub fn set(&self, fault: Fault) {
        *self.shared.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
        self.shared.era.fetch_add(1, Ordering::SeqCst);
    }

    /// Pieces of requests that have come while something went wrong or not.
    pub fn requests(&self) -> usize {
        self.shared.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        self.shared.era.fetch_add(1, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn fault(&self) -> Fault {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees one connection to its end; whoever goes away first ends it.
    fn serve(&self, client: TcpStream) {
        let era = self.era.load(Ordering::SeqCst);
        let fault = self.fault();
        let _ = match fault {
            Fault::Refused => Ok(()),
            Fault::Status(..) | Fault::Garbage | Fault::Huge => self.answer(client, fault, era),
            Fault::BlackHole => self.swallow(client, era),
            _ => self.forward(&client, fault, era),
        };
    }

    fn is_over(&self, era: usize) -> bool {
        self.era.load(Ordering::SeqCst) != era
    }

    /// Reads and says nothing.
    fn swallow(&self, mut client: TcpStream, era: usize) -> io::Result<()> {
        client.set_read_timeout(Some(LOOK))?;
        let mut buffer = [0; 4096];
        while !self.is_over(era) {
            match client.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) => _ = self.requests.fetch_add(1, Ordering::SeqCst),
                Err(error) if is_pause(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Answers in the server's place.
    fn answer(&self, mut client: TcpStream, fault: Fault, era: usize) -> io::Result<()> {
        client.set_read_timeout(Some(LOOK))?;
        let mut request = Vec::new();
        let mut buffer = [0; 4096];
        while !request.windows(4).any(|window| window == b"\r\n\r\n") {
            if self.is_over(era) {
                return Ok(());
            }
            match client.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => request.extend_from_slice(&buffer[..count]),
                Err(error) if is_pause(&error) => {}
                Err(error) => return Err(error),
            }
        }
        self.requests.fetch_add(1, Ordering::SeqCst);
        let head = |status: u16, length: usize, more: &str| {
            format!(
                "HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-type: application/json\r\n{more}content-length: {length}\r\n\r\n"
            )
        };
        match fault {
            Fault::Status(status, retry_after) => {
                let more = retry_after.map_or_else(String::new, |seconds| format!("retry-after: {seconds}\r\n"));
                client.write_all(format!("{}{{}}", head(status, 2, &more)).as_bytes())?;
            }
            Fault::Garbage => client.write_all(format!("{}\u{1b}[31m<html>", head(200, 11, "")).as_bytes())?,
            _ => {
                // No length is given away: only reading shows that there is no end.
                client.write_all(b"HTTP/1.1 200 So\r\nconnection: close\r\ncontent-type: application/json\r\n\r\n[")?;
                let piece = vec![b' '; 64 << 10];
                let mut sent = 0;
                while sent < HUGE && !self.is_over(era) {
                    client.write_all(&piece)?;
                    sent += piece.len();
                }
            }
        }
        client.shutdown(Shutdown::Write)
    }

    /// Hands on what comes, in both directions, as the fault has it.
    fn forward(&self, client: &TcpStream, fault: Fault, era: usize) -> io::Result<()> {
        let server = TcpStream::connect(&self.upstream)?;
        for stream in [client, &server] {
            stream.set_read_timeout(Some(LOOK))?;
            stream.set_nodelay(true)?;
        }
        thread::scope(|scope| {
            scope.spawn(|| self.copy(client, &server, fault, era, true));
            self.copy(&server, client, fault, era, false)
        })
    }

    fn copy(&self, from: &TcpStream, to: &TcpStream, fault: Fault, era: usize, is_request: bool) -> io::Result<()> {
        let result = self.copy_pieces(from, to, fault, era, is_request);
        // A black hole that opens later keeps the connection as it is; everything else ends it.
        if self.fault() == Fault::BlackHole && self.is_over(era) {
            let era = self.era.load(Ordering::SeqCst);
            while !self.is_over(era) {
                thread::sleep(LOOK);
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
        result
    }

    fn copy_pieces(
        &self,
        mut from: &TcpStream,
        mut to: &TcpStream,
        fault: Fault,
        era: usize,
        is_request: bool,
    ) -> io::Result<()> {
        let mut buffer = [0; 16 << 10];
        loop {
            let count = match from.read(&mut buffer) {
                _ if self.is_over(era) => return Ok(()),
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if is_pause(&error) => continue,
                Err(error) => return Err(error),
            };
            let piece = &buffer[..count];
            self.requests.fetch_add(usize::from(is_request), Ordering::SeqCst);
            match fault {
                Fault::Delay(pause) => {
                    thread::sleep(pause);
                    to.write_all(piece)?;
                }
                Fault::Cut if !is_request => return to.write_all(&piece[..count * 2 / 3]),
                Fault::LostAnswers if !is_request => return Ok(()),
                Fault::Drip if !is_request => {
                    for byte in piece {
                        if self.is_over(era) {
                            return Ok(());
                        }
                        to.write_all(&[*byte])?;
                        thread::sleep(Duration::from_millis(5));
                    }
                }
                _ => to.write_all(piece)?,
            }
        }
    }
}

/// Nothing came for a moment.
fn is_pause(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}
