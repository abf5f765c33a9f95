//! The ports of Nacos servers lie at fixed distances from each other, and not all of them are for everybody.

use super::fronts::{Front, Open, fronts, routes};
use super::pages::console_port;
use super::running::{self, GRPC, MAIN, PEERS, RAFT, Running, around};
use crate::products::nacos::NACOS_APPLICATION_PORT;
use crate::verify::shapes::policies;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-service-has-grpc",
        grade: Grade::ERROR,
        promise: "a Service with the HTTP port of Nacos also has the gRPC port, 1000 above",
        why: "clients since 2.0 log in over HTTP and use gRPC for everything else: \"Client not connected, \
              current status:STARTING\"",
        fix: "add a port 1000 above the HTTP port with target port 9848",
        source: "nacos Constants.SDK_GRPC_PORT_DEFAULT_OFFSET, GrpcSdkClient",
        check: service_has_grpc,
    },
    Rule {
        code: "nacos-grpc-port-is-1000-above",
        grade: Grade::ERROR,
        promise: "the gRPC port of Nacos as seen by clients is 1000 above their HTTP port",
        why: "clients compute it, and it cannot be configured on the server",
        fix: "keep the offset: 8848 and 9848, 30848 and 31848",
        source: "nacos GrpcConstants, GrpcSdkClient.rpcPortOffset; alibaba/nacos#12685",
        check: grpc_is_a_thousand_above,
    },
    Rule {
        code: "nacos-peer-ports-are-not-public",
        grade: Grade::PROD,
        promise: "ports for Nacos members only are not reachable from outside the cluster",
        why: "anyone who can reach 7848 or 9849 can act as a member: before 2.2.3 that allowed remote code \
              execution",
        fix: "remove the port from this Service; members reach each other without one",
        source: "nacos.io deployment overview; nacos release 2.2.3, alibaba/nacos#11075",
        check: peer_ports_stay_inside,
    },
    Rule {
        code: "nacos-ports-match-the-server",
        grade: Grade::ERROR,
        promise: "declared ports and Services of Nacos match the ports that the server listens on",
        why: "the server listens only on its main port, 1000 above for clients' gRPC, 1001 above for members' \
              gRPC and 1000 below for Raft: connections to other ports are refused",
        fix: "declare 8848, 9848, 9849 and 7848, or the ports derived from `NACOS_APPLICATION_PORT`",
        source: "nacos Constants, MemberUtil",
        check: ports_follow,
    },
    Rule {
        code: "nacos-port-leaves-room",
        grade: Grade::ERROR,
        promise: "`NACOS_APPLICATION_PORT` leaves room for Raft 1000 below and gRPC 1001 above",
        why: "the server does not start: one of the derived ports is invalid",
        fix: "use a number from 1001 to 64534, usually 8848",
        source: "nacos Constants, MemberUtil",
        check: port_leaves_room,
    },
    Rule {
        code: "nacos-policy-allows-members",
        grade: Grade::ERROR,
        promise: "NetworkPolicies allow gRPC and Raft between Nacos members",
        why: "members serve clients, but neither synchronise registrations nor elect a leader",
        fix: "allow 9849 and 7848 between the members",
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
        // One that leads to a wrong port is told so.
        let moved = front.ports.iter().any(|open| is_misplaced(front.server, open));
        if clients || page || moved {
            continue;
        }
        let wanted = open.port.saturating_add(GRPC);
        let title = format!("has port {} for HTTP but no {wanted} for gRPC", open.port);
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
                "has gRPC on {}, but clients of port {} expect it on {}",
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
                format!("node port {node} is not where clients of {main} expect gRPC: {wanted}"),
                true,
            ))
        }
        (Some(_), Some(_)) => None,
        (None, None) => Some(("", "Kubernetes assigns both node ports at random".to_owned(), false)),
        _ => Some(("", "one of the two node ports is assigned by Kubernetes at random".to_owned(), true)),
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
            let title = format!("port {} exposes {what} outside the cluster", open.port);
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
    around(MAIN).contains(&port) && !around(main).contains(&port)
}

fn ports_follow<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let fronts = fronts(set);
    for front in &fronts {
        for open in
            front.ports.iter().filter(|open| open.by_name.is_none() && is_misplaced(front.server, open))
        {
            let title = format!("maps {} to {}, {}", open.port, open.target, listens(front.server));
            let finding = Finding::new(front.service, title).at(Front::at(open, "/targetPort").as_str());
            // The addresses behind a headless Service are the pods' own, with their own ports.
            findings.push(if front.has_address() { finding } else { finding.warns() });
        }
    }
    for server in running::servers(set).filter(|server| !server.is_console()) {
        for (index, port) in server.container.ports().enumerate() {
            let own = fronts.iter().filter(|front| std::ptr::eq(front.server.workload(), server.workload()));
            let ways: Vec<_> = own
                .flat_map(|front| front.ports.iter().map(move |open| (front, open)))
                .filter(|(_, open)| open.by_name.is_some() && open.by_name == port.name)
                .collect();
            let moved = server.port().is_some_and(|main| has_moved(port.number, main));
            let way = ways.iter().find(|(_, open)| is_misplaced(server, open));
            let title = match way {
                Some((front, open)) if !moved => {
                    let (name, id) = (port.name.unwrap_or_default(), front.service.id());
                    format!("its port `{name}` is {}, but {id} has {} for it", port.number, open.port)
                }
                _ if moved => format!("declares port {}, {}", port.number, listens(server)),
                _ => continue,
            };
            let finding = server.container.finding(&format!("/ports/{index}/containerPort"), title);
            // A number that nobody asks for by name only misleads.
            let used = ways.iter().any(|(front, _)| front.has_address());
            findings.push(if used { finding } else { finding.warns() });
        }
    }
    findings
}

/// Does a Service's port lead to where the server does not listen, or to another port than its number says?
fn is_misplaced(server: Running<'_, '_>, open: &Open<'_>) -> bool {
    let Some(known) = server.known_ports() else { return false };
    let console = console_port(server).filter(|_| !server.is_before(&[3]));
    let is_known = |port: u64| known.contains(&port) || Some(port) == console;
    let lost = is_known(open.port) && !is_known(open.target) && !server.is_elsewhere(open.target);
    let crossed = known.contains(&open.port) && known.contains(&open.target) && open.port != open.target;
    lost || crossed || has_moved(open.target, known[0])
}

/// Where the server is.
fn listens(server: Running<'_, '_>) -> String {
    let [main, grpc, peers, raft] = server.known_ports().unwrap_or(around(MAIN));
    match console_port(server).filter(|_| server.is_at_least(&[3])) {
        Some(console) => format!("but the server listens on {main}, {grpc}, {peers}, {raft} and {console}"),
        None => format!("but the server listens on {main}, {grpc}, {peers} and {raft}"),
    }
}

fn port_leaves_room<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let narrow = running::servers(set).filter_map(|server| {
        let (var, text) = (server.var(NACOS_APPLICATION_PORT)?, server.plain(NACOS_APPLICATION_PORT)?);
        let fits = text.parse::<u64>().is_ok_and(|port| (1001..=64534).contains(&port));
        let title = format!("`{NACOS_APPLICATION_PORT}` is `{text}`");
        (!fits).then(|| server.container.env.finding(var, title))
    });
    narrow.collect()
}

fn policy_lets_members_talk<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let several = |server: &Running<'_, 'a>| server.replicas(set).is_some_and(|count| count > 1);
    running::clustered(set).filter(several).filter_map(|server| silenced(server, set)).collect()
}

/// The finding, when policies shut members off from each other; who exactly may come in is not judged.
fn silenced<'a>(server: Running<'_, 'a>, set: &Set<'a>) -> Option<Finding<'a>> {
    let main = server.port()?;
    let wanted = [(main.saturating_add(PEERS), "gRPC"), (main.saturating_sub(RAFT), "Raft")];
    let closed = wanted.map(|(port, _)| policies::closed_by(set, server.pod, server.container, port));
    let policy = closed.into_iter().flatten().next()?;
    let shut = wanted.iter().zip(closed).filter(|(_, closed)| closed.is_some());
    let shut: Vec<String> = shut.map(|((port, what), _)| format!("{port} for {what}")).collect();
    let title = format!("does not allow members to reach {}", shut.join(" and "));
    let help = format!("allow {} and {} between the members", wanted[0].0, wanted[1].0);
    Some(Finding::new(policy, title).at("/spec/ingress").help(help))
}
