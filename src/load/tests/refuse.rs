//! Settings that are refused: by serde at the first complaint, by the schema with all of them, in the same words.

#![allow(dead_code, reason = "what matters is whether the fields can be read")]

use std::collections::BTreeMap;

use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

use super::{node, told};
use crate::diagnostic::{Path, Step};
use crate::load::set::SetType;
use crate::tree::de::{Scalar, ScalarOr, read};
use crate::tree::schema;

/// Every shape that settings have.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Settings {
    /// How many.
    #[serde(default)]
    masters: u16,
    #[serde(default)]
    replicas: Option<u32>,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    on: bool,
    #[serde(default)]
    ratio: Option<f64>,
    #[serde(default)]
    mode: Option<Mode>,
    #[serde(default)]
    plain: Option<Plain>,
    #[serde(default)]
    uses: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, ScalarOr<Secret>>,
    #[serde(default)]
    raw: Option<Scalar>,
    #[serde(default)]
    password: Option<Secret>,
    #[serde(default)]
    nested: Option<Nested>,
    #[serde(default)]
    many: BTreeMap<String, Nested>,
    #[serde(default)]
    tagged: Option<Tagged>,
    #[serde(default)]
    list: Vec<Nested>,
}

/// With docs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Mode {
    /// One.
    Standalone,
    /// Many.
    Cluster,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Plain {
    Sync,
    Async,
}

/// Where from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum Secret {
    /// A variable.
    Env(String),
    /// A Secret.
    Secret { name: String, key: String },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nested {
    host: String,
    #[serde(default)]
    port: Option<u16>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Tagged {
    Small { size: u8 },
    Large { sizes: Vec<u8> },
}

fn by_serde(text: &str) -> Option<String> {
    read::<Settings>(&node(text), &Path::root()).err().map(|complaint| told(text, &complaint))
}

fn by_schema(text: &str) -> Vec<String> {
    let complaints = schema::complaints(&node(text), &schema_for!(Settings), &Path::root());
    complaints.iter().map(|complaint| told(text, complaint)).collect()
}

#[test]
fn what_serde_accepts_the_schema_accepts() {
    for text in [
        "{masters: 3, replicas: 1, version: v1, on: true, ratio: 1, mode: cluster, plain: sync}",
        "{replicas: null, mode: null, version: \"8.4\", plain: ~, nested: ~, password: ~, raw: ~}",
        "{uses: [a, \"1\"], env: {A: 1.10, B: {env: X}, C: {secret: {name: a, key: b}}}, raw: 0123}",
        "{password: {env: X}, nested: {host: a, port: 1}, many: {a: {host: b}}, tagged: {kind: small, size: 1}}",
        "{ratio: 1.5, list: [{host: a}]}",
    ] {
        assert_eq!((by_serde(text), by_schema(text)), (None, Vec::new()), "{text}");
    }
}

const KEYS: &str = "the keys here are `masters`, `replicas`, `version`, `on`, `ratio`, `mode`, `plain`, `uses`, `env`, \
                    `raw`, `password`, `nested`, `many`, `tagged`, `list`";

const REFUSALS: &[(&str, &str)] = &[
    (
        "{nested: {host: a, prt: 1}}",
        "unknown-key 1:20 unknown key `prt` in `nested`; the keys here are `host`, `port`; did you mean `port`?",
    ),
    ("{masters: three}", "wrong-type 1:11 `masters` must be an integer, found string"),
    (
        "{masters: \"3\"}",
        "wrong-type 1:11 `masters` must be an integer, found string; write `3` without quotes",
    ),
    (
        "{masters: 0644}",
        "wrong-type 1:11 `masters` must be an integer, found ambiguous number; write `644`, or `0o644` if it is octal",
    ),
    ("{masters: 1_000}", "wrong-type 1:11 `masters` must be an integer, found number; write `1000`"),
    ("{masters: 1.5}", "wrong-type 1:11 `masters` must be an integer, found number"),
    ("{masters: 70000}", "bad-value 1:11 `masters` must be between 0 and 65535"),
    ("{masters: -1}", "bad-value 1:11 `masters` must be between 0 and 65535"),
    ("{masters: [1]}", "wrong-type 1:2 `masters` must be an integer, found list"),
    (
        "{masters: }",
        "wrong-type 1:2 `masters` must be an integer, found null; write a value, or remove the key",
    ),
    ("{replicas: -1}", "bad-value 1:12 `replicas` must be between 0 and 4294967295"),
    (
        "{version: 1.30}",
        "wrong-type 1:11 `version` must be a string, found number; write it in quotes: \"1.30\"",
    ),
    (
        "{version: true}",
        "wrong-type 1:11 `version` must be a string, found boolean; write it in quotes: \"true\"",
    ),
    (
        "{version: 22:22}",
        "wrong-type 1:11 `version` must be a string, found number; write it in quotes: \"22:22\"",
    ),
    (
        "{version: 1_000}",
        "wrong-type 1:11 `version` must be a string, found number; write it in quotes: \"1_000\"",
    ),
    ("{on: yes}", "wrong-type 1:6 `on` must be `true` or `false`, found string; write `true`"),
    ("{on: Off}", "wrong-type 1:6 `on` must be `true` or `false`, found string; write `false`"),
    ("{on: True}", "wrong-type 1:6 `on` must be `true` or `false`, found boolean; write `true`"),
    (
        "{on: \"true\"}",
        "wrong-type 1:6 `on` must be `true` or `false`, found string; write `true` without quotes",
    ),
    ("{ratio: x}", "wrong-type 1:9 `ratio` must be a number, found string"),
    (
        "{mode: clustr}",
        "unknown-value 1:8 `mode` cannot be `clustr`; it can be `standalone` or `cluster`; did you mean `cluster`?",
    ),
    ("{mode: x}", "unknown-value 1:8 `mode` must be `standalone` or `cluster`"),
    ("{mode: [x]}", "wrong-type 1:2 `mode` must be `standalone` or `cluster`, found list"),
    (
        "{plain: asinc}",
        "unknown-value 1:9 `plain` cannot be `asinc`; it can be `sync` or `async`; did you mean `async`?",
    ),
    ("{uses: nacos}", "wrong-type 1:8 `uses` must be a list, found string; write a list: `[one, other]`"),
    (
        "{uses: [a, 1]}",
        "wrong-type 1:12 `uses[1]` must be a string, found integer; write it in quotes: \"1\"",
    ),
    ("{raw: [1]}", "wrong-type 1:2 `raw` must be a string, a number or a boolean, found list"),
    ("{password: hunter2}", "unknown-value 1:12 `password` must be `env` or `secret`"),
    ("{password: env}", "bad-value 1:12 `password`: `env` needs a value: `{env: …}`"),
    (
        "{password: {envv: X}}",
        "unknown-value 1:13 `password` cannot be `envv`; it can be `env` or `secret`; did you mean `env`?",
    ),
    (
        "{password: {env: X, secret: {}}}",
        "bad-value 1:2 `password`: exactly one key is allowed: `env` or `secret`",
    ),
    (
        "{password: {secret: {name: a}}}",
        "missing-key 1:13 missing key `key` in `password.secret`; add `key:`",
    ),
    (
        "{env: {A: {secret: {name: a, key: b, x: c}}}}",
        "unknown-key 1:38 unknown key `x` in `env.A.secret`; the keys here are `name`, `key`",
    ),
    ("{nested: {}}", "missing-key 1:2 missing key `host` in `nested`; add `host:`"),
    ("{many: {a: {port: 1}}}", "missing-key 1:9 missing key `host` in `many.a`; add `host:`"),
    ("{nested: x}", "wrong-type 1:10 `nested` must be a mapping, found string"),
    (
        "{list: [{host: a}, {host: b, port: x}]}",
        "wrong-type 1:36 `list[1].port` must be an integer, found string",
    ),
];

#[test]
fn both_say_the_same() {
    let mut wrong = Vec::new();
    for &(text, wanted) in REFUSALS {
        let (serde, schema) = (by_serde(text).unwrap_or_default(), by_schema(text).join("\n         "));
        if serde != wanted || schema != wanted {
            wrong.push(format!("{text}\n  wanted {wanted}\n  serde  {serde}\n  schema {schema}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_schema_finds_all_of_them() {
    let text =
        "masters: x\nreplica: 1\nnested: {prt: 1}\nuses: [1, a, 2.0]\ntagged: {kind: small, size: x}\n";
    let wanted = [
        "wrong-type 1:10 `masters` must be an integer, found string".to_owned(),
        format!("unknown-key 2:1 unknown key `replica`; {KEYS}; did you mean `replicas`?"),
        "unknown-key 3:10 unknown key `prt` in `nested`; the keys here are `host`, `port`; did you mean `port`?".to_owned(),
        "missing-key 3:1 missing key `host` in `nested`; add `host:`".to_owned(),
        "wrong-type 4:8 `uses[0]` must be a string, found integer; write it in quotes: \"1\"".to_owned(),
        "wrong-type 4:14 `uses[2]` must be a string, found number; write it in quotes: \"2.0\"".to_owned(),
        "wrong-type 5:29 `tagged.size` must be an integer, found string".to_owned(),
    ];
    assert_eq!(by_schema(text), wanted);
}

#[test]
fn alternatives_are_chosen_by_key() {
    for (text, wanted) in [
        (
            "{tagged: {kind: smal}}",
            "unknown-value 1:17 `tagged.kind` cannot be `smal`; it can be `small` or `large`; did you mean `small`?",
        ),
        ("{tagged: {size: 1}}", "missing-key 1:2 missing key `kind` in `tagged`; add `kind:`"),
        ("{tagged: [x]}", "wrong-type 1:2 `tagged` must be a mapping, found list"),
        (
            "{env: {A: [x]}}",
            "wrong-type 1:8 `env.A` must be a string, a number or a boolean, or a mapping, found list",
        ),
    ] {
        assert_eq!(by_schema(text), [wanted], "{text}");
        assert!(by_serde(text).is_some(), "{text}");
    }
}

fn path(words: &str) -> Path {
    words.split('.').map(|word| Step::Key(word.to_owned())).collect()
}

#[test]
fn the_schema_says_what_stands_at_a_path() {
    let schema = schema_for!(Settings);
    let described = |words: &str| schema::field_at(&schema, &path(words))?.get("description")?.as_str();
    assert_eq!(described("masters"), Some("How many."));
    assert_eq!(schema::keys_at(&schema, &path("many.x")), ["host", "port"]);
    assert_eq!(schema::keys_at(&schema, &path("password")), ["env", "secret"]);
    assert_eq!(schema::keys_at(&schema, &Path::root()).len(), 15);
    assert!(schema::key_at(&schema, &path("nested.nope")).is_none());
    assert!(schema::key_at(&schema, &path("list").index(0).key("port")).is_some());
    for (words, wanted) in [
        ("version", SetType::Text),
        ("mode", SetType::Text),
        ("plain", SetType::Text),
        ("raw", SetType::Text),
        ("nested.host", SetType::Text),
        ("many.x.host", SetType::Text),
        ("masters", SetType::Other),
        ("on", SetType::Other),
        ("uses", SetType::Other),
        ("password", SetType::Other),
        ("env.A", SetType::TextOr),
        ("nope", SetType::Other),
    ] {
        assert_eq!(crate::load::set::set_type(&schema, &path(words)), wanted, "{words}");
    }
}
