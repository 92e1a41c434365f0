//! Why a request is not carried out. It says what to do; `http` makes the problem document of it.

use crate::{
    api::{FieldError, ProblemType},
    serve::{
        model::{CommitError, Expect, Invalid, StoreError},
        sandbox::SandboxError,
    },
};

/// Why a request is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// 403: names what is missing.
    #[error("{detail}")]
    Forbidden { problem: ProblemType, detail: String },
    /// 404.
    #[error("{0}")]
    NotFound(String),
    /// 409.
    #[error("{detail}")]
    Conflict { problem: ProblemType, detail: String },
    /// 412.
    #[error("the message has changed: its revision is {0}")]
    Precondition(u64),
    /// 422.
    #[error("{detail}")]
    Invalid { problem: ProblemType, detail: String, errors: Vec<FieldError> },
    /// 503: try again later.
    #[error("{0}")]
    Busy(String),
    /// 409, never stored: what [`CommitError::KeyTaken`] says.
    #[error("a request with this idempotency key is still running")]
    KeyTaken,
    /// 422, never stored: what [`CommitError::KeyReused`] says.
    #[error("this idempotency key was used for another body")]
    KeyReused,
    /// What the sender may do has changed while the request was worked on: token, eligibility or the right
    /// to approve.
    #[error("no longer allowed: {0:?}")]
    Lost(Expect),
    /// Something that the request names does not exist or cannot be linked that way.
    #[error(transparent)]
    Unknown(Invalid),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refusal {
    /// 422 for the message's text.
    pub(super) fn message(detail: impl Into<String>) -> Self {
        Self::invalid(ProblemType::InvalidMessage, detail)
    }

    /// 422 of a type of its own, for the message's text.
    pub(super) fn invalid(problem: ProblemType, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let errors = vec![FieldError { pointer: "/message".to_owned(), detail: detail.clone() }];
        Self::Invalid { problem, detail, errors }
    }

    pub(super) fn conflict(problem: ProblemType, detail: impl Into<String>) -> Self {
        Self::Conflict { problem, detail: detail.into() }
    }

    pub(super) fn forbidden(problem: ProblemType, detail: impl Into<String>) -> Self {
        Self::Forbidden { problem, detail: detail.into() }
    }

    /// 503 after too many conflicts.
    pub(super) fn contended() -> Self {
        Self::Busy(
            "What the code reads kept changing while it ran. Nothing was written: send the request again.".to_owned(),
        )
    }

    /// The word under which a refused decision stands in the audit.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Forbidden { problem, .. } | Self::Conflict { problem, .. } | Self::Invalid { problem, .. } => {
                problem.slug()
            }
            Self::NotFound(_) => "not-found",
            Self::Lost(_) => "no-longer-allowed",
            _ => "refused",
        }
    }

    /// Whether a decision was refused for what it is, rather than put off.
    pub(super) fn refuses_decision(&self) -> bool {
        matches!(self, Self::Forbidden { .. } | Self::Conflict { .. } | Self::Invalid { .. } | Self::Lost(_))
    }
}

impl From<SandboxError> for Refusal {
    fn from(error: SandboxError) -> Self {
        match error {
            SandboxError::Store(error) => error.into(),
            SandboxError::Busy | SandboxError::OutOfTime => {
                Self::Busy(format!("{error}. Nothing was written: send the request again."))
            }
            SandboxError::Broken(reason) => {
                tracing::error!(reason, "code cannot be run");
                Self::Busy("Code cannot be run just now. Nothing was written: send the request again.".to_owned())
            }
        }
    }
}

impl From<CommitError> for Refusal {
    /// What is not worth trying again.
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Changed(expect) => Self::Lost(expect),
            CommitError::KeyTaken => Self::KeyTaken,
            CommitError::KeyReused => Self::KeyReused,
            CommitError::Invalid(invalid) => Self::Unknown(invalid),
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

/// A plan or a rule without canonical form: no record that came through the front door has one.
pub(super) fn no_canonical_form(_: serde_json::Error) -> StoreError {
    StoreError::Internal("a plan has no canonical form".to_owned())
}
