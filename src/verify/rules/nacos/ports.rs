//! The ports of Nacos servers lie at fixed distances from each other, and not all of them are for everybody.

use super::fronts::{Front, Open, fronts, routes};
use super::server::{self, GRPC, MAIN, PEERS, RAFT, Server};
use crate::diagnostic::Severity;
use crate::verify::{Finding, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-service-has-grpc",
        severity: Severity::Error,
        promise: "a Service with the HTTP port of Nacos has the gRPC port too, 1000 above",
        why: "clients since 2.0 log in by HTTP and do everything else by gRPC: \"Client not connected, current status:STARTING\"",
        fix: "add a port 1000 above the HTTP port that leads to 9848",
        source: "nacos Constants.SDK_GRPC_PORT_DEFAULT_OFFSET, GrpcSdkClient",
        check: service_has_grpc,
    },
    Rule {
        code: "nacos-grpc-is-a-thousand-above",
        severity: Severity::Error,
        promise: "where clients see the gRPC port of Nacos, it is their HTTP port and 1000",
        why: "clients compute it, there is nothing to configure at the server",
        fix: "keep the distance: 8848 and 9848, 30848 and 31848",
        source: "nacos GrpcConstants, GrpcSdkClient.rpcPortOffset; alibaba/nacos#12685",
        check: grpc_is_a_thousand_above,
    },
    Rule {
        code: "nacos-peer-ports-stay-inside",
        severity: Severity::Warning,
        promise: "ports that are for Nacos members alone are not reachable from outside of the cluster",
        why: "whoever reaches 7848 or 9849 can speak as a member: before 2.2.3 he could run code there",
        fix: "take the port out of this Service; members reach each other without any",
        source: "nacos.io deployment overview; nacos release 2.2.3, alibaba/nacos#11075",
        check: peer_ports_stay_inside,
    },
    Rule {
        code: "nacos-ports-follow-the-main-port",
        severity: Severity::Error,
        promise: "ports of Nacos lie where `NACOS_APPLICATION_PORT` puts them",
        why: "all of them move with the main port: +1000 for clients' gRPC, +1001 for members', -1000 for Raft; nothing listens on \
              the usual ones any more",
        fix: "compute the ports from the main port, or leave it at 8848",
        source: "nacos Constants, MemberUtil",
        check: ports_follow,
    },
    Rule {
        code: "nacos-port-leaves-room",
        severity: Severity::Error,
        promise: "`NACOS_APPLICATION_PORT` is a port that leaves room for Raft 1000 below and gRPC 1001 above",
        why: "the server does not start: one of the computed ports is none",
        fix: "write a number from 1001 to 64534, 8848 as a rule",
        source: "nacos Constants, MemberUtil",
        check: port_leaves_room,
    },
    Rule {
        code: "nacos-policy-lets-members-talk",
        severity: Severity::Error,
        promise: "NetworkPolicies let Nacos members reach each other by gRPC and Raft",
        why: "members would answer clients, and neither share what is registered nor elect a leader",
        fix: "allow 9849 and 7848 among the members",
        source: "nacos Constants, MemberUtil; Kubernetes documentation, Network Policies",
        check: policy_lets_members_talk,
    },
];

/// The Services of servers that have gRPC, with the main port behind them.
fn clients<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = (Front<'s, 'a>, u64)> {
    let modern = fronts(set).into_iter().filter(|front| !front.server.is_before(&[2]));
    modern.filter_map(|front| front.server.port().map(|main| (front, main)))
}

fn service_has_grpc<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all: Vec<(Front<'_, 'a>, u64)> = clients(set).collect();
    let every = fronts(set);
    let pages = routes(&every, set);
    let mut findings = Vec::new();
    for (front, main) in &all {
        let grpc = main.saturating_add(GRPC);
        let open = match front.to(*main) {
            Some(open) if front.has_address() && front.to(grpc).is_none() => open,
            _ => continue,
        };
        let beside = all.iter().filter(|(other, _)| front.is_beside(other) && other.to(grpc).is_some());
        let (mut clients, mut peers) = (false, false);
        beside.for_each(|(other, _)| if other.has_address() { clients = true } else { peers = true });
        // For people, when there is another one for clients, or when it is behind a page.
        let page = pages.iter().any(|route| std::ptr::eq(route.front.service, front.service));
        // One that leads to where gRPC was before the main port moved is told so.
        let moved = front.ports.iter().any(|open| has_moved(open.target, *main));
        if clients || page || moved {
            continue;
        }
        let wanted = open.port.saturating_add(GRPC);
        let title = format!("has port {} for HTTP and no {wanted} for gRPC", open.port);
        let finding = Finding::new(front.service, title).at("/spec/ports");
        let finding = finding.help(format!("add `{{name: grpc, port: {wanted}, targetPort: {grpc}}}`"));
        findings.push(if peers { finding.warns() } else { finding });
    }
    findings
}

fn grpc_is_a_thousand_above<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (front, main) in clients(set).filter(|(front, _)| front.has_address()) {
        let ways = |target: u64| front.ports.iter().filter(move |open| open.target == target);
        let fits = |http: &Open<'_>, grpc: &Open<'_>| grpc.port == http.port.saturating_add(GRPC);
        let (Some(http), Some(grpc)) = (front.to(main), front.to(main.saturating_add(GRPC))) else {
            continue;
        };
        let right = ways(main)
            .find_map(|http| Some((http, ways(main.saturating_add(GRPC)).find(|grpc| fits(http, grpc))?)));
        let finding = |at: &str, title: String| Finding::new(front.service, title).at(at);
        let Some((http, grpc)) = right else {
            let title = format!(
                "has gRPC at {}, clients of port {} look for it at {}",
                grpc.port,
                http.port,
                http.port.saturating_add(GRPC)
            );
            findings.push(finding(&Front::at(grpc, "/port"), title));
            continue;
        };
        if front.service.text("/spec/type") == Some("NodePort") {
            findings.extend(node_ports(http, grpc).map(|(field, title, hurts)| {
                let finding = finding(&Front::at(grpc, field), title);
                if hurts { finding } else { finding.warns() }
            }));
        }
    }
    findings
}

/// What is wrong with the node ports, in which field, and whether somebody chose them.
fn node_ports(http: &Open<'_>, grpc: &Open<'_>) -> Option<(&'static str, String, bool)> {
    match (http.node, grpc.node) {
        (Some(main), Some(node)) if node != main.saturating_add(GRPC) => {
            let wanted = main.saturating_add(GRPC);
            Some((
                "/nodePort",
                format!("node port {node} is not where clients of {main} look: {wanted}"),
                true,
            ))
        }
        (Some(_), Some(_)) => None,
        (None, None) => Some(("", "Kubernetes chooses two node ports that lie anywhere".to_owned(), false)),
        _ => {
            Some(("", "one of the two node ports is left to Kubernetes, which chooses any".to_owned(), true))
        }
    }
}

/// Source: `NACOS_DEBUG=y` opens the JVM's debugger there.
const DEBUGGER: u64 = 9555;

fn peer_ports_stay_inside<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for front in fronts(set).iter().filter(|front| front.is_exposed()) {
        let Some(main) = front.server.port() else { continue };
        for open in &front.ports {
            let (raft, peers) = (main.checked_sub(RAFT), main.saturating_add(PEERS));
            let what = match open.target {
                target if Some(target) == raft => "Raft",
                target if target == peers => "the members' gRPC",
                DEBUGGER => "the debugger",
                _ => continue,
            };
            let title = format!("port {} gives {what} to everybody outside", open.port);
            let finding = Finding::new(front.service, title).at(Front::at(open, "/port").as_str());
            let runs_code = what == "Raft" && front.server.is_before(&[2, 2, 3])
                || what == "the debugger" && front.server.plain("NACOS_DEBUG") == Some("y");
            findings.push(if runs_code { finding.refuses() } else { finding });
        }
    }
    findings
}

/// Is it one of the ports around 8848 that a server with this main port does not have?
pub(super) fn has_moved(port: u64, main: u64) -> bool {
    let around =
        |main: u64| [main, main.saturating_add(GRPC), main.saturating_add(PEERS), main.saturating_sub(RAFT)];
    around(MAIN).contains(&port) && !around(main).contains(&port)
}

fn ports_follow<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let fronts = fronts(set);
    for front in &fronts {
        let Some(main) = front.server.port() else { continue };
        for open in front.ports.iter().filter(|open| has_moved(open.target, main) && !open.by_name) {
            let title = format!("leads to {}, the server's main port is {main}", open.target);
            findings.push(Finding::new(front.service, title).at(Front::at(open, "").as_str()));
        }
    }
    for server in server::servers(set) {
        let Some(main) = server.port() else { continue };
        let declared = server.container.ports().enumerate().filter(|(_, port)| has_moved(port.number, main));
        for (index, port) in declared {
            let used = fronts.iter().flat_map(|front| &front.ports);
            let by_name = used.filter(|open| open.by_name).any(|open| open.target == port.number);
            let title = format!("declares {}, its main port is {main}", port.number);
            let finding = server.container.finding(&format!("/ports/{index}/containerPort"), title);
            // A number that nobody asks for by name only misleads.
            findings.push(if by_name { finding } else { finding.warns() });
        }
    }
    findings
}

fn port_leaves_room<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let narrow = server::servers(set).filter_map(|server| {
        let (var, text) = (server.var("NACOS_APPLICATION_PORT")?, server.plain("NACOS_APPLICATION_PORT")?);
        let fits = text.parse::<u64>().is_ok_and(|port| (1001..=64534).contains(&port));
        let title = format!("`NACOS_APPLICATION_PORT` is `{text}`");
        (!fits).then(|| server.container.env.finding(var, title))
    });
    narrow.collect()
}

fn policy_lets_members_talk<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let several = |server: &Server<'_, 'a>| server.replicas(set).is_some_and(|count| count > 1);
    server::clustered(set).filter(several).filter_map(|server| super::policy::silenced(server, set)).collect()
}
