//! Where an Ingress or an HTTPRoute leads to.

use serde_json::Value;

use crate::k8s::Object;

/// A Service that an Ingress or HTTPRoute leads to.
pub(in crate::verify) struct Backend<'a> {
    /// Its name.
    pub(in crate::verify) name: &'a str,
    /// Its namespace, where another one is named.
    pub(in crate::verify) namespace: Option<&'a str>,
    /// The Service's port: a number or a name.
    pub(in crate::verify) port: Option<&'a Value>,
    /// Where it is named: a JSON pointer.
    pub(in crate::verify) at: String,
}

/// All Services that an Ingress or HTTPRoute leads to.
pub(in crate::verify) fn backends<'a>(object: &'a Object) -> Vec<Backend<'a>> {
    let mut found = Vec::new();
    let mut of_ingress = |service: &'a Value, at: String| {
        let port = service.pointer("/port/name").or_else(|| service.pointer("/port/number"));
        let name = service.get("name").and_then(Value::as_str);
        found.extend(name.map(|name| Backend { name, namespace: None, port, at }));
    };
    if let Some(service) = object.at("/spec/defaultBackend/service") {
        of_ingress(service, "/spec/defaultBackend/service".to_owned());
    }
    let rules = || object.at("/spec/rules").and_then(Value::as_array).into_iter().flatten().enumerate();
    for (index, rule) in rules() {
        let paths = rule.pointer("/http/paths").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (number, path) in paths {
            if let Some(service) = path.pointer("/backend/service") {
                of_ingress(service, format!("/spec/rules/{index}/http/paths/{number}/backend/service"));
            }
        }
    }
    for (index, rule) in rules() {
        let refs = rule.get("backendRefs").and_then(Value::as_array).into_iter().flatten().enumerate();
        for (number, service) in refs.filter(|(_, to)| to.get("kind").is_none_or(|kind| kind == "Service")) {
            let text = |key: &str| service.get(key).and_then(Value::as_str);
            let at = format!("/spec/rules/{index}/backendRefs/{number}");
            let port = service.get("port");
            found.extend(text("name").map(|name| Backend { name, namespace: text("namespace"), port, at }));
        }
    }
    found
}
