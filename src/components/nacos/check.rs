//! What is wrong with the settings by themselves, all of it at once.

use super::release::Release;
use super::settings::{Database, Deploy, Mode, Nacos, Server};
use super::{auth, heap, operator, taken};
use crate::components::common::{Exposure, ServiceType};
use crate::components::{Instance, names};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::site::Site;
use crate::products::nacos::{CONTEXT, DATA, GRPC_ABOVE, HTTP};

/// Every complaint about `me`.
pub(super) fn all(me: &Instance<Nacos>, site: &Site) -> Diagnostics {
    let mut complaints = Diagnostics::new();
    let release = match Release::of(&me.common, &me.path) {
        Ok(release) => release,
        // Without a version nothing else can be judged.
        Err(complaint) => return complaint.into(),
    };
    complaints.extend(members(me));
    complaints.extend(storage(me));
    complaints.extend(database(me, &release));
    complaints.extend(pages(me, &release));
    complaints.extend(taken::variables(me));
    complaints.extend(taken::properties(me));
    complaints.keep(node_ports(&me.service, &me.path.key("service")));
    complaints.keep(heap::of(me));
    complaints.extend(auth::complaints(me, site, &release));
    complaints.extend(auth::administrators(me, site));
    if me.deploy == Deploy::Operator {
        complaints.extend(operator::complaints(me, site, &release));
    }
    complaints
}

fn members(me: &Instance<Nacos>) -> Vec<Diagnostic> {
    let at = me.path.key("replicas");
    match me.replicas {
        _ if me.mode == Mode::Standalone => Vec::new(),
        0 | 1 => vec![
            Diagnostic::error("nacos-replicas", format!("a cluster of {} has no peers", me.replicas))
                .at(at)
                .because(
                    "since 2.4.2 a member waits for the data of another one and never becomes ready alone",
                )
                .help("set `mode: standalone`, or `replicas: 3`"),
        ],
        // Of servers that we draw ourselves, a rule tells.
        even if even.is_multiple_of(2) && me.deploy == Deploy::Operator => vec![
            Diagnostic::warning(
                "nacos-replicas",
                format!("{even} members tolerate no more failures than {}", even - 1),
            )
            .at(at)
            .because("Raft needs a majority")
            .help(format!("set `replicas: {}` or `replicas: {}`", even - 1, even + 1)),
        ],
        _ => Vec::new(),
    }
}

/// Without a database, the disk is the database; a server that runs alone may do without, and is warned by the rules.
fn storage(me: &Instance<Nacos>) -> Option<Diagnostic> {
    if me.mode == Mode::Standalone || me.storage.is_some() || me.database.is_some() {
        return None;
    }
    let title = "without a database and without storage, a restart loses all configuration";
    let complaint = Diagnostic::error("nacos-storage", title)
        .because(format!("members store the configuration and their Raft votes in {DATA}"));
    Some(complaint.at(&me.path).help("add `storage: {size: 5Gi}`, or a `database`"))
}

fn database(me: &Instance<Nacos>, release: &Release) -> Vec<Diagnostic> {
    let Some(database) = &me.database else { return Vec::new() };
    let path = me.path.key("database");
    let Database { name, schema, params, .. } = database;
    let mut complaints = Vec::new();
    complaints.extend(names::database("nacos-database-name", name, &path.key("name")));
    if let Server::Outside(server) = &database.server {
        complaints.extend(names::host("nacos-database", &server.host, &path.key("host")));
        complaints.extend(names::account("nacos-database", &server.user, &path.key("user")));
    }
    complaints.extend(params.as_deref().and_then(|params| bad_params(params, &path)));
    if *schema && !release.has_schema() {
        complaints.push(
            Diagnostic::error(
                "nacos-schema",
                "the image of this version does not include a schema to create the tables",
            )
            .at(me.path.key("version"))
            .because("images before 2.1.2 lack the file")
            .help(
                "create the tables yourself and set `database: {…, schema: false}`, or use v2.2.3 or later",
            ),
        );
    }
    // What the stack's own MySQL would say to it is for the rules to tell.
    if matches!(database.server, Server::Outside(_)) {
        complaints.extend(forgetful(params.as_deref(), &path));
    }
    complaints
}

/// Parameters that stay in the query of an URL. The kubelet would fill in `$(NAME)`, and Spring `${NAME}`.
fn bad_params(params: &str, path: &Path) -> Option<Diagnostic> {
    let fine = !params.contains(|c: char| c.is_control() || c.is_whitespace() || "$#".contains(c));
    (!fine).then(|| {
        Diagnostic::error("nacos-jdbc", "these are not valid parameters of a JDBC URL")
            .at(path.key("params"))
            .because("they follow the `?` of a URL, without spaces, `$` and `#`")
            .help("encode such characters, as in `%20`, or leave `params` out")
    })
}

/// Parameters that work until MySQL forgets who logged in before.
fn forgetful(params: Option<&str>, path: &Path) -> Option<Diagnostic> {
    let params = params?;
    (params.contains("useSSL=false") && !params.contains("allowPublicKeyRetrieval=true")).then(|| {
        Diagnostic::warning("nacos-jdbc", "MySQL 8 will refuse this connection after its next restart")
            .at(path.key("params"))
            .because(
                "without TLS, the driver needs `allowPublicKeyRetrieval=true` to request the server's public key",
            )
            .help("add `&allowPublicKeyRetrieval=true`")
    })
}

/// The console's Service and address.
fn pages(me: &Instance<Nacos>, release: &Release) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    if me.console.is_some() && !release.is_three() {
        complaints.push(
            Diagnostic::error("nacos-console", "2.x has no separate console")
                .at(me.path.key("console"))
                .because(format!("it is on the servers' port {HTTP}, below {CONTEXT}"))
                .help("set `service` or `ingress`"),
        );
    }
    let page = me.ingress.as_ref().filter(|page| page.path != "/");
    let fits = |path: &str| !release.is_three() && path.trim_end_matches('/') == CONTEXT;
    if let Some(page) = page.filter(|page| !fits(&page.path)) {
        let root = if release.is_three() { "/" } else { CONTEXT };
        complaints.push(
            Diagnostic::error(
                "nacos-ingress-path",
                format!("the console cannot be served at `{}`", page.path),
            )
            .at(me.path.keys(&["ingress", "path"]))
            .because(format!("it is at `{root}`, and its pages use absolute links to that path"))
            .help("remove `path`, and give the console its own host"),
        );
    }
    complaints
}

/// Clients compute the gRPC port, so the node ports must lie as far apart as the ports themselves.
///
/// Source: `GrpcSdkClient.rpcPortOffset`; alibaba/nacos#12685.
pub(super) fn node_ports(service: &Exposure, path: &Path) -> Result<Exposure, Diagnostic> {
    let mut derived = service.clone();
    let at = path.key("nodePorts");
    let Some((http, grpc)) = pair(service, path)? else { return Ok(derived) };
    if http < 30000 || grpc > 32767 {
        return Err(Diagnostic::error(
            "nacos-node-ports",
            format!("{http} and {grpc} are not both valid node ports"),
        )
        .at(at)
        .because(format!("{RELATION}; a cluster allows 30000 to 32767"))
        .help("use `http` between 30000 and 31767"));
    }
    derived.node_ports.insert("http".to_owned(), http);
    derived.node_ports.insert("grpc".to_owned(), grpc);
    Ok(derived)
}

const RELATION: &str = "clients add 1000 to the port that they are given";

/// Both node ports, from whichever was named; none where none are wanted.
fn pair(service: &Exposure, path: &Path) -> Result<Option<(u16, u16)>, Diagnostic> {
    let port = |name: &str| service.node_ports.get(name).copied();
    match (port("http"), port("grpc")) {
        (Some(http), Some(grpc)) if http.checked_add(GRPC_ABOVE) != Some(grpc) => {
            Err(Diagnostic::error("nacos-node-ports", format!("`grpc: {grpc}` is not `http: {http}` + 1000"))
                .at(path.key("nodePorts").key("grpc"))
                .because(RELATION)
                .help("remove `grpc`: it follows from `http`"))
        }
        (Some(http), _) => Ok(Some((http, http.saturating_add(GRPC_ABOVE)))),
        (None, Some(grpc)) => Ok(Some((grpc.saturating_sub(GRPC_ABOVE), grpc))),
        (None, None) if service.kind == ServiceType::NodePort => {
            Err(Diagnostic::error("nacos-node-ports", "node ports assigned by Kubernetes do not work")
                .at(path)
                .because(format!("{RELATION}, and Kubernetes would assign two unrelated ports"))
                .help("set `nodePorts: {http: 30848}`; gRPC then uses 31848"))
        }
        (None, None) => Ok(None),
    }
}
