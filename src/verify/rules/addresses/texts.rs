//! All texts of a set in which addresses stand: variables, commands, hooks, annotations, the data of ConfigMaps and Secrets,
//! the specs of custom resources.

use serde_json::{Map, Value};

use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::verify::Set;
use crate::verify::pods::{Container, Pod, Text};
use crate::verify::schema;

/// One text and where it stands.
pub(super) struct Place<'p> {
    /// The way to it, last step last; made into a path only for what is broken.
    pub(super) field: &'p dyn Fn() -> Path,
    /// Is it a secret's?
    pub(super) secret: bool,
    /// Does its name say that it is a host?
    pub(super) wants_host: bool,
}

/// Visits all texts of one object. What a container's process sees expanded is visited so.
pub(super) fn of<'a>(object: &'a Object, pod: Option<&Pod<'a>>, visit: &mut impl FnMut(&str, Place<'_>)) {
    annotations(object.at("/metadata/annotations"), &Path::from("/metadata/annotations"), visit);
    match object.kind() {
        "ConfigMap" | "Secret" => data(object, visit),
        _ if !schema::is_builtin_kind(object) => {
            if let Some(spec) = object.fields().get("spec") {
                leaves(spec, &mut Vec::from([Step::Key("spec")]), visit);
            }
        }
        _ => {}
    }
    if let Some(pod) = pod {
        if object.kind() != "Pod" {
            let at = pod.field("").steps().iter().rev().skip(1).rev().cloned().collect::<Path>();
            let metadata =
                object.pod_template().and_then(|template| template.get("metadata")?.get("annotations"));
            annotations(metadata, &at.keys(&["metadata", "annotations"]), visit);
        }
        containers(pod, visit);
    }
}

fn annotations(map: Option<&Value>, at: &Path, visit: &mut impl FnMut(&str, Place<'_>)) {
    for (key, value) in map.and_then(Value::as_object).into_iter().flatten() {
        // What kubectl keeps of the last apply, and what people say, is read by nobody else.
        if key.starts_with("kubectl.kubernetes.io/") || key.starts_with("waive.stackgen.io/") {
            continue;
        }
        if let Some(text) = value.as_str() {
            visit(text, Place { field: &|| at.key(key), secret: false, wants_host: false });
        }
    }
}

fn data(object: &Object, visit: &mut impl FnMut(&str, Place<'_>)) {
    for (map, key, text) in crate::verify::pods::entries(object) {
        let secret = matches!(text, Text::Secret(_));
        let Some(text) = text.known() else { continue };
        let field = || Path::root().key(map).key(key);
        visit(text, Place { field: &field, secret, wants_host: !text.contains('\n') && wants_host(key) });
    }
}

fn containers(pod: &Pod<'_>, visit: &mut impl FnMut(&str, Place<'_>)) {
    for container in &pod.containers {
        variables(container, visit);
        for key in ["command", "args", "lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            let Some(value) = container.fields.get(key) else { continue };
            let mut steps = Vec::from([Step::Key(key)]);
            leaves(value, &mut steps, &mut |text, place: Place<'_>| {
                let field = || container.field("").joined(&(place.field)());
                visit(text, Place { field: &field, ..place });
            });
        }
    }
}

/// The values that stand in the container itself; those of ConfigMaps and Secrets are looked at there.
fn variables(container: &Container<'_>, visit: &mut impl FnMut(&str, Place<'_>)) {
    let env = container.fields.get("env").and_then(Value::as_array).into_iter().flatten().enumerate();
    for (index, variable) in env {
        let Some(text) = variable.get("value").and_then(Value::as_str) else { continue };
        let name = variable.get("name").and_then(Value::as_str).unwrap_or_default();
        let field = || container.field(&format!("/env/{index}/value"));
        // `$(POD_NAME).redis…`: what only the cluster knows stays as it stands.
        let expanded = || container.env.get(name)?.value.plain();
        let text = if text.contains("$(") { expanded().unwrap_or(text) } else { text };
        visit(text, Place { field: &field, secret: false, wants_host: wants_host(name) });
    }
}

#[derive(Clone, Copy)]
enum Step<'v> {
    Key(&'v str),
    Index(usize),
}

fn leaves<'v>(value: &'v Value, steps: &mut Vec<Step<'v>>, visit: &mut impl FnMut(&str, Place<'_>)) {
    match value {
        Value::String(text) => {
            let key = steps.iter().rev().find_map(|step| match step {
                Step::Key(key) => Some(*key),
                Step::Index(_) => None,
            });
            let field = || path(steps);
            visit(text, Place { field: &field, secret: false, wants_host: key.is_some_and(wants_host) });
        }
        Value::Object(map) => fields(map, steps, visit),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                steps.push(Step::Index(index));
                leaves(item, steps, visit);
                steps.pop();
            }
        }
        _ => {}
    }
}

fn fields<'v>(
    map: &'v Map<String, Value>,
    steps: &mut Vec<Step<'v>>,
    visit: &mut impl FnMut(&str, Place<'_>),
) {
    for (key, value) in map {
        steps.push(Step::Key(key));
        leaves(value, steps, visit);
        steps.pop();
    }
}

fn path(steps: &[Step<'_>]) -> Path {
    steps.iter().fold(Path::root(), |path, step| match step {
        Step::Key(key) => path.key(*key),
        Step::Index(index) => path.index(*index),
    })
}

/// Ends of names whose values are hosts or lists of them.
const HOSTS: &[&str] = &[
    "host",
    "hosts",
    "hostname",
    "servers",
    "serveraddr",
    "serveraddress",
    "namesrvaddr",
    "endpoint",
    "endpoints",
    "brokers",
    "nodes",
    "bootstrapservers",
];

/// Names that end so and say where to listen, or whom to let in.
const NOT_HOSTS: &[&str] = &[
    "roothost",
    "bindhost",
    "listenhost",
    "serverhost",
    "virtualhost",
    "allowedhosts",
    "preferhost",
    "maxnodes",
    "userhost",
    // Elasticsearch: names of nodes, which nobody resolves.
    "masternodes",
    "masterhosts",
];

/// Is the value of a variable or field of that name a host, or a list of them?
fn wants_host(name: &str) -> bool {
    let bare = || name.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase());
    let ends = |end: &str| {
        let mut bare = bare().rev();
        end.bytes().rev().all(|byte| bare.next() == Some(byte))
    };
    HOSTS.iter().any(|end| ends(end)) && !NOT_HOSTS.iter().any(|end| ends(end))
}

/// The pods of a workload, by its position in the set.
pub(super) fn with_pods<'s, 'a>(set: &'s Set<'a>) -> Vec<(&'a Object, Option<&'s Pod<'a>>)> {
    let mut pods = set.pods().iter().peekable();
    set.objects
        .iter()
        .map(|object| {
            let own = pods.peek().is_some_and(|pod| std::ptr::eq(pod.workload, *object));
            (*object, if own { pods.next() } else { None })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whether_a_host_is_wanted() {
        for (name, wanted) in [
            ("MYSQL_SERVICE_HOST", true),
            ("mysqlHost", true),
            ("NACOS_SERVERS", true),
            ("SPRING_CLOUD_NACOS_DISCOVERY_SERVER_ADDR", true),
            ("PREFER_HOST_MODE", false),
            ("MYSQL_ROOT_HOST", false),
            ("HOST_IP", false),
        ] {
            assert_eq!(wants_host(name), wanted, "{name}");
        }
    }
}
