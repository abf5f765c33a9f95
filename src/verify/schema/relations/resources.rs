//! What containers and pods ask for: names, whole numbers, and what must be as much as its limit.

use serde_json::{Map, Value};

use super::super::scalar::billionths;
use super::{Here, ONE, Table, amount, child, list, maps, part, text};
use crate::k8s::labels;

pub(super) const OF: Table = &[
    ("core.v1.Container", container_asks),
    ("core.v1.EphemeralContainer", container_asks),
    ("core.v1.PodSpec", pod_asks),
    ("core.v1.PodSpec", pod_covers_its_containers),
    ("core.v1.ResourceFieldSelector", divisor_is_a_unit),
    ("core.v1.ResourceRequirements", claims_are_distinct),
];

/// A resource that Kubernetes itself counts.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

fn is_huge(name: &str) -> bool {
    name.starts_with("hugepages-")
}

/// Devices and the like: whole, and never promised twice.
fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && labels::is_key(&format!("requests.{name}"))
}

/// The amounts of a part of `resources`, with their pointers.
fn amounts<'m>(
    resources: &'m Map<String, Value>,
    kind: &'static str,
) -> impl Iterator<Item = (&'m str, &'m Value, String)> {
    let all = child(resources, kind).into_iter().flatten();
    all.map(move |(name, value)| (name.as_str(), value, format!("/resources/{kind}/{}", part(name))))
}

fn container_asks(here: &mut Here<'_>) {
    let Some(resources) = child(here.map, "resources") else { return };
    for kind in ["limits", "requests"] {
        for (name, value, at) in amounts(resources, kind) {
            if let Some((wrong, help)) = wrong_name(name) {
                here.fault(&at, &wrong, help);
            } else {
                wrong_amount(here, name, value, &at);
            }
        }
    }
    equal_where_it_must_be(here, resources);
    huge_pages_go_with_memory(here, resources);
}

fn wrong_name(name: &str) -> Option<(String, Option<String>)> {
    let known = ["cpu", "memory", "ephemeral-storage"];
    if !name.contains('/') && !known.contains(&name) && !is_huge(name) {
        // `gpu` is not meant to be `cpu`.
        let near = crate::words::closest(name, known).filter(|_| name.len() > 3);
        let help = near.map_or_else(
            || format!("devices have the domain of who makes them in front, such as `example.com/{name}`"),
            |near| format!("did you mean `{near}`?"),
        );
        return Some(("is no resource of a container".to_owned(), Some(help)));
    }
    let wrong = !labels::is_key(name) || (!is_native(name) && !is_extended(name));
    wrong.then(|| ("is no name of a resource, such as `example.com/gpu`".to_owned(), None))
}

fn wrong_amount(here: &mut Here<'_>, name: &str, value: &Value, at: &str) {
    let Some(amount) = amount(value).filter(|amount| *amount >= 0) else { return };
    // Thousandths are rounded up before they are looked at.
    let thousandths = amount / 1_000_000 + i128::from(amount % 1_000_000 != 0);
    if is_extended(name) && thousandths % 1000 != 0 {
        here.wrong(at, "must be a whole number: there are no parts of a device");
    }
    let Some(size) = name.strip_prefix("hugepages-") else { return };
    match billionths(size).filter(|size| *size > 0 && size % ONE == 0) {
        Some(size) if amount % size != 0 => {
            here.wrong(at, format!("must be a multiple of {}", name.trim_start_matches("hugepages-")));
        }
        Some(_) => {}
        None => here.wrong(at, "must name the size of a page, as in `hugepages-2Mi`"),
    }
}

fn equal_where_it_must_be(here: &mut Here<'_>, resources: &Map<String, Value>) {
    for (name, request, at) in amounts(resources, "requests") {
        if !(is_huge(name) || is_extended(name)) {
            continue;
        }
        match child(resources, "limits").and_then(|limits| limits.get(name)) {
            None => here.wrong_but(&at, "has no limit, which must be the same", "write it in `limits` alone"),
            Some(limit) => {
                if let (Some(asked), Some(most)) = (amount(request), amount(limit))
                    && asked != most
                {
                    let limit = limit.as_str().map_or_else(|| limit.to_string(), str::to_owned);
                    here.wrong_but(
                        &at,
                        format!("must be {limit}, as its limit"),
                        "write it in `limits` alone",
                    );
                }
            }
        }
    }
}

fn huge_pages_go_with_memory(here: &mut Here<'_>, resources: &Map<String, Value>) {
    let names = || {
        ["limits", "requests"].into_iter().flat_map(|kind| amounts(resources, kind)).map(|(name, ..)| name)
    };
    if names().any(is_huge) && !names().any(|name| matches!(name, "cpu" | "memory")) {
        here.wrong("/resources", "must ask for `cpu` or `memory` beside huge pages");
    }
}

fn claims_are_distinct(here: &mut Here<'_>) {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for (index, claim) in maps(here.map, "claims") {
        let (name, request) = (text(claim, "name"), text(claim, "request"));
        let overlaps = |other: &&(&str, &str)| {
            other.0 == name && (other.1 == request || other.1.is_empty() || request.is_empty())
        };
        if seen.iter().any(|other| overlaps(&other)) {
            here.wrong(&format!("/claims/{index}"), format!("names `{name}` again"));
        }
        seen.push((name, request));
    }
}

/// What a pod may ask for as a whole, since 1.34.
fn pod_asks(here: &mut Here<'_>) {
    let Some(resources) = child(here.map, "resources").filter(|_| here.minor.at_least(34)) else { return };
    if !list(resources, "claims").is_empty() {
        here.wrong("/resources/claims", "must be empty: containers claim devices");
    }
    for kind in ["limits", "requests"] {
        for (name, _, at) in amounts(resources, kind) {
            if !matches!(name, "cpu" | "memory") && !is_huge(name) {
                here.wrong(&at, "must be `cpu`, `memory` or huge pages for a pod as a whole");
            }
        }
    }
    for (name, request, at) in amounts(resources, "requests") {
        let limit = child(resources, "limits").and_then(|limits| limits.get(name));
        if let (Some(asked), Some(most)) = (amount(request), limit.and_then(amount))
            && asked > most
        {
            here.wrong(&at, "must be at most the limit of the pod");
        }
    }
}

fn pod_covers_its_containers(here: &mut Here<'_>) {
    let Some(resources) = child(here.map, "resources").filter(|_| here.minor.at_least(34)) else { return };
    let of = |container: &Map<String, Value>, kind: &str, name: &str| {
        child(container, "resources")
            .and_then(|own| child(own, kind))
            .and_then(|own| own.get(name))
            .and_then(amount)
    };
    for (name, request, at) in amounts(resources, "requests") {
        let each = maps(here.map, "containers").filter_map(|(_, container)| of(container, "requests", name));
        let asked = each.fold(0_i128, i128::saturating_add);
        if amount(request).is_some_and(|whole| asked > whole) {
            here.wrong(&at, "must be at least what its containers request together");
        }
    }
    for (name, limit, _) in amounts(resources, "limits") {
        for (index, container) in maps(here.map, "containers") {
            if let (Some(own), Some(whole)) = (of(container, "limits", name), amount(limit))
                && own > whole
            {
                let at = format!("/containers/{index}/resources/limits/{}", part(name));
                here.wrong(&at, "must be at most the limit of the pod");
            }
        }
    }
}

/// Variables tell amounts in whole units.
fn divisor_is_a_unit(here: &mut Here<'_>) {
    let (resource, Some(divisor)) = (text(here.map, "resource"), here.map.get("divisor")) else { return };
    let Some(found) = amount(divisor).filter(|found| *found != 0) else { return };
    let allowed: &[&str] = match resource {
        "limits.cpu" | "requests.cpu" => &["1m", "1"],
        _ if resource.starts_with("limits.") || resource.starts_with("requests.") => {
            &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"]
        }
        _ => return,
    };
    if !allowed.iter().any(|unit| billionths(unit) == Some(found)) {
        here.wrong("/divisor", format!("must be {}", crate::words::listed(allowed)));
    }
}
