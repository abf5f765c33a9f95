//! A complaint about a stack stands where somebody can change something: in a file of theirs or at a flag, never in a text
//! that is embedded in the program.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use serde_json::{Value, json};
use stackgen::diagnostic::{At, Diagnostics};
use stackgen::source::{Layer, Sources};
use support::run::Run;
use support::vocabulary::{generated, places, with};
use support::{cases, cores, example_cases, stackgen};

#[test]
fn no_case_is_complained_about_in_a_text_of_ours() {
    let mut seen = 0;
    for run in cases().iter().chain(&example_cases()).filter_map(Run::of) {
        let mut sources = run.sources(None);
        for complaint in run.told(&mut sources).iter() {
            seen += 1;
            let At::Place(place) = complaint.at else { continue };
            let (Layer::File | Layer::Set | Layer::Profile) = sources.of(place.source).layer else {
                panic!("{}: {} in {}", run.name, complaint.title, sources.of(place.source).name)
            };
        }
    }
    assert!(seen > 300, "{seen}");
}

/// Values that break what the defaults beside them say: every count and quantity, small and large.
#[test]
fn a_default_that_does_not_fit_is_told_where_the_component_stands() {
    let kinds = ["CPU", "memory", "heap", "storage", "size", "uint32", "uint16"];
    let of_kind = |schema: &Value| kinds.contains(&schema["format"].as_str().unwrap_or_default());
    let places: Vec<_> =
        places().into_iter().filter(|place| of_kind(&place.schema) && !place.is_key).collect();
    assert!(places.len() > 60, "{}", places.len());
    let told = cores::each(&places, |_, place| {
        let number = place.schema["format"].as_str().is_some_and(|format| format.starts_with("uint"));
        let values = if number {
            [json!(0), json!(1), json!(2)]
        } else {
            [json!("10Mi"), json!("600Mi"), json!("2Gi")]
        };
        let (mut wrong, mut seen) = (Vec::new(), 0);
        for (value, profile) in values.iter().flat_map(|value| [(value, "dev"), (value, "prod")]) {
            let complaints: Diagnostics = match generated(&with(place, value), Some(profile)) {
                Ok((_, warnings)) => warnings,
                Err(complaints) => complaints,
            };
            for complaint in complaints.iter() {
                seen += 1;
                // The stack is the first text of the run, and the only one of somebody's.
                if !matches!(complaint.at, At::Place(at) if at.source.0 == 0) {
                    wrong.push(format!("{}: {value}, {profile}: {}", place.name(), complaint.title));
                }
            }
        }
        (wrong, seen)
    });
    let wrong: Vec<&String> = told.iter().flat_map(|(wrong, _)| wrong).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(told.iter().map(|(_, seen)| seen).sum::<usize>() > 200);
}

/// As it is printed: the load balancer, the storage and the disk are the profile's.
#[test]
fn outputs_name_the_file_of_the_stack() {
    let folder = tempfile::tempdir().unwrap();
    let head = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: shop}\n";
    let secret = "{secret: {name: s, key: k}}";
    for (settings, flags) in [
        ("nacos: {deploy: operator}".to_owned(), vec!["-p", "dev"]),
        ("rocketmq: {}".to_owned(), vec!["--set", "rocketmq.storage.size=2Gi"]),
        (
            format!(
                "mysql: {{databases: [a], rootPassword: {secret}, replicationPassword: {secret}}}\nshardingsphere: {{driver: {{included: true}}}}"
            ),
            vec!["-p", "prod"],
        ),
    ] {
        let text = format!("# ours\n{head}{settings}\n");
        let run = |form: &str| {
            let all = [&["check", "-f", "-", "--output", form], &flags[..]].concat();
            let output = stackgen(folder.path(), &all, &text);
            String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
        };
        let document = run("json");
        let document: Value = serde_json::from_str(&document[..=document.rfind("\n}").unwrap() + 1]).unwrap();
        let complaints = document["complaints"].as_array().unwrap();
        assert!(!complaints.is_empty(), "{text}");
        for complaint in complaints {
            assert!(["<stdin>", "--set"].contains(&complaint["file"].as_str().unwrap()), "{complaint}");
        }
        let human = run("human");
        let spots = human.lines().filter_map(|line| line.trim_start().strip_prefix("--> "));
        let spots: Vec<&str> = spots.collect();
        assert!(
            !spots.is_empty()
                && spots.iter().all(|spot| spot.starts_with("<stdin>") || spot.starts_with("--set")),
            "{human}"
        );
    }
}

#[test]
fn the_first_line_of_a_text_is_the_first_that_says_something() {
    let mut sources = Sources::new();
    for (text, wanted) in
        [("# a\n\n---\nkind: Stack \nb: 1\n", "kind: Stack"), ("", ""), ("# a\n", ""), ("a: 1", "a: 1")]
    {
        let id = sources.add("stack.yaml", text, Layer::File);
        let place = sources.first_line(id);
        assert_eq!(&text[place.start as usize..place.end as usize], wanted);
    }
}
