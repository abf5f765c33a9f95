//! Whatever the subset reader answers, `serde_yaml` answers too; and it does answer what templates draw.

mod drawn;

use super::values;
use crate::source::{Layer, Place, Sources};
use crate::tree::fast::nodes;
use crate::tree::node::{Kind, Node};
use crate::tree::parse;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the full parser reads, without empty documents.
fn reference(text: &str) -> Option<Vec<Value>> {
    let read: Result<Vec<Value>, _> =
        serde_yaml::Deserializer::from_str(text).map(Value::deserialize).collect();
    read.ok().map(|values| values.into_iter().filter(|value| !value.is_null()).collect())
}

/// Asserts that both readers agree, to the order of keys, if the subset reader answers at all; did it?
fn agrees(text: &str) -> bool {
    let Some(found) = values(text) else { return false };
    same_places(text);
    let expected = reference(text).map(|values| json!(values).to_string());
    assert_eq!(Some(json!(found).to_string()), expected, "\n{text}");
    true
}

/// Asserts that both readers find the same nodes at the same places.
fn same_places(text: &str) {
    let mut sources = Sources::new();
    let id = sources.add("a.yaml", text, Layer::File);
    let (mut expected, told) = parse::part_of(&sources, id, 0, text.len());
    expected.retain(|node| !matches!(node.kind, Kind::Null));
    if told.refuse() {
        // What stack files may not say, such as a key `<<`.
        return;
    }
    let listed = |nodes: &[Node]| {
        let mut lines = Vec::new();
        nodes.iter().for_each(|node| list(text, node, &mut lines));
        lines
    };
    let found = nodes(text, id, 0).unwrap_or_default();
    for (found, expected) in listed(&found).iter().zip(&listed(&expected)) {
        assert_eq!(found, expected, "\n{text}");
    }
    assert_eq!(listed(&found).len(), listed(&expected).len(), "\n{text}");
}

/// A line for each node and each key, with what is written there.
fn list(text: &str, node: &Node, lines: &mut Vec<String>) {
    let written = |place: Place| format!("{place:?} {:?}", &text[place.start as usize..place.end as usize]);
    lines.push(match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Scalar { text, plain } => format!("{text:?} {plain} {}", written(node.place)),
        // These are shown by their first line.
        _ => {
            format!("{} in line {}", node.noun(), text[..node.place.start as usize].matches('\n').count() + 1)
        }
    });
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|item| list(text, item, lines)),
        Kind::Map(map) => map.iter().for_each(|(key, entry)| {
            lines.push(format!("{key:?} {}", written(entry.key)));
            list(text, &entry.value, lines);
        }),
        _ => {}
    }
}

#[rustfmt::skip]
const INSIDE: &[&str] = &[
    "", "\n\n# a\n", "---\n", "a:", "a:\n", "a: # c\n", "a:\n- b\n-\n- c: 1\n  d:\nb: 2",
    "- - - a\n    - b\n- c", "a: 10.0.0.1", "a: 012k", "a: 0.5", "a: -1e-9", "a: b c  # d", "a: b:c",
    "a: -Xmx1g", "a: --flag=x", "a: ./run", "null: 1", "true: 1", "1: 1", "1.0: 1", "0x1F: 1", ".inf: 1",
    "yes: 1", "012: 1", ".dockerconfigjson: a", "\"\": 1", "\"a b\": 1\n\"c\\n\": 2",
    "a: \"\\u00e9\\/\\b\\f\\u0000\"", "a: \"x # y: z\" # c", "{\"a\":[1,{}]}", "[]",
    "a:\n  [1, 2]\nb:\n  {\"c\":\"d\"} # e", "a: |\n\n  b\n\n\nc: 1\n", "a: |+ # c\n  b\n\n# d\nc: 1\n",
    "- |-\n  a\n   b\n \n", "a: |\n  b\n      \n", "a: |\n  b\n# c\n---\nd: 1\n", "a: 18446744073709551615",
    "a: -9223372036854775808", "a: null\nb: true\nc: false", "a: nulls", "a: yesterday", "a: b #",
    "a: b ##c", "a: 'b'", "a: 'it''s # no: comment' # c", "'a b': 'c'\n'd': ''", "- 'a': 1\n  b: ''",
];

#[rustfmt::skip]
const OUTSIDE: &[&str] = &[
    "a: 1\na: 2", "a: {\"b\":1,\"b\":2}", "a:\t1", "\ta: 1", "a: 1\r\n", "\u{feff}a: 1", "a: \"\u{85}\"",
    "# \u{2028}\na: 1", "a: &b 1", "a: *b", "a: !x 1", "!x a: 1", "a: 'b\n  c'", "a: 'b' c", "a: 'b", "a: ['b']", "a: >\n  b\n",
    "a: |2\n  b\n", "a: |\n  b", "a: |\nb: 1\n", "a: b\n  c", "- b\n c", "a: \"b\n  c\"", "a: [1,\n  2]",
    "a: [a]", "a: [1,]", "a: {b: 1}", "a: {\"b\"}", "a:1", "a : 1", "a", "\"a\"", "1", "- 1\na: 2",
    "a: 1\n- 2", "a:\n  b: 1\n c: 2", "a:\n    b: 1\n  c: 2", " a: 1\nb: 2", "a: - b", "a: b: c", "? a",
    "a: yes", "a: No", "a: on", "a: y", "a: ~", "a: Null", "a: TRUE", "a: 0o7", "a: 012", "a: 1_000",
    "a: .5", "a: 5.", "a: +1", "a: 1e", "a: 0x1F", "a: 0b1", "a: .inf", "a: 12:30:45", "a: 2024-01-01",
    "a: 2024-01-01T00:00:00Z", "a: -0", "a: 1e999", "a: 18446744073709551616", "a: é", "a: @b", "a: %b",
    "a: `b`", "a: \"b\"#c", "a: \"b\" c", "a: \"\\x41\"", "a: \"\\ud83d\\ude00\"", "a: \"\\u+123\"",
    "%YAML 1.2\n---\na: 1", "--- a", "--- {}", "a: 1\n...\n", "-a: 1", "a: -", "<<: {}",
];

const STATEFUL_SET: &str = r#"# drawn by templates/redis/stateful-set.yaml

apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: "shop-redis"
  labels: {"app.kubernetes.io/name":"redis","tier":null}
  annotations:
    "checksum/config": "9f86d081"   # rolls the pods
spec:
  replicas: 3
  podManagementPolicy: Parallel
  updateStrategy:
    type: RollingUpdate
  template:
    spec:
      terminationGracePeriodSeconds: 30
      containers:
      - name: redis
        image: "redis:7.2"
        args: ["-c", "exec redis-server /etc/redis.conf"]
        command:
          - sh
          - -c
          - |
            set -eu
            # announce the name, not the address
            exec redis-server "$CONF"

              --port 6379
        env:
        -
          name: POD_NAME
          valueFrom:
            fieldRef: {"fieldPath": "metadata.name"}
        - name: EMPTY
          value: ""
        resources:
          limits: { "cpu": "500m", "memory": "1Gi" }
          requests:
            cpu: 500m
            memory: 1Gi
      volumes: []
      nodeSelector:
---
# nothing here
---
kind: ConfigMap
data:
  redis.conf: |-
    bind 0.0.0.0
    port 6379

  empty.conf: ""
  matrix:
  - - 1
    - -2.5e3
  - - true
---   # the end
"#;

#[test]
fn a_stateful_set_is_read() {
    assert!(agrees(STATEFUL_SET));
    let found = values(STATEFUL_SET).unwrap();
    assert_eq!(found.len(), 2);
    let script = &found[0]["spec"]["template"]["spec"]["containers"][0]["command"][2];
    let lines =
        "set -eu\n# announce the name, not the address\nexec redis-server \"$CONF\"\n\n  --port 6379\n";
    assert_eq!(script, lines);
}

#[test]
fn what_is_inside_agrees() {
    for text in INSIDE {
        assert!(agrees(text), "{text:?}");
    }
}

#[test]
fn what_is_outside_is_left_to_the_full_parser() {
    for text in OUTSIDE {
        assert!(!agrees(text), "{text:?}");
    }
}

#[test]
fn depth_and_keys_are_limited() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("- ", "")] {
        let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert!(agrees(&nested(64)));
        assert!(!agrees(&nested(65)));
        assert!(!agrees(&nested(100_000)));
    }
    let long = |length: usize| format!("\"{}\": 1", "k".repeat(length));
    assert!(agrees(&long(900)));
    assert!(!agrees(&long(1100)));
}
