//! The stack that a verb is about: its flags, and the manifest that comes of it.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use stackgen::load::Asked;
use stackgen::source::Sources;
use stackgen::verify::Manifest;

use super::report::Report;
use super::{disk, texts};

/// Which stack, and how it is read.
#[derive(Args)]
pub(super) struct Input {
    /// Stack file, `-` for stdin; later ones override earlier ones.
    #[arg(short, long = "file", value_name = "FILE", default_value = "stack.yaml")]
    file: Vec<PathBuf>,
    /// dev, prod or a profile of your own (./my-profile.yaml); wins over the stack's `profile`.
    #[arg(short, long)]
    profile: Option<String>,
    /// Set one value, as the last layer: `--set redis.masters=5`.
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// The target's minor version, 1.25 to 1.37.
    #[arg(long, value_name = "MINOR")]
    kubernetes: Option<String>,
    /// The namespace of all objects.
    #[arg(short, long)]
    namespace: Option<String>,
    /// Allow a stack or a profile to read files (`{file: …}`, profiles) outside its own directory.
    #[arg(long)]
    allow_outside: bool,
}

/// The manifest, with its warnings told; or none, with the complaints told.
pub(super) fn generate(input: &Input, report: &Report) -> Result<Option<Manifest>> {
    let mut sources = Sources::new();
    texts::stdin_once(&input.file, "-f -")?;
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    for path in &input.file {
        files.extend(texts::add(path, disk::STACK, &mut sources, &mut unread));
    }
    texts::all_read(&unread)?;
    let asked = Asked {
        files,
        set: input.set.clone(),
        profile: input.profile.clone(),
        kubernetes: input.kubernetes.clone(),
        namespace: input.namespace.clone(),
    };
    let given = input.file.iter().map(|path| (texts::name(path), path.clone())).collect();
    let world = Arc::new(disk::Disk::new(given, input.allow_outside));
    match stackgen::generate(&mut sources, &asked, world.clone()) {
        Ok((manifest, warnings)) => {
            let refused = report.tell_without(&world.answered(), warnings, &sources)?;
            Ok((!refused).then_some(manifest))
        }
        Err(complaints) => {
            report.tell_without(&world.answered(), complaints, &sources)?;
            Ok(None)
        }
    }
}
