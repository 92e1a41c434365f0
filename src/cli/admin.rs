//! The `admin` commands, which work on the database itself.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};

use crate::{api::Id, config::duration};

#[derive(Clone, Debug, Args)]
pub struct AdminArgs {
    /// sqlite:PATH [default: that of the config, or countersign.db in the XDG data folder]
    #[arg(long, global = true, value_name = "URL", env = "COUNTERSIGN_DATABASE", hide_env_values = true)]
    pub database: Option<String>,

    #[command(subcommand)]
    pub command: AdminCommand,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum AdminCommand {
    /// Make a first account, user and token in one go
    Init {
        /// Name of the account
        #[arg(long, value_name = "NAME")]
        account: String,
        /// The user's login
        #[arg(long, value_name = "LOGIN")]
        user: String,
        /// What others see [default: the login]
        #[arg(long)]
        name: Option<String>,
    },
    /// Client accounts
    #[command(subcommand)]
    Account(AccountCommand),
    /// People and programs
    #[command(subcommand)]
    User(UserCommand),
    /// Make a user eligible for an account
    Grant {
        login: String,
        #[arg(long, value_name = "ID", value_parser = super::id)]
        account: Id,
        /// May approve there (what a human may by default, and a bot never)
        #[arg(long, conflicts_with = "no_approver")]
        approver: bool,
        /// May not approve there
        #[arg(long)]
        no_approver: bool,
    },
    /// Take a user's eligibility for an account away
    Revoke {
        login: String,
        #[arg(long, value_name = "ID", value_parser = super::id)]
        account: Id,
    },
    /// Bearer tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// The records that actions change
    #[command(subcommand)]
    Record(RecordCommand),
    /// What was previewed, approved, rejected and written
    Audit {
        /// Only that of an account
        #[arg(long, value_name = "ID", value_parser = super::id)]
        account: Option<Id>,
        /// Only that of a thread
        #[arg(long, value_name = "ID", value_parser = super::id)]
        thread: Option<Id>,
        /// Only events of this name
        #[arg(long, value_name = "EVENT", value_parser = AUDIT_EVENTS)]
        event: Option<String>,
        #[command(subcommand)]
        command: Option<AuditCommand>,
    },
    /// Copy the database to a file, also beside a running server
    Backup { path: PathBuf },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum AccountCommand {
    /// Make an account
    Add { name: String },
    /// Let an account be the provider in a client's threads; what its people propose there reads the client's records
    Link {
        #[arg(value_parser = super::id)]
        client: Id,
        #[arg(long, value_name = "ID", value_parser = super::id)]
        provider: Id,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum UserCommand {
    /// Make a user
    Add {
        login: String,
        /// What others see
        #[arg(long)]
        name: String,
        /// A program: it never approves
        #[arg(long)]
        bot: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum TokenCommand {
    /// Make a token; it is shown once
    Issue {
        login: String,
        /// How long it is good for, such as 90d or 12h
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires: Option<Duration>,
        /// What it may be used for [default: all that its user may]
        #[arg(long, value_name = "SCOPES", value_delimiter = ',')]
        scopes: Option<Vec<Scope>>,
    },
    /// End a token; from the next request on it is worth nothing
    Revoke {
        #[arg(value_parser = super::id)]
        id: Id,
    },
    /// The tokens there are, without their secrets
    List,
}

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    Read,
    Post,
    Approve,
}

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum RecordCommand {
    /// Read records from JSON lines {"type", "id"?, "fields"}: all of them or none
    Import {
        /// - reads stdin
        file: PathBuf,
        #[arg(long, value_name = "ID", value_parser = super::id)]
        account: Id,
    },
    /// The records of an account
    List {
        #[arg(long, value_name = "ID", value_parser = super::id)]
        account: Id,
        #[arg(long = "type", value_name = "TYPE")]
        record_type: Option<String>,
    },
    /// The records of an account as JSON lines that can be imported
    Export {
        #[arg(long, value_name = "ID", value_parser = super::id)]
        account: Id,
        #[arg(long = "type", value_name = "TYPE")]
        record_type: Option<String>,
    },
}

/// What stands in the audit.
const AUDIT_EVENTS: [&str; 9] =
    ["preview", "approval", "rejection", "write", "drift", "refusal", "edit", "grant", "import"];

#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum AuditCommand {
    /// Find a row that was changed or taken out
    Verify {
        /// The last hash as noted elsewhere: finds rows taken off the end too
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
}

/// The longest that a token can be good for; without `--expires` it is good until it is revoked.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24 * 36_500);

/// Reads how long a token is good for.
fn lifetime(text: &str) -> Result<Duration, String> {
    let lifetime = duration::parse(text)?;
    if lifetime.is_zero() || lifetime > LONGEST_LIFETIME {
        return Err(format!(
            "`{text}` is out of range: a token is good for 1s to 36500d, or for good without --expires"
        ));
    }
    Ok(lifetime)
}
