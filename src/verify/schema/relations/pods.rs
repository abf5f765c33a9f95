//! Pods: what they share with their node, their operating system, and what their containers say together.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Here, Table, child, get, has, is_true, list, maps, text};

pub(super) const OF: Table = &[
    ("core.v1.PodSpec", own_users_share_nothing),
    ("core.v1.PodSpec", processes_are_shared_once),
    ("core.v1.PodSpec", options_fit_the_system),
    ("core.v1.PodSpec", host_processes_are_all_or_none),
    ("core.v1.PodSpec", parameters_are_its_own),
    ("core.v1.PodSpec", claims_are_the_pods),
    ("core.v1.PodSpec", containers_restart_as_they_may),
    ("core.v1.PodSpec", host_name_is_its_own),
    ("core.v1.PodDNSConfig", search_list_is_short),
];

const KINDS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// All containers of a pod, with their pointers.
pub(super) fn containers(
    pod: &Map<String, Value>,
) -> impl Iterator<Item = (String, &'static str, &Map<String, Value>)> {
    let of = |kind: &'static str| {
        maps(pod, kind).map(move |(index, container)| (format!("/{kind}/{index}"), kind, container))
    };
    KINDS.into_iter().flat_map(of)
}

fn own_users_share_nothing(here: &mut Here<'_>) {
    // Before 1.33 `hostUsers` is dropped.
    if !here.minor.at_least(33) {
        return;
    }
    let own = get(here.map, "hostUsers") == Some(&Value::Bool(false));
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        if own && is_true(here.map, field) {
            here.wrong(&format!("/{field}"), "must not be `true` with `hostUsers: false`");
        }
    }
    for (at, _, container) in containers(here.map) {
        if own && !list(container, "volumeDevices").is_empty() && here.minor.at_least(34) {
            here.wrong(&format!("{at}/volumeDevices"), "must be empty with `hostUsers: false`");
        }
        let mount = child(container, "securityContext").map(|context| text(context, "procMount"));
        if !own && mount == Some("Unmasked") {
            let at = format!("{at}/securityContext/procMount");
            here.wrong(&at, "must not be `Unmasked` without `hostUsers: false`");
        }
    }
}

fn processes_are_shared_once(here: &mut Here<'_>) {
    if is_true(here.map, "shareProcessNamespace") && is_true(here.map, "hostPID") {
        let help = "remove it: with `hostPID` the containers see each other's processes already";
        here.wrong_but("/shareProcessNamespace", "must not be `true` with `hostPID: true`", help);
    }
}

/// What only Linux has: of the pod's security context, of the pod, of a container's security context.
const LINUX: [&[&str]; 3] = [
    &[
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "fsGroup",
        "fsGroupChangePolicy",
        "sysctls",
        "runAsUser",
        "runAsGroup",
        "supplementalGroups",
        "supplementalGroupsPolicy",
        "seLinuxChangePolicy",
    ],
    &["hostUsers", "hostPID", "hostIPC", "shareProcessNamespace"],
    &[
        "appArmorProfile",
        "seLinuxOptions",
        "seccompProfile",
        "capabilities",
        "readOnlyRootFilesystem",
        "privileged",
        "allowPrivilegeEscalation",
        "procMount",
        "runAsUser",
        "runAsGroup",
    ],
];

fn options_fit_the_system(here: &mut Here<'_>) {
    let system = child(here.map, "os").map(|system| text(system, "name")).unwrap_or_default();
    let [of_pods, own, of_containers]: [&[&str]; 3] = match system {
        "linux" => [&["windowsOptions"], &[], &["windowsOptions"]],
        "windows" => LINUX,
        _ => return,
    };
    let mut found: Vec<String> =
        own.iter().filter(|field| is_set(here.map, field)).map(|field| format!("/{field}")).collect();
    let mut look = |at: &str, holder: &Map<String, Value>, fields: &[&str]| {
        let Some(context) = child(holder, "securityContext") else { return };
        let set = fields.iter().filter(|field| is_set(context, field));
        found.extend(set.map(|field| format!("{at}/securityContext/{field}")));
    };
    look("", here.map, of_pods);
    for (at, _, container) in containers(here.map) {
        look(&at, container, of_containers);
    }
    for at in found {
        here.wrong(&at, format!("must not be set with `os.name: {system}`"));
    }
}

/// For some fields it is the same to say no and to say nothing.
fn is_set(map: &Map<String, Value>, field: &str) -> bool {
    match field {
        "hostPID" | "hostIPC" => is_true(map, field),
        "sysctls" | "supplementalGroups" => !list(map, field).is_empty(),
        _ => has(map, field),
    }
}

/// Whether a security context asks for a process of the host, on Windows.
fn host_process(holder: &Map<String, Value>) -> Option<bool> {
    let options = child(child(holder, "securityContext")?, "windowsOptions")?;
    options.get("hostProcess").and_then(Value::as_bool)
}

fn host_processes_are_all_or_none(here: &mut Here<'_>) {
    let whole = host_process(here.map);
    let told: Vec<(String, Option<bool>)> =
        containers(here.map).map(|(at, _, container)| (at, host_process(container))).collect();
    for (at, own) in &told {
        if let (Some(own), Some(whole)) = (own, whole)
            && *own != whole
        {
            let at = format!("{at}/securityContext/windowsOptions/hostProcess");
            here.wrong(&at, format!("must be {whole}, as for the pod"));
        }
    }
    let is_one = |own: &Option<bool>| own.or(whole).unwrap_or(false);
    if told.iter().any(|(_, own)| is_one(own)) {
        if let Some((at, _)) = told.iter().find(|(_, own)| !is_one(own)) {
            here.wrong(at, "must be a `hostProcess` container: another one of the pod is");
        }
        if !is_true(here.map, "hostNetwork") {
            here.wrong("/hostNetwork", "must be `true` with `hostProcess` containers");
        }
    }
}

fn parameters_are_its_own(here: &mut Here<'_>) {
    let Some(context) = child(here.map, "securityContext") else { return };
    for (index, parameter) in maps(context, "sysctls") {
        let name = text(parameter, "name").replace('/', ".");
        let of_network = name.starts_with("net.");
        let of_memory =
            ["kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|start| name.starts_with(start))
                || name == "kernel.sem";
        let at = format!("/securityContext/sysctls/{index}/name");
        for (field, belongs) in [("hostNetwork", of_network), ("hostIPC", of_memory)] {
            if belongs && is_true(here.map, field) {
                here.wrong(&at, format!("is `{name}`, which with `{field}: true` is the node's"));
            }
        }
    }
}

/// Before 1.34 claims are dropped.
fn claims_are_the_pods(here: &mut Here<'_>) {
    if !here.minor.at_least(34) {
        return;
    }
    let known: BTreeSet<&str> =
        maps(here.map, "resourceClaims").map(|(_, claim)| text(claim, "name")).collect();
    for (at, _, container) in containers(here.map) {
        let Some(resources) = child(container, "resources") else { continue };
        for (index, claim) in maps(resources, "claims") {
            let name = text(claim, "name");
            if !name.is_empty() && !known.contains(name) {
                let at = format!("{at}/resources/claims/{index}/name");
                here.wrong(&at, format!("names `{name}`, which is not in the pod's `resourceClaims`"));
            }
        }
    }
}

fn containers_restart_as_they_may(here: &mut Here<'_>) {
    // Before 1.33 resizing is dropped.
    let never = text(here.map, "restartPolicy") == "Never" && here.minor.at_least(33);
    for (at, kind, container) in containers(here.map) {
        // Until 1.34 it tells sidecars only; before 1.29 it is dropped.
        if kind == "containers"
            && has(container, "restartPolicy")
            && here.minor.at_least(29)
            && !here.minor.at_least(35)
        {
            here.wrong(
                &format!("{at}/restartPolicy"),
                "must not be set: only init containers may have one before 1.35",
            );
        }
        let rules = !list(container, "restartPolicyRules").is_empty() && here.minor.at_least(35);
        if rules && !has(container, "restartPolicy") {
            here.wrong(&format!("{at}/restartPolicy"), "is missing with `restartPolicyRules`");
        }
        for (index, policy) in maps(container, "resizePolicy") {
            if never && text(policy, "restartPolicy") == "RestartContainer" {
                let at = format!("{at}/resizePolicy/{index}/restartPolicy");
                here.wrong(&at, "must be `NotRequired` in a pod with `restartPolicy: Never`");
            }
        }
    }
}

fn host_name_is_its_own(here: &mut Here<'_>) {
    // Before 1.35 the field is dropped.
    if !has(here.map, "hostnameOverride") || !here.minor.at_least(35) {
        return;
    }
    for field in ["setHostnameAsFQDN", "hostNetwork"] {
        if is_true(here.map, field) {
            here.wrong("/hostnameOverride", format!("must not be set with `{field}: true`"));
        }
    }
    let length = text(here.map, "hostnameOverride").len();
    if length > 64 {
        here.wrong("/hostnameOverride", format!("has {length} characters, at most 64 are allowed"));
    }
}

/// With the spaces between its names.
const SEARCH: usize = 2048;

fn search_list_is_short(here: &mut Here<'_>) {
    let names: Vec<&str> = super::texts(here.map, "searches").map(|(_, name)| name).collect();
    let length = names.join(" ").len();
    if length > SEARCH {
        here.wrong("/searches", format!("have {length} characters, at most {SEARCH} are allowed"));
    }
}
