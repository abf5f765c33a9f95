//! Every place of a stack where something may be written, from the settings' own schemas: a stack with a value there and
//! nowhere else than needed.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use stackgen::components::{APPS, WORDS};
use stackgen::diagnostic::Diagnostics;
use stackgen::load::Asked;
use stackgen::source::{Layer, Sources};
use stackgen::verify::Manifest;
use stackgen::world::Named;

/// One step to a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A key of ours.
    Key(String),
    /// A key that users choose.
    Free,
    /// An entry of a list.
    Item,
}

/// A place, and the schema of what stands there.
#[derive(Clone, Debug)]
pub struct Place {
    /// `redis`, `apps`, `metadata` …
    pub word: String,
    /// Behind the word.
    pub steps: Vec<Step>,
    /// What may stand there.
    pub schema: Value,
    /// The value is the last free key itself.
    pub is_key: bool,
    /// The keys beside the steps that must be there too, with values, from the outside in.
    pub beside: Vec<Map<String, Value>>,
}

/// All places below all words and the head of a stack.
pub fn places() -> Vec<Place> {
    let mut found = Vec::new();
    let mut all: Vec<(String, Value)> =
        WORDS.iter().map(|word| (word.name.to_owned(), (word.schema)().to_value())).collect();
    let head = stackgen::load::stack::head_schema().to_value();
    for key in ["metadata", "cluster", "external", "waive"] {
        let mut schema = head["properties"][key].clone();
        schema["$defs"] = head["$defs"].clone();
        all.push((key.to_owned(), schema));
    }
    for (word, root) in &all {
        let mut walk = Walk { root, word, found: &mut found };
        walk.visit(root, &mut Vec::new(), &mut Vec::new(), 0);
    }
    // Behind all others, which so keep their numbers, and the values that are tried there.
    found.sort_by_key(|place| matches!(place.steps.first(), Some(Step::Key(key)) if key == "external"));
    found
}

struct Walk<'a> {
    root: &'a Value,
    word: &'a str,
    found: &'a mut Vec<Place>,
}

impl Walk<'_> {
    fn resolved(&self, schema: &Value) -> Value {
        let target = schema["$ref"].as_str().and_then(|name| self.root.pointer(&name[1..]));
        target.map_or_else(|| schema.clone(), |target| self.resolved(target))
    }

    fn visit(
        &mut self,
        schema: &Value,
        steps: &mut Vec<Step>,
        beside: &mut Vec<Map<String, Value>>,
        depth: usize,
    ) {
        let schema = self.resolved(schema);
        assert!(depth < 16, "a schema that contains itself: {steps:?}");
        for choice in ["anyOf", "oneOf", "allOf"].iter().filter_map(|word| schema[word].as_array()).flatten()
        {
            self.visit(choice, steps, beside, depth + 1);
        }
        if schema.get("type").is_some() {
            self.push(steps, beside, schema.clone(), false);
        }
        let needed: Map<String, Value> = self.needed(&schema);
        for (key, field) in schema["properties"].as_object().into_iter().flatten() {
            let mut others = needed.clone();
            others.remove(key);
            steps.push(Step::Key(key.clone()));
            beside.push(others);
            self.visit(field, steps, beside, depth + 1);
            steps.pop();
            beside.pop();
        }
        if let Some(field) = schema.get("additionalProperties").filter(|field| field.is_object()) {
            steps.push(Step::Free);
            beside.push(Map::new());
            self.push(steps, beside, field.clone(), true);
            self.visit(field, steps, beside, depth + 1);
            steps.pop();
            beside.pop();
        }
        if let Some(item) = schema.get("items") {
            steps.push(Step::Item);
            beside.push(Map::new());
            self.visit(item, steps, beside, depth + 1);
            steps.pop();
            beside.pop();
        }
    }

    fn push(&mut self, steps: &[Step], beside: &[Map<String, Value>], schema: Value, is_key: bool) {
        let place = Place {
            word: self.word.to_owned(),
            steps: steps.to_vec(),
            schema,
            is_key,
            beside: beside.to_vec(),
        };
        if !self.found.iter().any(|known| known.name() == place.name() && known.schema == place.schema) {
            self.found.push(place);
        }
    }

    /// The keys that an object cannot do without; those of a word itself come from its defaults.
    fn needed(&self, schema: &Value) -> Map<String, Value> {
        let wanted = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        if schema.get("$schema").is_some() {
            return Map::new();
        }
        wanted.map(|key| (key.to_owned(), self.fitting(key, &schema["properties"][key]))).collect()
    }

    /// Something that fits a key: by its kind where that says it all, else by its name.
    fn fitting(&self, key: &str, schema: &Value) -> Value {
        let schema = self.resolved(schema);
        match schema["type"].as_str() {
            Some("boolean") => json!(true),
            Some("object") => Value::Object(self.needed(&schema)),
            _ if schema["anyOf"][0]["enum"] == json!(["off"]) => json!("off"),
            Some("integer") if usual(key, &schema).is_string() => json!(1),
            _ => usual(key, &schema),
        }
    }
}

/// Something that fits, by the name of the key.
fn usual(key: &str, schema: &Value) -> Value {
    match key {
        "mysql" => json!("mysql"),
        "host" => json!("shop.example.com"),
        "path" => json!("/usual"),
        "size" => json!("10Gi"),
        "cpu" => json!("1"),
        "memory" => json!("4Gi"),
        "password" | "value" => json!({ "secret": { "name": "usual", "key": "usual" } }),
        "databases" => json!(["usual"]),
        "port" => json!(7777),
        "min" => json!(1),
        "max" => json!(3),
        "rule" => json!("image-is-pinned"),
        "object" => json!("Deployment/usual"),
        "periodSeconds" | "timeoutSeconds" | "failureThreshold" => json!(5),
        "url" => json!("https://example.com/driver.jar"),
        "servers" | "bootstrap" | "nameServers" => json!(["usual.example.com"]),
        "agent" | "primary" => json!("usual.example.com"),
        _ if schema["type"] == "array" => json!([]),
        _ => json!("usual"),
    }
}

impl Place {
    /// `redis.config.*`, `apps.*.args.[]`; with `=key` for the free key itself.
    pub fn name(&self) -> String {
        let steps = self.steps.iter().map(|step| match step {
            Step::Key(key) => format!(".{key}"),
            Step::Free => ".*".to_owned(),
            Step::Item => ".[]".to_owned(),
        });
        format!("{}{}{}", self.word, steps.collect::<String>(), if self.is_key { "=key" } else { "" })
    }

    /// Does text of one's own choice fit?
    pub fn takes_text(&self) -> bool {
        let kinds = &self.schema["type"];
        let text =
            kinds == "string" || kinds.as_array().is_some_and(|kinds| kinds.contains(&json!("string")));
        self.is_key || text && self.schema.get("enum").is_none() && self.schema.get("const").is_none()
    }

    /// The settings of the word with `value` at the place; `other` is the value of a free key that is not the place.
    pub fn written(&self, value: &Value) -> Value {
        let mut written = if self.is_key { self.usual_below() } else { value.clone() };
        for (number, step) in self.steps.iter().enumerate().rev() {
            let last = number + 1 == self.steps.len();
            written = match step {
                Step::Item => json!([written]),
                Step::Free if last && self.is_key => keyed(value.as_str().unwrap(), written),
                Step::Free => keyed("usual", written),
                Step::Key(key) => {
                    let mut all = self.beside[number].clone();
                    all.insert(key.clone(), written);
                    all.into()
                }
            };
        }
        written
    }

    /// What stands behind a key that is tried.
    fn usual_below(&self) -> Value {
        let parent = self.steps.iter().rev().nth(1);
        match parent {
            Some(Step::Key(key)) if key == "ports" || key == "nodePorts" => json!(7777),
            Some(Step::Key(key)) if key == "volumes" => json!({ "path": "/usual", "emptyDir": "1Gi" }),
            Some(Step::Key(key)) if key == "users" || key == "login" => {
                let password = json!({ "secret": { "name": "usual", "key": "usual" } });
                if self.word == "mysql" {
                    json!({ "password": password, "databases": ["usual"] })
                } else {
                    json!({ "password": password })
                }
            }
            Some(Step::Key(key)) if key == "hostAliases" => json!("10.0.0.5"),
            Some(Step::Key(key)) if key == "rules" => json!({}),
            Some(Step::Key(key)) if key == "databases" => json!({}),
            _ => json!("usual"),
        }
    }
}

fn keyed(key: &str, value: Value) -> Value {
    let mut map = Map::new();
    map.insert(key.to_owned(), value);
    map.into()
}

/// A stack with these settings of a word, and what they need around them.
pub fn stack(word: &str, settings: Value, around: Value) -> Value {
    let mut stack = json!({
        "apiVersion": "stackgen/v1",
        "kind": "Stack",
        "metadata": { "name": "shop", "namespace": "shop" },
    });
    merge(&mut stack, around);
    let own = match word {
        APPS => json!({ APPS: { "web": settings } }),
        word => keyed(word, settings),
    };
    merge(&mut stack, own);
    stack
}

/// A stack with that value at the place, and around it what the key needs to count.
pub fn with(place: &Place, value: &Value) -> Value {
    let web = json!({ "web": { "image": "shop/web:1.0.0", "port": 8080 } });
    let mut around = match place.word.as_str() {
        "consul" => json!({ "consul": { "mode": "standalone" } }),
        "shardingsphere" | "mysql" => json!({
            "mysql": { "databases": ["usual"], "users": { "usual": { "password": "usual-1", "databases": ["usual"] } } },
        }),
        "apps" => json!({ "mysql": { "databases": ["usual"] }, "apps": web }),
        "metadata" | "cluster" | "external" | "waive" => json!({ "redis": {}, "apps": web }),
        _ => json!({}),
    };
    merge(&mut around, surroundings(place));
    stack(&place.word, place.written(value), around)
}

/// What makes a key below `external` count: who uses it, who logs in, and where it is.
fn of_external(word: &str, keys: &[&str]) -> Value {
    let password = json!({ "secret": { "name": "usual", "key": "usual" } });
    let own = match (word, keys) {
        ("nacos", _) => json!({ "auth": { "enabled": false } }),
        ("mysql" | "shardingsphere" | "redis", ["host" | "port"]) => {
            json!({ "external": { "host": "usual.example.com" } })
        }
        ("redis", ["master" | "sentinelAuth"]) => {
            json!({ "external": { "sentinels": ["usual.example.com"] }, "password": password })
        }
        _ => json!({}),
    };
    let fact = if word == "nacos" { json!({ "FACT": "${{ nacos.console }}" }) } else { json!({}) };
    // Who asks the sentinels for a password is Spring.
    let boot = json!({ "image": "shop/web:1.0.0", "uses": [word], "springBoot": "3.4" });
    let plain = json!({ "image": "shop/web:1.0.0", "uses": [word], "env": fact });
    let web = if keys == ["sentinelAuth"] { boot } else { plain };
    json!({ word: own, "apps": { "web": web } })
}

/// What makes a key count.
fn surroundings(place: &Place) -> Value {
    let keys: Vec<&str> = place
        .steps
        .iter()
        .map(|step| match step {
            Step::Key(key) => key.as_str(),
            Step::Free => "*",
            Step::Item => "[]",
        })
        .collect();
    match (place.word.as_str(), &keys[..]) {
        (word, ["external", below @ ..]) => of_external(word, below),
        ("redis", ["masterName" | "sentinels" | "sentinelResources" | "sentinelStorage", ..]) => {
            json!({ "redis": { "mode": "sentinel", "storage": { "size": "1Gi" } } })
        }
        ("redis", ["masters" | "replicas", ..]) => {
            json!({ "redis": { "mode": "cluster", "storage": { "size": "1Gi" } } })
        }
        ("nacos", ["auth", ..]) => {
            let password = json!({ "secret": { "name": "usual" } });
            let auth = json!({ "token": password, "identity": password });
            let web = json!({ "image": "shop/web:1.0.0", "uses": ["nacos"] });
            json!({ "nacos": { "auth": auth, "admin": { "password": password } }, "apps": { "web": web } })
        }
        ("nacos", ["database", "host" | "user" | "password", ..]) => {
            let password = json!({ "secret": { "name": "usual", "key": "usual" } });
            let host = json!({ "host": "db.example.com", "user": "usual", "password": password });
            json!({ "nacos": { "database": host } })
        }
        ("nacos", ["replicas"]) => json!({ "nacos": { "mode": "cluster" } }),
        ("mysql", ["readService" | "replication" | "primary", ..]) => json!({ "mysql": { "replicas": 1 } }),
        ("kafka", ["zookeeper", ..]) => {
            json!({ "kafka": { "mode": "zookeeper", "version": "3.9.1" }, "zookeeper": {} })
        }
        // Otherwise derived from the namespace.
        ("kafka", ["namespace"]) => json!({ "kafka": { "clusterId": "MkU3OEVBNTcwNTJENDM2Qg" } }),
        ("rocketmq", ["slaveActingMaster", ..]) => json!({ "rocketmq": { "replicas": 1 } }),
        ("kafka", ["controllerResources" | "controllerStorage", ..]) => {
            json!({ "kafka": { "controllers": 3, "dedicatedControllers": true } })
        }
        ("rocketmq", ["proxy", "resources" | "service", ..]) => {
            json!({ "rocketmq": { "proxy": { "replicas": 1 } } })
        }
        ("rocketmq", ["accessControl", "client", ..]) => {
            let admin = json!({ "user": "shop-admin", "password": "Tq5-lantern" });
            json!({ "rocketmq": { "accessControl": { "admin": admin, "client": { "user": "shop", "password": "Tq5-kettle" } } } })
        }
        ("rocketmq", ["dashboard", "enabled"]) => json!({}),
        ("rocketmq", ["dashboard", "login", ..]) => {
            json!({ "rocketmq": { "dashboard": { "host": "mq.example.com" } } })
        }
        ("rocketmq", ["dashboard", ..]) => {
            let login = json!({ "boss": { "password": "Tq5-lantern" } });
            json!({ "rocketmq": { "dashboard": { "host": "mq.example.com", "login": login } } })
        }
        ("apps", ["management" | "jvm" | "springBoot" | "database", ..]) => {
            json!({ "apps": { "web": { "springBoot": "3.4" } } })
        }
        ("apps", ["probes", _, "port"]) => json!({ "apps": { "web": { "ports": { "harmless": 9090 } } } }),
        ("apps", ["probes", probe, "service"]) => {
            json!({ "apps": { "web": { "probes": { *probe: { "grpc": true } } } } })
        }
        ("apps", ["toolsImage" | "waitSeconds", ..]) => {
            json!({ "apps": { "web": { "uses": ["mysql"], "waitFor": true, "database": { "name": "usual" } } } })
        }
        ("apps", ["retries" | "deadlineSeconds"]) => json!({ "apps": { "web": { "run": "once" } } }),
        ("apps", ["timeZone" | "concurrency" | "suspend"] | ["history", ..]) => {
            json!({ "apps": { "web": { "schedule": "0 3 * * *" } } })
        }
        ("consul", ["servers" | "interface" | "appToken" | "dataPath", ..]) => {
            let web = json!({ "image": "shop/web:1.0.0", "port": 8080, "uses": ["consul"] });
            let consul = json!({ "mode": "agents", "servers": ["10.0.0.1", "10.0.0.2"] });
            json!({ "consul": consul, "apps": { "web": web } })
        }
        ("apps", ["hpa"]) => json!({ "apps": { "web": { "scale": { "min": 1, "max": 3, "cpu": 50 } } } }),
        (word, [.., "sourceRanges", "[]"]) => service(word, &keys, "LoadBalancer"),
        (word, [.., "nodePorts", "*"]) => service(word, &keys, "NodePort"),
        _ => json!({}),
    }
}

fn service(word: &str, keys: &[&str], kind: &str) -> Value {
    let inside = keys[..keys.len() - 2]
        .iter()
        .rev()
        .fold(json!({ "type": kind }), |inside, key| json!({ *key: inside }));
    if word == "apps" { json!({ "apps": { "web": inside } }) } else { json!({ word: inside }) }
}

/// `top` over `base`; lists are replaced.
pub fn merge(base: &mut Value, top: Value) {
    match (base, top) {
        (Value::Object(base), Value::Object(top)) => {
            for (key, value) in top {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, top) => *base = top,
    }
}

/// What becomes of a stack before the rules look at it.
pub fn drawn(stack: &Value) -> Result<Vec<Value>, Diagnostics> {
    let (mut sources, asked) = asked(stack, None);
    let stack = stackgen::load::sources(&mut sources, &asked, Arc::new(World))?;
    let drafts = stackgen::drawn(stackgen::plan::stack(&stack)?)?;
    Ok(drafts.all.iter().map(|draft| Value::Object(draft.object.fields().clone())).collect())
}

/// The facts that a component of a stack offers.
pub fn facts(stack: &Value, key: &str) -> Map<String, Value> {
    let (mut sources, asked) = asked(stack, Some("dev"));
    let stack = stackgen::load::sources(&mut sources, &asked, Arc::new(World)).unwrap();
    let plan = stackgen::plan::stack(&stack).unwrap();
    let offer = plan.offers.iter().find(|offer| offer.key.to_string() == key).unwrap();
    offer.facts.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The same, with the rules.
pub fn proven(stack: &Value) -> Result<(), Diagnostics> {
    generated(stack, None).map(drop)
}

/// What comes out, with the warnings.
pub fn generated(stack: &Value, profile: Option<&str>) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let (mut sources, asked) = asked(stack, profile);
    stackgen::generate(&mut sources, &asked, Arc::new(World))
}

/// A run over that text alone.
fn asked(stack: &Value, profile: Option<&str>) -> (Sources, Asked) {
    let mut sources = Sources::new();
    let files = vec![sources.add("stack.yaml", stack.to_string(), Layer::File)];
    let profile = profile.map(str::to_owned);
    (sources, Asked { files, set: Vec::new(), profile, kubernetes: None, namespace: None })
}

/// Variables and files that always say the same.
struct World;

impl stackgen::world::World for World {
    fn variable(&self, _: &str) -> Option<String> {
        Some("variable".to_owned())
    }
    fn file(&self, path: &str, _: Option<&str>) -> Result<Named, String> {
        Ok(Named { name: path.to_owned(), text: "file".to_owned() })
    }
    fn files(&self, pattern: &str, _: Option<&str>) -> Result<Vec<String>, String> {
        Ok(vec![pattern.to_owned()])
    }
}
