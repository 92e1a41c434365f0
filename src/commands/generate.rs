//! `countersign completions` and `countersign man`: made from what clap knows of the command line.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;

use super::Failure;
use crate::cli::Cli;

/// Completions for a shell, on stdout.
///
/// # Errors
/// They cannot be written.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "countersign", &mut text);
    Ok(io::stdout().lock().write_all(&text)?)
}

/// The manual page with all commands, on stdout, as roff.
///
/// # Errors
/// It cannot be written.
pub fn man() -> Result<(), Failure> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        clap_mangen::Man::new(sub.clone()).render_synopsis_section(&mut page)?;
        clap_mangen::Man::new(sub.clone()).render_description_section(&mut page)?;
        clap_mangen::Man::new(sub.clone()).render_options_section(&mut page)?;
    }
    Ok(io::stdout().lock().write_all(&page)?)
}
