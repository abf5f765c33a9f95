//! Secrets that stand where everybody can read them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::public;
use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::leaks;
use crate::verify::pods::{Container, Var, entries};
use crate::verify::rules::elsewhere::Elsewhere;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "secrets-stay-out-of-workloads",
        grade: Grade::PROD,
        promise: "no password, token or key is in plain text in a variable, on a command line, or in an annotation",
        why: "anyone who can read the workload, its history or the repository has it, and it cannot be changed \
              without a rollout",
        fix: "keep it in a Secret, and reference it with `valueFrom.secretKeyRef`",
        source: "Kubernetes documentation, Good practices for Secrets",
        check: stay_out_of_workloads,
    },
    Rule {
        code: "secrets-stay-out-of-configmaps",
        grade: Grade::PROD,
        promise: "no password, token or private key is in plain text in a ConfigMap",
        why: "anyone with read access to the namespace can read a ConfigMap, and ConfigMaps are stored and logged \
              unencrypted",
        fix: "keep it in a Secret, and let the file refer to a variable or another file",
        source: "Kubernetes documentation, ConfigMaps: caution; Good practices for Secrets",
        check: stay_out_of_config_maps,
    },
    Rule {
        code: "secret-ends-without-newline",
        grade: Grade::WARNING,
        promise: "no password or token in a Secret ends with a newline, whatever its key is called",
        why: "`echo` adds one before `base64`, and containers get it as part of the value: logins fail for no \
              visible reason",
        fix: "encode with `echo -n`, or put the text in `stringData`, on the line of its key",
        source: "Kubernetes documentation, Managing Secrets using kubectl",
        check: ends_without_newline,
    },
];

fn stay_out_of_workloads<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for var in container.env.iter().filter(|var| var.is_inline()) {
            let Some(value) = var.value.plain() else { continue };
            if leaks::is_secret(&var.name, value) {
                // One that everybody knows is told as such.
                if !public::is_known(&var.name, value) {
                    findings.push(container.env.finding(var, format!("`{}` is in plain text", var.name)));
                }
            } else if let Some(leak) = leaks::in_text(value).into_iter().next() {
                let title =
                    format!("`{}` contains a secret: {} is in plain text", var.name, called(leak.name));
                findings.push(container.env.finding(var, title).word(leak.lead));
            }
        }
        findings.extend(on_command_line(container));
    }
    findings.extend(set.objects.iter().flat_map(|object| in_metadata(object)));
    findings
}

/// What `kubectl apply` writes: all of the object once more.
const COPY: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// In annotations and labels, of an object and of its pods.
fn in_metadata(object: &Object) -> Vec<Finding<'_>> {
    let mut findings = Vec::new();
    let pods = object.pod_spec_pointer().strip_suffix("/spec").unwrap_or_default();
    for metadata in ["", pods].into_iter().take(if pods.is_empty() { 1 } else { 2 }) {
        for map in ["annotations", "labels"] {
            let pointer = format!("{metadata}/metadata/{map}");
            let pairs = object.at(&pointer).and_then(Value::as_object).into_iter().flatten();
            for (key, value) in pairs.filter(|(key, _)| *key != COPY) {
                let Some(text) = value.as_str() else { continue };
                let at =
                    |title: String| Finding::new(object, title).at(Path::from(pointer.as_str()).key(key));
                if leaks::is_secret(key, text) && !is_reference(key) {
                    findings.push(at(format!("`{key}` is in plain text")));
                } else if let Some(leak) = leaks::in_text(text).into_iter().next() {
                    let title = format!("`{key}` contains a secret: {} is in plain text", called(leak.name));
                    findings.push(at(title).word(leak.lead));
                }
            }
        }
    }
    findings
}

/// Would a controller look for a Secret of that name? `nginx.ingress.kubernetes.io/auth-secret: shop`
fn is_reference(key: &str) -> bool {
    let password = ["password", "passwd", "passphrase"].iter().any(|end| key.to_lowercase().ends_with(end));
    let plain = leaks::plain(key);
    plain.ends_with("secret") || (key.contains('/') && !password)
}

/// `` `password` ``, but: the URL's password.
fn called(name: &str) -> String {
    match name {
        "the URL" => "the password in a URL".to_owned(),
        "PRIVATE KEY" => "a private key".to_owned(),
        name => format!("`{name}`"),
    }
}

/// `--requirepass hunter2`, `--spring.datasource.password=hunter2`
fn on_command_line<'a>(container: &Container<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for list in ["command", "args"] {
        let words = container.fields.get(list).and_then(Value::as_array).into_iter().flatten();
        let words: Vec<&str> = words.map(|word| word.as_str().unwrap_or_default()).collect();
        for (index, word) in words.iter().enumerate().filter(|(_, word)| word.starts_with('-')) {
            let flag = word.trim_start_matches('-');
            let next = words.get(index + 1).filter(|next| !next.starts_with('-'));
            if let Some(leak) = leaks::in_text(word).into_iter().next() {
                let title = format!("{} is in plain text on the command line", called(leak.name));
                findings.push(container.finding(&format!("/{list}/{index}"), title).word(leak.lead));
            } else if next.is_some_and(|next| leaks::is_secret(flag, next)) {
                let title = format!("`{flag}` is in plain text on the command line");
                findings.push(container.finding(&format!("/{list}/{index}"), title));
            }
        }
    }
    findings
}

fn stay_out_of_config_maps<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    // Where the accounts of a ShardingSphere-Proxy belong, its own rule knows.
    let elsewhere = Elsewhere::of(set, &["shardingsphere-has-strong-password"]);
    for object in set.of_kind("ConfigMap").iter().copied() {
        for (map, key, text) in entries(object) {
            let Some(text) = text.plain() else { continue };
            let at = |title: String| Finding::new(object, title).at(Path::root().key(map).key(key));
            if leaks::is_secret(key, text) {
                if !public::is_known(key, text) {
                    findings.push(at(format!("`{key}` is in plain text")));
                }
                continue;
            }
            if is_program(key) || elsewhere.says(object, &Path::root().key(map).key(key)) {
                continue;
            }
            for leak in leaks::in_text(text) {
                if !text.get(leak.value).is_some_and(|value| public::is_known(leak.name, value)) {
                    let title = format!("{} is in plain text in `{key}`", called(leak.name));
                    findings.push(at(title).word(leak.lead));
                }
            }
        }
    }
    findings
}

/// Is a file of that name a program, whose assignments are no settings?
pub(super) fn is_program(key: &str) -> bool {
    let ending = key.rsplit_once('.').map_or("", |(_, ending)| ending);
    [
        "sh", "bash", "py", "lua", "js", "ts", "sql", "rb", "pl", "go", "java", "groovy", "html", "md",
        "txt", "tmpl", "tpl",
    ]
    .contains(&ending)
}

fn ends_without_newline<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> = Vec::new();
    let place = |found: &Finding<'a>| (std::ptr::from_ref(found.object), found.field.to_string());
    for object in set.of_kind("Secret").iter().copied() {
        for (map, key, text) in entries(object) {
            if ends_in_a_break(text.known().unwrap_or_default()) && is_value(object, key) {
                let title = format!("`{key}` ends with a newline");
                findings.push(Finding::new(object, title).at(Path::root().key(map).key(key)));
            }
        }
    }
    // Whatever the key is called, it becomes a password where it is used.
    let mut told: BTreeSet<_> = findings.iter().map(place).collect();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for (var, what) in passwords(container) {
            let finding = container.env.finding(var, format!("becomes {what}, and ends with a newline"));
            if var.object.kind() == "Secret" && told.insert(place(&finding)) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// Is it one line, with a break behind it?
fn ends_in_a_break(text: &str) -> bool {
    text.strip_suffix('\n').is_some_and(|line| !line.trim().is_empty() && !line.contains('\n'))
}

/// The variables of a container that end in a line break and are passwords: by their name, or by the option that they are
/// given as.
fn passwords<'s, 'a>(container: &'s Container<'a>) -> Vec<(&'s Var<'a>, String)> {
    let broken = container.env.iter().filter(|var| var.value.known().is_some_and(ends_in_a_break));
    broken
        .filter_map(|var| {
            if leaks::is_name(&var.name) {
                return Some((var, format!("`{}` of container `{}`", var.name, container.name)));
            }
            let option = option_of(container, &format!("$({})", var.name))?;
            Some((var, format!("`{option}` of container `{}`", container.name)))
        })
        .collect()
}

/// The option for a secret, `--requirepass`, that a word of the command line is given to: as the next word, or behind `=`.
fn option_of(container: &Container<'_>, word: &str) -> Option<String> {
    let is_secret = |option: &str| option.starts_with('-') && leaks::is_name(option.trim_start_matches('-'));
    let words = ["command", "args"].into_iter().flat_map(|list| {
        container.fields.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    });
    let mut before = "";
    for own in words {
        if own == word && is_secret(before) {
            return Some(before.to_owned());
        }
        if let Some((option, value)) = own.split_once('=')
            && value == word
            && is_secret(option)
        {
            return Some(option.to_owned());
        }
        before = own;
    }
    None
}

/// Is the key one value, not a file?
fn is_value(object: &Object, key: &str) -> bool {
    let kinds = ["kubernetes.io/basic-auth"];
    leaks::is_name(key) || object.text("/type").is_some_and(|kind| kinds.contains(&kind))
}
