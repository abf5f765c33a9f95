//! `--set` is the last layer, over all others, and creates nothing.

use std::sync::Arc;

use proptest::prelude::*;

use crate::diagnostic::{At, Diagnostics};
use crate::load::stack::{Asked, sources};
use crate::plan::Stack;
use crate::source::{Layer, Sources};
use crate::world::Nothing;

fn asked(files: &[String], set: &[String], profile: &str) -> (Sources, Result<Stack, Diagnostics>) {
    let mut texts = Sources::new();
    let files = files.iter().map(|text| texts.add("stack.yaml", text.as_str(), Layer::File)).collect();
    let asked = Asked {
        files,
        set: set.to_vec(),
        profile: Some(profile.to_owned()),
        kubernetes: None,
        namespace: None,
    };
    let stack = sources(&mut texts, &asked, Arc::new(Nothing));
    (texts, stack)
}

const HEAD: &str = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: s, namespace: s}\n";

fn files() -> Vec<String> {
    let apps = "apps: {orders: {image: \"x/a:1\", replicas: 1}, user-service: {image: \"x/b:1\"}}\n";
    let first = format!("{HEAD}redis: {{config: {{hz: 1}}}}\nredis/session: {{}}\n{apps}");
    let section = "profiles: {dev: {redis: {config: {hz: 3}}, apps: {orders: {replicas: 3}}}}\n";
    vec![first, format!("{section}redis: {{config: {{hz: 2}}}}\napps: {{orders: {{replicas: 2}}}}\n")]
}

proptest! {
    /// The last flag for a path is what comes out, whatever files, sections and profiles say.
    #[test]
    fn a_flag_has_the_last_word(numbers in prop::collection::vec(4..99u32, 1..4), dev in any::<bool>()) {
        let paths = ["redis.config.hz", "apps.orders.replicas"];
        let set: Vec<String> = numbers
            .iter()
            .flat_map(|number| paths.map(|path| format!("{path}={number}")))
            .collect();
        let (_, stack) = asked(&files(), &set, if dev { "dev" } else { "prod" });
        let stack = stack.map_err(|told| TestCaseError::fail(format!("{told:?}")))?;
        for path in paths {
            let path = path.split('.').map(|key| crate::diagnostic::Step::Key(key.to_owned())).collect();
            let last = numbers.last().map(ToString::to_string);
            prop_assert_eq!(stack.tree.at(&path).and_then(|node| node.as_text()).map(str::to_owned), last);
        }
    }

    /// Where a component or an app is named as no file names it, the flag is refused at that name.
    #[test]
    fn a_flag_creates_nothing(name in "[a-z]{3,12}", which in 0..3usize) {
        let (path, at) = match which {
            0 => (format!("apps.{name}.image=x/c:2"), "apps.".len()),
            1 => (format!("redis/{name}.masters=3"), 0),
            _ => (format!("apps={{{name}: {{image: x}}}}"), "apps={".len()),
        };
        prop_assume!(!["orders", "session"].contains(&name.as_str()));
        let (texts, stack) = asked(&files(), std::slice::from_ref(&path), "dev");
        let Err(complaints) = stack else { return Err(TestCaseError::fail(path)) };
        let places = complaints.iter().map(|one| match &one.at {
            At::Place(place) => (one.code, texts.line_column(*place)),
            _ => (one.code, (0, 0)),
        });
        prop_assert_eq!(places.collect::<Vec<_>>(), [("bad-set", (1, at + 1))]);
    }
}

#[test]
fn flags_are_answered_with_what_was_meant() {
    for (flag, wanted) in [
        ("apps.ordres.image=x", "did you mean `apps.orders`?"),
        ("orders.image=x", "did you mean `apps.orders`?"),
        ("session.masters=3", "did you mean `redis/session`?"),
        ("redis/sesion.masters=3", "did you mean `redis/session`?"),
        ("apps.orders.imgae=x", "did you mean `image`?"),
        ("apps.replicas=3", "include the app's name: `apps.NAME.replicas`"),
        ("apps.orders.replicas=3,minReadySeconds=2", "use a flag for each"),
        ("apps.orders.env.A=1,apps.orders.env.B=2", "use a flag for each"),
        ("apps.orders.image=x/b:2,redis.config.hz=5", "use a flag for each"),
        ("redis.config.a.b=1", "quote it: `--set 'redis.config.\"a.b\"=…'`"),
        ("apps.orders.image=", "`apps.orders.image=null` to remove the key"),
    ] {
        let (_, stack) = asked(&files(), &[flag.to_owned()], "dev");
        let Err(complaints) = stack else { panic!("{flag} is accepted") };
        let help = complaints.iter().flat_map(|one| one.help.clone()).collect::<Vec<_>>().join("; ");
        assert!(help.contains(wanted), "{flag}: {help}");
        assert_eq!(complaints.iter().count(), 1, "{flag}: {complaints:?}");
    }
}

#[test]
fn texts_with_commas_and_equals_are_texts() {
    for flag in [
        "apps.orders.env.URL=jdbc:mysql://a:3306,b:3306/d?useSSL=false,x=y&z=1",
        "apps.orders.env.DN=CN=x,OU=y,DC=z",
        "apps.orders.env.COLOR=#fff",
        "apps.orders.env.TEXT=a: b, c",
        "apps.orders.uses=[redis, redis/session]",
        "apps.orders.labels.\"example.com/a\"=x",
        "apps.orders.labels.example\\.com/a=x",
        "redis.config.save=",
        "apps.orders.env.EMPTY=\"\"",
        "apps.orders={replicas: 3, env: {A: b}}",
    ] {
        let (_, stack) = asked(&files(), &[flag.to_owned()], "dev");
        assert!(stack.is_ok(), "{flag}: {:?}", stack.err());
    }
}

/// Every row of the table of useless keys: told in a file that says both, and of a flag; not where the layer above decides,
/// and not where a section for another profile may.
#[test]
fn keys_that_another_key_makes_useless_are_told() {
    for (word, key, decider) in crate::load::unused::rows() {
        let word = if word.is_empty() { "redis" } else { word };
        let (value, decides) = values(word, key, decider);
        let of_word = |settings: &str| match word {
            "apps" => format!("apps: {{a: {{image: \"x/a:1.0.0\", {settings}}}}}"),
            _ => format!("{word}: {{{settings}}}"),
        };
        let (own, other) = (nested(key, value), nested(decider, decides));
        let own = of_word(&own);
        let other = match (word, decider) {
            ("nacos", "image") => of_word("image: \"nacos/nacos-server:v2.5.1\""),
            ("apps", "image") => of_word("port: 1"),
            _ => of_word(&other),
        };
        let told = |files: &[String], set: &[String]| match asked(files, set, "dev").1 {
            Ok(stack) => stack.useless,
            Err(complaints) => complaints.into_iter().filter(|one| one.code == "unused-key").collect(),
        };
        let first = format!("{HEAD}{own}\n");
        let both = [format!("{HEAD}{other}\n"), format!("{own}\n")];
        assert_eq!(told(&both, &[]).iter().count(), 1, "{both:?} {:?}", told(&both, &[]));
        let root = if word == "apps" { "apps.a" } else { word };
        let flag = format!("{root}.{key}={value}");
        let files = [format!("{HEAD}{other}\n{}", if other.starts_with(word) { "" } else { &own })];
        assert!(told(&files, std::slice::from_ref(&flag)).refuse(), "{flag} over {files:?}");
        if decider != "image" && !decider.contains('.') {
            let above = [first, format!("{other}\n")];
            assert_eq!(told(&above, &[]).iter().count(), 0, "{above:?}");
            let other_way = [both[0].clone(), format!("{own}\nprofiles: {{prod: {{{other}}}}}\n")];
            assert_eq!(told(&other_way, &[]).iter().count(), 0, "{other_way:?}");
        }
    }
}

/// `a: {b: value}` for `a.b`.
fn nested(key: &str, value: &str) -> String {
    match key.split_once('.') {
        Some((first, rest)) => format!("{first}: {{{}}}", nested(rest, value)),
        None => format!("{key}: {value}"),
    }
}

/// A value for each of the keys in the table.
fn values(word: &str, key: &str, decider: &str) -> (&'static str, &'static str) {
    let value = match key {
        "replicas" if word == "redis" => "2",
        "scale" => "{min: 2, max: 4, cpu: 70}",
        "version" => "v2.5.3",
        "sentinelResources" => "{cpu: 1, memory: 1Gi}",
        "sentinelStorage" | "storage" => "{size: 2Gi}",
        "masterName" | "interface" | "dataPath" | "zookeeper" | "clusterId" => "x",
        "spread" => "soft",
        "hpa" | "pdb" => "true",
        "ports" | "management" => "{}",
        "probes" => "{liveness: {path: /live}}",
        "deregister" | "shell" => "none",
        "strategy" => "Recreate",
        "service" => "{type: NodePort}",
        "nodes" => "all",
        "servers" => "[a.example.com]",
        "leaveOnTerminate" => "true",
        "ingress" => "{host: a.example.com}",
        "readService" | "proxy.service" => "{type: NodePort}",
        "proxy.resources" => "{cpu: 1, memory: 1Gi}",
        _ => "2",
    };
    let decides = match (word, key, decider) {
        (_, _, "affinity" | "securityContext") => "{}",
        (_, _, "scale") => "{min: 2, max: 4, cpu: 70}, hpa: true",
        (_, _, "hpa" | "waitFor") => "false",
        (_, _, "strategy") => "Recreate",
        (_, _, "run") => "once",
        (_, _, "schedule") => "\"0 3 * * *\"",
        ("mysql", ..) | (_, _, "proxy.replicas") => "0",
        (_, "masters", "mode") => "sentinel",
        ("kafka", "zookeeper", _) => "kraft",
        ("redis", "sentinels", _) => "cluster",
        ("kafka", ..) => "zookeeper",
        ("consul", "storage" | "ingress", _) => "agents",
        _ => "standalone",
    };
    (value, decides)
}

#[test]
fn what_is_not_used_is_not_swallowed() {
    for (text, code) in [
        ("external: [foo]\n", Some("bad-external")),
        ("external: [secret/tls]\n", Some("bad-external")),
        ("external: [Secrets/tls]\n", Some("bad-external")),
        ("external: [Secret/tls, Host/db.example.com, Widget/a]\n", None),
        ("redis: {env: {DEBUG: }}\n", Some("null-of-nothing")),
        ("apps: {a: {image: \"x/a:1\", env: {DEBUG: null}}}\n", Some("null-of-nothing")),
        ("apps: {a: {image: \"x/a:1\", port: null, runAsUser: null}}\n", None),
        ("apps: {replicas: 2}\n", Some("unknown-key")),
        ("apps: {service: {image: \"x/a:1\"}}\n", None),
        ("profiles: {prod: {apps: {replicas: 2}}}\n", Some("unknown-key")),
        ("profiles: {prd: {}}\n", Some("unknown-profile")),
        (
            "waive: [{rule: image-is-pinned, reason: x}, {rule: image-is-pinned, reason: y}]\n",
            Some("waived-twice"),
        ),
    ] {
        let (_, stack) = asked(&[format!("{HEAD}{text}")], &[], "dev");
        let complaints = stack.err().unwrap_or_default();
        let codes: Vec<&str> = complaints.iter().map(|one| one.code).collect();
        assert_eq!(codes, code.into_iter().collect::<Vec<_>>(), "{text}");
    }
    // What an earlier file wrote may be taken away.
    let second = "redis: {env: {DEBUG: null}}\n".to_owned();
    assert!(asked(&[format!("{HEAD}redis: {{env: {{DEBUG: \"1\"}}}}\n"), second], &[], "dev").1.is_ok());
}
