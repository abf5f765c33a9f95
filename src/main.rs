//! Parse flags, call, print, exit code.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    cli::run(&cli).unwrap_or_else(|error| {
        anstream::eprintln!("error: {error:#}");
        ExitCode::from(cli::REFUSED)
    })
}
