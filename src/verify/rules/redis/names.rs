//! Names that the servers of a cluster give to clients and to each other, and the versions that know how.

use super::conf::Server;
use crate::products::redis::key;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "redis-endpoint-has-hostname",
        grade: Grade::ERROR,
        promise: "a Redis server with host names as preferred endpoints announces one",
        why: "clients are redirected to `?:6379`, and fail",
        fix: "add `--cluster-announce-hostname $(POD_NAME).SERVICE.NAMESPACE.svc.DOMAIN` to the arguments, with `POD_NAME` from `metadata.name` and the headless Service that `serviceName` names",
        source: "observed with Redis 7.0.15",
        check: endpoint_has_hostname,
    },
    Rule {
        code: "redis-setting-fits-version",
        grade: Grade::ERROR,
        promise: "every setting of a Redis server is known to its version",
        why: "the server does not start: `Bad directive or wrong number of arguments`",
        fix: "use an image version that has the setting, or remove it",
        source: "Redis 6.2, 7.0 and 7.2 release notes",
        check: setting_fits_version,
    },
];

/// Settings, and the version that brought them.
const SINCE: &[(&str, &[u32])] = &[
    ("replica-announced", &[6, 2]),
    ("cluster-allow-replica-migration", &[6, 2]),
    (key::CLUSTER_ANNOUNCE_HOSTNAME, &[7, 0]),
    (key::CLUSTER_PREFERRED_ENDPOINT_TYPE, &[7, 0]),
    (key::CLUSTER_PORT, &[7, 0]),
    ("bind-source-addr", &[7, 0]),
    ("shutdown-timeout", &[7, 0]),
    ("appenddirname", &[7, 0]),
    ("aof-timestamp-enabled", &[7, 0]),
    ("cluster-announce-human-nodename", &[7, 2]),
];

fn endpoint_has_hostname<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let clustered = Server::clustered(set);
    let nameless = |server: &Server<'_, 'a>| {
        let preferred = server.get(key::CLUSTER_PREFERRED_ENDPOINT_TYPE)?;
        let wanted =
            preferred.value.as_deref() == Some("hostname") && server.lacks(key::CLUSTER_ANNOUNCE_HOSTNAME);
        wanted.then(|| preferred.finding("redirects clients to host names, but does not announce one"))
    };
    clustered.iter().filter_map(nameless).collect()
}

fn setting_fits_version<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set) {
        // Valkey began with 7.2, and counts on.
        let Some(version) = server.container.version.as_ref().filter(|_| !server.is_valkey()) else {
            continue;
        };
        for (key, since) in SINCE {
            let Some(setting) = server.get(key).filter(|_| version.surely_before(since)) else { continue };
            let since = since.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
            findings.push(setting.finding(format!("`{key}` exists since {since}, this is {version}")));
        }
    }
    findings
}
