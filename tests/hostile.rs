//! Manifests of strangers have any shape: whatever stands in the place of what was expected, all rules look at it and none of
//! them breaks down.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;

use serde::Deserialize as _;
use serde_json::{Value, json};
use stackgen::k8s::Object;
use stackgen::verify::{self, Around, Set};
use stackgen::written::Wanted;

/// Manifests per example; each has some hundred places with something else in it.
const ROUNDS: u64 = 24;

#[test]
fn no_shape_breaks_a_rule_down() {
    let mut complaints = 0;
    for case in support::example_cases() {
        let text = fs::read_to_string(case.expectation("manifest.yaml")).unwrap();
        let objects: Vec<Value> = serde_yaml::Deserializer::from_str(&text)
            .map(|document| Value::deserialize(document).unwrap())
            .collect();
        for round in 1..=ROUNDS {
            let mut dice = Dice(round.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let mut bent = objects.clone();
            bent.iter_mut().for_each(|object| bend(object, 20 + round * 3, &mut dice));
            complaints += all(&bent);
        }
    }
    assert!(complaints > 5_000, "{complaints}");
}

fn all(objects: &[Value]) -> usize {
    let objects: Vec<Object> = objects.iter().filter_map(|value| Object::new(value.clone()).ok()).collect();
    let around = Around::default();
    let set = Set::new(objects.iter().collect(), &around);
    verify::complaints(&set, Wanted::default(), |complaint, _| complaint).iter().count()
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// Puts something else in one of `sides` places.
fn bend(value: &mut Value, sides: u64, dice: &mut Dice) {
    match value {
        Value::Object(map) => map.values_mut().for_each(|value| bend(value, sides, dice)),
        Value::Array(items) => items.iter_mut().for_each(|value| bend(value, sides, dice)),
        _ => {}
    }
    if dice.roll(sides) == 0 {
        *value = strange(dice);
    }
}

fn strange(dice: &mut Dice) -> Value {
    let all = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(u64::MAX),
        json!(1.5),
        json!(""),
        json!("é\u{2028}\n::=,;@//$(X) ${Y} -"),
        json!("99999999999999999999999"),
        json!("-Xmx99999999999999999g -Xmx -XX:MaxRAMPercentage=x"),
        json!("a:1:2:3,,b:99999999;c:0 @:1 ://x:1"),
        json!([]),
        json!([null, [], {}, "", 0]),
        json!({}),
        json!({"": {"": [{}]}}),
        json!({"name": null, "value": {}, "key": [], "port": "x"}),
        json!("18446744073709551615%"),
        json!("key=\n=\n:\n[x]\n\u{feff}"),
        json!("{\"a\": [1, {\"b\": null}]}"),
        json!("a: [1, {b: ]"),
    ];
    all[usize::try_from(dice.roll(all.len() as u64)).unwrap()].clone()
}
