//! What can be typed on the command line: every command with its arguments and help. It parses; what the
//! commands do is in `commands`, `serve` and `demo`.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use crate::{api::Id, config::duration};

#[cfg(feature = "serve")]
mod admin;
#[cfg(feature = "serve")]
pub use admin::{
    AccountCommand, AdminArgs, AdminCommand, AuditCommand, RecordCommand, Scope, TokenCommand, UserCommand,
};

/// Chat threads where agents propose changes, and nothing is written that a person did not see and approve.
///
/// Without a command it opens the terminal client.
#[derive(Clone, Debug, Parser)]
#[command(name = "countersign", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,

    /// The client line by line, for screen readers and pipes
    #[arg(long)]
    pub plain: bool,

    /// Run the server: the same as the command `serve`, whose options follow it
    #[arg(long)]
    pub serve: bool,

    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What any command may be told.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Config file instead of config.toml in the XDG config folder
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Profile of the config file: which server, which token
    #[arg(long, global = true, value_name = "NAME", help_heading = "Connection")]
    pub profile: Option<String>,

    /// Address of the server
    #[arg(long, global = true, value_name = "URL", help_heading = "Connection")]
    pub url: Option<String>,

    /// Send the token over plain http to another machine
    #[arg(long, global = true, help_heading = "Connection")]
    pub insecure_http: bool,

    /// One JSON object a line on stdout; messages for people on stderr
    #[arg(long, global = true)]
    pub json: bool,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// List threads, the newest first
    Threads(ThreadsArgs),
    /// Show a thread with its newest messages
    Show(ShowArgs),
    /// Post a message to a thread
    Send(SendArgs),
    /// Start a thread
    New(NewArgs),
    /// Add a user to a thread
    Invite(InviteArgs),
    /// Show what an action would change, and approve it
    ///
    /// Asks on the terminal. Without a terminal it approves only what --digest names.
    Approve(ApproveArgs),
    /// Reject an action
    Reject(RejectArgs),
    /// Wait until an action is decided
    ///
    /// Exit status: 0 written, 6 rejected, 7 failed, expired, superseded or withdrawn, 8 time is up.
    Wait(WaitArgs),
    /// Print what happens, as it happens
    Watch(WatchArgs),
    /// Print a thread's messages, oldest first, one JSON object a line
    Export(ExportArgs),
    /// Try a server and a token, and keep them for the profile
    ///
    /// Asks on the terminal; elsewhere the token is the first line of stdin. It is kept in the system's keyring, or
    /// where there is none in a file that only you can read, credentials.toml in the data folder.
    Login,
    /// Forget the token that login kept for the profile
    Logout,
    /// Print the completions for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page
    Man,
    /// Run the server
    #[cfg(feature = "serve")]
    Serve(ServeArgs),
    /// A demo company with a server and this client on it; nothing is left behind
    #[cfg(feature = "serve")]
    Demo(DemoArgs),
    /// Accounts, users, tokens and records, on the database itself; also beside a running server
    #[cfg(feature = "serve")]
    Admin(AdminArgs),
}

#[derive(Clone, Debug, Default, Args)]
pub struct ThreadsArgs {
    /// Only those of a client account
    #[arg(long, value_name = "ID", value_parser = id)]
    pub client_account_id: Option<Id>,
    /// Only those of a provider account
    #[arg(long, value_name = "ID", value_parser = id)]
    pub provider_client_account_id: Option<Id>,
    /// Only those about a thing of this type, such as invoice
    #[arg(long, value_name = "TYPE")]
    pub relation_type: Option<String>,
    /// Only those about the thing with this id
    #[arg(long, value_name = "ID", value_parser = id)]
    pub relation_id: Option<Id>,
    /// Only those whose subject or messages contain this text
    #[arg(long, alias = "search", value_name = "TEXT")]
    pub free_text: Option<String>,
    /// Only those in which an action awaits approval
    #[arg(long)]
    pub awaiting_approval: bool,
    /// Only those with unread messages
    #[arg(long)]
    pub unread: bool,
    /// Only those in which this user takes part
    #[arg(long, value_name = "USER_ID", value_parser = id)]
    pub participant_id: Option<Id>,
    /// Attribute to order by, - in front for descending
    #[arg(long, value_name = "ATTRIBUTE", allow_hyphen_values = true)]
    pub order_by: Option<String>,
    /// Which page, from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub page: Option<u32>,
    /// Threads a page
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub per_page: Option<u32>,
}

#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// The thread
    #[arg(value_name = "ID", value_parser = id)]
    pub thread: Id,
    /// How many of the newest messages
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub limit: u32,
    /// Only messages older than this one
    #[arg(long, value_name = "MESSAGE_ID", value_parser = id)]
    pub before: Option<Id>,
}

#[derive(Clone, Debug, Args)]
pub struct SendArgs {
    /// The thread
    #[arg(value_name = "ID", value_parser = id)]
    pub thread: Id,
    /// What to say; - or nothing reads it from stdin
    pub text: Option<String>,
    /// Sent twice with the same key, it is posted once
    #[arg(long, value_name = "KEY")]
    pub idempotency_key: Option<String>,
}

#[derive(Clone, Debug, Default, Args)]
pub struct NewArgs {
    /// First message; - reads it from stdin
    pub text: Option<String>,
    /// What the thread is called in the list; at most 200 characters
    #[arg(long)]
    pub subject: Option<String>,
    /// Needed where one has several accounts
    #[arg(long, value_name = "ID", value_parser = id)]
    pub client_account_id: Option<Id>,
    /// Which account of the client at a provider it is about
    #[arg(long, value_name = "ID", value_parser = id)]
    pub provider_client_account_id: Option<Id>,
    /// What the thread is about, such as invoice
    #[arg(long, value_name = "TYPE")]
    pub relation_type: Option<String>,
    /// Which one it is about
    #[arg(long, value_name = "ID", value_parser = id)]
    pub relation_id: Option<Id>,
    /// Somebody who takes part from the start; may be given several times
    #[arg(long = "participant", value_name = "USER_ID", value_parser = id)]
    pub participants: Vec<Id>,
}

#[derive(Clone, Debug, Args)]
pub struct InviteArgs {
    /// The thread
    #[arg(value_name = "ID", value_parser = id)]
    pub thread: Id,
    /// A user's id or name
    pub user: String,
}

/// Which action of a thread is meant.
#[derive(Clone, Debug, Args)]
pub struct ActionArgs {
    /// The thread
    #[arg(value_name = "ID", value_parser = id)]
    pub thread: Id,
    /// The message that holds it, where several wait
    #[arg(long, value_name = "MESSAGE_ID", value_parser = id)]
    pub message: Option<Id>,
    /// Which codeaction of the message, from 0, where it holds several
    #[arg(long, value_name = "N", requires = "message")]
    pub block: Option<u32>,
}

#[derive(Clone, Debug, Args)]
pub struct ApproveArgs {
    #[command(flatten)]
    pub action: ActionArgs,
    /// Approve without asking, if this is the digest of what would be written
    #[arg(long, value_name = "HEX", value_parser = digest)]
    pub digest: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub struct RejectArgs {
    #[command(flatten)]
    pub action: ActionArgs,
    /// Why, for the author to read; - reads it from stdin
    pub reason: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub struct WaitArgs {
    #[command(flatten)]
    pub action: ActionArgs,
    /// Give up after this long, such as 30s, 5m or 12h
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    pub timeout: Option<std::time::Duration>,
}

#[derive(Clone, Debug, Default, Args)]
pub struct WatchArgs {
    /// Only what happens in this thread
    #[arg(long, value_name = "ID", value_parser = id)]
    pub thread: Option<Id>,
    /// Go on after this event, as an earlier watch --json named it
    #[arg(long, value_name = "EVENT_ID")]
    pub after: Option<String>,
}

#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    /// The thread
    #[arg(value_name = "ID", value_parser = id)]
    pub thread: Id,
}

#[cfg(feature = "serve")]
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS", env = "COUNTERSIGN_LISTEN")]
    pub listen: Option<std::net::SocketAddr>,
    /// sqlite:PATH [default: countersign.db in the XDG data folder]
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", env = "COUNTERSIGN_LOG", default_value = "info")]
    pub log: tracing::level_filters::LevelFilter,
}

#[cfg(feature = "serve")]
#[derive(Clone, Debug, Args)]
pub struct DemoArgs {
    /// Print addresses and tokens as JSON and serve until stdin ends or a signal comes
    #[arg(long, hide = true)]
    pub no_client: bool,
    /// Also write them to a new file
    #[arg(long, hide = true, value_name = "FILE")]
    pub details: Option<PathBuf>,
}

impl Cli {
    /// Parses the process's arguments; on an error, or for `--help`, it prints and ends the process.
    #[must_use]
    pub fn from_process() -> Self {
        Self::parse_from(serve_flag_as_command(std::env::args_os()))
    }

    /// Parses `arguments`, the program's name first.
    ///
    /// # Errors
    /// Wrong usage; also `--help` and `--version`, whose text it holds.
    pub fn from_arguments<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> Result<Self, clap::Error> {
        Self::try_parse_from(serve_flag_as_command(arguments.into_iter().map(Into::into)))
    }
}

/// Makes `countersign [options] --serve [options]` read as `countersign serve [options] [options]`.
fn serve_flag_as_command(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = arguments.into_iter().collect();
    let options = arguments.iter().take_while(|argument| *argument != "--");
    if cfg!(feature = "serve")
        && let Some(at) = options.skip(1).position(|argument| argument == "--serve")
    {
        arguments.remove(at + 1);
        arguments.insert(1, "serve".into());
    }
    arguments
}

/// A positive integer.
fn id(text: &str) -> Result<Id, String> {
    text.parse().ok().filter(|id| *id > 0).ok_or_else(|| format!("`{text}` is no id: a positive whole number is one"))
}

/// 64 hex digits.
fn digest(text: &str) -> Result<String, String> {
    let is_digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digest { Ok(text.to_ascii_lowercase()) } else { Err("a digest is 64 hex digits".to_owned()) }
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
