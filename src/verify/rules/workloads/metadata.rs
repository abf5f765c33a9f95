//! Labels, annotations and fields that are not for the author to set.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::verify::pods::Pod;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "label-is-not-misspelled",
        grade: Grade::WARNING,
        promise: "no label key is a misspelling of one that all other objects have",
        why: "Kubernetes accepts any label: selectors and queries with the correct one silently skip the object",
        fix: "spell it as the other objects do",
        source: "Kubernetes documentation, Recommended Labels",
        check: label_spelt_as_elsewhere,
    },
    Rule {
        code: "label-matches-pods",
        grade: Grade::WARNING,
        promise: "a workload and its pods have the same values for the recommended labels",
        why: "a query by the label finds the workload without its pods, or with the pods of another one",
        fix: "set the same value in both places",
        source: "Kubernetes documentation, Recommended Labels",
        check: label_same_on_pods,
    },
    Rule {
        code: "sync-wave-is-a-number",
        grade: Grade::ERROR,
        promise: "an Argo CD sync wave is a whole number",
        why: "anything else counts as wave 0: the object is applied together with those that depend on it",
        fix: "use a quoted number, such as \"-5\"",
        source: "Argo CD documentation, Sync Phases and Waves; gitops-engine syncwaves.Wave",
        check: sync_wave_is_a_number,
    },
    Rule {
        code: "no-server-set-fields",
        grade: Grade::ERROR,
        promise: "no manifest contains fields that only the API server sets",
        why: "the object was exported from a cluster: with `resourceVersion` it cannot be created again, with \
              `uid` it cannot be applied server-side, and with either it cannot be applied after the live object \
              has changed",
        fix: "remove it; `kubectl get -o yaml` prints more than belongs in a manifest",
        source: "Kubernetes API conventions: metadata; resourceVersion should not be set on objects to be created; observed with kube-apiserver 1.37.2",
        check: server_fields_left_out,
    },
    Rule {
        code: "template-has-no-namespace",
        grade: Grade::WARNING,
        promise: "a pod template sets no namespace",
        why: "pods are created in their workload's namespace: the field is ignored, and misleading when the manifest is copied",
        fix: "remove `template.metadata.namespace`",
        source: "kubernetes controllers: GetPodFromTemplate",
        check: template_has_no_namespace,
    },
];

/// Keys that everybody means.
const KNOWN: &[&str] = &[
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "app.kubernetes.io/managed-by",
];

/// Where labels are, in objects and in selectors.
const PLACES: &[&str] = &[
    "/metadata/labels",
    "/spec/template/metadata/labels",
    "/spec/jobTemplate/spec/template/metadata/labels",
    "/spec/selector/matchLabels",
    "/spec/podSelector/matchLabels",
];

/// More keys than this are not written by people.
const MANY: usize = 400;

fn label_spelt_as_elsewhere<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut keys: BTreeMap<&'a str, (usize, &'a Object, Path)> = BTreeMap::new();
    for object in set.objects.iter().copied() {
        let service = (object.kind() == "Service").then_some("/spec/selector");
        for pointer in PLACES.iter().copied().chain(service) {
            for (key, _) in object.at(pointer).and_then(Value::as_object).into_iter().flatten() {
                keys.entry(key).or_insert_with(|| (0, object, Path::from(pointer).key(key))).0 += 1;
            }
        }
    }
    if keys.len() > MANY {
        return Vec::new();
    }
    let often: Vec<(&str, usize)> = keys.iter().map(|(key, (count, ..))| (*key, *count)).collect();
    let mut findings = Vec::new();
    for (key, (count, object, at)) in &keys {
        if KNOWN.contains(key) {
            continue;
        }
        let known = KNOWN.iter().copied().find(|known| is_misspelt(key, known));
        // Rare beside common: once or twice where the other is everywhere.
        let common =
            often.iter().filter(|(_, times)| *count <= 2 && *times >= count.saturating_mul(3).max(4));
        let meant = known.or_else(|| common.map(|(other, _)| *other).find(|other| is_misspelt(key, other)));
        if let Some(meant) = meant {
            let title = format!("label `{key}` is spelled `{meant}` on other objects");
            findings.push(Finding::new(object, title).at(at.clone()).help(format!("write `{meant}`")));
        }
    }
    findings.extend(set.pods().iter().filter_map(spelt_as_on_the_workload));
    findings
}

/// `component` on the workload and `commponent` on its pods: one of the two is a slip.
fn spelt_as_on_the_workload<'a>(pod: &Pod<'a>) -> Option<Finding<'a>> {
    let own = pod.workload.at("/metadata/labels").filter(|_| pod.workload.kind() != "Pod")?.as_object()?;
    let labels = pod.workload.pod_labels()?;
    let of_pods = labels.keys().filter(|key| !own.contains_key(*key) && !KNOWN.contains(&key.as_str()));
    let (key, meant) = of_pods
        .filter_map(|key| {
            let mut others = own.keys().filter(|other| !labels.contains_key(*other));
            Some((key, others.find(|other| is_misspelt(key, other))?))
        })
        .next()?;
    let title = format!("its pods have label `{key}`, but it has `{meant}`");
    let template = pod.workload.pod_spec_pointer().strip_suffix("/spec")?;
    let at = Path::from(format!("{template}/metadata/labels").as_str()).key(key);
    Some(
        Finding::new(pod.workload, title)
            .at(at)
            .help("use the same spelling in both places, and in the selector"),
    )
}

/// Is it the other word, with a letter or two wrong?
fn is_misspelt(key: &str, meant: &str) -> bool {
    let split = |key: &str| {
        key.rsplit_once('/')
            .map_or((String::new(), key.to_owned()), |(front, name)| (front.to_owned(), name.to_owned()))
    };
    let ((front, name), (other_front, other)) = (split(key), split(meant));
    let letters =
        |text: &str| text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let most = if name.len() >= 8 { 2 } else { 1 };
    // `shard-1` and `shard-2`, `owner` and `owners`, `partOf` and `part-of` are words of their own.
    front == other_front
        && name.len() >= 5
        && other.len() >= 5
        && letters(&name) != letters(&other)
        && name.strip_suffix('s') != Some(other.as_str())
        && other.strip_suffix('s') != Some(name.as_str())
        && strsim::damerau_levenshtein(&name, &other) <= most
}

/// Labels that say what something is.
const IDENTITY: &[&str] = &[
    "app",
    "k8s-app",
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
];

fn label_same_on_pods<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| pod.workload.kind() != "Pod") {
        let own = pod.workload.at("/metadata/labels").and_then(Value::as_object);
        let (Some(own), Some(labels)) = (own, pod.workload.pod_labels()) else { continue };
        for key in IDENTITY {
            let text = |map: &'a Map<String, Value>| map.get(*key).and_then(Value::as_str);
            let (Some(one), Some(other)) = (text(own), text(labels)) else { continue };
            if one != other {
                let title = format!("label `{key}` is `{one}`, but `{other}` on its pods");
                findings.push(Finding::new(pod.workload, title).at(Path::from("/metadata/labels").key(*key)));
            }
        }
    }
    findings
}

const WAVE: &str = "argocd.argoproj.io/sync-wave";

fn sync_wave_is_a_number<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = set.objects.iter().filter_map(|object| {
        let wave = object.annotation(WAVE).filter(|wave| wave.parse::<i64>().is_err())?;
        let title = format!("sync wave `{wave}` is not a whole number");
        Some(Finding::new(object, title).at(Path::from("/metadata/annotations").key(WAVE)))
    });
    found.collect()
}

/// What nobody but the server writes, and whether it stands in the way.
const SERVERS: &[(&str, bool)] = &[
    ("resourceVersion", true),
    ("uid", true),
    ("managedFields", true),
    ("selfLink", false),
    ("generation", false),
    ("creationTimestamp", false),
];

fn server_fields_left_out<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in set.objects.iter().copied() {
        let told = |field: &str| {
            object.at(&format!("/metadata/{field}")).is_some_and(|value| match value {
                Value::Null => false,
                Value::Array(items) => !items.is_empty(),
                Value::String(text) => !text.is_empty(),
                _ => true,
            })
        };
        // One is told for all: they come together.
        if let Some((field, hinders)) = SERVERS.iter().find(|(field, _)| told(field)) {
            let title = format!("`metadata.{field}` is set by the API server only");
            let finding = Finding::new(object, title).at(format!("/metadata/{field}").as_str());
            let others =
                SERVERS.iter().map(|(other, _)| *other).filter(|other| other != field && told(other));
            let others: Vec<String> = others.map(|other| format!("`metadata.{other}`")).collect();
            let finding = match others.as_slice() {
                [] => finding,
                others => finding.help(format!(
                    "remove it, and so {}; they come from `kubectl get -o yaml`",
                    others.join(", ")
                )),
            };
            findings.push(if *hinders { finding } else { finding.warns() });
        } else if object.is_workload() && object.at("/status").is_some_and(says_something) {
            let title = "`status` is set by the cluster, and is ignored here";
            findings.push(Finding::new(object, title).at("/status").warns());
        }
    }
    findings
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(map) => map.values().any(says_something),
        Value::Array(items) => items.iter().any(says_something),
        _ => true,
    }
}

fn template_has_no_namespace<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods().iter().filter(|pod| pod.workload.kind() != "Pod") {
        let metadata = pod.workload.pod_template().and_then(|template| template.get("metadata"));
        if let Some(namespace) = metadata.and_then(|metadata| metadata.get("namespace")?.as_str()) {
            let title = format!("its pod template sets namespace `{namespace}`");
            let at = pod.workload.pod_spec_pointer().trim_end_matches("/spec");
            let at = format!("{at}/metadata/namespace");
            let finding = Finding::new(pod.workload, title).at(at.as_str());
            let same = namespace == pod.namespace;
            findings.push(if same {
                finding
            } else {
                finding.help(format!("the pods are created in `{}`: remove it", pod.namespace))
            });
        }
    }
    findings
}
