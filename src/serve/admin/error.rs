//! Why an admin command fails, and what to do about it.

use std::{io, path::PathBuf};

use crate::{
    api::{Id, Time},
    serve::{
        model::{CommitError, Invalid, StoreError},
        store::OpenError,
    },
};

/// Why an admin command failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("there is no account {0}: `countersign admin account add NAME` makes one")]
    NoAccount(Id),
    #[error("there is no account {client} or no account {provider}: `countersign admin account add NAME` makes one")]
    NoAccounts { client: Id, provider: Id },
    #[error("there is no user `{0}`: `countersign admin user add` makes one")]
    NoUser(String),
    #[error("there is no user `{login}` or no account {account}: `admin user add` and `admin account add` make them")]
    NoUserOrAccount { login: String, account: Id },
    #[error("there is no token {0}: `countersign admin token list` shows all")]
    NoToken(Id),
    #[error("account {0} cannot be its own provider: name the account of another company with --provider")]
    OwnProvider(Id),
    #[error("token {id} was revoked already, at {at}: nothing was changed")]
    RevokedBefore { id: Id, at: Time },
    #[error("`{login}` is not eligible for account {account}: nothing was revoked")]
    NotEligible { login: String, account: Id },
    #[error("`{0}` is a bot, and a bot never approves: grant it without --approver")]
    BotApprover(String),
    #[error("a bot's token never has the scope `approve`: leave it out")]
    BotScope,
    #[error("{0} is taken already: choose another")]
    Taken(String),
    #[error("{what} must not be blank, nor contain control characters")]
    Unfit { what: &'static str },
    #[error("cannot read {}: {reason}", .path.display())]
    CannotRead { path: PathBuf, reason: io::Error },
    #[error("{}: line {line}: {detail} (nothing was imported)", .path.display())]
    Line { path: PathBuf, line: usize, detail: String },
    #[error(
        "--thread and --event choose rows to list, but only whole chains can be verified: leave them out (--account chooses one chain)"
    )]
    PartOfChain,
    #[error("{} is there already, and a backup replaces no file: name another", .0.display())]
    BackupExists(PathBuf),
    #[error("the backup {} cannot be written: {reason}", .path.display())]
    CannotBackUp { path: PathBuf, reason: io::Error },
    #[error("the audit is not as it was written: {0}")]
    Broken(String),
    #[error("{0}")]
    Refused(String),
    #[error("no randomness to make a token of: {0}")]
    NoRandomness(getrandom::Error),
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AdminError {
    /// The process's exit status: 2 for wrong usage, 4 for what does not exist, 5 for what the rules refuse, else 1.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::PartOfChain => 2,
            Self::Open(OpenError::Missing { .. })
            | Self::NoAccount(_)
            | Self::NoAccounts { .. }
            | Self::NoUser(_)
            | Self::NoUserOrAccount { .. }
            | Self::NoToken(_) => 4,
            Self::BotApprover(_) | Self::BotScope | Self::OwnProvider(_) | Self::Taken(_) => 5,
            _ => 1,
        }
    }
}

/// What a grant or its end was refused with.
pub fn eligibility_error(error: CommitError, login: &str, account: Id) -> AdminError {
    match error {
        CommitError::Invalid(Invalid::User) => AdminError::NoUser(login.to_owned()),
        CommitError::Invalid(Invalid::Account) => AdminError::NoAccount(account),
        CommitError::Invalid(Invalid::BotApprover) => AdminError::BotApprover(login.to_owned()),
        other => refused(other),
    }
}

/// What a commit was refused with, where nothing better can be said.
pub fn refused(error: CommitError) -> AdminError {
    match error {
        CommitError::Invalid(Invalid::Taken(what)) => AdminError::Taken(what),
        CommitError::Store(error) => error.into(),
        other => AdminError::Refused(other.to_string()),
    }
}
