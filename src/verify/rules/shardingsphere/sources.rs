//! Data sources in database files: how they log in, and how many connections they hold.

use std::collections::BTreeMap;

use serde_json::Value;

use super::files::{Doc, proxies};
use crate::products::shardingsphere::key;
use crate::secrets;
use crate::verify::shapes::jdbc::{self, Mysql, RETRIEVAL};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "shardingsphere-url-allows-login",
        grade: Grade::WARNING,
        promise: "a ShardingSphere-Proxy without TLS to MySQL 8 or later can request the server's public key for \
                  its password",
        why: "`Public Key Retrieval is not allowed`: the pool stays empty, and the proxy exits",
        fix: "add `allowPublicKeyRetrieval=true` to the URL, or use TLS (`sslMode=REQUIRED`)",
        source: "MySQL Connector/J documentation, allowPublicKeyRetrieval; MySQL reference manual, caching_sha2_password",
        check: keyless,
    },
    Rule {
        code: "shardingsphere-driver-fits-server",
        grade: Grade::WARNING,
        promise: "a ShardingSphere-Proxy has a driver that can log in to its MySQL",
        why: "Connector/J 5.1 does not support caching_sha2_password, the default for accounts since 8.0: `Unable \
              to load authentication plugin`",
        fix: "use `mysql-connector-j` 8.0.31 or later",
        source: "MySQL Connector/J 8.0 release notes",
        check: old_driver,
    },
    Rule {
        code: "shardingsphere-pools-fit",
        grade: Grade::WARNING,
        promise: "the pools of a ShardingSphere-Proxy together open fewer connections to a MySQL than it allows",
        why: "`Too many connections`: under load statements fail, also those of other clients of that server",
        fix: "lower `maxPoolSize`, or raise `max_connections` and the memory for it",
        source: "apache/shardingsphere user manual, data source configuration; MySQL reference manual, max_connections",
        check: many_connections,
    },
];

/// `jdbc:mysql://host:3306/db?a=b`: the host and the parameters.
fn parts(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("jdbc:mysql://")?;
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let host = address
        .split(['/', ':'])
        .next()
        .filter(|host| !host.is_empty() && !host.contains(['$', ',', '(']))?;
    Some((host, parameters))
}

/// The MySQL of the set behind a data source.
fn server<'s, 'a>(set: &'s Set<'a>, source: &Value, namespace: &str) -> Option<Mysql<'s, 'a>> {
    Mysql::at(set, parts(url(source)?)?.0, namespace)
}

fn url(source: &Value) -> Option<&str> {
    source.get("url").or_else(|| source.get("jdbcUrl"))?.as_str()
}

fn keyless<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for proxy in proxies(set) {
        for doc in &proxy.databases {
            let broken = |(name, source): (&str, &Value)| {
                let url = url(source)?;
                let (host, parameters) = parts(url)?;
                let server =
                    Mysql::at(set, host, proxy.pod.namespace).filter(|_| jdbc::lacks_key(parameters))?;
                let title = format!("{} uses neither TLS nor `{RETRIEVAL}`", doc.quoted(name));
                let secret = parameters.split('&').any(secrets::is_suspicious);
                server.wants_key().then(|| doc.finding(title, if secret { "" } else { url }))
            };
            findings.extend(doc.sources().filter_map(broken));
        }
    }
    findings
}

fn old_driver<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const OLD: &str = "mysql-connector-java-5";
    let mut findings = Vec::new();
    for proxy in proxies(set) {
        let new = proxy.databases.iter().flat_map(Doc::sources).any(|(_, source)| {
            server(set, source, proxy.pod.namespace).is_some_and(|server| server.wants_key())
        });
        if !new {
            continue;
        }
        let title = "contains the 5.1 driver, which cannot log in to MySQL 8 and later";
        for container in &proxy.pod.containers {
            let words = container.written().into_iter().filter(|(_, word)| word.contains(OLD));
            findings.extend(words.map(|(pointer, _)| container.finding(&pointer, title).word(OLD)));
            let files =
                container.files.iter().filter(|file| file.plain().is_some_and(|text| text.contains(OLD)));
            findings.extend(files.map(|file| file.finding(title).word(OLD)));
        }
    }
    findings
}

/// Source: apache/shardingsphere, PoolConfiguration; MySQL reference manual.
const USUAL_POOL: u64 = 50;
const USUAL_CONNECTIONS: u64 = 151;

fn many_connections<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for proxy in proxies(set) {
        let replicas = proxy.pod.replicas(set).unwrap_or(1).max(1);
        let mut asked: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for doc in &proxy.databases {
            for (_, source) in doc.sources() {
                let Some(target) = server(set, source, proxy.pod.namespace) else { continue };
                let Some(most) = most(&target) else { continue };
                let size = source
                    .get(key::MAX_POOL_SIZE)
                    .map_or(Some(USUAL_POOL), Value::as_u64)
                    .unwrap_or_default();
                let sum = asked.entry(target.pod.workload.id()).or_insert((0, most));
                let before = sum.0;
                sum.0 = sum.0.saturating_add(size.saturating_mul(replicas));
                // Told once, where it becomes too much.
                if before <= most && sum.0 > most {
                    let title = format!(
                        "its pools may open {} connections to {}, which allows {most}",
                        sum.0,
                        target.pod.workload.id()
                    );
                    findings.push(doc.finding(title, key::MAX_POOL_SIZE));
                }
            }
        }
    }
    findings
}

/// The connections that a server takes, all of its pods together.
fn most(target: &Mysql<'_, '_>) -> Option<u64> {
    let server = target.server;
    let files = server.files.iter().filter_map(|file| file.plain());
    let lines = files.flat_map(str::lines).map(str::to_owned).chain(server.words());
    let mut told = lines.filter_map(|line| {
        let line = line.trim().trim_start_matches("--").replace('-', "_");
        let value = line.strip_prefix("max_connections")?.trim_start().strip_prefix('=')?.trim().to_owned();
        Some(value.split_whitespace().next().unwrap_or_default().parse::<u64>().ok())
    });
    let pods = target.pod.workload.at("/spec/replicas").and_then(Value::as_u64).unwrap_or(1);
    // One that cannot be read is none that we know.
    let most = told.next_back().unwrap_or(Some(USUAL_CONNECTIONS))?;
    Some(most.saturating_mul(pods.max(1)))
}
