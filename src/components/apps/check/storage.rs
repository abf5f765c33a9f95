//! Files, logs and volumes: where they are laid, and that nothing is hidden by accident.

use super::super::files;
use super::super::settings::{App, Volume};
use crate::components::Instance;
use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::address::is_label;

/// Folders that an image cannot do without: a mount hides what is in them.
const NEEDED: &[&str] = &[
    "", "/bin", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/root", "/run", "/sbin", "/sys",
    "/usr", "/var",
];

pub(super) fn check(me: &Instance<App>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut taken: Vec<(String, Path)> = Vec::new();
    for (path, source) in &me.files {
        let here = me.path.key("files").key(path);
        found.extend(file_path(path, &here));
        let path = files::place(path);
        let (folder, _) = files::split(&path);
        if files::alone(source) {
            taken.push((path.clone(), here));
        } else {
            found.extend(hides(folder, &here));
            if !taken.iter().any(|(other, at)| other == folder && at.steps().contains(&step("files"))) {
                taken.push((folder.to_owned(), here));
            }
        }
    }
    if let Some(logs) = &me.logs {
        let here = me.path.key("logs");
        taken.push((logs.path.clone(), here.key("path")));
        if logs.host_path.is_some() && logs.size_limit.is_some() {
            found.push(
                Diagnostic::error("no-limit-there", "nothing limits the size of a host directory")
                    .at(here.key("sizeLimit"))
                    .help("let the app rotate its files, or drop `hostPath`"),
            );
        }
    }
    for (name, volume) in &me.volumes {
        let here = me.path.key("volumes").key(name);
        found.extend(one_source(volume, &here));
        found.extend(reserved(name, &here));
        taken.push((volume.path.clone(), here.key("path")));
    }
    found.extend(taken.iter().filter_map(|(path, here)| absolute(path, here)));
    found.extend(twice(&taken));
    found
}

fn step(key: &str) -> crate::diagnostic::Step {
    crate::diagnostic::Step::Key(key.to_owned())
}

/// Two mounts at one place: the API server refuses the pod.
fn twice(taken: &[(String, Path)]) -> Vec<Diagnostic> {
    let same = |a: &str, b: &str| a.trim_end_matches('/') == b.trim_end_matches('/');
    let mut found = Vec::new();
    for (index, (path, here)) in taken.iter().enumerate() {
        if let Some((_, other)) = taken[..index].iter().find(|(other, _)| same(other, path)) {
            found.push(
                Diagnostic::error("mounted-twice", format!("`{path}` is taken by `{other}`"))
                    .at(here)
                    .because("a mount path can have only one volume"),
            );
        }
    }
    found
}

fn file_path(path: &str, here: &Path) -> Option<Diagnostic> {
    let (_, name) = files::split(path);
    let key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let wrong = |why| {
        let complaint = Diagnostic::error("file-name", format!("`{path}` is not a file name"));
        Some(complaint.at(here).because(why))
    };
    if name.is_empty() || name.starts_with("..") || !name.chars().all(key) {
        return wrong("a ConfigMap's keys have only letters, digits, `-`, `_` and `.`");
    }
    if path.chars().any(char::is_control) {
        return wrong("no directory of an image has such a name");
    }
    None
}

fn hides(folder: &str, here: &Path) -> Option<Diagnostic> {
    NEEDED.contains(&folder.trim_end_matches('/')).then(|| {
        let folder = if folder.is_empty() { "/" } else { folder };
        Diagnostic::error(
            "hides-image",
            format!("this would hide everything in the image's directory `{folder}`"),
        )
        .at(here)
        .because("a volume with files replaces the image's directory as a whole")
        .help("write `{text: …, subPath: true}` to add only this file, or use a separate directory")
    })
}

fn absolute(path: &str, here: &Path) -> Option<Diagnostic> {
    (!path.is_empty() && (!path.starts_with('/') || path.contains(':'))).then(|| {
        Diagnostic::error("bad-path", format!("`{path}` is not a valid path in a container"))
            .at(here)
            .help("start with `/`, and do not use `:`")
    })
}

fn one_source(volume: &Volume, here: &Path) -> Option<Diagnostic> {
    let sources = [
        volume.claim.is_some(),
        volume.secret.is_some(),
        volume.config_map.is_some(),
        volume.empty_dir.is_some(),
        volume.host_path.is_some(),
    ];
    let count = sources.into_iter().filter(|there| *there).count();
    (count != 1).then(|| {
        Diagnostic::error("one-source", format!("a volume has one source, this one has {count}"))
            .at(here)
            .help("set one of `claim`, `secret`, `configMap`, `emptyDir` or `hostPath`")
    })
}

fn reserved(name: &str, here: &Path) -> Option<Diagnostic> {
    let ours = matches!(name, "tmp" | "logs" | "files") || name.starts_with("files-");
    let why = if ours {
        "stackgen uses this name itself"
    } else if is_label(name) {
        return None;
    } else {
        "it must be a DNS label: lower-case letters, digits and `-`"
    };
    Some(
        Diagnostic::error("volume-name", format!("`{name}` is not a valid name for a volume"))
            .at(here)
            .because(why),
    )
}
