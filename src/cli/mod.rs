//! Flags and subcommands. The only module that touches disk, environment and terminal.

mod disk;
mod harmless;
mod input;
mod inventory;
mod lint;
mod quiet;
mod report;
mod stream;
mod texts;
mod usage;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use harmless::Harmless;
use input::{Input, generate};
use report::{Outcome, Report, Told};
use stackgen::diagnostic::Diagnostic;
use stackgen::explain;
use stackgen::source::Sources;
use stackgen::verify::Manifest;
use stackgen::write::{self, Format};
use stream::{out, say};

/// Input was refused, or a promise broken: nothing on stdout.
const REFUSED: u8 = 1;
/// A mistake of ours.
pub(crate) const BUG: u8 = 70;

/// One declarative stack file in, proven Kubernetes YAML out.
#[derive(Parser)]
#[command(
    version,
    about,
    after_help = "Exit codes: 0 success, 1 refused (invalid input or a failed rule), 2 wrong usage, 70 a bug in \
                  stackgen."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Coloured messages: auto, always or never.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

#[derive(Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Subcommand)]
enum Command {
    /// Print the whole stack as Kubernetes manifests.
    Render {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        told: Told,
    },
    /// Do everything that render does except writing: for CI.
    Check {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        told: Told,
    },
    /// List the images of a stack, and who runs them: for mirrors and scanners.
    Images(inventory::List),
    /// List the Secrets that must exist before the stack is applied: where, with which keys, and who reads them.
    Secrets(inventory::List),
    /// Check other manifests with the same rules: Kubernetes' schemas, references, addresses, middleware.
    Lint(lint::Lint),
    /// List the rules and all other codes: `rules`, `rules selector-finds-pods`.
    Rules {
        /// A code, for its details.
        code: Option<String>,
    },
    /// Explain a key, with its defaults: `explain`, `explain redis`, `explain redis.storage`.
    Explain {
        /// A key of the stack file; all components when left out.
        path: Option<String>,
    },
    /// Print a completion script for a shell.
    Completion {
        /// bash, zsh, fish, elvish or powershell.
        shell: clap_complete::Shell,
    },
}

impl Cli {
    /// What is wrong with the flags together.
    fn misused(&self) -> Option<&'static str> {
        match &self.command {
            Command::Render { told, .. } | Command::Check { told, .. } => told.misused(),
            Command::Images(list) => list.misused_by_images().or_else(|| list.misused()),
            Command::Secrets(list) => list.misused(),
            Command::Lint(lint) => lint.misused(),
            _ => None,
        }
    }
}

#[derive(Args)]
struct Output {
    /// A file, a directory (ends in `/` or exists), or `-` for stdout. A directory gets one file per object, and `.stackgen`
    /// with the list of them: the next run replaces or removes only these.
    #[arg(short = 'o', long, value_name = "FILE|DIR|-", default_value = "-")]
    out: PathBuf,
    /// Replace files in the directory that were changed since stackgen wrote them, and files of the same name that it did
    /// not write; and write into a directory that contains other files. All other files are kept in any case.
    #[arg(long)]
    overwrite: bool,
    /// yaml or json.
    #[arg(long, value_enum, default_value_t = FormatName::Yaml)]
    format: FormatName,
    /// Only objects whose kind/name matches; `*` stands for anything. Everything is checked all the same; a directory
    /// contains only these afterwards, and removed files are reported.
    #[arg(long, value_name = "KIND/NAME")]
    only: Vec<String>,
    /// Leave out the comments that name each object's template.
    #[arg(long)]
    no_comments: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    Yaml,
    Json,
}

/// The whole run, from the words of the command line to the exit code.
pub(crate) fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let ended = usage::read(&words).map_or_else(|answered| answered, |cli| run(&cli));
    ended.unwrap_or_else(|error| stream::failed(&error))
}

/// Says that we made a mistake, where that can be said.
pub(crate) fn bug(what: &str) {
    let what = Harmless::lines(what);
    let report = "please report it, with the stack file if you can share it";
    let _ = say(&format!("stackgen has a bug: {what}\n{report}\n"));
}

/// Runs what was asked for.
fn run(cli: &Cli) -> Result<ExitCode> {
    match cli.color {
        Color::Auto => {}
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
    }
    match &cli.command {
        Command::Render { input, output, told } => {
            let report = Report::new(told, Outcome::Manifest);
            report.end(generate(input, &report).and_then(|manifest| match manifest {
                Some(manifest) => render(manifest, output),
                None => Ok(ExitCode::from(REFUSED)),
            }))
        }
        Command::Check { input, told } => {
            let report = Report::new(told, Outcome::Complaints);
            report.end(generate(input, &report).and_then(|manifest| match manifest {
                Some(manifest) => {
                    say(&format!("ok: {}\n", manifest.summary()))?;
                    noted(inventory::notes(&manifest).into_iter().chain(told_secrets(&manifest)))?;
                    Ok(ExitCode::SUCCESS)
                }
                None => Ok(ExitCode::from(REFUSED)),
            }))
        }
        Command::Images(list) => inventory::images(list),
        Command::Secrets(list) => inventory::secrets(list),
        Command::Lint(lint) => lint::run(lint),
        Command::Rules { code: None } => out(&explain::rules()).map(|()| ExitCode::SUCCESS),
        Command::Rules { code: Some(code) } => told(explain::code(code)),
        Command::Explain { path: None } => out(&explain::components()).map(|()| ExitCode::SUCCESS),
        Command::Explain { path: Some(path) } => told(explain::path(path)),
        Command::Completion { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "stackgen", &mut script);
            out(&String::from_utf8_lossy(&script)).map(|()| ExitCode::SUCCESS)
        }
    }
}

/// A text to stdout, or why there is none.
fn told(text: Result<String, Diagnostic>) -> Result<ExitCode> {
    match text {
        Ok(text) => out(&text).map(|()| ExitCode::SUCCESS),
        Err(complaint) => {
            Report::plain().tell(complaint.into(), &Sources::new())?;
            Ok(ExitCode::from(REFUSED))
        }
    }
}

fn render(manifest: Manifest, output: &Output) -> Result<ExitCode> {
    let manifest = manifest.only(&output.only);
    if manifest.objects().is_empty() {
        bail!("no object matches {}", stackgen::words::listed(&output.only));
    }
    let format = match output.format {
        FormatName::Yaml => Format::Yaml,
        FormatName::Json => Format::Json,
    };
    let comments = !output.no_comments;
    if output.out == Path::new("-") {
        out(&write::manifest(&manifest, format, comments))?;
    } else if disk::is_folder(&output.out) {
        let files = write::files::tree(&manifest, format, comments);
        let wish = disk::Wish { overwrite: output.overwrite, partial: !output.only.is_empty() };
        noted(disk::replace_folder(&output.out, &files, wish)?)?;
    } else {
        let text = write::manifest(&manifest, format, comments);
        noted(disk::replace_file(&output.out, &text, secrets(&manifest) > 0)?)?;
    }
    // The process ends here: taking thousands of objects apart would take longer than it took to write them.
    std::mem::forget(manifest);
    Ok(ExitCode::SUCCESS)
}

/// How many Secrets with values there are.
fn secrets(manifest: &Manifest) -> usize {
    manifest.objects().iter().filter(|proven| write::files::holds_secret(&proven.object)).count()
}

/// Who writes this to a folder has secrets there, and perhaps in a repository.
fn told_secrets(manifest: &Manifest) -> Option<String> {
    let count = secrets(manifest);
    (count > 0).then(|| {
        let secrets = stackgen::words::counted(count, "Secret");
        format!(
            "the result contains {secrets} with values: protect the file or directory that you write it to \
                 like a secret"
        )
    })
}

fn noted(notes: impl IntoIterator<Item = String>) -> Result<()> {
    notes.into_iter().try_for_each(|note| say(&format!("note: {}\n", Harmless::line(&note))))
}
