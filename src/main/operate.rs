//! The commands that need the server in the binary: `serve`, `admin`, `demo`.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use countersign::{
    cli::{AdminArgs, DemoArgs, ServeArgs},
    commands::Failure,
    config::{Config, default_database},
    demo::{self, Demo, EndSignals},
    driver,
    serve::{
        admin,
        server::{self, StartError},
    },
};
use tokio::runtime::{Builder, Runtime};
use tracing::level_filters::LevelFilter;

/// Serves until SIGTERM or SIGINT.
pub fn serve(arguments: ServeArgs, config: Config, config_file: Option<&Path>) -> Result<ExitCode, Failure> {
    log_to_stderr(arguments.log);
    server::log_panics_by_place();
    let mut settings = config.serve;
    settings.listen = arguments.listen.unwrap_or(settings.listen);
    settings.database = arguments.database.or(settings.database);
    let served = many_threads()?.block_on(server::serve(settings, config.approvals, config.sandbox));
    served.map_err(|error| not_started(&error, config_file))?;
    Ok(ExitCode::SUCCESS)
}

/// Why the server did not start; what the config file is to blame for, with its line there.
fn not_started(error: &StartError, config_file: Option<&Path>) -> Failure {
    match (error, config_file) {
        (StartError::Condition(condition), Some(path)) => {
            let line = Config::line_of_condition(path, condition.number);
            let line = line.map(|line| format!("{line}:")).unwrap_or_default();
            Failure::Usage(format!("{}:{line} {condition}", path.display()))
        }
        _ => Failure::Failed(error.to_string()),
    }
}

/// Works on the database itself.
pub fn admin(arguments: AdminArgs, config: Config, json: bool) -> Result<ExitCode, Failure> {
    let database = match arguments.database.or(config.serve.database) {
        Some(database) => database,
        None => default_database().map_err(Failure::Failed)?,
    };
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (mut out, mut notes) = (io::stdout(), io::stderr());
    match runtime.block_on(admin::run(&database, arguments.command, json, &mut out, &mut notes)) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(admin::AdminError::Output(error)) => Err(error.into()),
        Err(error) => {
            super::complain(&error.to_string());
            Ok(ExitCode::from(error.exit_status()))
        }
    }
}

/// The demo company, and the client on it; nothing is left behind.
pub fn demo(arguments: &DemoArgs, config: Config, config_file: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let runtime = many_threads()?;
    // Before there is anything to clear away.
    let mut signals = runtime.block_on(async { EndSignals::listen() })?;
    let demo = runtime.block_on(Demo::start()).map_err(|error| Failure::Failed(error.to_string()))?;
    let ended = if runtime.block_on(signals.has_come()) {
        Ok(ExitCode::SUCCESS)
    } else {
        live_in(&demo, &runtime, &mut signals, arguments, (config, config_file))
    };
    runtime.block_on(demo.stop());
    ended
}

fn live_in(
    demo: &Demo,
    runtime: &Runtime,
    signals: &mut EndSignals,
    arguments: &DemoArgs,
    (config, config_file): (Config, Option<PathBuf>),
) -> Result<ExitCode, Failure> {
    let details = demo.details();
    if let Some(path) = &arguments.details {
        demo.write_details(path)?;
    }
    if arguments.no_client {
        writeln!(io::stdout(), "{}", serde_json::to_string(details).map_err(io::Error::from)?)?;
        runtime.block_on(async {
            tokio::select! {
                () = signals.came() => {}
                () = demo::end_of_input() => {}
            }
        });
        return Ok(ExitCode::SUCCESS);
    }
    super::run_client(driver::Options {
        url: details.url.clone(),
        token: Some(details.token.clone()),
        profile: "demo".to_owned(),
        theme: config.ui.theme,
        keymap: config.keymap,
        config_file,
        keeper: None,
        state_folder: None,
        insecure_http: false,
    })
}

fn many_threads() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().build()
}

fn log_to_stderr(level: LevelFilter) {
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
