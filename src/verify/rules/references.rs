//! What an object names must exist: in the output, or declared as existing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::topology::is_made;
use super::super::{Finding, Grade, Rule, Set};
use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::verify::pods::Pod;
use crate::verify::shapes::others::declare;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "reference-exists",
        grade: Grade::ERROR.of_whole_sets(),
        promise: "every ConfigMap, Secret, ServiceAccount and claim that a pod names exists, with its key",
        why: "the pod stays in ContainerCreating or CreateContainerConfigError",
        fix: "correct the name; declare what already exists in the cluster: `external: [KIND/NAME]`, or `--assume \
              KIND/NAME` with lint",
        source: "Kubernetes documentation, ConfigMaps and Secrets: optional references",
        check: reference_exists,
    },
    Rule {
        code: "external-is-not-defined",
        grade: Grade::ERROR,
        promise: "no object that is declared as external is defined here",
        why: "an apply would overwrite the existing object of that name",
        fix: "rename the object or the component, or remove it from `external`",
        source: "",
        check: drawn_or_declared,
    },
    Rule {
        code: "volume-exists",
        grade: Grade::ERROR,
        promise: "every volume mount has a volume",
        why: "the API server refuses the pod",
        fix: "add the volume, or correct the name",
        source: "core/v1 validation of volumeMounts; observed with kube-apiserver 1.37.2",
        check: volume_exists,
    },
    Rule {
        code: "variable-order",
        grade: Grade::ERROR,
        promise: "`$(NAME)` in a variable refers to one that is defined before it",
        why: "Kubernetes expands only variables that are defined earlier and leaves the rest as literal text",
        fix: "move the variable that is used above the one that uses it",
        source: "Kubernetes documentation, Define dependent environment variables",
        check: variable_order,
    },
];

/// The field that names an object, its kind, and the field below which a key is named.
const FIELDS: &[(&str, &str, &str)] = &[
    ("configMapKeyRef", "ConfigMap", "name"),
    ("configMapRef", "ConfigMap", "name"),
    ("configMap", "ConfigMap", "name"),
    ("secretKeyRef", "Secret", "name"),
    ("secretRef", "Secret", "name"),
    ("secret", "Secret", "secretName"),
    ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
];

fn reference_exists<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let at = pod.field("");
        let mut trail = Trail { steps: Vec::new() };
        for (field, value) in pod.spec {
            trail.walk(field, value, &mut |field, reference, steps| {
                if is_claimed(pod, steps) {
                    return;
                }
                let missing = missing(set, pod.workload, field, reference);
                findings.extend(missing.map(|(name, finding)| (name, finding.at(path(&at, steps)))));
            });
        }
        if let Some(account) = pod.spec.get("serviceAccountName").and_then(Value::as_str)
            && !matches!(account, "" | "default")
            && !set.knows(pod.workload, "ServiceAccount", account)
            && !is_made(set, "ServiceAccount", pod.namespace, account)
        {
            let title = format!("ServiceAccount `{account}` does not exist");
            let finding = pod.finding("/serviceAccountName", title).help(declare("ServiceAccount", account));
            findings.push((account, finding));
        }
    }
    let told = told_to_others(set, &findings.iter().map(|(name, _)| *name).collect());
    let made = |(name, finding): (&str, Finding<'a>)| {
        let own = std::ptr::from_ref(finding.object);
        let others = told.get(name).is_some_and(|told| told.len() > 1 || !told.contains(&own));
        if others { finding.warns() } else { finding }
    };
    findings.into_iter().map(made).collect()
}

/// Which of the names stand in the arguments or variables of a workload: a Job that is told the name of a Secret makes it,
/// more often than not.
fn told_to_others<'a>(
    set: &Set<'a>,
    names: &BTreeSet<&'a str>,
) -> BTreeMap<&'a str, BTreeSet<*const Object>> {
    let mut told: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let containers = set.pods().iter().flat_map(|pod| &pod.containers);
    for container in containers.filter(|_| !names.is_empty()) {
        let mut read = |text: &str| {
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.'));
            for name in words.filter_map(|word| names.get(word)) {
                told.entry(*name).or_default().insert(std::ptr::from_ref(container.workload));
            }
        };
        container.words().iter().for_each(|word| read(word));
        container.env.iter().filter_map(|variable| variable.value.plain()).for_each(&mut read);
    }
    told
}

/// Is it in a volume that a StatefulSet replaces by the claim of its own that has the volume's name?
fn is_claimed(pod: &Pod<'_>, steps: &[TrailStep<'_>]) -> bool {
    let &[TrailStep::Key("volumes"), TrailStep::Index(index), ..] = steps else { return false };
    let name = |volume: &'_ Value| volume.get("name").and_then(Value::as_str).map(str::to_owned);
    let volume = pod.spec.get("volumes").and_then(|volumes| name(volumes.get(index)?));
    let claims =
        pod.workload.at("/spec/volumeClaimTemplates").and_then(Value::as_array).into_iter().flatten();
    volume.is_some_and(|volume| {
        claims.filter_map(|claim| name(claim.get("metadata")?)).any(|claim| claim == volume)
    })
}

/// The way into a value while it is walked.
struct Trail<'v> {
    steps: Vec<TrailStep<'v>>,
}

/// A step that is only made into words for what is missing.
#[derive(Clone, Copy)]
enum TrailStep<'v> {
    Key(&'v str),
    Index(usize),
}

impl<'v> Trail<'v> {
    /// Every map below `value`, with the key that leads to it.
    fn walk(
        &mut self,
        key: &'v str,
        value: &'v Value,
        found: &mut impl FnMut(&'v str, &'v Map<String, Value>, &[TrailStep<'v>]),
    ) {
        self.steps.push(TrailStep::Key(key));
        match value {
            Value::Object(map) => {
                found(key, map, &self.steps);
                map.iter().for_each(|(key, value)| self.walk(key, value, found));
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.steps.push(TrailStep::Index(index));
                    item.as_object()
                        .into_iter()
                        .flatten()
                        .for_each(|(key, value)| self.walk(key, value, found));
                    self.steps.pop();
                }
            }
            _ => {}
        }
        self.steps.pop();
    }
}

fn path(start: &Path, steps: &[TrailStep<'_>]) -> Path {
    steps.iter().fold(start.clone(), |path, step| match step {
        TrailStep::Key(key) => path.key(*key),
        TrailStep::Index(index) => path.index(*index),
    })
}

fn missing<'a>(
    set: &Set<'a>,
    object: &'a Object,
    field: &str,
    reference: &'a Map<String, Value>,
) -> Option<(&'a str, Finding<'a>)> {
    let (_, kind, name_field) = FIELDS.iter().find(|(known, ..)| *known == field)?;
    // A projected source says `secret: {name: …}`.
    let name = reference.get(*name_field).or_else(|| reference.get("name"))?.as_str()?;
    if reference.get("optional") == Some(&Value::Bool(true)) {
        return None;
    }
    let Some(target) = set.beside(object, kind, name) else {
        let exists = set.is_external(kind, name) || is_made(set, kind, set.namespace_of(object), name);
        let title = format!("{kind} `{name}` does not exist");
        return (!exists).then(|| (name, Finding::new(object, title).help(declare(kind, name))));
    };
    let keys = keys_of(reference);
    let absent = keys.into_iter().find(|key| !has_key(target, key))?;
    Some((name, Finding::new(object, format!("{kind} `{name}` has no key `{absent}`"))))
}

/// The keys that a reference asks for.
fn keys_of(reference: &Map<String, Value>) -> Vec<&str> {
    let items = reference.get("items").and_then(Value::as_array);
    let listed = items.into_iter().flatten().filter_map(|item| item.get("key")?.as_str());
    reference.get("key").and_then(Value::as_str).into_iter().chain(listed).collect()
}

fn has_key(object: &Object, key: &str) -> bool {
    ["data", "stringData", "binaryData"].iter().any(|field| {
        object.fields().get(*field).and_then(Value::as_object).is_some_and(|map| map.contains_key(key))
    })
}

fn drawn_or_declared<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let both = set.objects.iter().filter(|object| set.is_declared(object.kind(), object.name()));
    both.map(|object| Finding::new(object, "is defined here, but declared as external").at("/metadata/name"))
        .collect()
}

fn volume_exists<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let listed = pod.spec.get("volumes").and_then(Value::as_array).into_iter().flatten();
        let claims =
            pod.workload.at("/spec/volumeClaimTemplates").and_then(Value::as_array).into_iter().flatten();
        let names: Vec<&str> = listed
            .filter_map(|volume| volume.get("name")?.as_str())
            .chain(claims.filter_map(|claim| claim.get("metadata")?.get("name")?.as_str()))
            .collect();
        for container in &pod.containers {
            for mount in container.mounts().iter().filter(|mount| !names.contains(&mount.volume)) {
                let title = format!("mounts volume `{}`, which the pod does not define", mount.volume);
                findings.push(container.finding(&format!("/volumeMounts/{}/name", mount.index), title));
            }
        }
    }
    findings
}

fn variable_order<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        let env: Vec<&Value> =
            container.fields.get("env").and_then(Value::as_array).into_iter().flatten().collect();
        let text = |variable: &'a Value| variable.get("value").and_then(Value::as_str).unwrap_or_default();
        if !env.iter().any(|variable| text(variable).contains("$(")) {
            continue;
        }
        let names: Vec<&str> =
            env.iter().map(|variable| variable["name"].as_str().unwrap_or_default()).collect();
        for (position, variable) in env.iter().enumerate() {
            for used in expansions(text(variable)).filter(|used| names[position..].contains(used)) {
                let title = format!("`{}` uses `$({used})` before it is defined", names[position]);
                let at = format!("/env/{position}/value");
                findings.push(container.finding(&at, title).word(format!("$({used})")));
            }
        }
    }
    findings
}

/// The names in `$(NAME)`; `$$(NAME)` is an escape.
fn expansions(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("$(")
        .filter(|(at, _)| !text[..*at].ends_with('$'))
        .filter_map(|(at, _)| text[at + 2..].split_once(')').map(|(name, _)| name))
}
