//! The command line, read; and what clap says of one that cannot be read, or that asks for help.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use stackgen::secrets::Secrets;

use super::harmless::Harmless;
use super::{Cli, stream};

/// The flags; or an answer that is already given.
pub(super) fn read(words: &[OsString]) -> Result<Cli, Result<ExitCode>> {
    Cli::try_parse_from(words).and_then(checked).map_err(|wrong| {
        // Clap repeats what it does not know: it may steer a terminal, or be a secret.
        let shown: Vec<OsString> = words.iter().map(|word| shown(&word.to_string_lossy()).into()).collect();
        if shown == words {
            return answer(&wrong);
        }
        match Cli::try_parse_from(&shown).and_then(checked) {
            Err(wrong) => answer(&wrong),
            Ok(_) => stream::say(&Harmless::lines(&covered(&wrong.to_string()))).map(|()| code(&wrong)),
        }
    })
}

/// Flags that make no sense together.
fn checked(cli: Cli) -> Result<Cli, clap::Error> {
    match cli.misused() {
        Some(why) => Err(Cli::command().error(ErrorKind::ArgumentConflict, why)),
        None => Ok(cli),
    }
}

fn shown(word: &str) -> String {
    Harmless::line(&covered(word)).to_string()
}

fn covered(word: &str) -> String {
    Secrets::of_flag(word).covered(word)
}

fn answer(wrong: &clap::Error) -> Result<ExitCode> {
    let text = wrong.render().ansi().to_string();
    let told = if wrong.use_stderr() { stream::say(&text) } else { stream::out_styled(&text) };
    told.map(|()| code(wrong))
}

fn code(wrong: &clap::Error) -> ExitCode {
    ExitCode::from(u8::try_from(wrong.exit_code()).unwrap_or(2))
}
