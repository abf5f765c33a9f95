//! Parse flags, call, print, exit code.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    // Whatever panics is our own mistake; nothing has been printed to stdout by then.
    std::panic::set_hook(Box::new(|panic| {
        cli::bug(&panic.to_string());
        std::process::exit(cli::BUG.into());
    }));
    cli::main()
}
