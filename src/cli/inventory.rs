//! `images` and `secrets`: lists of what a stack needs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use stackgen::inventory::{self, Image, Secret};
use stackgen::verify::Manifest;
use stackgen::words;

use super::REFUSED;
use super::harmless::Harmless;
use super::input::{Input, generate};
use super::report::{Outcome, Report, Told};
use super::stream::out;

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    input: Input,
    /// How it is printed; `kubectl` prints commands that make the Secrets, with blanks for the values.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    told: Told,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Kubectl,
}

impl List {
    /// What is wrong with the flags together.
    pub(super) fn misused(&self) -> Option<&'static str> {
        self.told.misused()
    }

    /// Images are made by no command of kubectl's.
    pub(super) fn misused_by_images(&self) -> Option<&'static str> {
        (self.format == Format::Kubectl).then_some("`images` has the formats `table` and `json`")
    }

    fn print(&self, text: impl FnOnce(&Manifest) -> Result<String>) -> Result<ExitCode> {
        let report = Report::new(&self.told, Outcome::Manifest);
        report.end(generate(&self.input, &report).and_then(|manifest| match manifest {
            Some(manifest) => out(&text(&manifest)?).map(|()| ExitCode::SUCCESS),
            None => Ok(ExitCode::from(REFUSED)),
        }))
    }
}

/// What must exist outside of the stack, where the stack says that something does or lives in several namespaces.
pub(super) fn notes(manifest: &Manifest) -> Vec<String> {
    let demands = manifest.demands();
    let secrets = inventory::secrets(manifest);
    let mut by_namespace: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Secret { namespace, name, .. } in &secrets {
        by_namespace.entry(namespace).or_default().push(name);
    }
    if demands.is_empty() && by_namespace.len() < 2 {
        return Vec::new();
    }
    let told = by_namespace.iter().map(|(namespace, names)| {
        let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let noun = if names.len() == 1 { "Secret" } else { "Secrets" };
        format!(
            "namespace `{namespace}` must have the {noun} {}: `stackgen secrets` has the keys",
            words::joined(&all)
        )
    });
    demands.iter().cloned().chain(told).collect()
}

pub(super) fn images(list: &List) -> Result<ExitCode> {
    list.print(|manifest| {
        let images = inventory::images(manifest);
        match list.format {
            Format::Json => json(&images),
            _ => Ok(images.iter().fold(String::new(), |mut text, Image { image, workloads }| {
                let _ = writeln!(text, "{}\t{}", Harmless::line(image), Harmless::line(&workloads.join(",")));
                text
            })),
        }
    })
}

pub(super) fn secrets(list: &List) -> Result<ExitCode> {
    list.print(|manifest| {
        let secrets = inventory::secrets(manifest);
        match list.format {
            Format::Json => json(&secrets),
            Format::Kubectl => Ok(inventory::commands(&secrets)),
            Format::Table => Ok(secrets.iter().fold(String::new(), |mut text, secret| {
                let Secret { namespace, name, keys, readers, .. } = secret;
                let keys =
                    if keys.is_empty() { secret.kind.unwrap_or("*").to_owned() } else { keys.join(",") };
                let _ = writeln!(text, "{namespace}\t{name}\t{keys}\t{}", readers.join(","));
                text
            })),
        }
    })
}

fn json(list: &impl serde::Serialize) -> Result<String> {
    Ok(format!("{:#}\n", serde_json::to_value(list)?))
}
