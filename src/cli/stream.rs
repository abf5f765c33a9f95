//! The two streams. One that is full ends the run with 1, and with a word where the other one takes it; none breaks it down.

use std::fmt;
use std::io::{ErrorKind, Result as Written, Write};
use std::process::ExitCode;

use anstream::adapter::strip_str;
use anstream::stream::{AsLockedWrite, RawStream};
use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, Error, Result};

use super::REFUSED;
use super::harmless::Harmless;

/// Several reasons why nothing could be done, each of which is told.
#[derive(Debug)]
pub(super) struct Several(pub(super) Vec<String>);

impl fmt::Display for Several {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for Several {}

/// To stdout, as it is.
pub(super) fn out(text: &str) -> Result<()> {
    ended(write(&mut std::io::stdout().lock(), text), "stdout")
}

/// To stdout, with colours where a terminal shows them.
pub(super) fn out_styled(text: &str) -> Result<()> {
    ended(styled(std::io::stdout().lock(), text), "stdout")
}

/// To stderr, with colours where a terminal shows them.
pub(super) fn say(text: &str) -> Result<()> {
    ended(styled(std::io::stderr().lock(), text), "stderr")
}

/// To stderr, for a machine.
pub(super) fn say_plain(text: &str) -> Result<()> {
    ended(write(&mut std::io::stderr().lock(), text), "stderr")
}

/// In one piece: what strips colours away writes each stretch between two of them by itself.
fn styled<S: RawStream + AsLockedWrite>(mut stream: S, text: &str) -> Written<()> {
    if AutoStream::choice(&stream) == ColorChoice::Never {
        write(&mut stream, &strip_str(text).to_string())
    } else {
        write(&mut AutoStream::auto(stream), text)
    }
}

fn write(stream: &mut impl Write, text: &str) -> Written<()> {
    stream.write_all(text.as_bytes())?;
    // What is still held back when the process ends is lost without a word.
    stream.flush()
}

/// A reader that went away early (`| head`) is no error: it has what it wanted.
fn ended(written: Written<()>, stream: &str) -> Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.with_context(|| format!("cannot write to {stream}")),
    }
}

/// What there is to say about an error: each reason by itself.
pub(super) fn reasons(error: &Error) -> Vec<String> {
    match error.downcast_ref::<Several>() {
        Some(Several(reasons)) => reasons.clone(),
        None => vec![format!("{error:#}")],
    }
}

/// The end of a run that could not go on: told where that is possible.
pub(super) fn failed(error: &Error) -> ExitCode {
    let lines = reasons(error)
        .iter()
        .map(|reason| format!("error: {}\n", Harmless::line(reason)))
        .collect::<String>();
    // When stderr is full too, the exit code alone has to say it.
    let _ = say(&lines);
    ExitCode::from(REFUSED)
}
