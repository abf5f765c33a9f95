//! What was written is read back: by `serde_yaml` here, by PyYAML and kubectl's reader when the emitter was made.

use super::document;
use super::scalar::{Style, style};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Strings that some reader takes for something else when they stand bare.
#[rustfmt::skip]
const QUOTED: &[&str] = &[
    "", "yes", "Yes", "on", "ON", "y", "Y", "n", "no", "off", "true", "True", "FALSE", "null", "Null", "~",
    "=", "<<", "0", "-0", "+1", "8080", "0123", "0o17", "0x1F", "-0x1f", "0_x1", "+_0b1", "0b1", "1e3", "1E3", "1_000",
    "1,000", ".5", "5.", "1.5", "-1.5e-7", ".inf", "-.INF", "+.inf", ".nan", ".NaN", "12:30:45",
    "190:20:30.15", "2024-01-01", "2024-01-01T00:00:00Z", "2024-01-01 00:00:00", "._", "-", "--", "+", ".",
    " a", "a ", " ", "#x", "a #b", "a: b", "a:", ":", ":a", "- a", "?", "? a", "?a", "@a", "`a", "%a", "!a",
    "&a", "*a", "{a", "}", "[a", "]", ",a", "|", ">", "|-", "'a'", "\"a\"", "---", "--- a", "...",
    "a\u{85}b", "a\u{2028}b", "a\u{2029}", "\u{feff}a", "a\u{fffe}", "a\0b", "\u{1b}[0m", "\u{7f}",
    "\u{9f}", "a\tb", "\ta", "a\t#b", "a:\tb", "a\rb", "a\r\nb", "\n", "\n\n", " \n", "  \na", "a\n  ",
    "a\n\t\n", "\n \n a", "a\n\n \n", "a\n\u{85}",
];

/// Strings which stay bare.
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "a", "apps/v1", "10.0.0.1", "1.27.3", "500m", "10Gi", "30s", "8080-tcp", "3f2a9c", "-Xmx512m", "-c",
    "-e", "--flag=a", "$(POD_NAME)", "a:b", "redis:7.2", "a#b", "a-b", "it's", "say \"hi\"", "a,b", "a[0]",
    "x }}", ".gitignore", "./run", "/data", "truely", "null-ish", "=a", "~a", "<a>", "名字", "🦀", "a\u{a0}b",
    "1st", "jdbc:mysql://h:1/d?a=b&c=d",
];

/// Strings that become literals.
#[rustfmt::skip]
const LITERAL: &[&str] = &[
    "a\nb", "a\n", "a\n\n", "a\n\n\n", "\na", "\n\na\n", " a\nb", "\ta\n", "\n  a\n b\n", "a  \nb",
    "a\n   \nb\n", "a\n\n\nb", "# a\n", "---\n...\n", "a: |\n  b\n", "- a\n- b", "a\tb\n\tc\n", "🦀\n名字\n",
    "'\n\"\n",
];

fn text_of(value: &Value) -> String {
    let mut out = String::new();
    document(value, &mut out);
    out
}

/// Asserts that `value` comes back, wherever it stands and with keys in their order.
fn comes_back(value: &Value) {
    let places = [
        value.clone(),
        json!({ "k": value, "l": { "m": value }, "z": 1 }),
        json!([value, [value, [value]], { "k": [value, value], "z": value }, 1]),
    ];
    for place in places {
        let text = text_of(&place);
        assert!(text.ends_with('\n'), "{text:?}");
        let back: Value = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(back.to_string(), place.to_string(), "\n{text}");
        let two = format!("{text}---\n{text}");
        for part in serde_yaml::Deserializer::from_str(&two) {
            let back = <Value as serde::Deserialize>::deserialize(part).unwrap();
            assert_eq!(back.to_string(), place.to_string(), "\n{two}");
        }
    }
}

#[test]
fn every_string_has_the_expected_style_and_comes_back() {
    for (strings, expected) in [(QUOTED, Style::Quoted), (PLAIN, Style::Plain), (LITERAL, Style::Literal)] {
        for text in strings {
            assert_eq!(style(text), expected, "{text:?}");
            comes_back(&json!(text));
            comes_back(&json!({ *text: text }));
            comes_back(&json!({ *text: { *text: [{ *text: text }] } }));
        }
    }
}

#[test]
fn numbers_come_back() {
    let floats =
        [0.0, -0.0, 1.5, 1e15, 1e16, 1e21, 1e30, -2.5e-9, 5e-324, f64::MAX, f64::MIN_POSITIVE, 0.1 + 0.2];
    for float in floats {
        comes_back(&json!(float));
    }
    for number in [json!(0), json!(-1), json!(u64::MAX), json!(i64::MIN)] {
        comes_back(&number);
    }
    assert_eq!(text_of(&json!([1e30, -2.5e-9, 1e-7])), "- 1.0e+30\n- -2.5e-9\n- 1.0e-7\n");
}

#[test]
fn layout_is_that_of_kubectl() {
    let value = json!({
        "kind": "Pod", "empty": {}, "none": [], "null": null,
        "spec": { "containers": [{ "name": "a", "args": ["-c", "x: 1"], "env": [] }, { "name": "b" }], "m": [[1, [2]], []] },
        "data": { "a.conf": "x=1\n\n  y=2\n", "b": "  x\n" },
    });
    let text = "\
kind: Pod
empty: {}
none: []
\"null\": null
spec:
  containers:
  - name: a
    args:
    - -c
    - \"x: 1\"
    env: []
  - name: b
  m:
  - - 1
    - - 2
  - []
data:
  a.conf: |
    x=1

      y=2
  b: |2
      x
";
    assert_eq!(text_of(&value), text);
    comes_back(&value);
}

#[test]
fn keys_too_long_for_one_line_are_explicit() {
    for length in [1022, 1023, 1024, 1025] {
        for fill in ["k", "\"", "名"] {
            let name = fill.repeat(length);
            for value in [
                json!(1),
                json!("a\nb"),
                json!([1, [2]]),
                json!({ "a": 1 }),
                json!({}),
                json!({ name.as_str(): [1] }),
            ] {
                comes_back(&json!({ name.as_str(): value, "next": 1 }));
                comes_back(
                    &json!([{ "first": 1, name.as_str(): value }, { name.as_str(): value, "last": 1 }]),
                );
            }
        }
    }
}

fn any_text() -> impl Strategy<Value = String> {
    let listed: Vec<&str> = [QUOTED, PLAIN, LITERAL].concat();
    let words = proptest::sample::select(listed);
    prop_oneof![
        any::<String>(),
        words.clone().prop_map(str::to_owned),
        proptest::collection::vec(words, 2..4).prop_map(|parts| parts.concat()),
        "[ \t\n:#\\-?a0.ex_+'\"|>,=~\u{85}\u{2028}\u{feff}]{0,12}",
        "[ \t\n:#ab-]{0,12}",
        "[-+0-9.e_:xTZ ]{1,10}",
    ]
}

fn any_value() -> impl Strategy<Value = Value> {
    let float = any::<f64>().prop_filter_map("JSON has no infinities", |f| f.is_finite().then(|| json!(f)));
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        1 => float,
        8 => any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((any_text(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_comes_back(value in any_value()) {
        comes_back(&value);
    }
}
