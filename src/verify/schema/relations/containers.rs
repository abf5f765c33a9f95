//! What a container mounts and may do.

use std::collections::BTreeSet;

use super::{Here, Table, child, is_true, maps, text, texts};

pub(super) const OF: Table = &[
    ("core.v1.Container", mounts_and_devices_differ),
    ("core.v1.Container", only_the_privileged_mount_both_ways),
    ("core.v1.SecurityContext", escalation_goes_with_rights),
    ("core.v1.VolumeMount", read_only_goes_all_the_way),
];

fn mounts_and_devices_differ(here: &mut Here<'_>) {
    let mounts = || maps(here.map, "volumeMounts").map(|(_, mount)| mount);
    let names: BTreeSet<&str> = mounts().map(|mount| text(mount, "name")).collect();
    let paths: BTreeSet<&str> = mounts().map(|mount| text(mount, "mountPath")).collect();
    for (index, device) in maps(here.map, "volumeDevices") {
        let (name, path) = (text(device, "name"), text(device, "devicePath"));
        if names.contains(name) && !name.is_empty() {
            let help = "a volume is mounted as a file system or used as a device, not both";
            let at = format!("/volumeDevices/{index}/name");
            here.wrong_but(&at, format!("names `{name}`, which `volumeMounts` names too"), help);
        }
        if paths.contains(path) && !path.is_empty() {
            let at = format!("/volumeDevices/{index}/devicePath");
            here.wrong(&at, format!("is `{path}`, where a volume is mounted"));
        }
    }
}

fn only_the_privileged_mount_both_ways(here: &mut Here<'_>) {
    let privileged = child(here.map, "securityContext").is_some_and(|context| is_true(context, "privileged"));
    for (index, mount) in maps(here.map, "volumeMounts").filter(|_| !privileged) {
        if text(mount, "mountPropagation") == "Bidirectional" {
            let at = format!("/volumeMounts/{index}/mountPropagation");
            let help =
                "use `HostToContainer`, or `privileged: true` where the container must mount for others";
            here.wrong_but(&at, "must not be `Bidirectional` in a container that is not privileged", help);
        }
    }
}

fn escalation_goes_with_rights(here: &mut Here<'_>) {
    if here.map.get("allowPrivilegeEscalation").and_then(serde_json::Value::as_bool) != Some(false) {
        return;
    }
    if is_true(here.map, "privileged") {
        let help = "remove `privileged: true`";
        here.wrong_but("/allowPrivilegeEscalation", "must not be `false` with `privileged: true`", help);
    }
    let added =
        child(here.map, "capabilities").into_iter().flat_map(|capabilities| texts(capabilities, "add"));
    // `SYS_ADMIN` without the first part is not looked at.
    if let Some((index, _)) = added.into_iter().find(|(_, name)| *name == "CAP_SYS_ADMIN") {
        let at = format!("/capabilities/add/{index}");
        here.wrong(&at, "must not be `CAP_SYS_ADMIN` with `allowPrivilegeEscalation: false`");
    }
}

fn read_only_goes_all_the_way(here: &mut Here<'_>) {
    // Before 1.31 the field is dropped.
    let mode = text(here.map, "recursiveReadOnly");
    if !matches!(mode, "Enabled" | "IfPossible") || !here.minor.at_least(31) {
        return;
    }
    if !is_true(here.map, "readOnly") {
        here.wrong("/recursiveReadOnly", format!("must not be `{mode}` without `readOnly: true`"));
    }
    if !matches!(text(here.map, "mountPropagation"), "" | "None") {
        here.wrong("/recursiveReadOnly", format!("must not be `{mode}` with a `mountPropagation`"));
    }
}
