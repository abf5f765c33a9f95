//! What ZooKeeper needs: probes that ask what may be asked, and mean what they ask.

use crate::products::zookeeper::{ADMIN, SCRIPT, key};
use crate::verify::pods::Probe;
use crate::verify::told::zookeeper::{Maker, Node, nodes};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "zookeeper-probes-are-answered",
        grade: Grade::ERROR,
        promise: "a probe of ZooKeeper uses only four letter words from the whitelist",
        why: "the server answers others with `is not executed because it is not in the whitelist`: the pod never \
              becomes ready, or is restarted again and again",
        fix: "add the word to `4lw.commands.whitelist` (`ZOO_4LW_COMMANDS_WHITELIST`), or use `srvr`, which is \
              always allowed",
        source: "ZooKeeper Administrator's Guide, 4lw.commands.whitelist",
        check: probes_are_answered,
    },
    Rule {
        code: "zookeeper-liveness-needs-no-majority",
        grade: Grade::PROD,
        promise: "the liveness probe of a ZooKeeper server does not fail because other servers are down",
        why: "after a lost majority or a network partition every server is restarted over and over instead of \
              waiting for the others",
        fix: "use `ruok` or the port for liveness, and `srvr` for readiness",
        source: "observed with ZooKeeper 3.8.0: without a quorum `srvr` says that the instance is not currently serving requests",
        check: liveness_needs_no_majority,
    },
    Rule {
        code: "zookeeper-readiness-checks-service",
        grade: Grade::PROD,
        promise: "the readiness of a ZooKeeper server is not based on the AdminServer's HTTP status",
        why: "it answers 200 even if the server does not serve requests: clients are sent to servers without a \
              quorum",
        fix: "use `printf srvr | nc -w 2 127.0.0.1 2181 | grep -q '^Mode:'`",
        source: "ZooKeeper Commands.java and JettyAdminServer.java",
        check: readiness_asks_for_service,
    },
    Rule {
        code: "zookeeper-admin-server-answers",
        grade: Grade::ERROR,
        promise: "no probe of ZooKeeper uses an AdminServer that is disabled",
        why: "its port does not listen: the probe always fails",
        fix: "enable it (`admin.enableServer`), or probe the client port",
        source: "ZooKeeper Administrator's Guide, AdminServer configuration",
        check: admin_server_answers,
    },
];

const WORDS: &[&str] = &[
    "ruok", "srvr", "stat", "mntr", "conf", "cons", "envi", "dump", "wchs", "wchc", "wchp", "isro", "crst",
    "dirs",
];

/// The four letter word that a probe sends.
fn asked(probe: &Probe<'_>) -> Option<&'static str> {
    let command = probe.command()?;
    let sends = ["nc ", "ncat ", "netcat ", "/dev/tcp/", "telnet "].iter().any(|way| command.contains(way));
    let mut words = command.split(|c: char| !c.is_ascii_alphanumeric());
    sends.then(|| words.find_map(|word| WORDS.iter().find(|known| **known == word).copied()))?
}

/// Does it fail while the server serves nobody?
fn needs_majority(probe: &Probe<'_>) -> bool {
    let Some(command) = probe.command() else { return false };
    let word = asked(probe).is_some_and(|word| matches!(word, "srvr" | "stat" | "mntr"));
    (word && command.contains("grep")) || (command.contains(SCRIPT) && command.contains("status"))
}

/// Is it ready, or out of its start, only while it serves?
pub(super) fn is_ready_by_majority(node: &Node<'_, '_>) -> bool {
    node.container.probes().any(|probe| probe.kind != "livenessProbe" && needs_majority(&probe))
}

fn probes_are_answered<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const KEY: &str = key::FOUR_LETTER_COMMANDS_WHITELIST;
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| !node.before(&[3, 5])) {
        let default = if node.maker == Maker::Bitnami { "srvr, mntr" } else { "srvr" };
        let allowed = match node.get(KEY) {
            Some(setting) => setting.value,
            None if node.lacks(KEY) => default.to_owned(),
            None => continue,
        };
        let allows =
            |word: &str| allowed.split(',').map(str::trim).any(|known| known == word || known == "*");
        // One word that is missing in the list is one mistake, however many probes ask it.
        let probes = node.container.probes();
        let wrong = probes.filter_map(|probe| Some((probe, asked(&probe)?))).find(|(_, word)| !allows(word));
        if let Some((probe, word)) = wrong {
            let title = format!("sends `{word}`, but only `{}` is allowed", allowed.trim());
            let finding = node.container.finding(&format!("/{}/exec/command", probe.kind), title);
            // Who does not look at the answer is content with the refusal.
            let looks = node.container.at(&format!("/{}/exec/command", probe.kind));
            let looks = looks.is_some_and(|command| {
                let command = command.to_string();
                ["imok", "grep", "[ ", "test "].iter().any(|word| command.contains(word))
            });
            findings.push(if looks { finding } else { finding.warns() });
        }
    }
    findings
}

fn liveness_needs_no_majority<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        // One server is its own majority.
        let alone = node.servers().len() < 2 && node.pod.replicas(set).is_none_or(|replicas| replicas < 2);
        let Some(probe) =
            node.container.probe("livenessProbe").filter(|probe| !alone && needs_majority(probe))
        else {
            continue;
        };
        let title = "its liveness fails while there is no majority";
        findings.push(node.container.finding(&format!("/{}/exec/command", probe.kind), title));
    }
    findings
}

/// Does it ask the AdminServer?
fn asks_admin(node: &Node<'_, '_>, probe: &Probe<'_>) -> bool {
    let port = probe.port().and_then(|port| node.container.port_number(port));
    port == Some(u64::from(ADMIN)) && probe.http_path().is_some_and(|path| path.starts_with("/commands"))
}

fn readiness_asks_for_service<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| !is_off(node)) {
        if node.container.probe("readinessProbe").is_some_and(|probe| asks_admin(node, &probe)) {
            let title = "becomes ready as soon as the AdminServer answers";
            findings.push(node.container.finding("/readinessProbe/httpGet/path", title));
        }
    }
    findings
}

fn is_off(node: &Node<'_, '_>) -> bool {
    let setting = node.get(key::ADMIN_ENABLE_SERVER);
    setting.is_some_and(|setting| matches!(setting.value.as_str(), "false" | "no"))
}

fn admin_server_answers<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| is_off(node)) {
        for probe in node.container.probes().filter(|probe| asks_admin(node, probe)) {
            let title = "uses the AdminServer, which is disabled";
            findings.push(node.container.finding(&format!("/{}/httpGet/port", probe.kind), title));
        }
    }
    findings
}
