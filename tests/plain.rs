//! A secret that somebody writes in plain text into a setting of his own choice: in prod it is refused where it stands, and
//! never lands in a ConfigMap; in dev it is drawn, and told.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::sync::Arc;

use serde_json::{Value, json};
use stackgen::diagnostic::Diagnostics;
use stackgen::load::Asked;
use stackgen::source::{Layer, Sources};
use stackgen::world::Nothing;
use support::vocabulary::{Place, Step, merge, places};

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
    let mut tally = Tally::default();
    for (number, place) in places.iter().enumerate() {
        let before = tally.refused + tally.kept + tally.drawn;
        // Every place meets a share of the names, every name a share of the places; all of them with `WALK=all`.
        let all = std::env::var_os("WALK").is_some_and(|walk| walk == "all");
        let share = NAMES.iter().enumerate().filter(|(at, _)| all || (at + number).is_multiple_of(SHARE));
        share.for_each(|(_, name)| tally.judge(place, name));
        if tally.refused + tally.kept + tally.drawn == before {
            tally.unseen.push(place.name());
        }
    }
    println!(
        "{} open places: {} refused, {} elsewhere, {} drawn, not tried: {:?}",
        places.len(),
        tally.refused,
        tally.kept,
        tally.drawn,
        tally.unseen
    );
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
    assert!(tally.refused > 100 && tally.drawn > 50);
    // An Ingress needs more around it, and its annotations get nowhere else.
    assert!(tally.unseen.iter().all(|place| place.ends_with(".annotations.*")), "{:?}", tally.unseen);
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
    /// Where no value was accepted or refused as a secret.
    unseen: Vec<String>,
}

impl Tally {
    fn judge(&mut self, place: &Place, name: &str) {
        let mut wrong = |what: &str| self.wrong.push(format!("{} {name}: {what}", place.name()));
        match generated("prod", place, name) {
            Err(complaints) if complaints.iter().any(|complaint| complaint.title.contains(name)) => {
                self.refused += 1;
            }
            Ok((objects, _)) if in_config_map(&objects) => wrong("in a ConfigMap in prod"),
            Err(complaints) => {
                let told: Vec<_> = complaints.iter().map(|complaint| &complaint.title).collect();
                eprintln!("{} {name}: {told:?}", place.name());
            }
            Ok(_) => self.kept += 1,
        }
        if let Ok((objects, warnings)) = generated("dev", place, name)
            && in_config_map(&objects)
        {
            self.drawn += 1;
            if warnings.is_empty() {
                wrong("in a ConfigMap in dev, and nobody says so");
            }
        }
    }
}
fn in_config_map(objects: &[Value]) -> bool {
    objects.iter().any(|object| object["kind"] == "ConfigMap" && object.to_string().contains(MARK))
}

/// What the large example says of a word and of what it needs, with a value under that name at the place.
fn generated(profile: &str, place: &Place, name: &str) -> Result<(Vec<Value>, Diagnostics), Diagnostics> {
    let mut stack = example(&place.word);
    merge(&mut stack, written(place, name));
    let mut sources = Sources::new();
    let files = vec![sources.add("stack.yaml", stack.to_string(), Layer::File)];
    let profile = Some(profile.to_owned());
    let asked = Asked { files, set: Vec::new(), profile, kubernetes: None, namespace: None };
    let (manifest, warnings) = stackgen::generate(&mut sources, &asked, Arc::new(Nothing))?;
    let objects = manifest.objects().iter().map(|proven| Value::Object(proven.object.fields().clone()));
    Ok((objects.collect(), warnings))
}

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

fn written(place: &Place, name: &str) -> Value {
    let last = place.steps.len() - 1;
    let settings =
        place.steps.iter().enumerate().rev().fold(json!(MARK), |inner, (number, step)| match step {
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
