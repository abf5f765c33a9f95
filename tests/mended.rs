//! No help leads into the next fault: who does what it says has kept the rule, and has no error that was not there before.
//!
//! `tests/rules/<code>/mended*.yaml` is `broken*.yaml` with its help followed to the letter, by hand. Where a help says which
//! field gets which value, or what to remove, this test follows it itself.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path as File;

use serde::Deserialize as _;
use serde_json::{Map, Value};
use stackgen::Linted;
use stackgen::diagnostic::{Diagnostic, Severity, Step};
use stackgen::source::{Layer, Sources};
use stackgen::verify::{self, Rule};
use support::{root, rules};

/// So many rules have a help that is seen followed. More are welcome, fewer are not.
const LEAST: usize = 80;

#[test]
fn no_help_leads_into_the_next_fault() {
    let (mut followed, mut wrong) = (BTreeSet::new(), Vec::new());
    for rule in verify::all() {
        let folder = root().join("tests/rules").join(rule.code);
        for broken in rules::files(&folder, "broken") {
            let text = fs::read_to_string(&broken).unwrap();
            let before = told(&text);
            let name = broken.file_name().unwrap().to_str().unwrap().replacen("broken", "mended", 1);
            let by_hand = fs::read_to_string(folder.join(&name));
            let Some(mended) = by_hand.as_ref().ok().cloned().or_else(|| mended(rule, &text, &before)) else {
                continue;
            };
            let said = faults(rule, &before, &told(&mended));
            if said.is_empty() {
                followed.insert(rule.code);
            } else {
                let hand = if by_hand.is_ok() { "mended by hand" } else { "mended by its words" };
                wrong.push(format!("{} {hand}: {}", slashed(&broken), said.join("; ")));
                if std::env::var_os("SHOW").is_some() {
                    wrong.push(mended);
                }
            }
        }
    }
    println!("{} rules have a help that is followed", followed.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(followed.len() >= LEAST, "only {} helps are followed", followed.len());
}

fn slashed(path: &File) -> String {
    support::slashed(path.strip_prefix(root()).unwrap())
}

/// All complaints about a manifest, whose first line may say how the world is.
fn told(text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::new();
    let file = sources.add("manifest.yaml", text, Layer::File);
    let linted = Linted { files: vec![file], around: rules::around(text), ..Linted::default() };
    stackgen::lint(&mut sources, &linted).1.into_iter().collect()
}

/// What is wrong with a manifest in which somebody followed the help.
fn faults(rule: &Rule, before: &[Diagnostic], after: &[Diagnostic]) -> Vec<String> {
    let known: BTreeSet<&str> = before.iter().filter(|one| is_error(one)).map(|one| one.code).collect();
    let new = after.iter().filter(|one| is_error(one) && !known.contains(one.code));
    let still = after.iter().filter(|one| one.code == rule.code);
    let mut all: Vec<String> = still.map(|one| format!("still {}", one.title)).collect();
    all.extend(new.filter(|one| one.code != rule.code).map(|one| format!("{}: {}", one.code, one.title)));
    all.dedup();
    all
}

fn is_error(complaint: &Diagnostic) -> bool {
    complaint.severity == Severity::Error
}

/// The manifest with the help of each finding followed; none where it does not say a single change in words that are
/// known here.
fn mended(rule: &Rule, text: &str, told: &[Diagnostic]) -> Option<String> {
    let documents = serde_yaml::Deserializer::from_str(text).map(Value::deserialize);
    let mut documents: Vec<Value> = documents.collect::<Result<_, _>>().ok()?;
    // From the end of a list to its beginning: what is removed moves what is behind it.
    let mut own: Vec<&Diagnostic> = told.iter().filter(|one| one.code == rule.code).collect();
    own.sort_by_key(|one| {
        one.field
            .as_ref()
            .map(|field| field.steps().to_vec().iter().map(|step| format!("{step:?}")).collect::<Vec<_>>())
    });
    for finding in own.into_iter().rev() {
        let help = finding.help.first()?;
        let id = finding.object.as_deref()?;
        let object = documents.iter_mut().find(|object| self::id(object).as_deref() == Some(id))?;
        let steps = finding.field.as_ref().map(|field| field.steps().to_vec()).unwrap_or_default();
        follow(help, object, &steps, finding.word.as_deref())?;
    }
    let first = text.lines().next().filter(|line| line.starts_with("# ")).unwrap_or("#");
    let texts: Vec<String> = documents.iter().map(Value::to_string).collect();
    Some(format!("{first}\n{}\n", texts.join("\n---\n")))
}

fn id(object: &Value) -> Option<String> {
    Some(format!("{}/{}", object.get("kind")?.as_str()?, object.pointer("/metadata/name")?.as_str()?))
}

/// The first way that a help offers, when it is one that can be followed without thinking.
fn follow(help: &str, object: &mut Value, steps: &[Step], word: Option<&str>) -> Option<()> {
    let first = help.split([';']).next()?.split(", or").next()?.split(" or ").next()?;
    let ticked: Vec<&str> = first.split('`').skip(1).step_by(2).collect();
    if let Some((_, others)) = first.split_once("remove it, and so ") {
        remove(object, steps)?;
        let names = others.split('`').skip(1).step_by(2).filter_map(|name| name.strip_prefix("metadata."));
        return names.map(|name| remove_key(object, steps, name)).collect();
    }
    if let Some(meant) = first.strip_prefix("did you mean `").or(first.strip_prefix("there is `")) {
        let meant = meant.split('`').next()?;
        let text = at(object, steps)?;
        let said = text.as_str()?.to_owned();
        let word =
            word.or_else(|| (!said.contains(char::is_whitespace) && is_key(meant)).then_some(&said))?;
        // A key of JSON is told with its quotes, and meant without them.
        if word.contains('"') {
            return None;
        }
        // A variable is told at its value, and misspelt in its name.
        let is_name =
            meant.contains(|c: char| c.is_ascii_uppercase()) && is_key(meant) && meant.contains('_');
        *text = Value::from(said.replacen(word, meant, 1));
        return (said.contains(word) && !is_name).then_some(());
    }
    if let Some(what) = first.strip_prefix("remove ") {
        let simple = ["it", "them"].contains(&what);
        return match ticked.as_slice() {
            [key] if what.starts_with('`') && what.ends_with('`') => remove_key(object, steps, key),
            [] if simple && !what.starts_with("one") => remove(object, steps),
            _ => None,
        };
    }
    if let Some((_, instead)) = first.split_once(" instead of `") {
        let _ = remove_key(object, steps, instead.split('`').next()?);
    }
    let said = ["set ", "write ", "add "].iter().find_map(|verb| first.strip_prefix(verb))?;
    // What stands in another object, or in a text, takes somebody who knows where.
    let elsewhere = [
        " below ",
        " file",
        "headless Service",
        "repository",
        "…",
        "an autoscaler",
        "serviceName",
        " above 0",
        "each probe",
    ];
    if !said.starts_with('`') || elsewhere.iter().any(|word| help.contains(word)) {
        return None;
    }
    let mut done = None;
    for pair in ticked {
        let Some((key, value)) = pair.split_once(": ") else { continue };
        if !is_key(key) {
            return None;
        }
        let value: Value = serde_yaml::from_str(value).ok()?;
        set(object, steps, first, key, value)?;
        done = Some(());
    }
    done
}

fn is_key(key: &str) -> bool {
    key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn at<'v>(object: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    steps.iter().try_fold(object, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Index(index) => value.get_mut(index),
    })
}

fn remove(object: &mut Value, steps: &[Step]) -> Option<()> {
    let (last, before) = steps.split_last()?;
    // A variable is its name and its value.
    let of_variable = matches!(before, [.., Step::Key(list), Step::Index(_)] if list == "env");
    if of_variable {
        return remove(object, before);
    }
    match (at(object, before)?, last) {
        (Value::Object(map), Step::Key(key)) => map.remove(key).map(drop),
        (Value::Array(list), Step::Index(index)) if *index < list.len() => {
            list.remove(*index);
            Some(())
        }
        _ => None,
    }
}

/// The nearest field of that name on the way to the finding, or in what it is about.
fn remove_key(object: &mut Value, steps: &[Step], key: &str) -> Option<()> {
    for length in (0..=steps.len()).rev() {
        if let Some(map) = at(object, &steps[..length]).and_then(Value::as_object_mut)
            && map.remove(key).is_some()
        {
            return Some(());
        }
    }
    None
}

/// Where a field belongs that is named without its place.
const OF_THE_POD: &[&str] = &[
    "automountServiceAccountToken",
    "dnsPolicy",
    "enableServiceLinks",
    "hostNetwork",
    "terminationGracePeriodSeconds",
];
const OF_ITS_CONTEXT: &[&str] =
    &["fsGroup", "fsGroupChangePolicy", "runAsGroup", "runAsNonRoot", "runAsUser", "seccompProfile"];
const OF_THE_WORKLOAD: &[&str] = &[
    "minReadySeconds",
    "podManagementPolicy",
    "progressDeadlineSeconds",
    "replicas",
    "strategy",
    "updateStrategy",
];
const OF_A_ROLLOUT: &[&str] = &["maxSurge", "maxUnavailable"];

fn set(object: &mut Value, steps: &[Step], help: &str, key: &str, value: Value) -> Option<()> {
    if key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
        return set_variable(object, steps, key, &value);
    }
    let of_container = help.contains("container's `securityContext`");
    if of_container {
        let container = at(object, container(steps)?)?;
        return put(context(container)?, key, value);
    }
    // Where there is one of that name, on the way to the finding or in it.
    for length in (0..=steps.len()).rev() {
        let map = at(object, &steps[..length]).and_then(Value::as_object_mut);
        if let Some(map) = map.filter(|map| map.contains_key(key)) {
            return put(map, key, value);
        }
    }
    let is = |keys: &[&str]| keys.contains(&key);
    if is(OF_THE_POD) {
        return put(pod(object)?.as_object_mut()?, key, value);
    }
    if is(OF_ITS_CONTEXT) {
        return put(context(pod(object)?)?, key, value);
    }
    if is(OF_THE_WORKLOAD) {
        return put(object.get_mut("spec")?.as_object_mut()?, key, value);
    }
    if is(OF_A_ROLLOUT) && object["kind"] == "Deployment" {
        let spec = object.get_mut("spec")?.as_object_mut()?;
        let strategy = spec.entry("strategy").or_insert_with(|| serde_json::json!({}));
        let rolling =
            strategy.as_object_mut()?.entry("rollingUpdate").or_insert_with(|| serde_json::json!({}));
        return put(rolling.as_object_mut()?, key, value);
    }
    // A probe, a port, an object of another kind: what the finding is about has it.
    let (last, before) = steps.split_last()?;
    match at(object, steps)? {
        Value::Object(map) => put(map, key, value),
        _ if matches!(last, Step::Key(_)) => put(at(object, before)?.as_object_mut()?, key, value),
        _ => None,
    }
}

fn put(map: &mut Map<String, Value>, key: &str, value: Value) -> Option<()> {
    map.insert(key.to_owned(), value);
    Some(())
}

fn pod(object: &mut Value) -> Option<&mut Value> {
    let pointer = match object["kind"].as_str()? {
        "Pod" => "/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    object.pointer_mut(pointer)
}

fn context(of: &mut Value) -> Option<&mut Map<String, Value>> {
    let context = of.as_object_mut()?.entry("securityContext").or_insert_with(|| serde_json::json!({}));
    context.as_object_mut()
}

/// The way to the container that a finding is in.
fn container(steps: &[Step]) -> Option<&[Step]> {
    let is_list =
        |step: &Step| matches!(step, Step::Key(key) if key == "containers" || key == "initContainers");
    let list = steps.iter().position(is_list)?;
    steps.get(..list + 2)
}

fn set_variable(object: &mut Value, steps: &[Step], name: &str, value: &Value) -> Option<()> {
    let container = at(object, container(steps)?)?.as_object_mut()?;
    let env = container.entry("env").or_insert_with(|| serde_json::json!([])).as_array_mut()?;
    let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    env.retain(|variable| variable["name"] != name);
    env.push(serde_json::json!({"name": name, "value": value}));
    Some(())
}
