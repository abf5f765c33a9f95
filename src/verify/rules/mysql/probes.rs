//! Probes of a server that takes its time at its first start, and listens on its socket only while it does.

use super::config::of_servers;
use super::servers::{Flavour, Server};
use crate::products::mysql::MYSQL_HOST;
use crate::verify::pods::Probe;
use crate::verify::{Finding, Grade, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-probes-go-over-tcp",
        grade: Grade::WARNING,
        promise: "the readiness probe of a MySQL server connects over TCP",
        why: "while the image initialises an empty volume its server listens only on the socket: the pod is \
              ready, but clients are refused",
        fix: "add `-h127.0.0.1` to the client's options: `localhost` uses the socket",
        source: "docker-library/mysql docker-entrypoint.sh: --skip-networking; observed with MySQL 9.7.4",
        check: |set| of_servers(set, by_socket),
    },
    Rule {
        code: "mysql-first-start-has-time",
        grade: Grade::PROD,
        promise: "a MySQL server has two minutes for its first start before its liveness probe counts",
        why: "it is killed while it creates its databases; the volume is no longer empty then, so they are never \
              created",
        fix: "add a `startupProbe` with `periodSeconds: 5` and `failureThreshold: 60`",
        source: "docker-library/mysql docker-entrypoint.sh: a folder `mysql` in the data directory counts as initialised",
        check: |set| of_servers(set, hurried),
    },
];

/// Does the probe ask through the socket?
fn is_by_socket(probe: &Probe<'_>) -> bool {
    let Some(line) = probe.command() else { return false };
    let words: Vec<&str> =
        line.split(|c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')')).collect();
    let asks = words.iter().any(|word| matches!(word.rsplit('/').next(), Some("mysqladmin" | "mysql")));
    // A host, TCP, or a login path or script that may say so.
    let over_tcp = |word: &str| {
        let host = word.strip_prefix("--host").or_else(|| word.strip_prefix("-h"));
        let local = host.is_some_and(|host| host.trim_start_matches('=') == "localhost");
        (host.is_some() && !local && word != "--help")
            || word.starts_with("--protocol")
            || word.starts_with("--login-path")
            || word.starts_with("--defaults")
    };
    let local = words.windows(2).any(|pair| matches!(pair[0], "-h" | "--host") && pair[1] == "localhost");
    asks && (local || !words.iter().any(|word| over_tcp(word)))
}

fn by_socket<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    if server.flavour != Flavour::Official || !server.container.env.lacks(MYSQL_HOST) {
        return Vec::new();
    }
    let probes = server.container.probes().filter(|probe| probe.kind == "readinessProbe");
    probes
        .filter(is_by_socket)
        .map(|probe| {
            let at = format!("/{}/exec/command", probe.kind);
            server
                .container
                .finding(&at, "connects through the socket, which answers before clients can connect")
        })
        .collect()
}

/// Seconds that a first start may take, which are two minutes of probes with ten seconds between them; one that is asked
/// through the socket answers as soon as files are made.
const OVER_TCP: u64 = 110;
const BY_SOCKET: u64 = 60;

fn hurried<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let container = server.container;
    let Some(liveness) = container.probe("livenessProbe") else { return Vec::new() };
    if server.flavour == Flavour::Other || server.is_filled_before() {
        return Vec::new();
    }
    let probe = container.probe("startupProbe").unwrap_or(liveness);
    let needed = if is_by_socket(&probe) { BY_SOCKET } else { OVER_TCP };
    let budget = probe.budget();
    let title = format!("is killed if it does not answer within {budget} seconds after its start");
    (budget < needed).then(|| container.finding(&format!("/{}", probe.kind), title)).into_iter().collect()
}
