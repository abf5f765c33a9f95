//! What ZooKeeper needs to start: a number, and a file that it may write when the ensemble is to be reconfigured.

use crate::products::zookeeper::{CONFIG, key};
use crate::verify::pods::{Behind, Mount};
use crate::verify::told::zookeeper::{Node, nodes};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "zookeeper-id-is-a-number",
        grade: Grade::ERROR,
        promise: "the id of a ZooKeeper server is a number",
        why: "the start script writes it to `myid`, and the server exits with code 2: `serverid … is not a number`",
        fix: "derive it from the ordinal in the start command: `export ZOO_MY_ID=$((${HOSTNAME##*-}+1))`",
        source: "ZooKeeper QuorumPeerConfig.setupMyId; docker-library zookeeper, docker-entrypoint.sh",
        check: id_is_a_number,
    },
    Rule {
        code: "zookeeper-reconfig-can-write",
        grade: Grade::ERROR,
        promise: "a ZooKeeper server with `reconfigEnabled` may write its zoo.cfg",
        why: "at its start it moves the servers from zoo.cfg to a file beside it, and writes zoo.cfg anew; on a mounted \
              ConfigMap, which is read-only, it exits with code 2",
        fix: "copy zoo.cfg in an init container to a volume that the server may write, and start it with the copy; or \
              remove `reconfigEnabled`",
        source: "ZooKeeper QuorumPeerConfig.parse and backupOldConfig; Dynamic Reconfiguration; observed with ZooKeeper \
                 3.9.4",
        check: reconfig_can_write,
    },
];

fn id_is_a_number<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let wrong = |node: &Node<'_, 'a>| {
        let (at, what) = node.id_is_no_number()?;
        Some(Finding { title: format!("{what}, which is not a number"), ..at })
    };
    nodes(set).iter().filter_map(wrong).collect()
}

fn reconfig_can_write<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    // There is no such thing before 3.5.
    for node in nodes(set).iter().filter(|node| !node.before(&[3, 5])) {
        let Some(file) = node.file else { continue };
        let Some(on) = node.get(key::RECONFIG_ENABLED).filter(|on| matches!(on.value.trim(), "true" | "yes"))
        else {
            continue;
        };
        let alone = node.servers().len() < 2 && !standalone_is_off(node);
        let elsewhere = node.get(key::DYNAMIC_CONFIG_FILE).is_some() || !node.lacks(key::DYNAMIC_CONFIG_FILE);
        let read_only = |mount: Mount<'_>| {
            mount.behind == Behind::Config && file.path.starts_with(mount.path.trim_end_matches('/'))
        };
        if node.container.mount(&file.path).is_some_and(read_only) && !alone && !elsewhere {
            let title =
                format!("`{}` makes the server rewrite {CONFIG}, but `{}` is read-only", on.name, file.path);
            findings.push(node.finding(&on, title));
        }
    }
    findings
}

fn standalone_is_off(node: &Node<'_, '_>) -> bool {
    node.get("standaloneEnabled").is_some_and(|setting| setting.value.trim() == "false")
}
