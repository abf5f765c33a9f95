//! Properties over mutated texts: nothing panics, every place is in the text, and another reader sees the same.

use proptest::prelude::*;
use serde_json::Value;

use super::{document, sources};
use crate::diagnostic::{At, Path};
use crate::load::set;
use crate::tree::de::read;
use crate::tree::node::{Kind, Node};
use crate::tree::parse;

const SEED: &str = "a: &x {k: 1, ü: \"q\"}\nb:\n  - *x\n  - 'it''s'\n  - |\n    l1\n     l2\nc: !!str 5\nd: [1.5, ~, true, 0o17]\n\
                    e:\n  <<: *x\n  f: >-\n    g\n    h\n? i\n: \"j\\u00e9\"\n# end\n";

fn mutated() -> impl Strategy<Value = String> {
    let bits: Vec<&str> = vec![
        "\t", "\n", "\r\n", ": ", "- ", "*x", "&x ", "!!int ", "{", "}", "[", "]", "\"", "'", "|", ">", "#",
        "%", "@", "é", "\u{feff}", "---\n", "...\n", "<<: ", "? ", ",", "  ", "\\", "0x1", "1_0", "null",
        "\u{0}", "\u{85}", "\u{2028}", "`",
    ];
    let change = (any::<prop::sample::Index>(), 0_usize..4, prop::sample::select(bits));
    prop::collection::vec(change, 0..8).prop_map(|changes| {
        let mut text: Vec<char> = SEED.chars().collect();
        for (at, cut, put) in changes {
            let at = at.index(text.len() + 1);
            let end = (at + cut).min(text.len());
            text.splice(at..end, put.chars());
        }
        text.into_iter().collect()
    })
}

fn check(node: &Node, text: &str) {
    let place = node.place;
    assert!(text.get(place.start as usize..place.end as usize).is_some(), "{place:?} in {text:?}");
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|item| check(item, text)),
        Kind::Map(map) => map.values().for_each(|entry| {
            assert!(text.get(entry.key.start as usize..entry.key.end as usize).is_some());
            check(&entry.value, text);
        }),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn nothing_panics_and_places_are_in_the_text(text in mutated()) {
        match document(&text) {
            Ok(node) => check(&node, &text),
            Err(complaints) => {
                prop_assert!(complaints.refuse());
                for complaint in complaints.iter() {
                    let At::Place(place) = complaint.at else { panic!("no place: {complaint:?}") };
                    prop_assert!(text.get(place.start as usize..place.end as usize).is_some(), "{complaint:?}");
                }
            }
        }
        let (mut sources, id) = sources(&text);
        let _ = parse::documents(&sources, id);
        let _ = set::parse(&text, &mut sources, &|_| set::SetType::Other);
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        let _ = document(&text);
    }

    #[test]
    fn another_reader_sees_the_same(text in mutated()) {
        // What is read in two ways, or not at all by us, is not compared.
        let ours = document(&text).ok().and_then(|node| read::<Value>(&node, &Path::root()).ok());
        // The other reader follows YAML 1.1 in what ends a line.
        let lines = !text.contains(['\u{85}', '\u{2028}']);
        let theirs = serde_yaml::from_str::<serde_yaml::Value>(&text).ok().filter(|_| lines).and_then(|mut theirs| {
            theirs.apply_merge().ok()?;
            json(&theirs)
        });
        if let (Some(ours), Some(theirs)) = (ours, theirs) {
            prop_assert_eq!(ours, theirs, "{}", text);
        }
    }
}

/// Their value in our terms; nothing for what we would not read.
fn json(value: &serde_yaml::Value) -> Option<Value> {
    Some(match value {
        serde_yaml::Value::Mapping(map) => {
            // They leave a merge inside of a merge as it is.
            let known = |key: &str| (key != "<<").then(|| key.to_owned());
            let entries = map.iter().map(|(key, value)| Some((known(key.as_str()?)?, json(value)?)));
            Value::Object(entries.collect::<Option<_>>()?)
        }
        serde_yaml::Value::Sequence(items) => Value::Array(items.iter().map(json).collect::<Option<_>>()?),
        serde_yaml::Value::Tagged(_) => return None,
        other => serde_json::to_value(other).ok()?,
    })
}
