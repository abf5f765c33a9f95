//! `Nacos` resources of nacos-operator (`nacos.io/v1alpha1`): what the operator does with them, and what it does not.

use serde_json::Value;

use super::database::is_in_mysql;
use super::servers::{Server, resources, servers};
use crate::k8s::Object;
use crate::products::nacos::{
    CONSOLE, FUNCTION_MODE, HTTP, NACOS_APPLICATION_PORT, NACOS_AUTH_ENABLE, PREFER_HOST_MODE, PROTOCOL_RAFT,
    key,
};
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-resource-is-complete",
        grade: Grade::PROD,
        promise: "every Nacos resource sets the fields that nacos-operator requires",
        why: "the operator dereferences a nil pointer and aborts every reconcile: later objects are never \
              created, changes are not applied, and the status does not report it",
        fix: "set the missing field, even to its default",
        source: "nacos-group/nacos-k8s operator: Kind.go, Check.go, statefulset.go (2026-04)",
        check: is_whole,
    },
    Rule {
        code: "nacos-resource-fits-its-operator",
        grade: Grade::WARNING,
        promise: "every Nacos resource asks for features that nacos-operator supports",
        why: "it was written for Nacos 2.0 and 2.1 with a database",
        fix: "write a StatefulSet and Services of your own",
        source: "nacos-group/nacos-k8s operator (2026-04), #479, #487; alibaba/nacos#11832, #13198",
        check: fits_its_operator,
    },
    Rule {
        code: "nacos-resource-fields-are-applied",
        grade: Grade::WARNING,
        promise: "every field of a Nacos resource reaches the pods",
        why: "the CustomResourceDefinition in the operator's chart lacks some fields, so the API server rejects \
              or drops them, and the operator ignores others",
        fix: "set it in `env`, or write a StatefulSet of your own",
        source: "nacos-group/nacos-k8s chart/nacos-operator/crds/crd.yaml and Kind.go (2026-04), #481, #485",
        check: fields_arrive,
    },
    Rule {
        code: "nacos-resource-probes-its-port",
        grade: Grade::ERROR,
        promise: "the probes of a Nacos resource use the port that its servers listen on",
        why: "a probe of another port always fails: the pods never become ready, or are restarted again and again",
        fix: "use the value of `NACOS_APPLICATION_PORT`, or 8848",
        source: "nacos-operator KindClient.buildStatefulset: probes are taken over as they are",
        check: probes_its_port,
    },
    Rule {
        code: "nacos-resource-hides-its-password",
        grade: Grade::PROD,
        promise: "no Nacos resource contains its database password or its token",
        why: "anyone who can read the resource or the pods can read it, and so can anyone with the manifest",
        fix: "set a variable from a Secret in `env`, and write `$(NAME)` here: the kubelet expands it",
        source: "nacos-group/nacos-k8s operator/pkg/service/operator/Kind.go",
        check: hides_its_password,
    },
    Rule {
        code: "nacos-resource-types-are-known",
        grade: Grade::ERROR,
        promise: "types in a Nacos resource are known to nacos-operator",
        why: "it creates nothing for another `type`, and a pod without a database for another `database.type`",
        fix: "write `standalone` or `cluster` for `type`, `embedded` or `mysql` for `database.type`",
        source: "nacos-group/nacos-k8s operator/pkg/service/operator (2026-04)",
        check: words_are_known,
    },
];

fn has(object: &Object, pointer: &str) -> bool {
    object.at(pointer).is_some_and(|value| !value.is_null() && value != "")
}

fn is_on(object: &Object, pointer: &str) -> bool {
    object.at(pointer) == Some(&Value::Bool(true))
}

fn is_cluster(object: &Object) -> bool {
    object.text("/spec/type") == Some("cluster")
}

fn is_whole<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in resources(set) {
        if !has(object, "/spec/replicas") {
            let title = "has no `replicas`, which the operator dereferences unchecked";
            let finding = Finding::new(object, title).at("/spec");
            // In a cluster before anything is made.
            let finding = if is_cluster(object) { finding.refuses() } else { finding };
            findings.push(finding.help("set `replicas`, even for one server"));
        }
        if is_on(object, "/spec/volume/enabled") && !has(object, "/spec/volume/storageClass") {
            let title = "has no `storageClass`, which the operator dereferences unchecked";
            let finding = Finding::new(object, title).at("/spec/volume");
            findings.push(finding.help("set `volume: {…, storageClass: …}`, even for the default class"));
        }
        let mysql = object.text("/spec/database/type") == Some("mysql");
        let silent = |field: &&(&str, &str)| !has(object, &format!("/spec/database/{}", field.0));
        for (field, default) in DEFAULTS.iter().filter(silent).filter(|_| mysql) {
            let title = format!("`database` has no `{field}`: the operator uses {default}");
            findings.push(Finding::new(object, title).at("/spec/database").help(format!("set `{field}`")));
        }
    }
    findings
}

/// What the operator fills in where it cannot be right.
const DEFAULTS: &[(&str, &str)] =
    &[("mysqlHost", "`127.0.0.1`, the pod itself"), ("mysqlPassword", "one hard-coded in its source")];

fn fits_its_operator<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in resources(set) {
        let server = Server::of_resource(object, set);
        if server.at_least(&[3]) || server.is_newest() {
            let title = format!(
                "nacos-operator does not support Nacos 3.x: its Services lack the console's port {CONSOLE}"
            );
            let finding =
                server.of_image(title).help("use a 2.x version, or a StatefulSet and Services of your own");
            findings.push(if server.is_newest() { finding } else { finding.refuses() });
        } else if server.at_least(&[2, 2]) {
            let title = "nacos-operator will report this Nacos as Failed: it calls a path that 2.2.0 removed";
            findings.push(server.of_image(title).help("check the pods instead of the status"));
        }
        if has(object, "/spec/config") && (server.at_least(&[2, 2]) || server.is_newest()) {
            let title = "`config` becomes `init.d/custom.properties`, which Nacos has not read since 2.2.0";
            let help = format!(
                "set the properties as variables in `env`: `NACOS_NAMING_DATA_WARMUP` for \
                        `{}`",
                key::WARMUP
            );
            findings.push(Finding::new(object, title).at("/spec/config").help(help));
        }
        if is_cluster(object) && is_in_mysql(&server) == Some(false) {
            let title = format!(
                "the operator deletes `{PROTOCOL_RAFT}` whenever a pod stops, which in a \
                         cluster without a database is the configuration"
            );
            let at = if has(object, "/spec/database/type") { "/spec/database/type" } else { "/spec/type" };
            let help = "set `database: {type: mysql, …}`, or write a StatefulSet of your own";
            findings.push(Finding::new(object, title).at(at).help(help).refuses());
        }
    }
    findings
}

fn fields_arrive<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in resources(set) {
        // With the definition beside it, its fields are proven anyway.
        let unproven = set.custom.check(object, set.around.minor).is_none();
        let host = Server::of_resource(object, set).env.known(PREFER_HOST_MODE) == Some("hostname");
        let forgetful = has(object, "/spec/function_mode") && is_cluster(object) && !host;
        let mut told = |pointer: &str, title: &str, help: &str| {
            findings.push(Finding::new(object, title).at(pointer).help(help));
        };
        let pruned = [
            ("certification", format!("set `{NACOS_AUTH_ENABLE}`, token and identity in `env`")),
            ("function_mode", format!("set `{FUNCTION_MODE}` in `env`")),
        ];
        for (field, help) in pruned {
            let pointer = format!("/spec/{field}");
            if unproven && has(object, &pointer) && !(field == "function_mode" && forgetful) {
                told(
                    &pointer,
                    &format!("the CustomResourceDefinition in the operator's chart has no field `{field}`"),
                    &help,
                );
            }
        }
        if unproven && has(object, "/spec/k8sWrapper/PodSpec") {
            let title = "the CustomResourceDefinition of nacos-operator drops everything below \
                         `k8sWrapper.PodSpec`";
            told(
                "/spec/k8sWrapper/PodSpec",
                title,
                "use the fields of `spec`, such as `nodeSelector` and `tolerations`",
            );
        }
        if has(object, "/spec/imagePullSecrets") {
            let title = "nacos-operator does not pass `imagePullSecrets` to the pods";
            told(
                "/spec/imagePullSecrets",
                title,
                "add them to the ServiceAccount `default` of the namespace",
            );
        }
        if forgetful {
            let title = format!(
                "with `function_mode` the operator drops `{PREFER_HOST_MODE}`: members are identified by an \
                         address and do not find themselves in their list"
            );
            told("/spec/function_mode", &title, &format!("set `{FUNCTION_MODE}` in `env` instead"));
        }
    }
    findings
}

fn probes_its_port<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in servers(set).into_iter().filter(|server| server.operated) {
        // Since 3.0 the console has a port of its own.
        let Some(version) = server.version.as_ref().filter(|version| version.before(&[3])) else { continue };
        let own = if server.env.lacks(NACOS_APPLICATION_PORT) {
            Some(u64::from(HTTP))
        } else {
            server.env.known(NACOS_APPLICATION_PORT).and_then(|own| own.parse().ok())
        };
        let Some(own) = own else { continue };
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            let at = format!("/spec/{probe}/httpGet/port");
            let asked = server.object.at(&at).and_then(Value::as_u64).filter(|asked| *asked != own);
            findings.extend(asked.map(|asked| {
                let title = format!("its {probe} uses port {asked}, but Nacos {version} listens on {own}");
                Finding::new(server.object, title).at(at.as_str())
            }));
        }
    }
    findings
}

fn hides_its_password<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in resources(set) {
        for (pointer, what) in
            [("/spec/database/mysqlPassword", "database password"), ("/spec/certification/token", "token")]
        {
            if object.text(pointer).is_some_and(|text| !text.is_empty() && !is_reference(text)) {
                findings.push(Finding::new(object, format!("contains the {what} in plain text")).at(pointer));
            }
        }
    }
    findings
}

/// `$(NAME)`, which the kubelet fills in.
fn is_reference(text: &str) -> bool {
    text.starts_with("$(") && text.ends_with(')')
}

fn words_are_known<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for object in resources(set) {
        for (pointer, known) in
            [("/spec/type", ["standalone", "cluster"]), ("/spec/database/type", ["embedded", "mysql"])]
        {
            let Some(word) = object.text(pointer).filter(|word| !word.is_empty() && !known.contains(word))
            else {
                continue;
            };
            let finding =
                Finding::new(object, format!("nacos-operator does not support `{word}`")).at(pointer);
            findings.push(finding.help(format!("write {}", words::listed(known))));
        }
    }
    findings
}
