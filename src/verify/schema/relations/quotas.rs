//! What a namespace may use, and what its containers get without asking.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Here, ONE, Table, amount, child, list, maps, part, text, texts};
use crate::k8s::labels;

pub(super) const OF: Table = &[
    ("core.v1.LimitRangeItem", amounts_rise),
    ("core.v1.LimitRangeItem", fields_fit_type),
    ("core.v1.LimitRangeSpec", types_are_distinct),
    ("core.v1.ResourceQuotaSpec", names_are_counted),
    ("core.v1.ResourceQuotaSpec", scopes_go_together),
];

fn amount_of(map: &Map<String, Value>, field: &str, name: &str) -> Option<i128> {
    amount(child(map, field)?.get(name)?)
}

/// Which field must be at most which other one.
const RISING: &[(&str, &str)] = &[
    ("min", "max"),
    ("min", "defaultRequest"),
    ("defaultRequest", "max"),
    ("defaultRequest", "default"),
    ("min", "default"),
    ("default", "max"),
];

fn amounts_rise(here: &mut Here<'_>) {
    let fields = ["min", "max", "default", "defaultRequest", "maxLimitRequestRatio"];
    let names: BTreeSet<&String> =
        fields.iter().filter_map(|field| child(here.map, field)).flat_map(|amounts| amounts.keys()).collect();
    for name in names {
        for (less, more) in RISING {
            // Of pods as a whole defaults are refused by themselves.
            if let (Some(one), Some(other)) =
                (amount_of(here.map, less, name), amount_of(here.map, more, name))
                && one > other
            {
                here.wrong(&format!("/{less}/{}", part(name)), format!("must be at most the `{more}`"));
                break;
            }
        }
        let ratio = amount_of(here.map, "maxLimitRequestRatio", name);
        if ratio.is_some_and(|ratio| ratio < ONE) {
            here.wrong(&format!("/maxLimitRequestRatio/{}", part(name)), "must be 1 or more");
        }
    }
}

fn fields_fit_type(here: &mut Here<'_>) {
    match text(here.map, "type") {
        "Pod" => {
            for field in ["default", "defaultRequest"] {
                if child(here.map, field).is_some_and(|amounts| !amounts.is_empty()) {
                    here.wrong(&format!("/{field}"), "must be empty with `type: Pod`");
                }
            }
        }
        "PersistentVolumeClaim" => {
            let bounded = ["min", "max"].iter().any(|field| amount_of(here.map, field, "storage").is_some());
            if !bounded {
                here.wrong("/max", "must have `storage`, or `min` must");
            }
        }
        "Container" | "" => {}
        kind if kind.contains('/') && labels::is_key(kind) => {}
        kind => {
            let wrong = format!("must be `Container`, `Pod` or `PersistentVolumeClaim`, not `{kind}`");
            here.wrong("/type", wrong);
        }
    }
}

fn types_are_distinct(here: &mut Here<'_>) {
    let mut seen = BTreeSet::new();
    for (index, limit) in maps(here.map, "limits") {
        if !seen.insert(text(limit, "type")) {
            here.wrong(&format!("/limits/{index}/type"), format!("repeats `{}`", text(limit, "type")));
        }
    }
}

/// What is counted without a domain in front of it.
const COUNTED: &[&str] = &[
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
];

const MEASURED: &[&str] = &[
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
];

fn names_are_counted(here: &mut Here<'_>) {
    let hard = child(here.map, "hard");
    for name in hard.into_iter().flat_map(Map::keys) {
        let at = format!("/hard/{}", part(name));
        let huge = name.strip_prefix("requests.").unwrap_or(name).starts_with("hugepages-");
        let own = COUNTED.contains(&name.as_str()) || MEASURED.contains(&name.as_str()) || huge;
        if !own && !name.contains('/') {
            let near = crate::words::closest(name, COUNTED.iter().chain(MEASURED).copied());
            let help = near.map(|near| format!("did you mean `{near}`?"));
            here.fault(&at, "is no resource of a quota, such as `requests.cpu` or `pods`", help);
        } else if !labels::is_key(name) {
            here.wrong(&at, "is no name of a resource");
        }
        let whole = amount_of(here.map, "hard", name).is_none_or(|amount| amount % ONE == 0);
        if COUNTED.contains(&name.as_str()) && !whole {
            here.wrong(&at, "must be a whole number");
        }
    }
}

fn scopes_go_together(here: &mut Here<'_>) {
    let told: Vec<&str> = texts(here.map, "scopes").map(|(_, scope)| scope).collect();
    for (one, other) in [("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating")] {
        if told.contains(&one) && told.contains(&other) {
            here.wrong("/scopes", format!("have both `{one}` and `{other}`"));
        }
    }
    let Some(selector) = child(here.map, "scopeSelector") else { return };
    for (index, scope) in maps(selector, "matchExpressions") {
        let at = |field: &str| format!("/scopeSelector/matchExpressions/{index}/{field}");
        let (name, operator) = (text(scope, "scopeName"), text(scope, "operator"));
        let values = list(scope, "values").is_empty();
        match operator {
            "In" | "NotIn"
                if matches!(name, "BestEffort" | "NotBestEffort" | "Terminating" | "NotTerminating") =>
            {
                here.wrong(&at("operator"), format!("must be `Exists` with `scopeName: {name}`"));
            }
            "In" | "NotIn" if values => {
                here.wrong(&at("values"), format!("must not be empty with `operator: {operator}`"));
            }
            "Exists" | "DoesNotExist" if !values => {
                here.wrong(&at("values"), format!("must be empty with `operator: {operator}`"));
            }
            _ => {}
        }
    }
}
