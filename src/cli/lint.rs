//! `lint`: which files are looked at, and what is told about them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use clap::Args;
use stackgen::Linted;
use stackgen::diagnostic::Diagnostics;
use stackgen::k8s::Version;
use stackgen::load::profile;
use stackgen::source::{SourceId, Sources};
use stackgen::verify::Around;
use stackgen::verify::schema::Minor;

use super::disk::{self, Below, Disk};
use super::quiet::{Kept, Wishes};
use super::report::{Outcome, Report, Told};
use super::{REFUSED, noted, stream, texts};

#[derive(Args)]
pub(super) struct Lint {
    /// Manifests: files, directories (all .yaml, .yml and .json files below them), or `-` for stdin. All of them together are
    /// one set: an object in one can refer to an object in another.
    #[arg(required = true, value_name = "FILE|DIR|-")]
    paths: Vec<PathBuf>,
    /// The namespace of objects without one.
    #[arg(short, long, default_value = "default")]
    namespace: String,
    /// The target's minor version, 1.25 to 1.37.
    #[arg(long, value_name = "MINOR", default_value = "1.37")]
    kubernetes: String,
    /// The cluster's DNS domain.
    #[arg(long, value_name = "DOMAIN", default_value = "cluster.local")]
    domain: String,
    /// An object that exists in the cluster besides these manifests, with `*` for anything: `--assume Secret/tls`,
    /// `--assume 'Host/*.example.com'`.
    #[arg(long, value_name = "KIND/NAME")]
    assume: Vec<String>,
    /// CustomResourceDefinitions, so that their objects are checked too: a file or a directory.
    #[arg(long, value_name = "FILE|DIR")]
    crd: Vec<PathBuf>,
    /// The profile that says which warnings are errors: dev, prod or one of your own.
    #[arg(short, long, default_value = "dev")]
    profile: String,
    /// Follow links in the directories to files outside them, and allow a profile to extend one in any place.
    #[arg(long)]
    allow_outside: bool,
    #[command(flatten)]
    quiet: Wishes,
    /// Every finding in full. Without it, people see the first ones of a rule and how many more there are; machines get all.
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    told: Told,
}

impl Lint {
    /// What is wrong with the flags together.
    pub(super) fn misused(&self) -> Option<&'static str> {
        self.told.misused()
    }
}

/// Looks at all of it, tells everything.
pub(super) fn run(lint: &Lint) -> Result<ExitCode> {
    let report = Report::new(&lint.told, Outcome::Complaints);
    let report = if lint.all { report } else { report.folding() };
    report.end(look(lint, &report))
}

fn look(lint: &Lint, report: &Report) -> Result<ExitCode> {
    lint.assume.iter().try_for_each(|id| assumed(id))?;
    let mut sources = Sources::new();
    let mut kept = match lint.quiet.kept(&lint.paths, &mut sources)? {
        Ok(kept) => kept,
        Err(complaints) => return refused(report, complaints, &sources),
    };
    let mut texts = Texts::default();
    let files = texts.read(&lint.paths, lint.allow_outside, &mut sources, &mut kept)?;
    let definitions = texts.read(&lint.crd, lint.allow_outside, &mut sources, &mut kept)?;
    let world = Disk::new(BTreeMap::new(), lint.allow_outside);
    let policy = match profile::policy(&mut sources, &lint.profile, &world) {
        Ok(policy) => policy,
        Err(complaints) => return refused(report, complaints, &sources),
    };
    let (external, assumed) = kept.assumed(&lint.assume);
    let around = Around {
        external,
        assumed: assumed.clone(),
        domain: lint.domain.trim_end_matches('.').to_owned(),
        namespace: lint.namespace.clone(),
        minor: minor(&lint.kubernetes)?,
    };
    let Texts { found, paths } = texts;
    let linted = Linted { files, found, definitions, around, strict: policy.strict, raised: policy.raise };
    let (count, complaints) = stackgen::lint(&mut sources, &linted);
    let (complaints, left_out) = kept.judged(complaints, &paths);
    let idle = kept.without_effect(&paths, &assumed, &lint.assume, &sources);
    let refused = kept.tell(report, complaints, &mut sources)?;
    noted(idle)?;
    noted(kept.passed_over.iter().map(|path| {
        format!("{} is not read: the settings are in the nearest {}", path.display(), disk::SETTINGS)
    }))?;
    if report.is_for_people() {
        noted(kept.left_out(left_out))?;
    }
    if refused {
        return Ok(ExitCode::from(REFUSED));
    }
    stream::say(&format!("ok: {}\n", stackgen::words::counted(count, "object")))?;
    Ok(ExitCode::SUCCESS)
}

fn refused(report: &Report, complaints: Diagnostics, sources: &Sources) -> Result<ExitCode> {
    report.tell(complaints, sources)?;
    Ok(ExitCode::from(REFUSED))
}

/// What was read of the disk.
#[derive(Default)]
struct Texts {
    /// Those that nobody named: they were found in a folder.
    found: BTreeSet<SourceId>,
    /// Where each of them stands.
    paths: BTreeMap<SourceId, PathBuf>,
}

impl Texts {
    /// All texts that are named; what cannot be read is told at once.
    fn read(
        &mut self,
        paths: &[PathBuf],
        outside: bool,
        sources: &mut Sources,
        kept: &mut Kept,
    ) -> Result<Vec<SourceId>> {
        texts::stdin_once(paths, "-")?;
        let (mut ids, mut unread, mut settings) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            let folder = path != Path::new("-") && path.is_dir();
            let known = unread.len();
            let files = if folder {
                let excluded = &mut |path: &Path| kept.excludes(path);
                let (unread, settings) = (&mut unread, &mut settings);
                Below { outside, excluded, unread, settings }.manifests(path)?
            } else {
                vec![path.clone()]
            };
            if files.is_empty() && unread.len() == known {
                unread.push(format!("no .yaml, .yml or .json file below {}", path.display()));
            }
            for file in files {
                let id = texts::add(&file, disk::MANIFEST, sources, &mut unread);
                self.found.extend(id.filter(|_| folder));
                self.paths.extend(id.map(|id| (id, file)));
                ids.extend(id);
            }
        }
        kept.passed_over.extend(settings);
        texts::all_read(&unread)?;
        Ok(ids)
    }
}

fn assumed(id: &str) -> Result<()> {
    match id.split_once('/') {
        Some((kind, name)) if kind.starts_with(|c: char| c.is_ascii_uppercase()) && !name.is_empty() => {
            Ok(())
        }
        _ => Err(anyhow!("`--assume {id}`: use KIND/NAME, such as `Secret/tls`")),
    }
}

fn minor(text: &str) -> Result<Minor> {
    Version::parse(text).and_then(|version| Minor::known(&version)).ok_or_else(|| {
        anyhow!("`--kubernetes {text}`: use a minor version from {} to {}", Minor::FIRST, Minor::LAST)
    })
}
