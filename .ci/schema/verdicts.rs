//! Objects in, what the schema proof says of them out: for `.ci/oracles/compare_schema.py`, and to measure it.
//!
//! Reads lines `{"minor": "1.28", "object": {…}}`, writes one line each: a JSON list of `{"path": …, "title": …, "beyond": …}`.
//! With a number as argument, checks everything that often and tells the time per object on standard error.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::io::Write as _;
use std::time::Instant;

use serde_json::{Value, json};
use stackgen::k8s::{Object, Version};
use stackgen::verify::schema::{self, Custom, Minor};

fn main() {
    let rounds: u32 = std::env::args().nth(1).map_or(1, |rounds| rounds.parse().unwrap());
    let lines: Vec<(Minor, Option<Object>)> =
        std::io::stdin().lines().map(|line| read(&line.unwrap())).collect();
    let custom = Custom::default();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let began = Instant::now();
    let mut first = None;
    for (minor, object) in &lines {
        let faults = object.as_ref().map(|object| schema::check(object, *minor, &custom));
        first.get_or_insert_with(|| began.elapsed());
        let told = faults.map(|faults| {
            let told =
                faults.iter().map(|fault| json!({ "path": fault.path.to_string(), "title": fault.title, "beyond": fault.beyond_openapi }));
            told.collect::<Vec<Value>>()
        });
        writeln!(out, "{}", json!(told)).unwrap();
    }
    if rounds > 1 {
        let began = Instant::now();
        let found: usize = (0..rounds)
            .flat_map(|_| {
                lines
                    .iter()
                    .flat_map(|(minor, object)| Some(schema::check(object.as_ref()?, *minor, &custom).len()))
            })
            .sum();
        let each = began.elapsed() / rounds / u32::try_from(lines.len()).unwrap();
        eprintln!("{each:?} an object, the first one {:?} with the index; {found} faults", first.unwrap());
    }
}

/// Nothing where the line holds no object: no kind or no name.
fn read(line: &str) -> (Minor, Option<Object>) {
    let mut line: Value = serde_json::from_str(line).unwrap();
    let minor = Minor::nearest(&Version::parse(line["minor"].as_str().unwrap()).unwrap());
    (minor, Object::new(line["object"].take()).ok())
}
