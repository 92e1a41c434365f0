//! How a command ends, and the exit status that says so.

use std::{io, process::ExitCode};

use crate::{
    config::{ConnectionError, FileError, KeepError},
    net,
};

/// Exit status of a command that did its work. The rest is in [`Failure::exit_code`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done,
    /// The work was not done, and why has been said.
    NotDone,
    /// `approve`: refused by the server, which has been said.
    Refused,
    /// `wait`: rejected.
    Rejected,
    /// `wait`: failed, expired, superseded or withdrawn.
    Ended,
    /// `wait`: time is up.
    TimeUp,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::NotDone => 1,
            Exit::Refused => 5,
            Exit::Rejected => 6,
            Exit::Ended => 7,
            Exit::TimeUp => 8,
        })
    }
}

/// Why a command did not do its work. The text may hold the server's own words: `safe_text` before it is shown.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command cannot be carried out as it was given.
    #[error("{0}")]
    Usage(String),
    #[error("no token to sign in to {0} with: set COUNTERSIGN_TOKEN, or give the profile a `token_file`")]
    NoToken(String),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Keep(#[from] KeepError),
    /// The token is where it cannot be taken from.
    #[error("{0}: sign in anew with `countersign login`, or set COUNTERSIGN_TOKEN")]
    Locked(KeepError),
    #[error(transparent)]
    Net(#[from] net::Error),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be done as things stand.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Failed(String),
    #[error(transparent)]
    Config(#[from] FileError),
    /// Reading what was given, or writing what came of it.
    #[error("input or output failed: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// 1 failed, 2 wrong usage, 3 not authorised, 4 not found, 5 refused by the server.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoToken(_)
            | Self::Locked(_)
            | Self::Connection(ConnectionError::TokenFile { .. } | ConnectionError::NoToken(_))
            | Self::Net(net::Error::Unauthorized | net::Error::Forbidden { .. }) => 3,
            Self::Usage(_) | Self::Config(_) | Self::Connection(_) | Self::Net(net::Error::Address(_)) => 2,
            Self::Net(net::Error::NotFound { .. }) | Self::NotFound(_) => 4,
            Self::Net(net::Error::Conflict { .. } | net::Error::Refused { .. }) | Self::Refused(_) => 5,
            Self::Net(_) | Self::Keep(_) | Self::Failed(_) | Self::Output(_) => 1,
        }
    }

    /// Whether whoever read the output has heard enough (`countersign threads | head -1`): no failure at all.
    #[must_use]
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}
