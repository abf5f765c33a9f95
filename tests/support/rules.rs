//! Manifests of rules: which there are, and how the world around them is.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use stackgen::k8s::Version;
use stackgen::verify::Around;
use stackgen::verify::schema::Minor;

/// The manifests of a folder whose names begin so.
pub fn files(folder: &Path, start: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(start))
        .collect();
    paths.sort();
    paths
}

/// What the first line of a manifest says of the world: `# Kubernetes 1.29, namespace shop, domain k8s.example`.
pub fn around(text: &str) -> Around {
    let mut around = Around { external: BTreeSet::from(["Secret/declared".to_owned()]), ..Around::default() };
    let first = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or_default();
    for word in first.split(", ") {
        match word.split_once(' ') {
            Some(("Kubernetes", minor)) => around.minor = Minor::nearest(&Version::parse(minor).unwrap()),
            Some(("namespace", name)) => around.namespace = name.to_owned(),
            Some(("domain", name)) => around.domain = name.to_owned(),
            Some(("exists", id)) => {
                around.external.insert(id.to_owned());
            }
            _ => {}
        }
    }
    around
}
