//! Parse flags, call, print, exit code.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Whatever panics is our own mistake; nothing has been printed to stdout by then.
    std::panic::set_hook(Box::new(|panic| {
        anstream::eprintln!(
            "stackgen has a bug: {panic}\nplease report it, with the stack file if you may show it"
        );
        std::process::exit(cli::BUG.into());
    }));
    let cli = cli::Cli::parse();
    cli::run(&cli).unwrap_or_else(|error| {
        anstream::eprintln!("error: {error:#}");
        ExitCode::from(cli::REFUSED)
    })
}
