//! What a user of `lint` does not want to hear, from flags and from the settings beside the manifests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};
use clap::Args;
use stackgen::diagnostic::Diagnostics;
use stackgen::quiet::{self, Baseline, Codes, Settings};
use stackgen::source::{Place, SourceId, Sources};
use stackgen::verify::Assumed;
use stackgen::words::counted;

use super::disk::{self, Folder};
use super::report::{Known, Report};
use super::{noted, texts};

/// The flags.
#[derive(Args)]
pub(super) struct Wishes {
    /// Rules that are not reported: codes, families as `stackgen rules` lists them, patterns such as `redis-*`. What the API
    /// server refuses is left out only by its own code, `schema`.
    #[arg(long, value_name = "CODE,…", value_delimiter = ',')]
    skip: Vec<String>,
    /// The only rules that are reported, besides what the API server refuses.
    #[arg(long, value_name = "CODE,…", value_delimiter = ',')]
    only_rules: Vec<String>,
    /// A file of known findings, which are neither reported nor counted.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write the findings of this run to the baseline instead of reporting them.
    #[arg(long)]
    update_baseline: bool,
    /// The settings; without it, the nearest `.stackgen-lint.yaml` in the directory of a path or above it, up to the
    /// directory of the repository.
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,
    /// Ignore `.stackgen-lint.yaml`.
    #[arg(long)]
    no_config: bool,
}

/// What counts in this run.
pub(super) struct Kept {
    settings: Settings,
    /// The file and its folder, where there is one.
    file: Option<(PathBuf, Folder)>,
    /// Which of `exclude` something was left out by.
    excluded: BTreeSet<usize>,
    /// Are there rules that flags leave out?
    by_flags: bool,
    /// Is everything looked at that the settings are for?
    whole: bool,
    baseline: Option<PathBuf>,
    update: bool,
    /// Files that look like settings and are none of this run.
    pub(super) passed_over: Vec<PathBuf>,
}

impl Wishes {
    /// What the flags and the settings say together; what is wrong with the settings is told.
    pub(super) fn kept(&self, paths: &[PathBuf], sources: &mut Sources) -> Result<Result<Kept, Diagnostics>> {
        let mut passed_over = Vec::new();
        let file = match &self.config {
            Some(file) => Some(file.clone()),
            None if self.no_config => None,
            None => beside(paths, &mut passed_over)?,
        };
        let mut settings = Settings::default();
        if let Some(file) = &file {
            let mut unread = Vec::new();
            let id = texts::add(file, disk::STACK, sources, &mut unread);
            texts::all_read(&unread)?;
            match id.map(|id| quiet::read(sources, id)) {
                Some(Err(complaints)) => return Ok(Err(complaints)),
                Some(Ok(read)) => settings = read,
                None => {}
            }
        }
        for word in &self.skip {
            settings.quiet.skip.add(word).map_err(|wrong| anyhow!("`--skip {word}`: {wrong}"))?;
        }
        if !self.only_rules.is_empty() {
            let only = settings.quiet.only.insert(Codes::default());
            for word in &self.only_rules {
                only.add(word).map_err(|wrong| anyhow!("`--only-rules {word}`: {wrong}"))?;
            }
        }
        let file = file.and_then(|file| Folder::of(&file).map(|folder| (file, folder)));
        let whole = file.as_ref().is_some_and(|(_, folder)| paths.iter().any(|path| folder.is_in(path)));
        let beside = || Some(file.as_ref()?.1.join(settings.baseline.as_ref()?));
        let baseline = self.baseline.clone().or_else(beside);
        if self.update_baseline && baseline.is_none() {
            bail!(
                "`--update-baseline`: name the file as well, with `--baseline FILE` or `baseline: FILE` in the settings"
            );
        }
        Ok(Ok(Kept {
            settings,
            file,
            excluded: BTreeSet::new(),
            by_flags: !(self.skip.is_empty() && self.only_rules.is_empty()),
            whole,
            baseline,
            update: self.update_baseline,
            passed_over,
        }))
    }
}

/// The nearest settings above what is named: all of it is one set, so that there is one file for all.
fn beside(paths: &[PathBuf], passed_over: &mut Vec<PathBuf>) -> Result<Option<PathBuf>> {
    let mut found: Vec<(PathBuf, &PathBuf)> = Vec::new();
    for path in paths {
        let above = disk::settings_above(path);
        passed_over.extend(above.nearly);
        found.extend(above.settings.map(|settings| (settings, path)));
    }
    found.dedup_by(|next, one| next.0 == one.0);
    if let [(one, of_one), (other, of_other), ..] = found.as_slice() {
        bail!(
            "{} is for {} and {} is for {}: lint them apart, or name the one for all of them with `--config FILE`",
            one.display(),
            of_one.display(),
            other.display(),
            of_other.display(),
        );
    }
    passed_over.dedup();
    Ok(found.into_iter().next().map(|(settings, _)| settings))
}

impl Kept {
    /// Is this file or folder, which was found in one that is looked at, none of them?
    pub(super) fn excludes(&mut self, path: &Path) -> bool {
        if self.settings.exclude.is_empty() {
            return false;
        }
        let Some(name) = self.file.as_ref().and_then(|(_, folder)| folder.name(path)) else { return false };
        let fits = self.settings.exclude.iter().enumerate().filter(|(_, (files, _))| files.has(&name));
        let fits: Vec<usize> = fits.map(|(at, _)| at).collect();
        self.excluded.extend(&fits);
        !fits.is_empty()
    }

    /// What exists besides the manifests, by the flags and the settings.
    pub(super) fn assumed(&self, flags: &[String]) -> (BTreeSet<String>, Assumed) {
        let settings = self.settings.assume.iter().map(|(id, _)| id);
        let all: Vec<String> = settings.chain(flags).cloned().collect();
        (all.iter().filter(|id| !id.contains('*')).cloned().collect(), Assumed::new(all))
    }

    /// The complaints that are told, and how many are not.
    pub(super) fn judged(
        &self,
        complaints: Diagnostics,
        files: &BTreeMap<SourceId, PathBuf>,
    ) -> (Diagnostics, usize) {
        self.settings.quiet.judged(complaints, &self.names(files))
    }

    fn names(&self, files: &BTreeMap<SourceId, PathBuf>) -> BTreeMap<SourceId, String> {
        let Some((_, folder)) = self.file.as_ref().filter(|_| !self.settings.quiet.paths.is_empty()) else {
            return BTreeMap::new();
        };
        files.iter().filter_map(|(id, path)| Some((*id, folder.name(path)?))).collect()
    }

    /// Notes about what is without effect, where everything was looked at that it could have one on.
    pub(super) fn without_effect(
        &self,
        files: &BTreeMap<SourceId, PathBuf>,
        assumed: &Assumed,
        flags: &[String],
        sources: &Sources,
    ) -> Vec<String> {
        let names = self.names(files);
        let Settings { quiet, exclude, assume, .. } = &self.settings;
        let unfit = quiet.paths.iter().filter(|path| !names.values().any(|name| path.files.has(name)));
        let mut idle: Vec<(Place, &str)> =
            unfit.map(|path| (path.place, "no file fits this pattern")).collect();
        let unused = exclude.iter().enumerate().filter(|(at, _)| !self.excluded.contains(at));
        idle.extend(unused.map(|(_, (_, place))| (*place, "no file or directory fits this pattern")));
        let unused = assumed.unused();
        let written = unused.iter().filter_map(|at| assume.get(*at));
        idle.extend(written.map(|(_, place)| (*place, "nothing refers to this")));
        idle.retain(|_| self.whole);
        idle.sort_unstable();
        let told = idle.into_iter().map(|(place, what)| {
            let (line, column) = sources.line_column(place);
            let source = sources.of(place.source);
            let written = &source.text[place.start as usize..place.end as usize];
            format!("{}:{line}:{column}: {what}: `{written}`", source.name)
        });
        let of_flags = unused.iter().filter_map(|at| flags.get(at.checked_sub(assume.len())?));
        told.chain(of_flags.map(|id| format!("`--assume {id}`: nothing refers to this"))).collect()
    }

    /// What the run says besides its complaints.
    pub(super) fn left_out(&self, count: usize) -> Option<String> {
        let by = self.file.as_ref().map(|(file, _)| format!(", by {}", file.display()));
        let flags = if self.by_flags { ", by flags" } else { "" };
        (count > 0).then(|| format!("{} skipped{}{flags}", counted(count, "finding"), by.unwrap_or_default()))
    }

    /// Tells what is new, or writes what is known from now on; does it refuse?
    pub(super) fn tell(
        &self,
        report: &Report,
        complaints: Diagnostics,
        sources: &mut Sources,
    ) -> Result<bool> {
        let Some(file) = &self.baseline else { return report.tell(complaints, sources) };
        if self.update {
            return update(file, report, complaints, sources);
        }
        let mut unread = Vec::new();
        let id = texts::add(file, disk::MANIFEST, sources, &mut unread);
        if let [why] = unread.as_slice() {
            bail!("{why}; `--update-baseline` writes it");
        }
        let mut baseline = match id.map(|id| Baseline::read(sources, id)) {
            Some(Err(complaints)) => return report.tell(complaints, sources),
            Some(Ok(baseline)) => baseline,
            None => Baseline::default(),
        };
        let whole = complaints.iter().all(|complaint| quiet::is_of_rules(complaint.code));
        let (refused, Known { found, gone }) = report.tell_new(complaints, sources, &mut baseline)?;
        if found > 0 && report.is_for_people() {
            noted([format!("{} of {} not shown", counted(found, "known finding"), file.display())])?;
        }
        // What is gone may stand in what could not be read.
        if gone > 0 && whole {
            let entries = if gone == 1 { "1 entry".to_owned() } else { format!("{gone} entries") };
            let are = if gone == 1 { "is" } else { "are" };
            noted([format!(
                "{entries} of {} {are} no longer found; `--update-baseline` removes what is gone",
                file.display()
            )])?;
        }
        Ok(refused)
    }
}

fn update(file: &Path, report: &Report, complaints: Diagnostics, sources: &Sources) -> Result<bool> {
    let (known, unread): (Vec<_>, Vec<_>) =
        complaints.into_iter().partition(|complaint| quiet::is_of_rules(complaint.code));
    if !unread.is_empty() {
        let refused = report.tell(unread.into_iter().collect(), sources)?;
        noted([format!("{} was not written, because not everything could be read", file.display())])?;
        return Ok(refused);
    }
    let baseline = Report::baseline(known.into_iter().collect(), sources);
    let count: u32 = baseline.left().map(|(_, count)| count).sum();
    let notes = disk::replace_file(file, &baseline.text(), false)?;
    report.tell(Diagnostics::new(), sources)?;
    noted(notes)?;
    noted([format!("{} written to {}", counted(count as usize, "finding"), file.display())])?;
    Ok(false)
}
