//! Every address, port, replica count and selector of the rendered examples changed once: each change is told by some rule, or
//! stands in the table of known gaps with a reason. `-- --nocapture` prints the rates.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde::Deserialize as _;
use serde_json::Value;
use stackgen::k8s::Object;
use stackgen::verify::{self, Around, Set};
use stackgen::written::Wanted;
use support::cores;
use support::mutate::{Mutant, mutants};

/// What no rule can see: the start of the mutant's name (`<what> <object kind>/<name> <pointer>`, `*` for anything), and why.
const GAPS: &[(&str, &str)] = &[
    ("*: replicas Deployment/*", "any number of them works, and whoever wants fewer than two is free to"),
    (
        "*: replicas StatefulSet/kafka",
        "one more broker joins by the lists that name the others, and needs no vote",
    ),
    ("*: replicas StatefulSet/mysql*replica", "one more replica follows the same primary"),
    (
        "*/prod: replicas StatefulSet/redis /spec/replicas: 6 -> 7",
        "a server more than the Job names stands empty beside the cluster",
    ),
    (
        "*: replicas StatefulSet/redis",
        "the start script decides whether they are replicas, and no rule runs scripts",
    ),
    (
        "*: port Service/*",
        "nobody in the manifests connects to this port: its clients are outside, or ask a registry",
    ),
    (
        "*: port * /spec/template/spec/containers/0/ports/*: 8301 -> 8302",
        "agents find each other by gossip, not through a Service",
    ),
    (
        "*: port DaemonSet/consul * 8600 -> 8601",
        "pods ask the node's agent at the port, not at its declaration",
    ),
    (
        "nacos-operator/*: address Job/*:8849\"",
        "the operator makes the Service, and its ports are not in the manifests",
    ),
    ("nacos-operator/prod: selector Nacos/*", "the pods that the operator makes are not in the manifests"),
    (
        "two-teams/*: address *.platform.svc.",
        "the platform is another team's: with its stack at hand the address is proven, in these manifests alone it is not",
    ),
];

#[test]
fn whatever_is_changed_is_told() {
    let cases = cases();
    let mut work: Vec<(&Case, Mutant)> = Vec::new();
    let mut seen = BTreeSet::new();
    for case in &cases {
        // What is the same in both profiles need not be proven twice.
        let example = case.name.split('/').next().unwrap();
        let new = mutants(&case.objects).into_iter();
        work.extend(
            new.filter(|mutant| seen.insert(format!("{example} {}", mutant.name)))
                .map(|mutant| (case, mutant)),
        );
    }
    let mut rates: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let (mut untold, mut closed) = (BTreeSet::new(), GAPS.to_vec());
    for ((case, mutant), told) in work.iter().zip(verdicts(&work)) {
        let rate = rates.entry(mutant.what).or_default();
        rate.0 += 1;
        if told {
            rate.1 += 1;
            continue;
        }
        let name = format!("{}: {} {}", case.name, mutant.what, mutant.name);
        match GAPS.iter().find(|(gap, _)| fits(gap, &name)) {
            Some(gap) => closed.retain(|open| open != gap),
            None => drop(untold.insert(name)),
        }
    }
    for (what, (all, caught)) in &rates {
        println!("{what}: {caught} of {all} told");
    }
    let untold: Vec<String> = untold.into_iter().collect();
    assert!(untold.is_empty(), "{} changes are told by nobody:\n{}", untold.len(), untold.join("\n"));
    assert!(closed.is_empty(), "these are no gaps any more, take them out of the table: {closed:?}");
    assert!(rates.values().map(|(all, _)| all).sum::<usize>() > 500, "{rates:?}");
}

/// A rendered example, and what is told of it as it is.
struct Case {
    name: String,
    objects: Vec<Value>,
    around: Around,
    known: BTreeSet<(&'static str, String)>,
}

fn cases() -> Vec<Case> {
    let case = |case: support::Case| {
        let text = fs::read_to_string(case.expectation("manifest.yaml")).unwrap();
        let objects: Vec<Value> = serde_yaml::Deserializer::from_str(&text)
            .map(|document| Value::deserialize(document).unwrap())
            .collect();
        let around = around(&objects);
        let known = told(&objects, &around);
        Case { name: case.name.trim_start_matches("examples/").to_owned(), objects, around, known }
    };
    support::example_cases().into_iter().map(case).collect()
}

/// Is each of the changes told?
fn verdicts(work: &[(&Case, Mutant)]) -> Vec<bool> {
    cores::each(work, |_, (case, mutant)| {
        let mut changed = case.objects.clone();
        changed[mutant.object] = mutant.value.clone();
        told(&changed, &case.around).difference(&case.known).next().is_some()
    })
}

/// What the stack declares as existing: all that is missing in a manifest that was proven.
fn around(objects: &[Value]) -> Around {
    let mut around = Around::default();
    for _ in 0..2 {
        let missing: Vec<String> = told(objects, &around)
            .iter()
            .filter_map(|(code, title)| {
                let ticked: Vec<&str> = title.split('`').collect();
                match *code {
                    "reference-exists" => {
                        Some(format!("{}/{}", ticked[0].trim().rsplit(' ').next()?, ticked[1]))
                    }
                    "address-resolves" => Some(format!("Host/{}", ticked[1])),
                    _ => None,
                }
            })
            .collect();
        around.external.extend(missing);
    }
    around
}

fn told(objects: &[Value], around: &Around) -> BTreeSet<(&'static str, String)> {
    let objects: Vec<Object> = objects.iter().map(|value| Object::new(value.clone()).unwrap()).collect();
    let set = Set::new(objects.iter().collect(), around);
    let complaints = verify::complaints(&set, Wanted::default(), |complaint, _| complaint);
    complaints.into_iter().map(|complaint| (complaint.code, complaint.title)).collect()
}

/// `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    parts.all(|part| rest.find(part).map(|at| rest = &rest[at + part.len()..]).is_some())
}
