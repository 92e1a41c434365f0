//! What the server's benches share: server processes, callers on open connections, and figures.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The program that is measured.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

pub type Failure = Box<dyn std::error::Error>;

/// A server process; it is killed when this is dropped.
pub struct Server {
    pub process: Child,
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts `command` and waits until one of the lines that it logs names its address.
pub fn start(command: &mut Command) -> Result<Server, Failure> {
    let mut process = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    let log = process.stderr.take().ok_or("no log")?;
    let mut lines = BufReader::new(log).lines();
    let address = loop {
        let line = lines.next().ok_or("the server ended before it listened")??;
        if let Some((_, rest)) = line.split_once("http://") {
            break rest.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    Ok(Server { process, address })
}

/// A database with one user, made by the program itself, and that user's token.
pub fn initialised(database: &str) -> Result<String, Failure> {
    let init = Command::new(PROGRAM)
        .args(["admin", "init", "--account", "Bench", "--user", "bench", "--json", "--database", database])
        .output()?;
    let lines = String::from_utf8(init.stdout)?;
    let token = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|made| Some(made.get("token")?.as_str()?.to_owned()));
    Ok(token.ok_or("init showed no token")?)
}

/// A server on that database, without limits on how much one client may ask.
pub fn serve(database: &str, folder: &std::path::Path) -> Result<Server, Failure> {
    serve_with(database, folder, "[serve]\nrequests_per_minute = 0\n")
}

/// A server on that database, with these lines as its config.
pub fn serve_with(database: &str, folder: &std::path::Path, settings: &str) -> Result<Server, Failure> {
    let config = folder.join("config.toml");
    std::fs::write(&config, settings)?;
    let mut serve = Command::new(PROGRAM);
    serve.args(["serve", "--listen", "127.0.0.1:0", "--database", database, "--config"]).arg(&config);
    start(&mut serve)
}

/// Requests a second, and how long they took.
#[derive(Clone, Copy)]
pub struct Figures {
    pub rate: f64,
    pub p50: Duration,
    pub p99: Duration,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>7.0}/s p50 {:>7.2?} p99 {:>7.2?}", self.rate, self.p50, self.p99)
    }
}

/// The round in the middle.
pub fn median(mut rounds: Vec<Figures>) -> Figures {
    rounds.sort_by(|one, other| one.rate.total_cmp(&other.rate));
    rounds[rounds.len() / 2]
}

/// Who calls whom.
#[derive(Clone)]
pub struct Caller {
    pub address: String,
    pub token: String,
}

pub struct Connection {
    stream: TcpStream,
    caller: Caller,
    buffer: Vec<u8>,
}

impl Caller {
    pub async fn connect(&self) -> Result<Connection, Failure> {
        let stream = TcpStream::connect(&self.address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, caller: self.clone(), buffer: Vec::new() })
    }

    /// Sends the same kind of request over `connections` connections for a round.
    pub async fn load(
        &self,
        connections: usize,
        round: Duration,
        method: &'static str,
        path: &str,
        body: impl Fn(u64) -> String + Copy + Send + 'static,
    ) -> Result<Figures, Failure> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let start = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..connections {
            let (caller, path) = (self.clone(), path.to_owned());
            tasks.spawn(async move {
                let mut connection = caller.connect().await.map_err(|error| error.to_string())?;
                let mut times = Vec::new();
                while start.elapsed() < round {
                    let body = body(NUMBER.fetch_add(1, Ordering::Relaxed));
                    let asked = Instant::now();
                    connection.call(method, &path, &body).await.map_err(|error| error.to_string())?;
                    times.push(asked.elapsed());
                }
                Ok::<_, String>(times)
            });
        }
        let mut times = Vec::new();
        while let Some(done) = tasks.join_next().await {
            times.extend(done??);
        }
        Ok(figures(times, start.elapsed()))
    }
}

/// What came of requests that took so long each, within so long.
pub fn figures(mut times: Vec<Duration>, within: Duration) -> Figures {
    #[allow(clippy::cast_precision_loss)]
    let rate = times.len() as f64 / within.as_secs_f64();
    times.sort();
    Figures { rate, p50: times[times.len() / 2], p99: times[times.len() * 99 / 100] }
}

impl Connection {
    /// One request over the open connection; its answer's body.
    pub async fn call(&mut self, method: &str, path: &str, body: &str) -> Result<Vec<u8>, Failure> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.caller.address,
            self.caller.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        let (head, length) = loop {
            if let Some(at) = self.buffer.windows(4).position(|end| end == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.buffer[..at])?.to_ascii_lowercase();
                if !head.starts_with("http/1.1 2") {
                    return Err(head.into());
                }
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:")).ok_or("no length")?;
                break (at + 4, length.trim().parse::<usize>()?);
            }
            self.read().await?;
        };
        while self.buffer.len() < head + length {
            self.read().await?;
        }
        Ok(self.buffer.split_off(head))
    }

    async fn read(&mut self) -> Result<(), Failure> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err("the server hung up".into());
        }
        Ok(())
    }
}
