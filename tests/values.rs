//! Hostile values at every place of the vocabulary that takes text: each is refused where it stands, or read back as it is
//! by whoever reads the file that it lands in, and changes nothing else.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stackgen::diagnostic::{At, Severity};
use support::cores;
use support::readers::deep;
use support::vocabulary::{Place, drawn, places, proven, with};

/// What people, pipelines and attackers write; the worst first.
const HOSTILE: &[&str] = &[
    "'\"`\\",
    "$(id)${X}`id`",
    "a\n[client]\nb=c",
    "a\rb",
    "a: b # c",
    "",
    "a\0b",
    "--help",
    "# x",
    "%s%n",
    "{{ x }}",
    " a ",
    "\ta\t",
    "a\u{2028}b\u{2029}c\u{85}d",
    "😀é",
    "&a *b",
    "!x",
    "yes",
    "0123",
    "~",
    "\\",
    "a\\nb",
    "'\\''",
    "a;b&&c|d",
    "/* x */ -- y",
    "x`; DROP DATABASE im; -- ",
    "a\n!include /etc/passwd",
    "a=b,c",
    "../../x",
    "<x>",
    "@{SECRET_0}",
    "$$(A)",
];
/// So many of them meet every place,
const WORST: usize = 5;
/// and one of so many others.
const SHARE: usize = 5;

#[test]
fn a_value_stays_in_its_place_or_is_refused_there() {
    let all: Vec<Place> = places().into_iter().filter(Place::takes_text).collect();
    let tallies: Vec<Tally> = cores::each(&all, |number, place| judge(place, number));
    let sum = |of: fn(&Tally) -> usize| tallies.iter().map(of).sum::<usize>();
    let wrong: String = tallies.iter().map(|tally| tally.wrong.as_str()).collect();
    let unseen: Vec<&str> = tallies.iter().filter_map(|tally| tally.unseen.as_deref()).collect();
    println!(
        "{} places, {} values kept, {} refused; not tried: {unseen:?}",
        tallies.len(),
        sum(|tally| tally.kept),
        sum(|tally| tally.refused)
    );
    assert!(wrong.is_empty(), "{wrong}");
    assert!(tallies.len() > 200 && unseen.len() * 4 < tallies.len(), "{} of {}", unseen.len(), tallies.len());
    assert!(sum(|tally| tally.kept) > 300 && sum(|tally| tally.refused) > 300);
}

#[derive(Default)]
struct Tally {
    kept: usize,
    refused: usize,
    wrong: String,
    /// No value at all was accepted there.
    unseen: Option<String>,
}

/// The values for a place: all of them with `WALK=all`, otherwise the worst and a share that differs from place to place,
/// so that every value meets every kind of key.
fn values(number: usize) -> impl Iterator<Item = &'static str> {
    let all = cores::all_of_it();
    let chosen = move |at: usize| all || at < WORST || (at + number).is_multiple_of(SHARE);
    HOSTILE.iter().enumerate().filter(move |(at, _)| chosen(*at)).map(|(_, value)| *value)
}

fn judge(place: &Place, number: usize) -> Tally {
    let mut tally = Tally::default();
    let fine = harmless(place);
    if fine.is_none() {
        tally.unseen = Some(place.name());
    }
    for value in values(number) {
        let tried = with(place, &json!(value));
        match drawn(&tried) {
            Err(complaints) => {
                tally.refused += 1;
                let errors = complaints.iter().filter(|complaint| complaint.severity == Severity::Error);
                for complaint in
                    errors.filter(|complaint| complaint.at == At::Nowhere || complaint.code == "template")
                {
                    tally.wrong += &format!(
                        "{}: {value:?}: nowhere: {}: {:?}\n",
                        place.name(),
                        complaint.title,
                        complaint.because
                    );
                }
            }
            Ok(objects) => {
                tally.kept += 1;
                let Some((usual, wanted)) = &fine else { continue };
                let Some(difference) = strange(&read(wanted), &read(&objects), usual, value) else {
                    continue;
                };
                // The rules may still say no.
                if proven(&tried).is_ok() {
                    tally.wrong += &format!("{}: {value:?}: {difference}\n", place.name());
                }
            }
        }
    }
    tally
}

/// A value that is accepted at the place, and what is drawn with it.
fn harmless(place: &Place) -> Option<(&'static str, Vec<Value>)> {
    let names = [
        "harmless",
        "-XX:+Harmless",
        "/harmless",
        "harmless.example.com",
        "mysql",
        "7",
        "1Gi",
        "HARMLESS",
        "yes",
        "1.2.3",
        "usual",
        "512Mi",
        "10.0.0.0/8",
        "v2.5.1",
        "8.4",
        "http",
        "MkU3OEQ5QzA1QjFBNEYzNg",
    ];
    names.iter().find_map(|name| Some((*name, drawn(&with(place, &json!(name))).ok()?)))
}

/// The objects by kind and name, with everything that is a file or a script as its readers see it.
fn read(objects: &[Value]) -> Value {
    let mut all = BTreeMap::new();
    for object in objects {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        all.insert(format!("{}/{}", object["kind"].as_str().unwrap(), unhashed(name)), deep(object));
    }
    json!(all)
}

/// The name of a Job without the digits that follow from what it does.
fn unhashed(name: &str) -> String {
    let hex = |tail: &str| tail.len() == 8 && tail.chars().all(|c| c.is_ascii_hexdigit());
    match name.rsplit_once('-') {
        Some((stem, tail)) if hex(tail) => stem.to_owned(),
        _ => name.to_owned(),
    }
}

/// The first place where `value` did more than to stand where the usual one stood.
fn strange(usual: &Value, found: &Value, was: &str, is: &str) -> Option<String> {
    match (usual, found) {
        (Value::Object(usual), Value::Object(found)) => {
            let mut rest = found.clone();
            for (key, value) in usual {
                let wanted = key.replace(was, is);
                let Some(other) = rest.shift_remove(&wanted).or_else(|| rest.shift_remove(key)) else {
                    return Some(format!("`{key}` is gone"));
                };
                if let Some(strange) = strange(value, &other, was, is) {
                    return Some(format!("{key}: {strange}"));
                }
            }
            rest.keys().next().map(|key| format!("`{key}` came in"))
        }
        (Value::Array(usual), Value::Array(found)) => {
            if usual.len() != found.len() {
                return Some(format!("{} entries became {}: {}", usual.len(), found.len(), json!(found)));
            }
            usual.iter().zip(found).find_map(|(usual, found)| strange(usual, found, was, is))
        }
        (Value::String(usual), Value::String(found)) => {
            // Checksums of what is read: whole ones of ConfigMaps, four digits of Secrets.
            let is_sum =
                |text: &str| matches!(text.len(), 4 | 64) && text.chars().all(|c| c.is_ascii_hexdigit());
            let same = unhashed(usual) == unhashed(found) || is_sum(usual) && is_sum(found);
            (!same && usual.replace(was, is) != *found).then(|| format!("{usual:?} became {found:?}"))
        }
        (usual, found) => (usual != found).then(|| format!("{usual} became {found}")),
    }
}
