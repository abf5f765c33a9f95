//! What exists already is offered as what we draw: apps get the same variables, and only addresses differ. So one key is
//! enough to turn from one to the other.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use stackgen::components::{APPS, WORDS};
use support::vocabulary::{facts, generated, merge};

/// A component that is drawn, and the same one where it exists already.
struct Pair {
    word: &'static str,
    /// What is said of both.
    both: Value,
    drawn: Value,
    external: Value,
    /// Facts that only who draws it knows.
    unknown: &'static [&'static str],
}

fn pair(word: &'static str, both: Value, drawn: Value, external: Value) -> Pair {
    Pair { word, both, drawn, external, unknown: &[] }
}

fn secret() -> Value {
    json!({ "secret": { "name": "shop", "key": "shop" } })
}

fn pairs() -> Vec<Pair> {
    let disk = json!({ "size": "1Gi" });
    let users = json!({ "databases": ["shop"], "rootPassword": secret(), "replicationPassword": secret(),
        "users": { "shop": { "password": secret(), "databases": ["shop"] } } });
    let password = json!({ "password": secret() });
    let auth = json!({ "enabled": true, "token": secret(), "identity": { "secret": { "name": "shop" } },
        "client": { "user": "shop", "password": secret() } });
    let nacos = json!({ "auth": auth, "admin": { "password": secret() } });
    let account = json!({ "user": "shop-apps", "password": secret() });
    let admin = json!({ "user": "shop-admin", "password": secret() });
    let access = json!({ "accessControl": { "admin": admin, "client": account } });
    let proxy = json!({ "users": { "shop": { "password": secret() } } });
    let (db, ro) = ("db.corp.example", "ro.corp.example");
    let shards = json!([{ "primary": db, "replicas": [ro] }, { "primary": "db-1.corp.example", "replicas": ["ro-1.corp.example"] }]);
    vec![
        pair("mysql", users.clone(), json!({ "replicas": 0 }), json!({ "host": db })),
        pair(
            "mysql",
            users,
            json!({ "shards": 2, "replicas": 1, "storage": disk }),
            json!({ "shards": shards }),
        ),
        pair("shardingsphere", proxy, json!({}), json!({ "host": db })),
        pair("redis", password.clone(), json!({ "mode": "standalone" }), json!({ "host": db })),
        pair(
            "redis",
            password.clone(),
            json!({ "mode": "cluster", "storage": disk }),
            json!({ "nodes": [db, ro] }),
        ),
        Pair {
            unknown: &["nodes"],
            ..pair(
                "redis",
                password,
                json!({ "mode": "sentinel", "storage": disk }),
                json!({ "sentinels": [db, ro] }),
            )
        },
        pair("nacos", nacos.clone(), json!({ "mode": "standalone" }), json!({ "servers": [db] })),
        pair("nacos", nacos, json!({ "mode": "cluster", "replicas": 3 }), json!({ "servers": [db, ro] })),
        pair(
            "nacos",
            json!({ "auth": { "enabled": false } }),
            json!({ "mode": "standalone" }),
            json!({ "servers": [db] }),
        ),
        pair("kafka", json!({}), json!({ "brokers": 3 }), json!({ "bootstrap": [db, ro] })),
        pair("zookeeper", json!({}), json!({ "replicas": 3 }), json!({ "servers": [db, ro] })),
        Pair {
            unknown: &["masters"],
            ..pair("rocketmq", json!({}), json!({ "nameServers": 2 }), json!({ "nameServers": [db, ro] }))
        },
        Pair {
            unknown: &["masters"],
            ..pair(
                "rocketmq",
                access,
                json!({ "proxy": { "replicas": 1 } }),
                json!({ "nameServers": [db], "proxy": ro }),
            )
        },
        pair("consul", json!({ "appToken": secret() }), agents(), json!({ "agent": "hostIP" })),
        pair("consul", json!({}), json!({ "mode": "standalone" }), json!({ "agent": db })),
    ]
}

fn agents() -> Value {
    json!({ "mode": "agents", "servers": ["10.0.0.1", "10.0.0.2"] })
}

/// A stack with two apps that use it, one of them with Spring.
fn stack(pair: &Pair, own: &Value) -> Value {
    let mut settings = pair.both.clone();
    merge(&mut settings, own.clone());
    let uses = json!([pair.word]);
    let mut stack = json!({
        "apiVersion": "stackgen/v1",
        "kind": "Stack",
        "metadata": { "name": "shop", "namespace": "shop" },
        pair.word: settings,
        "apps": {
            "spring": { "image": "shop/spring:1.0.0", "springBoot": "3.4", "uses": uses },
            "plain": { "image": "shop/plain:1.0.0", "uses": uses },
        },
    });
    if pair.word == "shardingsphere" {
        let user = json!({ "shop": { "password": secret(), "databases": ["shop"] } });
        merge(
            &mut stack,
            json!({ "mysql": { "databases": ["shop"], "users": user, "rootPassword": secret() } }),
        );
    }
    stack
}

fn external(pair: &Pair) -> Value {
    stack(pair, &json!({ "external": pair.external }))
}

/// The variables of the apps' own containers.
fn variables(stack: &Value) -> BTreeMap<(String, String), Value> {
    let (manifest, _) =
        generated(stack, Some("dev")).unwrap_or_else(|complaints| panic!("{stack} {complaints:#?}"));
    let mut found = BTreeMap::new();
    let apps = manifest.objects().iter().filter(|proven| ["plain", "spring"].contains(&proven.object.name()));
    for object in apps.map(|proven| &proven.object).filter(|object| object.kind() == "Deployment") {
        let env = object.at("/spec/template/spec/containers/0/env").and_then(Value::as_array);
        for variable in env.into_iter().flatten() {
            let name = variable["name"].as_str().unwrap().to_owned();
            found.insert((object.name().to_owned(), name), variable.clone());
        }
    }
    found
}

#[test]
fn only_addresses_differ() {
    let mut told = BTreeSet::new();
    for pair in pairs() {
        let (drawn, outside) = (variables(&stack(&pair, &pair.drawn)), variables(&external(&pair)));
        let names =
            |found: &BTreeMap<(String, String), Value>| found.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(&drawn), names(&outside), "{} {}", pair.word, pair.external);
        for (name, value) in &drawn {
            let other = &outside[name];
            let (ours, theirs) =
                (value["value"].as_str().unwrap_or_default(), other["value"].as_str().unwrap_or_default());
            let addresses = ours.contains(".svc.cluster.local") && theirs.contains(".corp.example");
            assert!(value == other || addresses, "{}: {name:?}: {value} {other}", pair.word);
            told.extend(addresses.then_some(pair.word));
        }
    }
    // Consul's agents are called by the node's address in both.
    let words: BTreeSet<&str> = WORDS.iter().map(|word| word.name).filter(|word| *word != APPS).collect();
    assert_eq!(told, words);
}

#[test]
fn the_same_facts_are_offered() {
    for pair in pairs() {
        let names = |stack: &Value| -> BTreeSet<String> { facts(stack, pair.word).keys().cloned().collect() };
        let drawn: BTreeSet<String> = names(&stack(&pair, &pair.drawn));
        let missing: Vec<String> = drawn.difference(&names(&external(&pair))).cloned().collect();
        assert_eq!(missing, pair.unknown, "{} {}", pair.word, pair.external);
    }
}

/// Nothing of it is drawn: the objects are those of a stack that does not have it, and Secrets.
#[test]
fn nothing_of_it_is_drawn() {
    for pair in pairs() {
        let (manifest, _) = generated(&external(&pair), Some("dev")).unwrap();
        let own = manifest.objects().iter().map(|proven| proven.object.id()).filter(|id| {
            let (_, name) = id.split_once('/').unwrap();
            name == pair.word || name.starts_with(&format!("{}-", pair.word))
        });
        assert_eq!(own.collect::<Vec<_>>(), Vec::<String>::new(), "{}", pair.word);
    }
}

/// The keys that count beside `external` are keys, and each word has some that do not.
#[test]
fn keys_beside_are_those_of_the_word() {
    for word in WORDS.iter().filter(|word| word.name != APPS) {
        let schema = (word.schema)().to_value();
        for key in word.beside.unwrap() {
            let first = key.split('.').next().unwrap();
            assert!(schema["properties"].get(first).is_some(), "{}.{key}", word.name);
        }
    }
}

/// Every key but those beside is told in the same file, as a warning; not in another layer.
#[test]
fn keys_of_what_is_drawn_are_told_beside_it() {
    for pair in pairs() {
        let keys: Vec<&String> = pair.drawn.as_object().unwrap().keys().collect();
        let mut here = external(&pair);
        merge(&mut here, json!({ pair.word: pair.drawn }));
        let (_, warnings) = generated(&here, Some("dev")).unwrap();
        let told: Vec<&str> =
            warnings.iter().filter(|one| one.code == "unused-key").map(|one| one.title.as_str()).collect();
        for key in keys {
            let title = format!("`{}.{key}` has no effect", pair.word);
            assert!(told.contains(&title.as_str()), "{title}: {told:?}");
        }
        let mut there = stack(&pair, &pair.drawn);
        merge(&mut there, json!({ "profiles": { "dev": { pair.word: { "external": pair.external } } } }));
        let (manifest, warnings) = generated(&there, Some("dev")).unwrap();
        assert_eq!(warnings.iter().filter(|one| one.code == "unused-key").count(), 0, "{}", pair.word);
        assert_eq!(variables(&external(&pair)), variables(&there), "{} {}", pair.word, manifest.summary());
    }
}
