//! Parses the command line and dispatches. Everything else is in the library.

use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
};

use countersign::{
    cli::{Cli, Command, Global},
    commands::{self, Failure, Output},
    config::{Config, Connection, ConnectionError, ConnectionFlags, Credentials, Environment, Keeper, state_folder},
    driver,
    safe_text::SafeText,
};

#[cfg(feature = "serve")]
#[path = "main/operate.rs"]
mod operate;

fn main() -> ExitCode {
    #[cfg(feature = "serve")]
    if let Some(code) = countersign::serve::sandbox::worker::run_if_asked() {
        return code;
    }
    let cli = Cli::from_process();
    match dispatch(cli) {
        Ok(code) => code,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure.to_string());
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode, Failure> {
    let environment = Environment::of_process();
    let config = Config::load(cli.global.config.as_deref(), &environment)?;
    let config_file = Config::file(cli.global.config.as_deref(), &environment);
    let caller = Caller { config, config_file, environment, global: cli.global };
    match cli.command {
        #[cfg(feature = "serve")]
        Some(Command::Serve(arguments)) => operate::serve(arguments, caller.config, caller.config_file.as_deref()),
        #[cfg(feature = "serve")]
        Some(Command::Admin(arguments)) => operate::admin(arguments, caller.config, caller.global.json),
        #[cfg(feature = "serve")]
        Some(Command::Demo(arguments)) => operate::demo(&arguments, caller.config, caller.config_file),
        Some(Command::Completions { shell }) => commands::generate::completions(shell).map(|()| ExitCode::SUCCESS),
        Some(Command::Man) => commands::generate::man().map(|()| ExitCode::SUCCESS),
        Some(Command::Login) => caller.login(),
        Some(Command::Logout) => caller.logout(),
        Some(command) => caller.carry_out(command),
        None if cli.serve => Err(Failure::Usage(
            "this build has no server in it: build it with `cargo build --release --features serve`".to_owned(),
        )),
        None => caller.open_client(cli.plain),
    }
}

/// Says on stderr what went wrong. Nobody may be there to read it; that changes nothing.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "countersign: {}", SafeText::message(text));
}

/// Who called the program, and with what settings.
struct Caller {
    config: Config,
    config_file: Option<PathBuf>,
    environment: Environment,
    global: Global,
}

impl Caller {
    /// The terminal client, on the server that flags, environment and config name.
    fn open_client(mut self, plain: bool) -> Result<ExitCode, Failure> {
        if self.global.json {
            return Err(Failure::Usage("--json goes with a command: the terminal client has none".to_owned()));
        }
        self.add_credentials()?;
        let mut connection = self.connection();
        let knows_no_server = matches!(connection, Err(Failure::Connection(ConnectionError::NoServer)));
        let is_new_here = match &connection {
            Ok(connection) => connection.token.is_none(),
            Err(Failure::Locked(_)) => true,
            Err(_) => knows_no_server,
        };
        if is_new_here && std::io::stdin().is_terminal() {
            if let Err(failure @ Failure::Locked(_)) = &connection {
                complain(&failure.to_string());
            }
            self.welcome(knows_no_server)?;
            self.add_credentials()?;
            connection = self.connection();
        }
        let connection = connection?;
        if plain {
            let client = commands::client(&connection)?;
            one_thread()?.block_on(commands::plain::run(&client))?;
            return Ok(ExitCode::SUCCESS);
        }
        let profile = self.config.profile_to_sign_in(&self.flags(), &self.environment)?;
        let keeper = Keeper::new(&profile, &connection.url);
        run_client(driver::Options {
            url: connection.url,
            token: connection.token.map(|token| token.reveal().to_owned()),
            profile: connection.name,
            theme: self.config.ui.theme,
            keymap: self.config.keymap,
            config_file: self.config_file,
            keeper: connection.keeps.then_some(keeper),
            state_folder: state_folder(),
            insecure_http: connection.insecure_http,
        })
    }

    /// The first start: asks for what is missing.
    fn welcome(&self, knows_no_server: bool) -> Result<(), Failure> {
        let output = self.output();
        output.note("Welcome to Countersign. You are not signed in yet; Ctrl+C leaves.");
        if knows_no_server {
            output.note(
                "Whoever runs your server gave you its address and a token. They are tried, then kept for you alone.",
            );
            #[cfg(feature = "serve")]
            output.note("To look around without a server: countersign demo");
        }
        self.login().map(|_| ())
    }

    /// A command that talks to a server: one thread is plenty.
    fn carry_out(mut self, command: Command) -> Result<ExitCode, Failure> {
        self.add_credentials()?;
        let work = async {
            let client = commands::connect(&self.config, &self.flags(), &self.environment).await?;
            commands::run(command, &client, self.output()).await
        };
        Ok(one_thread()?.block_on(work)?.into())
    }

    fn connection(&self) -> Result<Connection, Failure> {
        one_thread()?.block_on(commands::connection(&self.config, &self.flags(), &self.environment))
    }

    fn login(&self) -> Result<ExitCode, Failure> {
        let (flags, output) = (self.flags(), self.output());
        one_thread()?.block_on(commands::login::login(&self.config, &flags, &self.environment, output))?;
        Ok(ExitCode::SUCCESS)
    }

    fn logout(mut self) -> Result<ExitCode, Failure> {
        self.add_credentials()?;
        let (flags, output) = (self.flags(), self.output());
        one_thread()?.block_on(commands::login::logout(&self.config, &flags, &self.environment, output))?;
        Ok(ExitCode::SUCCESS)
    }

    fn add_credentials(&mut self) -> Result<(), Failure> {
        let Some(file) = Credentials::default_file() else { return Ok(()) };
        let kept = Credentials::read(&file);
        self.config.add(kept.map_err(|error| Failure::Failed(format!("{}: {error}", file.display())))?);
        Ok(())
    }

    fn flags(&self) -> ConnectionFlags {
        let Global { profile, url, insecure_http, .. } = &self.global;
        ConnectionFlags { profile: profile.clone(), url: url.clone(), insecure_http: *insecure_http }
    }

    fn output(&self) -> Output {
        Output { json: self.global.json }
    }
}

fn run_client(options: driver::Options) -> Result<ExitCode, Failure> {
    match driver::run(options) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error @ (driver::Error::Terminal(_) | driver::Error::NotKept { .. })) => {
            Err(Failure::Failed(error.to_string()))
        }
        Err(error) => Err(Failure::Usage(error.to_string())),
    }
}

fn one_thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}
