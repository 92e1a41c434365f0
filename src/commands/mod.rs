//! The same work without a screen, for scripts: one file a command. Results go to stdout, messages for
//! people to stderr; every text from the server goes through `safe_text`. They decide nothing that the
//! terminal client would not: an approval is bound to what was shown, and asked for or named by its digest.

mod decide;
mod export;
mod failure;
pub mod generate;
mod invite;
pub mod login;
mod new;
mod news;
mod output;
mod patience;
pub mod plain;
mod plan;
mod send;
mod show;
mod target;
mod threads;
mod wait;
mod watch;
mod words;

use crate::{
    cli::Command,
    config::{Config, Connection, ConnectionFlags, Environment, Keeper},
    net::{Client, Options},
};

pub use failure::{Exit, Failure};
pub use output::Output;

/// Carries out one of the commands that talk to a server; the others (`serve`, `demo`, `admin`) are not its.
///
/// # Errors
/// What went wrong, with the exit status that goes with it.
pub async fn run(command: Command, client: &Client, output: Output) -> Result<Exit, Failure> {
    match command {
        Command::Threads(arguments) => threads::run(arguments, client, output).await,
        Command::Show(arguments) => show::run(arguments, client, output).await,
        Command::Send(arguments) => send::run(arguments, client, output).await,
        Command::New(arguments) => new::run(arguments, client, output).await,
        Command::Invite(arguments) => invite::run(arguments, client, output).await,
        Command::Approve(arguments) => decide::approve(arguments, client, output).await,
        Command::Reject(arguments) => decide::reject(arguments, client, output).await,
        Command::Wait(arguments) => wait::run(arguments, client, output).await,
        Command::Watch(arguments) => watch::run(arguments, client, output).await,
        Command::Export(arguments) => export::run(arguments, client, output).await,
        other => Err(Failure::Usage(format!("this command needs no connection to a server: {other:?}"))),
    }
}

/// Where flags, environment and config file lead, with the token out of the keyring where that is its place.
///
/// # Errors
/// It is not known whom to talk to, or the keyring cannot be asked.
pub async fn connection(
    config: &Config,
    flags: &ConnectionFlags,
    environment: &Environment,
) -> Result<Connection, Failure> {
    let mut connection = config.connection(flags, environment)?;
    if connection.in_keyring {
        let keeper = Keeper::new(&connection.name, &connection.url);
        connection.token = keeper.recall(login::waits).await.map_err(Failure::Locked)?;
    }
    Ok(connection)
}

/// The signed-in connection that flags, environment and config file name.
///
/// # Errors
/// It is not known whom to talk to, or as whom.
pub async fn connect(config: &Config, flags: &ConnectionFlags, environment: &Environment) -> Result<Client, Failure> {
    client(&connection(config, flags, environment).await?)
}

/// A client that is signed in.
///
/// # Errors
/// There is no token, or the address is none.
pub fn client(connection: &Connection) -> Result<Client, Failure> {
    let token = connection.token.as_ref().ok_or_else(|| Failure::NoToken(connection.name.clone()))?;
    let options = Options { insecure_http: connection.insecure_http, ..Options::default() };
    Ok(Client::new(&connection.url, token, options)?)
}
