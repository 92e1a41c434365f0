//! Runs the client: feeds keys, answers and timers to `app::update`, and carries out the effects it asks
//! for (network calls, disk, highlighting, frames). Decides nothing itself.

mod calls;
mod drafts;
mod editor;
mod highlighter;
mod input;
mod layouts;
mod links;
mod looping;
mod processes;
mod saver;
mod settings;
mod sign_in;
mod stream;
mod timers;

use std::path::PathBuf;

use crate::{app::Keymap, config::Keeper, net, term};

/// What the client is started with.
pub struct Options {
    /// Where the server is, with or without `/api/v2`.
    pub url: String,
    /// The bearer token; `None`: nobody is signed in yet.
    pub token: Option<String>,
    /// The name of the profile or of what runs, as the status line shows it.
    pub profile: String,
    /// A theme's name; `None`: the terminal's own palette.
    pub theme: Option<String>,
    pub keymap: Keymap,
    /// Where theme and keys were read from, and are read again when it changes; `None`: nowhere.
    pub config_file: Option<PathBuf>,
    /// Where drafts are kept; `None`: nowhere.
    pub state_folder: Option<PathBuf>,
    /// Keeps a token that was typed and works; `None`: it is forgotten with the program.
    pub keeper: Option<Keeper>,
    /// Plain http to hosts other than loopback is allowed.
    pub insecure_http: bool,
}

/// Why the client could not run, or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the client needs a terminal on standard input and output; for scripts there is `countersign threads` and its siblings"
    )]
    NoTerminal,
    #[error("the terminal cannot be used: {0}")]
    Terminal(#[from] std::io::Error),
    #[error(transparent)]
    Address(#[from] net::Error),
    #[error("{0}")]
    Theme(String),
    /// The person has left, and the disk would not take what they had written.
    #[error("what you wrote could not be saved ({words}); here it is:\n\n{texts}")]
    NotKept { words: String, texts: String },
}

impl From<term::Error> for Error {
    fn from(error: term::Error) -> Self {
        match error {
            term::Error::NoTerminal(_) => Self::NoTerminal,
            term::Error::Io(error) => Self::Terminal(error),
        }
    }
}

/// Opens the client on this terminal and returns when the person leaves it.
///
/// # Errors
/// When there is no terminal or it goes away, or when an option makes no sense.
pub fn run(options: Options) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(looping::run(options));
    // A call that is still under way is of no interest to anybody now.
    runtime.shutdown_background();
    result
}
