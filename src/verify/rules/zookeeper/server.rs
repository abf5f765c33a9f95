//! What ZooKeeper needs: settings that are read, and say what they should.

use crate::products::zookeeper::{
    ADMIN, CONFIG, CONFIG_FILE, ZOO_4LW_COMMANDS_WHITELIST, ZOO_ADMINSERVER_ENABLED,
    ZOO_AUTOPURGE_PURGEINTERVAL, ZOO_CFG_EXTRA, ZOO_SERVERS, key,
};
use crate::verify::pods::{Behind, Product};
use crate::verify::shapes::clustered;
use crate::verify::told::zookeeper::{Maker, Node, nodes};
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "zookeeper-opens-a-client-port",
        grade: Grade::ERROR,
        promise: "every ZooKeeper server has a client port: after `;` in its line, or as `clientPort`",
        why: "without one the servers elect a leader but open no port for clients (clientPort is not set)",
        fix: "use `server.1=HOST:2888:3888;2181`",
        source: "docker-library zookeeper, docker-entrypoint.sh; observed with ZooKeeper 3.8.0",
        check: opens_a_client_port,
    },
    Rule {
        code: "zookeeper-ports-are-listened-on",
        grade: Grade::ERROR,
        promise: "Services and probes use ports that ZooKeeper listens on",
        why: "the port does not listen: connections through the Service are refused, and the probe fails until \
              the pod is restarted",
        fix: "use the client port of the server lines, usually 2181",
        source: "ZooKeeper Administrator's Guide, clientPort and server.x",
        check: ports_are_listened_on,
    },
    Rule {
        code: "zookeeper-servers-are-separated",
        grade: Grade::ERROR,
        promise: "ZooKeeper servers in a variable use the separator of the image",
        why: "the image combines them into one line, which ZooKeeper cannot parse: the server exits at startup",
        fix: "separate them with spaces in `ZOO_SERVERS`, with `;` in `ZOOKEEPER_SERVERS`",
        source: "docker-library zookeeper, docker-entrypoint.sh; confluentinc/kafka-images, cp-zookeeper configure",
        check: servers_are_separated,
    },
    Rule {
        code: "zookeeper-settings-are-read",
        grade: Grade::WARNING,
        promise: "with a mounted zoo.cfg no variable is set that would generate a line of it",
        why: "the start script generates zoo.cfg from variables only if none exists: yours are ignored",
        fix: "put the setting into the mounted zoo.cfg, or remove the mount",
        source: "docker-library zookeeper, docker-entrypoint.sh",
        check: settings_are_read,
    },
    Rule {
        code: "zookeeper-conf-keeps-its-files",
        grade: Grade::ERROR,
        promise: "no ConfigMap hides the image's files in `/conf` of ZooKeeper",
        why: "a mounted directory is read-only and replaces the image's: zoo.cfg cannot be generated, and the \
              image's logging settings are hidden",
        fix: "mount the single file: `mountPath: /conf/zoo.cfg` with `subPath: zoo.cfg`",
        source: "docker-library zookeeper, docker-entrypoint.sh",
        check: conf_keeps_its_files,
    },
    Rule {
        code: "zookeeper-purges-its-snapshots",
        grade: Grade::PROD,
        promise: "ZooKeeper purges old snapshots and logs on its claim",
        why: "ZooKeeper keeps all of them by default, until the disk is full and the server exits",
        fix: "set `autopurge.purgeInterval` to some hours (`ZOO_AUTOPURGE_PURGEINTERVAL`)",
        source: "ZooKeeper Administrator's Guide, Ongoing Data Directory Cleanup",
        check: purges_its_snapshots,
    },
    Rule {
        code: "zookeeper-whitelist-is-short",
        grade: Grade::PROD,
        promise: "ZooKeeper's whitelist contains only the four letter words that are needed",
        why: "with `*` anyone who can reach the port can read all sessions and watches, and load the server with \
              such requests",
        fix: "use `ruok, srvr`, and what the monitoring needs: `mntr`",
        source: "ZooKeeper Administrator's Guide, 4lw.commands.whitelist",
        check: whitelist_is_short,
    },
    Rule {
        code: "zookeeper-version-is-supported",
        grade: Grade::WARNING,
        promise: "ZooKeeper is 3.5 or later",
        why: "3.4 has had no fixes since 2020, and the clients of Kafka 3.x and Curator 5 cannot use it",
        fix: "use 3.8 or 3.9; 3.4 data needs a snapshot before the upgrade",
        source: "ZooKeeper releases, end of life of 3.4; Curator, ZooKeeper compatibility",
        check: version_is_kept,
    },
    Rule {
        code: "zookeeper-members-can-rejoin",
        grade: Grade::WARNING,
        promise: "`quorumListenOnAllIPs` of ZooKeeper is used from 3.5.8 on",
        why: "in 3.5.0 to 3.5.7 it can keep a restarted server out of the ensemble",
        fix: "use 3.8 or 3.9",
        source: "ZOOKEEPER-2164",
        check: members_may_rejoin,
    },
    Rule {
        code: "zookeeper-image-exists",
        grade: Grade::WARNING,
        promise: "ZooKeeper's image still exists in its registry",
        why: "Bitnami removed the versions in `bitnami/` from Docker Hub in September 2025: a node that does not \
              have the image cached stays in ImagePullBackOff",
        fix: "use the official image `zookeeper`; the old images are in `bitnamilegacy/`",
        source: "bitnami/containers#83267, #85621",
        check: image_is_there,
    },
];

fn image_is_there<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers = set.pods_with(Product::Zookeeper).filter_map(|pod| pod.running(Product::Zookeeper));
    servers.filter_map(clustered::withdrawn).collect()
}

fn opens_a_client_port<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let judged = |node: &&Node<'_, '_>| {
        !node.before(&[3, 5])
            && (node.maker == Maker::Official || (node.maker == Maker::Other && node.file.is_some()))
    };
    for node in nodes(set).iter().filter(judged) {
        let servers = node.servers();
        let ported = [key::CLIENT_PORT, "secureClientPort", key::DYNAMIC_CONFIG_FILE]
            .iter()
            .any(|key| !node.lacks(key));
        if let Some(server) = servers.iter().find(|server| !server.client).filter(|_| !ported) {
            let title = format!("server {} has no client port", server.id);
            findings.push(node.server_finding(Some(server), title));
        }
    }
    findings
}

fn ports_are_listened_on<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let servers = node.servers();
        let client = node.get(key::CLIENT_PORT).and_then(|setting| setting.value.trim().parse().ok());
        if client.is_none() && (servers.is_empty() || servers.iter().any(|server| !server.client)) {
            continue;
        }
        let numbers = servers.iter().flat_map(|server| server.text.split(|c: char| !c.is_ascii_digit()));
        let known = numbers.filter_map(|number| number.parse().ok()).chain(client).collect();
        let said = |port: &str| {
            let file = node.file.and_then(|file| file.plain()).is_some_and(|text| text.contains(port));
            node.startup.says(port) || port == ADMIN.to_string() || file
        };
        findings.extend(clustered::led_nowhere(set, node.pod, node.container, &known, said));
    }
    findings
}

fn servers_are_separated<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.file.is_none()) {
        let Some(setting) = node.get("servers") else { continue };
        if let Some(mark) = node.wrong_separator(&setting.value) {
            let mark = if mark == " " { "spaces" } else { "`,` or `;`" };
            let title = format!("`{}` is separated by {mark}", setting.name);
            findings.push(node.finding(&setting, title));
        }
    }
    findings
}

/// Variables that only zoo.cfg is made of.
const LINES: &[&str] = &[
    ZOO_SERVERS,
    "ZOO_TICK_TIME",
    "ZOO_INIT_LIMIT",
    "ZOO_SYNC_LIMIT",
    ZOO_AUTOPURGE_PURGEINTERVAL,
    "ZOO_AUTOPURGE_SNAPRETAINCOUNT",
    "ZOO_MAX_CLIENT_CNXNS",
    "ZOO_STANDALONE_ENABLED",
    ZOO_ADMINSERVER_ENABLED,
    ZOO_4LW_COMMANDS_WHITELIST,
    ZOO_CFG_EXTRA,
];

fn settings_are_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.maker == Maker::Official) {
        if node.file.is_none_or(|file| file.path != CONFIG_FILE) {
            continue;
        }
        let env = &node.container.env;
        let ignored: Vec<&str> =
            LINES.iter().copied().filter(|name| env.has(name) && !node.startup.says(name)).collect();
        if let Some(var) = ignored.first().and_then(|name| env.get(name)) {
            let title = format!("{} has no effect with the mounted {CONFIG}", words::listed(&ignored));
            findings.push(env.finding(var, title));
        }
    }
    findings
}

fn conf_keeps_its_files<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| node.maker == Maker::Official) {
        let container = node.container;
        let mounts = container.mounts();
        let folder = mounts
            .iter()
            .find(|mount| mount.path.trim_end_matches('/') == "/conf" && mount.behind == Behind::Config);
        let Some(folder) = folder else { continue };
        let has = |name: &str| container.files.iter().any(|file| file.path == format!("/conf/{name}"));
        // A ConfigMap of somebody else's may hold anything.
        if !container.files.iter().any(|file| file.path.starts_with("/conf/")) {
            continue;
        }
        let at = format!("/volumeMounts/{}/mountPath", folder.index);
        if !has(CONFIG) {
            findings.push(container.finding(&at, format!("hides /conf, and contains no {CONFIG}")));
        } else if !["logback.xml", "log4j.properties", "log4j2.xml"].into_iter().any(has) {
            findings.push(container.finding(&at, "hides the logging settings in /conf").warns());
        }
    }
    findings
}

fn purges_its_snapshots<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const KEY: &str = key::AUTOPURGE_PURGE_INTERVAL;
    let mut findings = Vec::new();
    for node in nodes(set) {
        let kept = |path: &String| clustered::is_kept(node.container, path);
        if !node.folders().iter().any(kept) {
            continue;
        }
        match node.get(KEY) {
            Some(setting) if setting.value.trim() == "0" => {
                let title = format!("`{}` is 0, which means never", setting.name);
                findings.push(node.finding(&setting, title));
            }
            None if node.lacks(KEY) => {
                findings.push(node.missing(format!("`{KEY}` is not set: nothing is ever purged")));
            }
            _ => {}
        }
    }
    findings
}

fn whitelist_is_short<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set) {
        let setting = node.get(key::FOUR_LETTER_COMMANDS_WHITELIST);
        if let Some(setting) =
            setting.filter(|setting| setting.value.split(',').any(|word| word.trim() == "*"))
        {
            findings.push(node.finding(&setting, format!("`{}` allows everything", setting.name)));
        }
    }
    findings
}

fn version_is_kept<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all = nodes(set);
    let old = all
        .iter()
        .filter(|node| matches!(node.maker, Maker::Official | Maker::Bitnami) && node.before(&[3, 5]));
    old.map(|node| {
        let tag = node.container.image.tag().unwrap_or_default();
        node.container.finding("/image", format!("ZooKeeper {tag} is older than 3.5"))
    })
    .collect()
}

fn members_may_rejoin<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for node in nodes(set).iter().filter(|node| !node.before(&[3, 5]) && node.before(&[3, 5, 8])) {
        let setting = node.get(key::QUORUM_LISTEN_ON_ALL_IPS);
        if let Some(setting) = setting.filter(|setting| matches!(setting.value.as_str(), "true" | "yes")) {
            let tag = node.container.image.tag().unwrap_or_default();
            findings
                .push(node.finding(&setting, format!("`{}` is enabled in ZooKeeper {tag}", setting.name)));
        }
    }
    findings
}
