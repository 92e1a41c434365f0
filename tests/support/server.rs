//! The real server as a process of its own, on a database in a temporary folder.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// A folder with a database, and the people in it.
pub struct Office {
    folder: tempfile::TempDir,
    /// By login.
    tokens: BTreeMap<String, String>,
}

impl Office {
    /// Account 1 with `kari`, who may approve, and `robo`, a bot; and these records as JSON lines.
    pub fn open(records: &str) -> Self {
        let mut office = Self { folder: tempfile::tempdir().expect("a folder"), tokens: BTreeMap::new() };
        let made = office.admin(&["init", "--account", "Nordic Timber", "--user", "kari", "--name", "Kari Nordmann"]);
        office.keep_token("kari", &made);
        office.add("robo", "Robo", &["--bot"]);
        if !records.is_empty() {
            let file = office.folder().join("records.jsonl");
            std::fs::write(&file, records).expect("a file");
            office.admin(&["record", "import", &file.to_string_lossy(), "--account", "1"]);
        }
        office
    }

    /// Somebody eligible for account 1.
    pub fn add(&mut self, login: &str, name: &str, flags: &[&str]) {
        self.admin(&[&["user", "add", login, "--name", name], flags].concat());
        self.admin(&["grant", login, "--account", "1"]);
        let made = self.admin(&["token", "issue", login]);
        self.keep_token(login, &made);
    }

    fn keep_token(&mut self, login: &str, made: &[Value]) {
        let token = made.iter().find_map(|line| line["token"].as_str()).expect("a token");
        self.tokens.insert(login.to_owned(), token.to_owned());
    }

    pub fn token(&self, login: &str) -> &str {
        &self.tokens[login]
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn database(&self) -> String {
        format!("sqlite:{}", self.folder().join("office.db").display())
    }

    /// A command that sees nothing of the tester's own settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.env_clear().env("HOME", self.folder()).env("PATH", "/usr/bin:/bin").env("TZ", "UTC");
        command.current_dir(self.folder()).stdin(Stdio::null());
        command
    }

    /// Runs an `admin` command and returns what it made or found.
    pub fn admin(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.command().args(["admin", "--json", "--database", &self.database()]).args(arguments).output();
        let output = output.expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        objects(&output)
    }

    /// Starts the server with these lines as its config.
    pub fn serve(&self, config: &str) -> Server {
        Server::start(self.server(config))
    }

    /// The same, in a build with debug assertions held wherever a file in `folder` says so.
    pub fn serve_held(&self, config: &str, folder: &Path) -> Server {
        let mut command = self.server(config);
        command.env("COUNTERSIGN_HOLD", folder);
        Server::start(command)
    }

    /// The command that starts the server.
    pub fn server(&self, config: &str) -> Command {
        let file = self.folder().join("server.toml");
        std::fs::write(&file, config).expect("a file");
        let mut command = self.command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", &self.database(), "--config"]).arg(&file);
        command
    }
}

/// A server process. It is killed when this is dropped.
pub struct Server {
    process: Child,
    url: String,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let mut process = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the server starts");
        let mut log = BufReader::new(process.stderr.take().expect("a log")).lines();
        let mut said = String::new();
        let url = loop {
            let line =
                log.next().unwrap_or_else(|| panic!("the server ended before it listened: {said}")).expect("text");
            if let Some((_, rest)) = line.split_once("http://") {
                let address: String = rest.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
                break format!("http://{address}");
            }
            said.push_str(&line);
        };
        std::thread::spawn(move || log.for_each(drop));
        Self { process, url }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Ends it without a warning, as a power cut would.
    pub fn kill(mut self) {
        self.process.kill().expect("it can be killed");
        self.process.wait().expect("it has ended");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The JSON lines on stdout.
pub fn objects(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}
