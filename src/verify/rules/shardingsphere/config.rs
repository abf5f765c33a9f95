//! Files of the proxy: called, written and filled as its release reads them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::files::{CONF, Doc, Proxy, of_proxies};
use crate::products::shardingsphere::{GLOBAL, SERVER, key};
use crate::verify::{Finding, Grade, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "shardingsphere-file-names-fit",
        grade: Grade::ERROR,
        promise: "the files of a ShardingSphere-Proxy have the names that its release looks for",
        why: "others are ignored: the proxy starts with the image's files, without databases, and accepts root \
              with the password root",
        fix: "before 5.5 write `server.yaml` and `config-NAME.yaml`, since then `global.yaml` and `database-NAME.yaml`",
        source: "apache/shardingsphere ProxyConfigurationLoader",
        check: |set| of_proxies(set, names),
    },
    Rule {
        code: "shardingsphere-accounts-are-read",
        grade: Grade::ERROR,
        promise: "accounts of a ShardingSphere-Proxy are in the place where its release reads them",
        why: "the file is refused with an unknown property, or the accounts do not exist and root has the \
              password root",
        fix: "since 5.3 write `authority:` with `users:`, before it `rules:` with `- !AUTHORITY`",
        source: "apache/shardingsphere release notes 5.3.0",
        check: |set| of_proxies(set, accounts),
    },
    Rule {
        code: "shardingsphere-keys-are-known",
        grade: Grade::ERROR,
        promise: "the global file of a ShardingSphere-Proxy contains only what its release supports",
        why: "an unknown key keeps the proxy from starting: `Unable to find property`; an unknown property has no \
              effect",
        fix: "remove it",
        source: "apache/shardingsphere release notes 5.2.1, 5.4.0 and 5.5.3",
        check: |set| of_proxies(set, keys),
    },
    Rule {
        code: "shardingsphere-cluster-has-registry",
        grade: Grade::ERROR,
        promise: "a ShardingSphere-Proxy in Cluster mode has the address of its registry",
        why: "the proxy exits, or waits for a registry in its own pod, where none runs",
        fix: "set `repository: {type: ZooKeeper, props: {namespace: …, server-lists: \"HOST:2181\"}}`, or `type: \
              Standalone` with one replica",
        source: "apache/shardingsphere user manual, mode configuration",
        check: |set| of_proxies(set, registry),
    },
    Rule {
        code: "shardingsphere-databases-are-named",
        grade: Grade::ERROR,
        promise: "every database file of a ShardingSphere-Proxy defines one database, each a different one",
        why: "the proxy exits while it loads its files: `Property databaseName … cannot be null`, `must unique`",
        fix: "set one `databaseName` at the top of every file",
        source: "apache/shardingsphere ProxyConfigurationLoader; release notes 5.5.0",
        check: |set| of_proxies(set, databases),
    },
];

fn names<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let all = proxy.databases.iter().chain(&proxy.global).filter(|doc| doc.mounted);
    if proxy.before(&[5, 5]) {
        let new = |doc: &&Doc<'_, 'a>| doc.file.name() == GLOBAL || doc.file.name().starts_with("database-");
        let title = |doc: &Doc<'_, 'a>| format!("{} does not read `{}`", proxy.release(), doc.file.name());
        return all.filter(new).map(|doc| doc.finding(title(doc), "")).collect();
    }
    // Beside the image's own file, when only this one is laid over it.
    let alone = |path: &str| proxy.container.mount(path).is_some_and(|mount| mount.path == path);
    let global = proxy.global.iter().filter(|doc| doc.mounted && doc.file.name() == SERVER);
    global
        .filter(|doc| proxy.at_least(&[5, 5, 1]) && alone(&doc.file.path))
        .map(|doc| {
            let title = format!(
                "{} has a `{GLOBAL}` in `{CONF}`, and does not read `{SERVER}` next to it",
                proxy.release()
            );
            doc.finding(title, "").help(format!("mount it as `{GLOBAL}`"))
        })
        .collect()
}

fn accounts<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let Some(doc) = &proxy.global else { return Vec::new() };
    let release = proxy.release();
    // What 4.x called it.
    if proxy.version().is_some() && doc.body.contains_key(AUTHENTICATION) {
        return vec![
            doc.finding(format!("{release} does not support `{AUTHENTICATION}`"), "authentication:"),
        ];
    }
    let rules = doc.body.get("rules").and_then(Value::as_array).is_some_and(|rules| !rules.is_empty());
    if proxy.at_least(&[5, 3]) && rules {
        return vec![doc.finding(format!("{release} has no `rules` in `{}`", doc.file.name()), "rules:")];
    }
    let early = proxy.before(&[5, 3]) && doc.body.contains_key("authority");
    early
        .then(|| doc.finding(format!("{release} does not support `authority`"), "authority:"))
        .into_iter()
        .collect()
}

/// Where accounts were before 5.0.
const AUTHENTICATION: &str = "authentication";

/// Keys of 4.x and of the first releases of 5.0, at the top of the file for the whole proxy and of those for databases, and
/// what became of them.
///
/// Source: YamlProxyServerConfiguration and YamlProxyRuleConfiguration of 4.1 and 5.x.
const OLD: &[(&str, &str)] = &[
    ("orchestration", "write `mode:` with `type: Cluster`"),
    ("governance", "write `mode:` with `type: Cluster`"),
    ("cluster", "write `mode:` with `type: Cluster`"),
    ("metrics", "remove it: metrics come from the agent"),
    ("configMap", "remove it"),
    ("shardingRule", "write `rules:` with `- !SHARDING` in the database's file"),
    ("masterSlaveRule", "write `rules:` with `- !READWRITE_SPLITTING` in the database's file"),
    ("encryptRule", "write `rules:` with `- !ENCRYPT` in the database's file"),
    ("shadowRule", "write `rules:` with `- !SHADOW` in the database's file"),
];

/// The keys at the top of the file for the whole proxy.
const TOP: &[&str] = &[
    "mode",
    "authority",
    "transaction",
    "sqlParser",
    "sqlTranslator",
    "sqlFederation",
    "globalClock",
    "logging",
    "props",
    "rules",
    "labels",
];

/// What is at the top of a file and no release of 5.x knows.
fn strangers<'a>(proxy: &Proxy<'_, 'a>, doc: &Doc<'_, 'a>, known: &[&str]) -> Vec<Finding<'a>> {
    let keys = doc.body.keys().filter(|key| proxy.version().is_some() && !known.contains(&key.as_str()));
    keys.filter_map(|key| {
        let title =
            format!("{} does not support {} at the top of the file", proxy.release(), doc.quoted(key));
        let finding = doc.finding(title, &format!("{key}:"));
        if let Some((_, help)) = OLD.iter().find(|(old, _)| old == key) {
            return Some(finding.help(*help));
        }
        // What is only unknown here may be known to a release that is not.
        let near = crate::words::closest(key, known.iter().copied())?;
        let slip = strsim::damerau_levenshtein(&key.to_lowercase(), &near.to_lowercase()) <= 2;
        slip.then(|| finding.help(format!("did you mean `{near}`?")))
    })
    .collect()
}

/// Properties that went: since when.
const GONE: &[(&str, &[u32])] = &[
    ("proxy-mysql-default-version", &[5, 4]),
    ("proxy-backend-executor-suitable", &[5, 4]),
    ("proxy-instance-type", &[5, 4]),
    ("system-log-level", &[5, 5, 3]),
];

fn keys<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let of_database = ["databaseName", "schemaName", key::DATA_SOURCES, "rules"];
    let mounted = proxy.databases.iter().filter(|doc| doc.mounted);
    let mut findings: Vec<_> = mounted.flat_map(|doc| strangers(proxy, doc, &of_database)).collect();
    let Some(doc) = &proxy.global else { return findings };
    findings.extend(strangers(proxy, doc, TOP));
    let release = proxy.release();
    if proxy.at_least(&[5, 5, 3]) && doc.body.contains_key("logging") {
        let finding = doc.finding(format!("{release} does not support `logging`"), "logging:");
        findings.push(finding.help("remove it, and add a `logback.xml` next to it"));
    }
    if proxy.at_least(&[5, 2, 1]) && doc.map("mode").is_some_and(|mode| mode.contains_key("overwrite")) {
        let finding = doc.finding(format!("{release} does not support `mode.overwrite`"), "overwrite:");
        findings
            .push(finding.help(
                "remove it: in Cluster mode the registry's content wins until its `namespace` changes",
            ));
    }
    let gone = GONE.iter().filter(|(name, since)| {
        proxy.at_least(since) && doc.map("props").is_some_and(|props| props.contains_key(*name))
    });
    findings.extend(
        gone.map(|(name, _)| doc.finding(format!("{release} has no property `{name}`"), name).warns()),
    );
    findings
}

fn registry<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let Some(doc) = &proxy.global else { return Vec::new() };
    if doc.text("mode", "/type") != Some("Cluster") {
        return Vec::new();
    }
    let (kind, servers) =
        (doc.text("mode", "/repository/type"), doc.text("mode", "/repository/props/server-lists"));
    let sidecars = proxy.pod.mains().count() > 1;
    let title = match (kind, servers) {
        (None, _) => "is in Cluster mode without a repository",
        (Some("JDBC"), _) => "is in Cluster mode with an in-memory repository of its own",
        (Some("ZooKeeper"), None | Some("")) => "is in Cluster mode without `server-lists`",
        (Some("ZooKeeper"), Some(list)) if !sidecars && is_local(list) => {
            "looks for ZooKeeper in its own container"
        }
        _ => return Vec::new(),
    };
    vec![
        doc.finding(
            title,
            if servers.is_some_and(|list| !list.is_empty()) { "server-lists" } else { "mode:" },
        ),
    ]
}

fn is_local(list: &str) -> bool {
    list.split(',').all(|server| {
        ["localhost", "127.0.0.1"].contains(&server.trim().split(':').next().unwrap_or_default())
    })
}

fn databases<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut findings = Vec::new();
    for doc in &proxy.databases {
        let name = doc.body.get("databaseName").and_then(Value::as_str).filter(|name| !name.is_empty());
        let old = doc.body.contains_key("schemaName");
        if old && proxy.at_least(&[5, 5]) {
            let finding =
                doc.finding(format!("{} does not support `schemaName`", proxy.release()), "schemaName");
            findings.push(finding.help("use `databaseName`"));
            continue;
        }
        let Some(name) = name else {
            // An example from the manual holds no database.
            if !old && doc.body.contains_key(key::DATA_SOURCES) {
                findings.push(doc.finding(format!("`{}` has no `databaseName`", doc.file.name()), ""));
            }
            continue;
        };
        if let Some(other) = seen.insert(name.to_lowercase(), doc.file.name()) {
            let title = format!("`{}` defines the same database as `{other}`", doc.file.name());
            findings.push(doc.finding(title, &format!("databaseName: {name}")));
        }
    }
    findings
}
