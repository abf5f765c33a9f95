//! A secret that somebody writes in plain text into a setting of his own choice: in prod it is refused where it stands, and
//! never lands in a ConfigMap; in dev it is drawn, and told.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use serde_json::{Value, json};
use stackgen::k8s::Object;
use stackgen::verify::Manifest;
use support::cores;
use support::vocabulary::{Place, Step, generated, merge, places};

const EXAMPLE: &str = include_str!("../examples/im/stack.yaml");

/// The names that people, and the products, give to secrets.
const NAMES: &[&str] = &[
    "password",
    "DB_PASSWORD",
    "secretKey",
    "authToken",
    "apiKey",
    "spring.datasource.password",
    "requirepass",
    "masterauth",
    "nacos.core.auth.plugin.nacos.token.secret.key",
    "ssl.keystore.password",
    "rootPw",
    "DB_PASS",
    "encrypt",
];
/// One of so many names at each place.
const SHARE: usize = 4;
const MARK: &str = "Zq7marKer";

#[test]
fn no_secret_by_its_key_lands_in_a_config_map() {
    let open = |place: &Place| place.steps.last() == Some(&Step::Free) && !place.is_key && place.takes_text();
    let places: Vec<Place> = places().into_iter().filter(open).collect();
    let tallies = cores::each(&places, |number, place| judge(place, number));
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let (refused, drawn) = (sum(|tally| tally.refused), sum(|tally| tally.drawn));
    let wrong: Vec<&str> = tallies.iter().flat_map(|tally| &tally.wrong).map(String::as_str).collect();
    let unseen: Vec<&str> = tallies.iter().filter_map(|tally| tally.unseen.as_deref()).collect();
    println!(
        "{} open places: {refused} refused, {} elsewhere, {drawn} drawn, not tried: {unseen:?}",
        places.len(),
        sum(|tally| tally.kept)
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 100 && drawn > 50);
    // An Ingress needs more around it, and its annotations get nowhere else.
    assert!(unseen.iter().all(|place| place.ends_with(".annotations.*")), "{unseen:?}");
}

#[derive(Default)]
struct Tally {
    /// In prod.
    refused: usize,
    /// In prod, into something else.
    kept: usize,
    /// In dev, into a ConfigMap.
    drawn: usize,
    wrong: Vec<String>,
    /// No value was accepted there, or refused as a secret.
    unseen: Option<String>,
}

/// Every place meets a share of the names, every name a share of the places; all of them with `WALK=all`.
fn judge(place: &Place, number: usize) -> Tally {
    let mut tally = Tally::default();
    let all = cores::all_of_it();
    let share = NAMES.iter().enumerate().filter(|(at, _)| all || (at + number).is_multiple_of(SHARE));
    share.for_each(|(_, name)| tally.judge(place, name));
    let seen = tally.refused + tally.kept + tally.drawn > 0;
    tally.unseen = (!seen).then(|| place.name());
    tally
}

impl Tally {
    fn judge(&mut self, place: &Place, name: &str) {
        let mut wrong = |what: &str| self.wrong.push(format!("{} {name}: {what}", place.name()));
        let mut stack = example(&place.word);
        merge(&mut stack, written(place, name));
        match generated(&stack, Some("prod")) {
            Err(complaints) if complaints.iter().any(|complaint| complaint.title.contains(name)) => {
                self.refused += 1;
            }
            Ok((manifest, _)) if in_config_map(&manifest) => wrong("in a ConfigMap in prod"),
            Err(complaints) => {
                let told: Vec<_> = complaints.iter().map(|complaint| &complaint.title).collect();
                eprintln!("{} {name}: {told:?}", place.name());
            }
            Ok(_) => self.kept += 1,
        }
        if let Ok((manifest, warnings)) = generated(&stack, Some("dev"))
            && in_config_map(&manifest)
        {
            self.drawn += 1;
            if warnings.is_empty() {
                wrong("in a ConfigMap in dev, and nobody says so");
            }
        }
    }
}

fn in_config_map(manifest: &Manifest) -> bool {
    let objects = manifest.objects().iter().map(|proven| &proven.object);
    let text = |object: &Object| Value::Object(object.fields().clone()).to_string();
    objects.filter(|object| object.kind() == "ConfigMap").any(|object| text(object).contains(MARK))
}

/// What the large example says of a word and of what it needs.
fn example(word: &str) -> Value {
    let mut stack: Value = serde_yaml::from_str(EXAMPLE).unwrap();
    let keeps = |key: &str| {
        let needed = matches!(word, "nacos" | "shardingsphere" | "apps") && key == "mysql";
        needed || key == word || ["apiVersion", "kind", "metadata", "profiles", "cluster"].contains(&key)
    };
    stack.as_object_mut().unwrap().retain(|key, _| keeps(key));
    for section in stack["profiles"].as_object_mut().unwrap().values_mut() {
        section.as_object_mut().unwrap().retain(|key, _| keeps(key));
    }
    if word == "apps" {
        let database = json!({ "mysql": "mysql", "name": "im" });
        let web = json!({ "image": "im/web:1.0.0", "port": 8080, "springBoot": "3.4", "uses": ["mysql"], "database": database });
        stack["apps"] = json!({ "web": web });
    }
    stack
}

/// A value under that name at the place.
fn written(place: &Place, name: &str) -> Value {
    let last = place.steps.len() - 1;
    let settings =
        place.steps.iter().enumerate().rev().fold(json!(MARK), |inner, (number, step)| match step {
            // What an item of a list cannot do without stands beside; all else comes from the example.
            Step::Key(key) if number > 0 && place.steps[number - 1] == Step::Item => {
                let mut all = place.beside[number].clone();
                all.insert(key.clone(), inner);
                all.into()
            }
            Step::Key(key) => json!({ key: inner }),
            Step::Free if number == last => json!({ name: inner }),
            Step::Free => json!({ "usual": inner }),
            Step::Item => json!([inner]),
        });
    match place.word.as_str() {
        "apps" => json!({ "apps": { "web": settings } }),
        word => json!({ word: settings }),
    }
}
