//! Folders of the image that a Nacos server reads and writes besides its data.

use serde_json::Value;

use super::servers::Server;
use super::storage::in_pods;
use crate::k8s::Quantity;
use crate::products::nacos::{CONF, DATA, LOGBACK_FILE, LOGS, LOGS_KEPT, PROPERTIES_FILE};
use crate::verify::pods::{Behind, Container, Mount, Pod};
use crate::verify::{Finding, Grade, Rule, Set, texts, topology};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-image-keeps-its-conf",
        grade: Grade::ERROR,
        promise: "no volume hides the configuration files of the Nacos image at `/home/nacos/conf`",
        why: "the server reads its properties, its logging and the schema there: with an empty folder in their place it does \
              not start",
        fix: "mount single files with `subPath`: `/home/nacos/conf/application.properties`",
        source: "nacos-docker Dockerfile and docker-startup.sh: everything below conf comes with the image",
        check: keeps_its_conf,
    },
    Rule {
        code: "nacos-logs-fit-their-limit",
        grade: Grade::WARNING,
        promise: "a Nacos server's logs are not in a volume, or under an ephemeral-storage limit, that is smaller than what it \
                  keeps",
        why: "its logback keeps up to 2 GB a file and 7 GB an appender, some 150 GiB in all: the kubelet evicts the pod when the \
              limit is reached, past any budget, and often all members at about the same time",
        fix: "mount a `nacos-logback.xml` with smaller caps at `/home/nacos/conf/nacos-logback.xml`, use a claim, or remove the \
              limit",
        source: "nacos-logback.xml of 2.5.1: 32 appenders; nacos-group/nacos-k8s#253, higress-group/higress#1594",
        check: logs_fit,
    },
    Rule {
        code: "nacos-folders-are-writable",
        grade: Grade::ERROR,
        promise: "a Nacos server that does not run as root can write its folders `conf`, `logs` and `data`",
        why: "the folders of the image belong to root: the start script cannot write `cluster.conf`, and the server exits \
              without its logs",
        fix: "run the image as root without further rights (drop all capabilities but `DAC_OVERRIDE`), or use an image whose \
              folders belong to that user",
        source: "nacos-docker Dockerfile: no USER; docker-startup.sh writes conf/cluster.conf",
        check: folders_are_writable,
    },
];

/// Servers of the image that we know, with their pods.
fn of_the_image<'p, 'a>(set: &'p Set<'a>) -> impl Iterator<Item = (&'p Pod<'a>, &'p Container<'a>)> {
    in_pods(set).filter(|(pod, container)| Server::of_container(pod, container).is_official())
}

fn keeps_its_conf<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in of_the_image(set) {
        let Some(mount) = container.mount(CONF).filter(|mount| !pod.is_prepared(mount.volume)) else {
            continue;
        };
        let finding = |title: String| container.finding(&format!("/volumeMounts/{}", mount.index), title);
        let volume = mount.volume;
        match mount.behind {
            Behind::EmptyDir => {
                let title = format!("the empty volume `{volume}` hides what the image has at `{CONF}`");
                findings.push(finding(title));
            }
            // It has been filled before, or by hand.
            Behind::Claim | Behind::HostPath => {
                let title = format!(
                    "volume `{volume}` hides what the image has at `{CONF}`, unless somebody has filled it"
                );
                findings.push(finding(title).warns());
            }
            Behind::Config if mount.sub_path.is_none() && container.file(PROPERTIES_FILE).is_none() => {
                let title = format!("volume `{volume}` hides what the image has at `{CONF}`");
                findings.push(finding(title).warns());
            }
            _ => {}
        }
    }
    findings
}

fn logs_fit<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    of_the_image(set).filter_map(|(pod, container)| overflowing(pod, container)).collect()
}

fn overflowing<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Option<Finding<'a>> {
    let server = Server::of_container(pod, container);
    let own = container.mount(LOGBACK_FILE).is_some() || server.mentions("logging.config");
    let mount = container.mount(LOGS);
    if own || mount.as_ref().is_some_and(|mount| mount.behind != Behind::EmptyDir) {
        return None;
    }
    let room = |value: &Value| {
        Quantity::parse(value.as_str()?).ok().map(|room| room.whole()).filter(|room| *room < LOGS_KEPT)
    };
    let of_volume = mount.and_then(|mount| sized(pod, &mount));
    if let Some((at, size)) = of_volume.and_then(|(at, size)| Some((at, room(size)?))) {
        let title = format!("its logs evict it when they reach {}", texts::mebibytes(size));
        return Some(pod.finding(&at, title));
    }
    let limit = container.at("/resources/limits/ephemeral-storage")?;
    let title = format!("its logs evict it when they reach {}", texts::mebibytes(room(limit)?));
    Some(container.finding("/resources/limits/ephemeral-storage", title))
}

/// The size of an emptyDir, and where it stands in the pod.
fn sized<'a>(pod: &Pod<'a>, mount: &Mount<'a>) -> Option<(String, &'a Value)> {
    let (index, volume) = pod.volume(mount.volume)?;
    Some((format!("/volumes/{index}/emptyDir/sizeLimit"), volume.pointer("/emptyDir/sizeLimit")?))
}

fn folders_are_writable<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in of_the_image(set) {
        let user = topology::security(pod, container, "runAsUser").and_then(Value::as_u64);
        let Some(user) = user.filter(|user| *user != 0) else { continue };
        let closed: Vec<String> = [CONF, LOGS, DATA]
            .iter()
            .filter(|folder| container.mount(folder).is_none())
            .map(|folder| (*folder).to_owned())
            .collect();
        if !closed.is_empty() {
            let title = format!(
                "runs as user {user}, but {} of the image belong to root",
                words::listed(&closed).replace(" or ", " and ")
            );
            findings.push(container.finding("/securityContext/runAsUser", title));
        }
    }
    findings
}
