//! Settings that are read.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::node;
use crate::diagnostic::Path;
use crate::tree::de::{Scalar, ScalarOr, read};

fn value<T: DeserializeOwned>(text: &str) -> T {
    let node = node(&format!("v: {text}"));
    read(&node.as_map().unwrap()["v"].value, &Path::root().key("v"))
        .unwrap_or_else(|told| panic!("{text}: {told:#?}"))
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum From {
    Env(String),
    Secret { name: String, key: String },
    None,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u32),
    Text(String),
    Flag(bool),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Port(u16);

#[test]
fn scalars_are_read_strictly() {
    assert_eq!(value::<u16>("65535"), 65535);
    assert_eq!(value::<u32>("0x1F"), 31);
    assert_eq!(value::<u32>("0o644"), 420);
    assert_eq!(value::<i64>("-3"), -3);
    assert_eq!(value::<f64>("3"), 3.0);
    assert_eq!(value::<f64>("1.5e3"), 1500.0);
    assert!(value::<bool>("true"));
    assert_eq!(value::<Port>("80"), Port(80));
    assert_eq!(value::<Option<u8>>("~"), None);
    assert_eq!(value::<Option<u8>>("3"), Some(3));
    value::<()>("null");
    assert_eq!(value::<char>("x"), 'x');
}

#[test]
fn strings_are_text_to_every_reader() {
    for (text, wanted) in [
        ("abc", "abc"),
        ("\"1.30\"", "1.30"),
        ("'true'", "true"),
        ("\"\"", ""),
        ("8.4.1", "8.4.1"),
        ("v2.5.3", "v2.5.3"),
        ("2024-01-31", "2024-01-31"),
        ("yes", "yes"),
        ("off", "off"),
        ("10.0.0.1:80", "10.0.0.1:80"),
        ("500m", "500m"),
        ("2Gi", "2Gi"),
        ("1_a", "1_a"),
        ("-", "-"),
        (".", "."),
        ("0x", "0x"),
        ("12:99", "12:99"),
        ("inf", "inf"),
        ("nan", "nan"),
        ("|-\n  8.4", "8.4"),
    ] {
        if text != "-" {
            assert_eq!(value::<String>(text), wanted, "{text}");
        }
        assert_eq!(
            value::<Option<String>>(&format!("'{}'", wanted.replace('\'', "''"))),
            Some(wanted.to_owned())
        );
    }
}

#[test]
fn scalars_keep_what_was_written() {
    for text in ["1.10", "true", "0123", "1_000", "yes", "abc", "0x1F", ".inf", "1e3"] {
        assert_eq!(&*value::<Scalar>(text), text);
        assert_eq!(value::<Option<Scalar>>(text), Some(Scalar(text.to_owned())));
        let map = value::<BTreeMap<String, ScalarOr<From>>>(&format!("{{k: {text}}}"));
        assert_eq!(map["k"], ScalarOr::Scalar(Scalar(text.to_owned())));
    }
    assert_eq!(&*value::<Scalar>("\"a\\tb\""), "a\tb");
    assert_eq!(value::<ScalarOr<From>>("{env: X}"), ScalarOr::Other(From::Env("X".to_owned())));
    let json: Vec<Scalar> = serde_json::from_str("[1, true, \"x\"]").unwrap();
    assert_eq!(json.iter().map(|one| one.0.as_str()).collect::<Vec<_>>(), ["1", "true", "x"]);
    assert_eq!(serde_json::to_string(&json).unwrap(), "[\"1\",\"true\",\"x\"]");
}

#[test]
fn shapes_are_read() {
    assert_eq!(value::<From>("none"), From::None);
    assert_eq!(value::<From>("{env: A}"), From::Env("A".to_owned()));
    let secret = From::Secret { name: "a".to_owned(), key: "b".to_owned() };
    assert_eq!(value::<From>("{secret: {name: a, key: b}}"), secret);
    assert_eq!(value::<Either>("5"), Either::Number(5));
    assert_eq!(value::<Either>("\"5\""), Either::Text("5".to_owned()));
    assert_eq!(value::<Either>("true"), Either::Flag(true));
    assert_eq!(value::<(u8, String)>("[1, b]"), (1, "b".to_owned()));
    assert_eq!(value::<BTreeMap<u16, String>>("{80: a}")[&80], "a");
    let map: IndexMap<String, Vec<u8>> = value("{b: [1], a: []}");
    assert_eq!(map.keys().collect::<Vec<_>>(), ["b", "a"]);
    let json: serde_json::Value = value("{a: [1, -2, 1.5, true, null, x, \"1\", 0x10], b: {}, c: True}");
    let wanted = serde_json::json!({"a": [1, -2, 1.5, true, null, "x", "1", 16], "b": {}, "c": true});
    assert_eq!(json, wanted);
}
