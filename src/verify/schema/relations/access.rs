//! Roles and who has them; classes of priority.

use super::{Here, Table, is_true, list, maps, number, text};

pub(super) const OF: Table = &[
    ("rbac.authorization.k8s.io/v1/ClusterRoleBinding", accounts_have_namespaces),
    ("rbac.authorization.k8s.io/v1/Role", urls_are_of_the_cluster),
    ("scheduling.k8s.io/v1/PriorityClass", priority_is_a_users),
];

fn accounts_have_namespaces(here: &mut Here<'_>) {
    for (index, subject) in maps(here.map, "subjects") {
        if text(subject, "kind") == "ServiceAccount" && text(subject, "namespace").is_empty() {
            here.wrong(&format!("/subjects/{index}/namespace"), "is missing: the binding itself has none");
        }
    }
}

fn urls_are_of_the_cluster(here: &mut Here<'_>) {
    for (index, rule) in maps(here.map, "rules") {
        if !list(rule, "nonResourceURLs").is_empty() {
            let help = "use a ClusterRole and a ClusterRoleBinding";
            let wrong = "must be empty: URLs belong to no namespace";
            here.wrong_but(&format!("/rules/{index}/nonResourceURLs"), wrong, help);
        }
    }
}

/// Above are those of the system.
const HIGHEST: i64 = 1_000_000_000;

fn priority_is_a_users(here: &mut Here<'_>) {
    let name = super::child(here.map, "metadata").map(|metadata| text(metadata, "name")).unwrap_or_default();
    let known = match name {
        "system-cluster-critical" => Some(2 * HIGHEST),
        "system-node-critical" => Some(2 * HIGHEST + 1000),
        _ => None,
    };
    let value = number(here.map, "value").unwrap_or_default();
    if name.starts_with("system-") {
        if known != Some(value) || is_true(here.map, "globalDefault") {
            here.wrong(
                "/metadata/name",
                "must not start with `system-`, which is for Kubernetes' own classes",
            );
        }
    } else if value > HIGHEST {
        here.wrong("/value", format!("must be at most {HIGHEST}, not {value}"));
    }
}
