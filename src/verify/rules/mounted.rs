//! What is mounted from ConfigMaps and Secrets: it has the key that is asked for, and can be read by who reads it.

use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value;

use crate::products::spring;
use crate::verify::pods::{Container, File, Mount, Pod};
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "sub-path-exists",
        grade: Grade::ERROR,
        promise: "the `subPath` of a mount of a ConfigMap or Secret is one of its keys",
        why: "the kubelet makes an empty directory of that name: the process finds a directory where it reads a file",
        fix: "write the key as it stands in the ConfigMap or Secret",
        source: "Kubernetes documentation, Volumes: using subPath; ConfigMap volumes have a file for each key",
        check: sub_path_exists,
    },
    Rule {
        code: "config-file-is-readable",
        grade: Grade::ERROR,
        promise: "a mounted YAML or JSON file can be read",
        why: "the process fails at its start, or runs without its settings",
        fix: "correct the file at that line: usually its indentation",
        source: "YAML 1.1 and JSON, as the products' readers take them",
        check: config_file_is_readable,
    },
];

fn sub_path_exists<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        for container in &pod.containers {
            let mounts = container.mounts().into_iter();
            findings.extend(mounts.filter_map(|mount| without_file(set, pod, container, &mount)));
        }
    }
    findings
}

fn without_file<'a>(
    set: &Set<'a>,
    pod: &Pod<'a>,
    container: &Container<'a>,
    mount: &Mount<'a>,
) -> Option<Finding<'a>> {
    let path = mount.sub_path?.trim_matches('/');
    let (_, volume) = pod.volume(mount.volume)?;
    let files = files_of(set, pod, volume)?;
    if path.is_empty() || path.contains(['/', '$']) || files.contains(&path) {
        return None;
    }
    let title = format!("mounts `{path}` of volume `{}`, which has no such file", mount.volume);
    let help = match words::closest(path, files.iter().copied()) {
        Some(near) => format!("did you mean `subPath: {near}`?"),
        None => format!("there are {}", words::listed(&files).replace(" or ", " and ")),
    };
    Some(container.finding(&format!("/volumeMounts/{}/subPath", mount.index), title).help(help))
}

/// The files of a volume that is a ConfigMap or a Secret of the set; none where they cannot be known, or where there are none.
fn files_of<'a>(set: &Set<'a>, pod: &Pod<'a>, volume: &'a Value) -> Option<Vec<&'a str>> {
    let of = |field: &str, kind: &'static str, name: &str| {
        let source = volume.get(field)?;
        Some((source, set.beside(pod.workload, kind, source.get(name)?.as_str()?)?))
    };
    let (source, object) =
        of("configMap", "ConfigMap", "name").or_else(|| of("secret", "Secret", "secretName"))?;
    let files: Vec<&str> = match source.get("items").and_then(Value::as_array) {
        Some(items) => items.iter().filter_map(|item| item.get("path")?.as_str()).collect(),
        None => {
            let maps = ["data", "stringData", "binaryData"].into_iter();
            let maps = maps.filter_map(|map| object.fields().get(map)?.as_object());
            maps.flat_map(|map| map.keys().map(String::as_str)).collect()
        }
    };
    (!files.is_empty()).then_some(files)
}

fn config_file_is_readable<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for file in set.pods().iter().flat_map(|pod| &pod.containers).flat_map(|container| &container.files) {
        // Several pods may read one file.
        findings.extend(
            unreadable(file).filter(|found| seen.insert((found.object.id(), found.field.to_string()))),
        );
    }
    findings
}

/// What stands in files that a tool fills in before anybody reads them: anywhere, or in the line that cannot be read.
const TEMPLATES: &[&str] = &["{{", "{%", "<%", "!include"];
const PLACEHOLDERS: &[&str] = &["${", "#{", "@", "<", "%"];

fn unreadable<'a>(file: &File<'a>) -> Option<Finding<'a>> {
    let (stem, ending) = file.name().rsplit_once('.')?;
    let text = file.text.known().filter(|text| !TEMPLATES.iter().any(|sign| text.contains(sign)))?;
    let (what, line) = match ending {
        "yaml" | "yml" => ("YAML", yaml_fault(text)?),
        "json" => ("JSON", json_fault(text)?),
        _ => return None,
    };
    let wrong = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    if PLACEHOLDERS.iter().any(|sign| wrong.contains(sign)) {
        return None;
    }
    let title = format!("`{}` cannot be read as {what}: line {line}", file.name());
    let finding = file.finding(title);
    // Who else reads it may be less strict, or never look at it.
    let app = spring::FILES.iter().any(|name| stem == *name || stem.starts_with(&format!("{name}-")));
    Some(if app { finding } else { finding.warns() })
}

/// The line of the first fault. Of keys that stand twice some readers take the last one.
fn yaml_fault(text: &str) -> Option<usize> {
    for document in serde_yaml::Deserializer::from_str(text) {
        if let Err(error) = serde_yaml::Value::deserialize(document) {
            let twice = error.to_string().contains("duplicate");
            return error.location().filter(|_| !twice).map(|location| location.line());
        }
    }
    None
}

/// The line of the first fault; none in a file with comments, which many readers allow.
fn json_fault(text: &str) -> Option<usize> {
    let commented =
        text.contains("//") || text.contains("/*") || text.contains('#') || text.trim().is_empty();
    let error = serde_json::from_str::<serde::de::IgnoredAny>(text).err()?;
    (!commented).then(|| error.line())
}
