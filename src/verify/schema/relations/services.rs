//! Services: which addresses and which traffic go with which type.

use super::super::forms::net;
use super::{Here, Table, child, has, list, number, text, texts};

pub(super) const OF: Table = &[
    ("core.v1.ServiceSpec", headless_fits_type),
    ("core.v1.ServiceSpec", addresses_agree),
    ("core.v1.ServiceSpec", families_fit_addresses),
    ("core.v1.ServiceSpec", two_families_are_asked_for),
    ("core.v1.ServiceSpec", health_check_is_of_local_traffic),
    ("core.v1.ServiceSpec", outer_traffic_comes_from_outside),
    ("v1/Service", annotations_fit),
];

/// The type, which is ClusterIP where none is told.
fn kind<'h>(here: &Here<'h>) -> &'h str {
    match text(here.map, "type") {
        "" => "ClusterIP",
        kind => kind,
    }
}

/// Its addresses, told in the singular or the plural.
fn addresses<'h>(here: &Here<'h>) -> Vec<(String, &'h str)> {
    let all: Vec<_> = texts(here.map, "clusterIPs")
        .map(|(index, address)| (format!("/clusterIPs/{index}"), address))
        .collect();
    let single = text(here.map, "clusterIP");
    if all.is_empty() && !single.is_empty() { vec![("/clusterIP".to_owned(), single)] } else { all }
}

fn headless_fits_type(here: &mut Here<'_>) {
    let kind = kind(here);
    let all = addresses(here);
    let [(at, "None")] = all.as_slice() else { return };
    if matches!(kind, "NodePort" | "LoadBalancer") {
        let help = "remove it for an address, or make the Service `type: ClusterIP`";
        here.wrong_but(at, format!("must not be `None` with `type: {kind}`"), help);
    }
}

fn addresses_agree(here: &mut Here<'_>) {
    if kind(here) == "ExternalName" {
        return;
    }
    let (single, all) = (text(here.map, "clusterIP"), addresses(here));
    match all.first() {
        Some((at, first)) if *first != single => {
            let wrong = format!("must be the `clusterIP`, which is {}", shown(single));
            here.wrong(at, wrong);
        }
        _ => {}
    }
    if all.len() > 2 {
        here.wrong("/clusterIPs", format!("must have at most 2 items, not {}", all.len()));
    }
    for (at, address) in &all {
        let headless = *address == "None" && all.len() == 1;
        if headless || address.is_empty() || net::is_ip(address) {
            continue;
        }
        match *address {
            "None" => here.wrong(at, "must be an IP address: `None` stands alone"),
            address if address.eq_ignore_ascii_case("None") => {
                here.wrong_but(
                    at,
                    format!("must be an IP address or `None`, not `{address}`"),
                    "write `None`",
                );
            }
            address => here.wrong(at, format!("must be an IP address or `None`, not `{address}`")),
        }
    }
    if let [(_, first), (at, second)] = all.as_slice()
        && let (Some(first), Some(second)) = (net::ip(first), net::ip(second))
        && first.is_ipv4() == second.is_ipv4()
    {
        here.wrong(at, "is of the same family as the first: there may be one IPv4 and one IPv6 address");
    }
}

fn shown(address: &str) -> String {
    if address.is_empty() { "not set".to_owned() } else { format!("`{address}`") }
}

fn families_fit_addresses(here: &mut Here<'_>) {
    let families: Vec<&str> = texts(here.map, "ipFamilies").map(|(_, family)| family).collect();
    for ((at, address), family) in addresses(here).iter().zip(families) {
        let Some(address) = net::ip(address) else { continue };
        if matches!(family, "IPv4" | "IPv6") && address.is_ipv4() != (family == "IPv4") {
            here.wrong(at, format!("must be an {family} address, as `ipFamilies` says"));
        }
    }
}

fn two_families_are_asked_for(here: &mut Here<'_>) {
    let policy = text(here.map, "ipFamilyPolicy");
    let two = ["ipFamilies", "clusterIPs"].into_iter().find(|field| list(here.map, field).len() == 2);
    let Some(two) = two.filter(|_| kind(here) != "ExternalName") else { return };
    // A headless Service that selects nothing has both families by itself.
    let both = text(here.map, "clusterIP") == "None"
        && child(here.map, "selector").is_none_or(serde_json::Map::is_empty);
    if policy == "SingleStack" || (policy.is_empty() && !both) {
        let wrong = format!("must be `PreferDualStack` or `RequireDualStack` with two `{two}`");
        here.wrong("/ipFamilyPolicy", wrong);
    }
}

fn health_check_is_of_local_traffic(here: &mut Here<'_>) {
    let Some(port) = number(here.map, "healthCheckNodePort").filter(|port| *port != 0) else { return };
    if kind(here) != "LoadBalancer" || text(here.map, "externalTrafficPolicy") != "Local" {
        let wrong = "needs `type: LoadBalancer` and `externalTrafficPolicy: Local`";
        here.wrong("/healthCheckNodePort", wrong);
    } else if !(1..=65535).contains(&port) {
        here.wrong("/healthCheckNodePort", format!("must be a port from 1 to 65535, not {port}"));
    }
}

fn outer_traffic_comes_from_outside(here: &mut Here<'_>) {
    let inner = kind(here) == "ExternalName"
        || (kind(here) == "ClusterIP" && list(here.map, "externalIPs").is_empty());
    if inner && !text(here.map, "externalTrafficPolicy").is_empty() {
        let wrong = format!("must not be set with `type: {}`", kind(here));
        here.wrong_but(
            "/externalTrafficPolicy",
            wrong,
            "only NodePort and LoadBalancer get traffic from outside",
        );
    }
}

const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
const MODE: &str = "service.kubernetes.io/topology-mode";
const HINTS: &str = "service.kubernetes.io/topology-aware-hints";

fn annotations_fit(here: &mut Here<'_>) {
    let Some(annotations) = child(here.map, "metadata").and_then(|metadata| child(metadata, "annotations"))
    else {
        return;
    };
    let at = |name: &str| format!("/metadata/annotations/{}", super::part(name));
    let spec = child(here.map, "spec");
    let told = spec.is_some_and(|spec| !list(spec, "loadBalancerSourceRanges").is_empty());
    if has(annotations, RANGES) && !told {
        if spec.is_none_or(|spec| text(spec, "type") != "LoadBalancer") {
            here.wrong(&at(RANGES), "needs `type: LoadBalancer`");
        }
        let ranges = text(annotations, RANGES).trim();
        let wrong = ranges.split(',').map(str::trim).find(|range| !net::is_cidr(range));
        if let Some(range) = wrong.filter(|_| !ranges.is_empty()) {
            here.wrong(
                &at(RANGES),
                format!("has `{range}`, which is not an address range such as `10.0.0.0/8`"),
            );
        }
    }
    let differ = has(annotations, MODE)
        && has(annotations, HINTS)
        && text(annotations, MODE) != text(annotations, HINTS);
    if differ && here.minor.at_least(27) {
        here.wrong(&at(MODE), format!("must say the same as `{HINTS}`"));
    }
}
