//! What a Nacos server keeps on disk, and who it is when it starts again.

use serde_json::Value;

use super::database::is_in_mysql;
use super::servers::{Server, servers, starting};
use super::settings::Told;
use crate::diagnostic::Path;
use crate::products::nacos::{DERBY, NACOS_SERVER_IP, PREFER_HOST_MODE, PROTOCOL, key};
use crate::verify::pods::{Behind, Container, Mount, Pod, Product};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-keeps-its-data",
        grade: Grade::ERROR.strict(),
        promise: "a Nacos server without a database has a volume that outlives its pod at `/home/nacos/data`",
        why: "the configuration is stored there in Derby, in a cluster as the Raft log: it is lost with the pod",
        fix: "mount a PersistentVolumeClaim at `/home/nacos/data`, or keep the configuration in MySQL",
        source: "alibaba/nacos LocalDataSourceServiceImpl and JRaftServer",
        check: keeps_its_data,
    },
    Rule {
        code: "nacos-data-is-not-shared",
        grade: Grade::ERROR,
        promise: "no two Nacos servers share one volume at `/home/nacos/data`",
        why: "RocksDB locks the directory: one server starts, the others fail with \"While lock file … Resource \
              temporarily unavailable\"",
        fix: "use `volumeClaimTemplates` of a StatefulSet, or a `subPathExpr` with the pod's name",
        source: "alibaba/nacos#9766, nacos-group/nacos-k8s#381",
        check: data_is_not_shared,
    },
    Rule {
        code: "nacos-data-is-on-block-storage",
        grade: Grade::WARNING,
        promise: "`/home/nacos/data` is on block storage, not on a network filesystem",
        why: "RocksDB needs the locks and syncs of a local disk: on NFS and EFS members exit with \"Fail to init \
              node\"",
        fix: "use a StorageClass with block storage",
        source: "alibaba/nacos#7466",
        check: data_is_on_a_disk,
    },
    Rule {
        code: "nacos-standalone-name-is-stable",
        grade: Grade::WARNING,
        promise: "a standalone Nacos server with persistent data keeps its name across restarts",
        why: "Raft stores the address of its voters on disk: with a new one it fails with \"No leader for raft \
              group\", and everything that is not ephemeral cannot be written",
        fix: "run it in a StatefulSet with `PREFER_HOST_MODE` set to `hostname`",
        source: "alibaba/nacos#12341, #11950, #12504",
        check: identity_outlives_restarts,
    },
    Rule {
        code: "nacos-stop-keeps-its-data",
        grade: Grade::ERROR,
        promise: "no Nacos server without a database deletes the Raft log when it stops",
        why: "in an embedded cluster that log is the configuration: it is lost when a majority stops",
        fix: "remove the `preStop` hook",
        source: "alibaba/nacos DistributedDatabaseOperateImpl; nacos-group/nacos-k8s operator Kind.go",
        check: stop_keeps_its_data,
    },
];

/// Servers in containers, with their pods.
pub(super) fn in_pods<'p, 'a>(set: &'p Set<'a>) -> impl Iterator<Item = (&'p Pod<'a>, &'p Container<'a>)> {
    set.pods_with(Product::Nacos).flat_map(|pod| starting(pod).map(move |container| (pod, container)))
}

fn keeps_its_data<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings: Vec<Finding<'a>> =
        in_pods(set).filter_map(|(pod, container)| forgets(pod, container)).collect();
    for server in servers(set).iter().filter(|server| server.operated) {
        let volume = server.object.at("/spec/volume/enabled");
        let wrapped = server.object.at("/spec/k8sWrapper").is_some();
        let alone = server.is_alone() == Some(true) && is_in_mysql(server) == Some(false);
        if alone && !wrapped && volume != Some(&Value::Bool(true)) {
            let at = if volume.is_some() { "/spec/volume/enabled" } else { "/spec" };
            let title = "has neither a database nor a volume: a restart loses its configuration";
            let help = "set `volume: {enabled: true, …}`, or `database: {type: mysql, …}`";
            findings.push(Finding::new(server.object, title).at(at).help(help).warns());
        }
    }
    findings
}

fn forgets<'a>(pod: &Pod<'a>, container: &Container<'a>) -> Option<Finding<'a>> {
    let server = Server::of_container(pod, container);
    if !server.is_official() || is_in_mysql(&server) != Some(false) {
        return None;
    }
    let alone = server.is_alone()?;
    let mount = container.mount(if alone { DERBY } else { PROTOCOL });
    let title = "has no database, and its data is lost with its pod";
    let finding = match mount.filter(|mount| mount.behind != Behind::Config) {
        Some(mount) if mount.behind == Behind::EmptyDir => {
            container.finding(&format!("/volumeMounts/{}", mount.index), title)
        }
        Some(_) => return None,
        None if container.fields.contains_key("volumeMounts") => container.finding("/volumeMounts", title),
        None => container.finding("", title),
    };
    Some(if alone { finding.warns() } else { finding })
}

fn data_is_not_shared<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in in_pods(set) {
        let Some(mount) = container.mount(PROTOCOL) else { continue };
        let Some(count) = pod.replicas(set).filter(|count| *count > 1) else { continue };
        let own = mount.sub_path.is_some_and(|path| path.contains("$("));
        let shared = pod.volume(mount.volume).is_some_and(|(_, volume)| {
            volume.get("persistentVolumeClaim").is_some() || volume.get("nfs").is_some()
        });
        if shared && !own && mount.behind != Behind::EmptyDir && !is_template(pod, &mount) {
            let title = format!("`{}` is one volume for {count} servers", mount.volume);
            findings.push(container.finding(&format!("/volumeMounts/{}", mount.index), title));
        }
    }
    findings
}

fn templates<'a>(pod: &Pod<'a>) -> impl Iterator<Item = (usize, &'a Value)> {
    let templates = pod.workload.at("/spec/volumeClaimTemplates").and_then(Value::as_array);
    templates.into_iter().flatten().enumerate()
}

fn is_template(pod: &Pod<'_>, mount: &Mount<'_>) -> bool {
    templates(pod).any(|(_, claim)| name_of(claim) == Some(mount.volume))
}

fn name_of(claim: &Value) -> Option<&str> {
    claim.pointer("/metadata/name")?.as_str()
}

fn data_is_on_a_disk<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    in_pods(set)
        .filter_map(|(pod, container)| {
            let mount = container.mount(PROTOCOL)?;
            if let Some((index, volume)) = pod.volume(mount.volume)
                && volume.get("nfs").is_some()
            {
                let title = "the data of Nacos is on NFS";
                return Some(pod.finding(&format!("/volumes/{index}/nfs"), title));
            }
            let (finding, class) = class(set, pod, &mount)?;
            let provisioner =
                set.find("StorageClass", "", class).and_then(|class| class.text("/provisioner"));
            let shared = provisioner.map_or_else(|| is_network(class), is_network);
            let title = format!("the data of Nacos is on `{class}`, a network filesystem");
            shared.then_some(Finding { title, ..finding })
        })
        .collect()
}

/// The StorageClass behind a mount, and a finding about it that lacks a title.
fn class<'a>(set: &Set<'a>, pod: &Pod<'a>, mount: &Mount<'a>) -> Option<(Finding<'a>, &'a str)> {
    const OLD: &str = "volume.beta.kubernetes.io/storage-class";
    let of = |claim: &'a Value, path: Path, object| {
        let new = claim.pointer("/spec/storageClassName").and_then(Value::as_str);
        let old = claim.get("metadata")?.get("annotations").and_then(|all| all.get(OLD)?.as_str());
        let path = match new {
            Some(_) => path.keys(&["spec", "storageClassName"]),
            None => path.keys(&["metadata", "annotations", OLD]),
        };
        Some((Finding::new(object, "").at(path), new.or(old)?))
    };
    if let Some((index, claim)) = templates(pod).find(|(_, claim)| name_of(claim) == Some(mount.volume)) {
        let path = Path::from(format!("/spec/volumeClaimTemplates/{index}").as_str());
        return of(claim, path, pod.workload);
    }
    let (_, volume) = pod.volume(mount.volume)?;
    let claim = volume.pointer("/persistentVolumeClaim/claimName")?.as_str()?;
    let claim = set.beside(pod.workload, "PersistentVolumeClaim", claim)?;
    let class = claim.text("/spec/storageClassName")?;
    Some((Finding::new(claim, "").at("/spec/storageClassName"), class))
}

/// Does a name say NFS or EFS: `managed-nfs-storage`, `efs-sc`, `efs.csi.aws.com`?
fn is_network(name: &str) -> bool {
    let name = name.to_lowercase();
    name.contains("nfs") || name.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == "efs")
}

fn identity_outlives_restarts<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in in_pods(set) {
        let server = Server::of_container(pod, container);
        let kept = container
            .mount(PROTOCOL)
            .is_some_and(|mount| matches!(mount.behind, Behind::Claim | Behind::HostPath | Behind::Other));
        let fixed = pod.is_on_host();
        let address = server.told(NACOS_SERVER_IP, &[key::IP, key::INET_ADDRESS]);
        if !kept
            || fixed
            || !server.is_official()
            || server.is_alone() != Some(true)
            || !matches!(address, Told::Nothing)
        {
            continue;
        }
        let host = server.told(PREFER_HOST_MODE, &[key::PREFER_HOSTNAME, key::INET_PREFER_HOSTNAME]);
        let named = pod.workload.kind() == "StatefulSet"
            || pod.workload.kind() == "Pod"
            || pod.spec.get("hostname").is_some();
        let finding = match (&host, host.value()) {
            (Told::Unknown, _) => continue,
            (_, Some("hostname")) if named => continue,
            (_, Some("hostname")) => {
                let title = "has persistent data, but a different name after every restart";
                pod.finding("", title).at("/kind").help("make it a StatefulSet")
            }
            _ => {
                let title =
                    "has persistent data, but is identified by an address that changes with every restart";
                let help = if named {
                    format!("set `{PREFER_HOST_MODE}` to `hostname`")
                } else {
                    format!("make it a StatefulSet, and set `{PREFER_HOST_MODE}` to `hostname`")
                };
                server.finding(&host, title).help(help)
            }
        };
        let down = server.at_least(&[2, 4, 1]) && server.before(&[2, 4, 2]);
        findings.push(if down { finding.refuses() } else { finding });
    }
    findings
}

fn stop_keeps_its_data<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const COMMAND: &str = "/lifecycle/preStop/exec/command";
    let mut findings = Vec::new();
    for (pod, container) in in_pods(set) {
        let command = container.at(COMMAND).and_then(Value::as_array).into_iter().flatten();
        let line = command.filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
        let server = Server::of_container(pod, container);
        let deletes = line.contains("rm ") && line.contains("/data/protocol");
        if deletes && server.is_alone() == Some(false) && is_in_mysql(&server) == Some(false) {
            findings.push(container.finding(COMMAND, "deletes the Raft log, which holds the configuration"));
        }
    }
    findings
}
