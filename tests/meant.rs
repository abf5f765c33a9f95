//! What is written is meant: each key of the vocabulary, with a value that it takes, changes what is rendered, or somebody
//! says that it does nothing here.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stackgen::write::{self, Format};
use support::cores;
use support::vocabulary::{Place, Step, generated, places, with};

/// Keys that may do nothing, and why.
const SILENT: &[(&str, &str)] = &[
    (
        "zookeeper.awayFromKafka",
        "there is no kafka beside it; sections that are shared may say it all the same",
    ),
    ("kafka.controllers", "one broker is one controller, and any other number beside it is refused"),
    ("shardingsphere.mysql", "there is one mysql to name, and that is the default"),
    ("waive.[].object", "what waives nothing is told by its rule, whatever its object is"),
];
/// A single server, as in dev, has no budget; the same stack in prod has.
const OF_SEVERAL: &str = ".pdb";

#[test]
fn no_key_is_swallowed() {
    // A mapping does what is in it.
    let leaf = |place: &Place| matches!(place.steps.last(), Some(Step::Key(_))) && !values(place).is_empty();
    let all: Vec<Place> = places().into_iter().filter(leaf).collect();
    let verdicts: Vec<(String, Verdict)> = cores::each(&all, |_, place| (place.name(), judge(place)));
    let of = |wanted: Verdict| -> BTreeSet<&str> {
        let those = verdicts.iter().filter(|(_, verdict)| *verdict == wanted);
        those.map(|(name, _)| name.as_str()).collect()
    };
    // Of several forms of one value, one may do what the other is for.
    let silent: BTreeSet<&str> = of(Verdict::Silent).difference(&of(Verdict::Heard)).copied().collect();
    let silent: BTreeSet<&str> = silent.into_iter().filter(|name| !name.ends_with(OF_SEVERAL)).collect();
    let unseen: BTreeSet<&str> = of(Verdict::Unseen).difference(&of(Verdict::Heard)).copied().collect();
    println!("{} places, {} silent, not tried: {unseen:?}", verdicts.len(), silent.len());
    let known: BTreeSet<&str> = SILENT.iter().map(|(name, _)| *name).collect();
    assert_eq!(silent, known);
    assert!(
        verdicts.len() > 300 && unseen.len() * 4 < verdicts.len(),
        "{} of {}",
        unseen.len(),
        verdicts.len()
    );
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It changed something, or a complaint or a warning is about it.
    Heard,
    Silent,
    /// No value was accepted, and what is refused is not this key.
    Unseen,
}

fn judge(place: &Place) -> Verdict {
    let Some(usual) = rendered(&without(place)) else { return Verdict::Heard };
    let mut verdict = Verdict::Unseen;
    for value in values(place) {
        match rendered(&with(place, &value)) {
            Some(found) if found != usual => {
                jobs_take_over(&usual.0, &found.0, place);
                return Verdict::Heard;
            }
            Some(_) => verdict = Verdict::Silent,
            // A word of ours that is refused is heard.
            None if place.schema.get("const").is_some() || place.schema.get("enum").is_some() => {
                return Verdict::Heard;
            }
            None => {}
        }
    }
    verdict
}

/// A Job cannot be changed once it is applied: one that does something else has another name.
fn jobs_take_over(usual: &str, found: &str, place: &Place) {
    let (usual, found) = (jobs(usual), jobs(found));
    for (name, template) in &usual {
        assert!(found.get(name).is_none_or(|other| other == template), "{}: Job/{name}", place.name());
    }
}

/// The pod templates of all Jobs, by name.
fn jobs(text: &str) -> BTreeMap<String, Value> {
    let documents = text.split("\n---\n").filter(|document| document.contains("kind: Job\n"));
    let read = |document: &str| -> Value { serde_yaml::from_str(document).unwrap() };
    documents
        .map(read)
        .map(|job| (job["metadata"]["name"].as_str().unwrap().to_owned(), job["spec"]["template"].clone()))
        .collect()
}

/// The same stack without the key.
fn without(place: &Place) -> Value {
    const MARK: &str = "what is taken out";
    fn pruned(value: Value) -> Value {
        match value {
            Value::Object(map) => map
                .into_iter()
                .filter(|(_, value)| value != MARK)
                .map(|(key, value)| (key, pruned(value)))
                .collect(),
            Value::Array(items) => items.into_iter().map(pruned).collect(),
            value => value,
        }
    }
    pruned(with(place, &json!(MARK)))
}

/// What comes out, with the warnings; none where it is refused.
fn rendered(stack: &Value) -> Option<(String, Vec<String>)> {
    let (manifest, warnings) = generated(stack, None).ok()?;
    let told = warnings.into_iter().map(|warning| warning.title).collect();
    Some((write::manifest(&manifest, Format::Yaml, false), told))
}

/// Values that might fit, by the kinds that the schema allows.
fn values(place: &Place) -> Vec<Value> {
    if let Some(words) = place.schema["enum"].as_array() {
        return words.clone();
    }
    if let Some(word) = place.schema.get("const") {
        return vec![word.clone()];
    }
    let kinds = &place.schema["type"];
    let is = |kind: &str| kinds == kind || kinds.as_array().is_some_and(|kinds| kinds.contains(&json!(kind)));
    let mut found = Vec::new();
    if is("boolean") {
        found.extend([json!(true), json!(false)]);
    }
    if is("integer") || is("number") {
        found.extend([1, 2, 3, 5, 7, 4096, 12_345].map(|number| json!(number)));
    }
    if is("string") {
        found.extend(
            [
                "harmless",
                "/harmless",
                "harmless.example.com",
                "7",
                "7Gi",
                "3Mi",
                "1.2.3",
                "7m",
                "512Mi",
                "400Mi",
                "yes",
                "10.0.0.0/8",
                "10.0.0.5",
                "mysql",
                "usual",
                "v2.5.1",
                "3.9.1",
                "8.4",
                "http",
                "MkU3OEQ5QzA1QjFBNEYzNg",
                "30s",
                "0 3 * * *",
                "Asia/Shanghai",
            ]
            .map(|text| json!(text)),
        );
    }
    if is("array") {
        found.extend([json!(["harmless"]), json!(["mysql"]), json!([{ "name": "harmless", "value": "x" }])]);
    }
    found
}
