//! What the kubelet asks a Redis server.

use serde_json::Value;

use super::conf::Server;
use crate::products::redis::{CLIENT, VALKEY_CLIENT};
use crate::verify::pods::{Behind, Probe};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "redis-ready-means-pong",
        grade: Grade::PROD,
        promise: "a readiness probe with `redis-cli ping` checks the answer",
        why: "`redis-cli ping` exits with 0 for any answer: a server that is loading its data (`LOADING`) or \
              requires a password (`NOAUTH`) gets client traffic, and rejects it",
        fix: "use `[\"sh\", \"-c\", \"redis-cli ping | grep -q PONG\"]`, or `redis-cli -e ping`",
        source: "observed with redis-cli 7.0.15",
        check: ready_means_pong,
    },
    Rule {
        code: "redis-liveness-tolerates-loading",
        grade: Grade::PROD,
        promise: "a Redis server is not restarted while it loads its data",
        why: "loading a large append-only file takes minutes in which the answer is `LOADING`: the kubelet kills \
              the server, and every start begins again",
        fix: "add a `startupProbe` that allows enough minutes (`periodSeconds: 5`, `failureThreshold: 120`), or \
              let the liveness probe accept `LOADING` too",
        source: "observed with redis-cli 7.0.15; Redis documentation, Persistence",
        check: loading_is_alive,
    },
];

/// What a probe runs: its words, or the script that they name.
fn text(server: &Server<'_, '_>, probe: Probe<'_>) -> Option<String> {
    let command = probe.command()?;
    let script = command.split_whitespace().find_map(|word| server.container.file(word)?.plain());
    Some(script.map_or(command.clone(), str::to_owned))
}

fn pings(text: &str) -> bool {
    let client = text.contains(CLIENT) || text.contains(VALKEY_CLIENT);
    client && pings_in(text)
}

fn pings_in(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.eq_ignore_ascii_case("ping"))
}

/// Is the answer looked at, or the exit code made to tell?
fn looks_at_answer(text: &str) -> bool {
    text.split_whitespace().any(|word| word == "-e")
        || ["PONG", "|", "[", "case ", "grep", "="].iter().any(|sign| text.contains(sign))
}

fn ready_means_pong<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set).into_iter().filter(|server| !server.sentinel) {
        let Some(probe) = server.container.probe("readinessProbe") else { continue };
        let Some(command) = probe.command() else { continue };
        if pings(&command) && !looks_at_answer(&command) {
            let title = format!("becomes ready whatever `{CLIENT} ping` answers");
            let words = probe.fields.pointer("/exec/command").and_then(Value::as_array).into_iter().flatten();
            let at = words.filter_map(Value::as_str).position(pings_in).unwrap_or(0);
            let at = format!("/readinessProbe/exec/command/{at}");
            findings.push(server.container.finding(&at, title).word("ping"));
        }
    }
    findings
}

/// A few gigabytes are read in this time.
const SECONDS_TO_LOAD: u64 = 110;

fn loading_is_alive<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in Server::all(set).into_iter().filter(|server| !server.sentinel) {
        let keeps = server
            .container
            .mounts()
            .iter()
            .any(|mount| !matches!(mount.behind, Behind::EmptyDir | Behind::Config));
        let fails = |probe: &Probe<'_>| {
            text(&server, *probe).is_some_and(|text| {
                let told = text.contains("PONG") || text.split_whitespace().any(|word| word == "-e");
                pings(&text) && told && !text.to_ascii_uppercase().contains("LOADING")
            })
        };
        let (start, live) = (server.container.probe("startupProbe"), server.container.probe("livenessProbe"));
        let guard = match (start, live) {
            (Some(start), _) if fails(&start) => start,
            (None, Some(live)) if fails(&live) => live,
            _ => continue,
        };
        let budget = guard.budget();
        if keeps && budget < SECONDS_TO_LOAD {
            let title = format!("is killed if it loads its data for more than {budget} seconds");
            findings.push(server.container.finding(&format!("/{}", guard.kind), title));
        }
    }
    findings
}
