//! Every quantity and every count of the vocabulary: bounds that say what is sensible, and help that can be followed.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use serde_json::{Value, json};
use stackgen::diagnostic::{At, Diagnostics, Severity};
use support::vocabulary::{Place, Step, drawn, merge, places, stack};

const KINDS: &[&str] = &["CPU", "memory", "heap", "storage", "size"];

/// A stack with this value at a place, and what its word needs.
fn with(place: &Place, value: &Value) -> Value {
    let mut around = match place.word.as_str() {
        "consul" => json!({ "consul": { "mode": "standalone" } }),
        "shardingsphere" | "mysql" => json!({
            "mysql": { "databases": ["usual"], "users": { "usual": { "password": "usual-1", "databases": ["usual"] } } },
        }),
        "apps" => json!({ "apps": { "web": { "image": "shop/web:1.0.0", "port": 8080 } } }),
        _ => json!({}),
    };
    merge(&mut around, surroundings(place));
    stack(&place.word, place.written(value), around)
}

/// What makes a key count.
fn surroundings(place: &Place) -> Value {
    let name = place.name();
    let parts: Vec<&str> = name.split('.').collect();
    match parts[..] {
        ["redis", key, ..] if key.starts_with("sentinel") => json!({ "redis": { "mode": "sentinel" } }),
        ["redis", "masters" | "replicas", ..] => json!({ "redis": { "mode": "cluster" } }),
        ["kafka", "controllerResources" | "controllerStorage", ..] => {
            json!({ "kafka": { "controllers": 3, "dedicatedControllers": true } })
        }
        ["rocketmq", "dashboard", ..] => json!({ "rocketmq": { "dashboard": { "enabled": true } } }),
        ["rocketmq", "proxy", "resources", ..] => json!({ "rocketmq": { "proxy": { "replicas": 1 } } }),
        ["apps", "jvm", ..] => {
            json!({ "apps": { "web": { "springBoot": "3.4", "resources": { "memory": "2Gi" } } } })
        }
        [word, "heap", ..] if word != "apps" => json!({ word: { "resources": { "memory": "4Gi" } } }),
        _ => json!({}),
    }
}

fn errors(complaints: &Diagnostics) -> Vec<String> {
    let errors = complaints.iter().filter(|complaint| complaint.severity == Severity::Error);
    errors.map(|complaint| format!("{} {:?}", complaint.title, complaint.help)).collect()
}

fn is_integer(place: &Place) -> bool {
    let kinds = &place.schema["type"];
    kinds == "integer" || kinds.as_array().is_some_and(|kinds| kinds.contains(&json!("integer")))
}

#[test]
fn every_count_has_a_bound_and_keeps_it() {
    let mut wrong = String::new();
    let mut seen = 0;
    for place in places().iter().filter(|place| is_integer(place) && !place.is_key) {
        let Some(most) = place.schema["maximum"].as_u64() else {
            wrong += &format!("{} has no maximum\n", place.name());
            continue;
        };
        seen += 1;
        for number in [most + 1, 1_000_000_000_000] {
            match drawn(&with(place, &number.into())) {
                Ok(_) => wrong += &format!("{}: {number} is accepted\n", place.name()),
                Err(complaints) if complaints.iter().any(|complaint| complaint.at == At::Nowhere) => {
                    wrong += &format!("{}: {number}: {:?}\n", place.name(), errors(&complaints));
                }
                Err(_) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(seen > 30, "only {seen} counts were found");
}

#[test]
fn every_quantity_is_refused_with_help_that_can_be_followed() {
    let slips = [
        "0", "1", "10", "512", "500m", "512m", "1g", "4gb", "1Mi", "10Ki", "64Mi", "999999Ti", "1e3", "-1",
        "x",
    ];
    let mut judged = Judged::default();
    for place in
        places().iter().filter(|place| KINDS.contains(&place.schema["format"].as_str().unwrap_or("")))
    {
        judged.places += 1;
        for slip in slips {
            judged.settle(place, slip, None, 4);
        }
        let size = place.schema["format"] != "CPU";
        for accepted in
            ["500m", "10", "1"].iter().filter(|slip| size && drawn(&with(place, &json!(slip))).is_ok())
        {
            judged.wrong += &format!("{}: {accepted} is accepted\n", place.name());
        }
    }
    println!("{} quantities, {} suggestions followed", judged.places, judged.followed);
    assert!(judged.wrong.is_empty(), "{}", judged.wrong);
    assert!(judged.places > 20 && judged.followed > 100, "{} {}", judged.places, judged.followed);
}

#[derive(Default)]
struct Judged {
    places: usize,
    followed: usize,
    wrong: String,
}

impl Judged {
    /// Writes what the help says to write, until nothing is said any more.
    fn settle(&mut self, place: &Place, value: &str, memory: Option<&str>, patience: usize) {
        let mut tried = with(place, &value.into());
        if let Some(memory) = memory {
            merge(&mut tried, stack(&place.word, memory_of(place, memory), json!({})));
        }
        let Err(complaints) = drawn(&tried) else { return };
        let about = format!("{}: {value}, memory {memory:?}", place.name());
        if patience == 0 {
            self.wrong += &format!("{about}: the help leads in a circle: {:?}\n", errors(&complaints));
            return;
        }
        for complaint in complaints.iter().filter(|complaint| complaint.severity == Severity::Error) {
            if complaint.at == At::Nowhere {
                self.wrong += &format!("{about}: complained about nowhere: {}\n", complaint.title);
            }
            for (of_memory, written) in
                complaint.help.iter().chain([&complaint.title]).flat_map(|text| suggestions(text))
            {
                self.followed += 1;
                if of_memory && !place.name().ends_with(".memory") {
                    self.settle(place, value, Some(&written), patience - 1);
                } else {
                    self.settle(place, &written, memory, patience - 1);
                }
            }
        }
    }
}

/// The quantities that a text says to write or set, in backticks; true for those of `resources.memory`.
fn suggestions(text: &str) -> Vec<(bool, String)> {
    let leads = ["write ", "set ", "use ", "at most `"].into_iter().filter_map(|lead| text.find(lead));
    let Some(lead) = leads.min() else { return Vec::new() };
    let quoted = text[lead..].split('`').skip(1).step_by(2);
    let quantity = |quoted: &str| {
        let start = quoted.find(|c: char| c.is_ascii_digit())?;
        let rest = &quoted[start..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
        Some((quoted.contains("memory"), rest[..end].to_owned()))
    };
    quoted.filter_map(quantity).collect()
}

/// The settings of a place's word with another memory.
fn memory_of(place: &Place, memory: &str) -> Value {
    let resources = json!({ "resources": { "memory": memory } });
    match &place.steps[..] {
        [Step::Key(first), _, ..] if first == "dashboard" || first == "proxy" => json!({ first: resources }),
        _ => resources,
    }
}
