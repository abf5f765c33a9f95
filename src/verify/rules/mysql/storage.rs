//! The disk of a server: empty before the first start, writable for its user, and nobody else's.

use serde_json::Value;

use super::config::of_servers;
use super::servers::{self, Flavour, Server};
use crate::products::mysql::USER;
use crate::verify::shapes::stores::{self, Store};
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-data-directory-starts-empty",
        grade: Grade::PROD,
        promise: "before 8.0, the data directory of a MySQL server is a directory below the root of its claim",
        why: "the root of an ext4 disk has a directory `lost+found`: 5.7 refuses to initialise a data directory that is \
              not empty (`--initialize specified but the data directory has files in it. Aborting.`), and earlier \
              ones show it as a database",
        fix: "before the first start, add `subPath: mysql` to the mount; data that is at the root already has to be \
              moved there",
        source: "MySQL 5.7 reference manual, Initializing the Data Directory; Kubernetes documentation, Run a Replicated \
                 Stateful Application",
        check: |set| of_servers(set, |server| lost_and_found(set, server)),
    },
    Rule {
        code: "mysql-data-is-writable",
        grade: Grade::WARNING,
        promise: "a MySQL server that does not start as root can write to its data directory",
        why: "most storage classes create the directory owned by root, and only a container that starts as root changes \
              its owner: the server exits with `Permission denied` (OS errno 13)",
        fix: "set `fsGroup: 999` in the pod's `securityContext`",
        source: "docker-library/mysql docker-entrypoint.sh: it changes owners only when it starts as root",
        check: |set| of_servers(set, not_its_own),
    },
    Rule {
        code: "mysql-data-has-one-server",
        grade: Grade::ERROR.strict(),
        promise: "no two MySQL servers share a data directory, not even during a rollout",
        why: "InnoDB keeps its files locked: every other server exits with `Unable to lock ./ibdata1`, and where the \
              file system does not pass locks on, both write and the data is lost",
        fix: "use a StatefulSet with `volumeClaimTemplates`, which gives each pod a claim of its own",
        source: "MySQL reference manual, InnoDB startup; Kubernetes documentation, StatefulSet",
        check: several,
    },
];

fn lost_and_found<'a>(set: &Set<'a>, server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    // One can tell it to look past the folder.
    let told = ["ignore_db_dir", "ignore_db_dirs"].iter().any(|name| server.setting(name).is_some());
    if !server.before(&[8, 0]) || told || server.flavour == Flavour::Bitnami || server.is_filled_before() {
        return Vec::new();
    }
    let data = server.data();
    let mount = stores::disk_at(set, server.pod, server.container, &data);
    let title = |volume: &str| {
        format!("its data directory `{data}` is the root of the claim `{volume}`, which has a `lost+found`")
    };
    let at = |index: usize| format!("/volumeMounts/{index}/mountPath");
    mount.map(|mount| server.container.finding(&at(mount.index), title(mount.volume))).into_iter().collect()
}

fn not_its_own<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let (pod, container) = (server.pod, server.container);
    // Bitnami's image is no root's.
    let image = (server.flavour == Flavour::Bitnami).then_some(1001);
    let user = topology::security(pod, container, "runAsUser").and_then(Value::as_u64).or(image);
    let Some(user) = user.filter(|user| *user > 0) else { return Vec::new() };
    if let Some(folder) = stores::folder_of_root(pod, container, &server.data(), Some(user)) {
        return vec![folder];
    }
    let Some(mount) = topology::claim_of_root(pod, container) else { return Vec::new() };
    let title =
        format!("runs as user {user}, and without an `fsGroup` cannot write to its claim `{}`", mount.volume);
    let group = image.unwrap_or(USER);
    let finding = container.finding(&format!("/volumeMounts/{}/name", mount.index), title);
    vec![finding.help(format!("set `fsGroup: {group}` in the pod's `securityContext`"))]
}

fn several<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let servers = servers::all(set);
    let known = servers
        .iter()
        .filter(|server| server.setting("datadir").is_none_or(|setting| setting.value.is_some()));
    let stores: Vec<Store<'_, 'a>> = known
        .map(|server| Store { pod: server.pod, container: server.container, folder: server.data() })
        .collect();
    stores::shared(set, &stores, "server")
}
