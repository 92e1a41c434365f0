//! The programs that are measured beside each other: how each is started, filled with the same lines and moved
//! through them.

use std::path::{Path, PathBuf};

use super::{
    filling,
    load::{self, Failure, PROGRAM, Server},
    terminal::Terminal,
};

/// A program in its own folder.
pub struct Program {
    pub name: &'static str,
    command: String,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    /// Whether the screen shows all that a person needs to begin.
    pub is_ready: fn(&str) -> bool,
    /// Keys that lead to where one types, empty what was typed, and leave.
    pub write: &'static str,
    pub clear: &'static str,
    pub stop_writing: &'static str,
    pub conversation: Option<Conversation>,
    folder: Option<tempfile::TempDir>,
}

/// The keys that move through the long conversation, and what then is on the screen.
pub struct Conversation {
    pub open: String,
    pub top: String,
    pub bottom: String,
    pub first: String,
    pub last: String,
}

impl Program {
    /// What the harness itself takes: a terminal that echoes.
    pub fn floor() -> Self {
        Self {
            name: "floor (cat)",
            command: "sh".to_owned(),
            arguments: ["-c", "stty raw -echo; printf READY; exec cat"].map(str::to_owned).to_vec(),
            environment: Vec::new(),
            is_ready: |screen| screen.contains("READY"),
            write: "",
            clear: "\r\n",
            stop_writing: "",
            conversation: None,
            folder: None,
        }
    }

    /// irssi, whose second window a script fills.
    pub fn irssi(lines: &Path) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("lines.pl");
        std::fs::write(
            &script,
            format!(
                "use strict;\nuse Irssi;\nour ($VERSION, %IRSSI) = ('1', (name => 'lines'));\n\
                 open(my $lines, '<:raw', '{}') or die;\nmy $window = Irssi::window_find_refnum(2);\n\
                 while (<$lines>) {{ chomp; s/%/%%/g; $window->print($_, MSGLEVEL_PUBLIC); }}\n",
                lines.display()
            ),
        )?;
        let open = format!(
            "/set scrollback_lines 0\r/set scrollback_time 0\r/window new hidden\r/window goto 1\r/script load {}\r/window goto 2\r",
            script.display()
        );
        Ok(Self {
            name: "irssi",
            command: "irssi".to_owned(),
            arguments: vec!["--home".to_owned(), folder.path().display().to_string()],
            environment: Vec::new(),
            is_ready: |screen| screen.contains("Irssi v") && screen.contains("[(status)]"),
            write: "",
            clear: "\x15",
            stop_writing: "",
            conversation: Some(conversation(lines, open, "/scrollback home\r", "/scrollback end\r")?),
            folder: Some(folder),
        })
    }

    /// weechat, with a buffer that a script fills.
    pub fn weechat(lines: &Path) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let script = folder.path().join("lines.py");
        std::fs::write(
            &script,
            format!(
                "import weechat\nweechat.register('lines', '', '1', '', '', '', '')\n\
                 buffer = weechat.buffer_new('lines', '', '', '', '')\n\
                 for line in open('{}', encoding='utf-8'):\n    weechat.prnt(buffer, line.rstrip())\n",
                lines.display()
            ),
        )?;
        let open = format!(
            "/set weechat.history.max_buffer_lines_number 0\r/set weechat.history.max_buffer_lines_minutes 0\r\
             /python load {}\r/buffer lines\r",
            script.display()
        );
        Ok(Self {
            name: "weechat",
            command: "weechat".to_owned(),
            // Several lines at once are not to be asked about.
            arguments: ["-d", &folder.path().display().to_string(), "-r", "/set weechat.look.paste_max_lines -1"]
                .map(str::to_owned)
                .to_vec(),
            environment: Vec::new(),
            is_ready: |screen| screen.contains("WeeChat") && screen.contains("[core]"),
            write: "",
            clear: "\x15",
            stop_writing: "",
            conversation: Some(conversation(lines, open, "/window scroll_top\r", "/window scroll_bottom\r")?),
            folder: Some(folder),
        })
    }

    /// Whether it can be started here.
    pub fn is_installed(&self) -> bool {
        let name = Path::new(&self.command);
        let path = std::env::var_os("PATH").unwrap_or_default();
        name.is_absolute() || std::env::split_paths(&path).any(|folder| folder.join(name).is_file())
    }

    pub fn start(&self, size: (u16, u16)) -> Terminal {
        let home = match &self.folder {
            Some(folder) => folder.path().to_owned(),
            None => std::env::temp_dir(),
        };
        let home = home.display().to_string();
        let mut environment = vec![("HOME", home.as_str()), ("COLORTERM", "truecolor")];
        environment.extend(self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Terminal::start(&self.command, &arguments, &environment, size)
    }
}

/// The first and the last line are known by their numbers.
fn conversation(lines: &Path, open: String, top: &str, bottom: &str) -> Result<Conversation, Failure> {
    let count = std::fs::read_to_string(lines)?.lines().count();
    Ok(Conversation {
        open,
        top: top.to_owned(),
        bottom: bottom.to_owned(),
        first: "#0".to_owned(),
        last: format!("#{}", count - 1),
    })
}

/// A server with the conversation as its only thread.
pub struct Countersign {
    server: Server,
    token: String,
    lines: PathBuf,
}

impl Countersign {
    pub fn start(folder: &Path, lines: u64) -> Result<Self, Failure> {
        let database = format!("sqlite:{}", folder.join("peers.db").display());
        let token = load::initialised(&database)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(filling::fill(&database, lines, lines, super::line))?;
        Ok(Self { server: load::serve(&database, folder)?, token, lines: folder.join("lines.txt") })
    }

    /// The client on it.
    pub fn program(&self) -> Result<Program, Failure> {
        let folder = tempfile::tempdir()?;
        Ok(Program {
            name: "countersign",
            command: PROGRAM.to_owned(),
            arguments: Vec::new(),
            environment: vec![
                ("COUNTERSIGN_URL".to_owned(), format!("http://{}", self.server.address)),
                ("COUNTERSIGN_TOKEN".to_owned(), self.token.clone()),
            ],
            is_ready: |screen| screen.contains("Threads") && screen.contains("quit"),
            write: "i",
            clear: "\x15",
            stop_writing: "\x1b",
            // It begins in the only thread there is.
            conversation: Some(conversation(&self.lines, String::new(), "g", "G")?),
            folder: Some(folder),
        })
    }
}
