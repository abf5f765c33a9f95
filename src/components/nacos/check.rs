//! What is wrong with the settings by themselves, all of it at once.

use super::release::{GRPC_OFFSET, Release};
use super::settings::{Database, Deploy, Mode, Nacos};
use super::{auth, heap, operator};
use crate::components::Instance;
use crate::components::common::{Exposure, ServiceType};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::site::Site;

/// Every complaint about `me`.
pub(super) fn all(me: &Instance<Nacos>, site: &Site) -> Diagnostics {
    let mut complaints = Diagnostics::new();
    let release = match Release::of(&me.common, &me.path) {
        Ok(release) => release,
        // Without a version nothing else can be judged.
        Err(complaint) => return complaint.into(),
    };
    complaints.extend(release.complaints(me.mode, me.database.is_none(), &me.path));
    complaints.extend(members(me));
    complaints.extend(storage(me));
    complaints.extend(database(me, &release));
    complaints.extend(pages(me, &release));
    complaints.extend(taken_variables(me));
    complaints.extend(taken_properties(me));
    complaints.keep(node_ports(&me.service, &me.path.key("service")));
    complaints.keep(heap::of(me));
    complaints.extend(auth::complaints(me, site, &release));
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
                .help("write `mode: standalone`, or `replicas: 3`"),
        ],
        even if even.is_multiple_of(2) => vec![
            Diagnostic::warning(
                "nacos-replicas",
                format!("{even} members endure no more losses than {}", even - 1),
            )
            .at(at)
            .because("Raft needs a majority")
            .help(format!("write `replicas: {}` or `replicas: {}`", even - 1, even + 1)),
        ],
        _ => Vec::new(),
    }
}

/// Without a database, the disk is the database.
fn storage(me: &Instance<Nacos>) -> Option<Diagnostic> {
    if me.storage.is_some() || me.database.is_some() {
        return None;
    }
    let title = "without a database and without storage, a restart loses all configuration";
    let complaint = match me.mode {
        Mode::Cluster => Diagnostic::error("nacos-storage", title)
            .because("members keep the configuration and their votes in /home/nacos/data"),
        Mode::Standalone => Diagnostic::warning("nacos-storage", title)
            .because("Derby keeps the configuration in /home/nacos/data"),
    };
    Some(complaint.at(&me.path).help("add `storage: {size: 5Gi}`, or a `database`"))
}

fn database(me: &Instance<Nacos>, release: &Release) -> Vec<Diagnostic> {
    let Some(database) = &me.database else { return Vec::new() };
    let path = me.path.key("database");
    let Database { name, schema, params, .. } = database;
    let mut complaints = Vec::new();
    // It stands in a JDBC URL and in backticks.
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        complaints.push(
            Diagnostic::error("nacos-database-name", format!("`{name}` is not a plain database name"))
                .at(path.key("name"))
                .help("use letters, digits, `_` and `-`"),
        );
    }
    if *schema && !release.has_schema() {
        complaints.push(
            Diagnostic::error(
                "nacos-schema",
                "the image of this version has no schema to make the tables with",
            )
            .at(me.path.key("version"))
            .because("images before 2.1.2 lack the file")
            .help(
                "make the tables yourself and write `database: {…, schema: false}`, or use v2.2.3 or later",
            ),
        );
    }
    let has = |wanted: &str| params.as_deref().is_some_and(|params| params.contains(wanted));
    if has("useSSL=false") && !has("allowPublicKeyRetrieval=true") {
        complaints.push(
            Diagnostic::warning("nacos-jdbc", "MySQL 8 will refuse this connection after its next restart")
                .at(path.key("params"))
                .because("without TLS, the driver may fetch the server's public key only with `allowPublicKeyRetrieval=true`")
                .help("add `&allowPublicKeyRetrieval=true`"),
        );
    }
    complaints
}

/// The console's Service and address.
fn pages(me: &Instance<Nacos>, release: &Release) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    if me.console.is_some() && !release.is_three() {
        complaints.push(
            Diagnostic::error("nacos-console", "2.x has no console of its own")
                .at(me.path.key("console"))
                .because("it is on the servers' port 8848, below /nacos")
                .help("set `service` or `ingress`"),
        );
    }
    let page = me.ingress.as_ref().filter(|page| page.path != "/");
    let fits = |path: &str| !release.is_three() && path.trim_end_matches('/') == "/nacos";
    if let Some(page) = page.filter(|page| !fits(&page.path)) {
        let root = if release.is_three() { "/" } else { "/nacos" };
        complaints.push(
            Diagnostic::error("nacos-ingress-path", format!("the console is not at `{}`", page.path))
                .at(me.path.keys(&["ingress", "path"]))
                .because(format!("it lives at `{root}`, and its pages link to each other from there"))
                .help("take `path` out, and give the console a host of its own"),
        );
    }
    complaints
}

/// Clients compute the gRPC port, so the node ports must lie as far apart as the ports themselves.
///
/// Source: `GrpcSdkClient.rpcPortOffset`; alibaba/nacos#12685.
pub(super) fn node_ports(service: &Exposure, path: &Path) -> Result<Exposure, Diagnostic> {
    let mut derived = service.clone();
    let port = |name: &str| service.node_ports.get(name).copied();
    let relation = "clients add 1000 to the port that they are told";
    let at = path.key("nodePorts");
    let pair = match (port("http"), port("grpc")) {
        (Some(http), Some(grpc)) if http.checked_add(GRPC_OFFSET) != Some(grpc) => {
            return Err(Diagnostic::error(
                "nacos-node-ports",
                format!("`grpc: {grpc}` is not `http: {http}` + 1000"),
            )
            .at(at.key("grpc"))
            .because(relation)
            .help("take `grpc` out: it follows from `http`"));
        }
        (Some(http), _) => Some((http, http.saturating_add(GRPC_OFFSET))),
        (None, Some(grpc)) => Some((grpc.saturating_sub(GRPC_OFFSET), grpc)),
        (None, None) if service.kind == ServiceType::NodePort => {
            return Err(Diagnostic::error(
                "nacos-node-ports",
                "node ports that Kubernetes chooses do not work",
            )
            .at(path)
            .because(format!("{relation}, and Kubernetes would choose two unrelated ports"))
            .help("write `nodePorts: {http: 30848}`; gRPC then gets 31848"));
        }
        (None, None) => None,
    };
    let Some((http, grpc)) = pair else { return Ok(derived) };
    if http < 30000 || grpc > 32767 {
        return Err(Diagnostic::error(
            "nacos-node-ports",
            format!("{http} and {grpc} are not both node ports"),
        )
        .at(at)
        .because(format!("{relation}; a cluster gives out 30000 to 32767"))
        .help("choose `http` between 30000 and 31767"));
    }
    derived.node_ports.insert("http".to_owned(), http);
    derived.node_ports.insert("grpc".to_owned(), grpc);
    Ok(derived)
}

const HERE: &str =
    "stackgen sets it from the settings, and both must agree with addresses, probes or Secrets";
const DEAF: &str = "the image does not read it";

/// Variables that are ours to set, or that do nothing.
///
/// Source: docker-startup.sh and application.properties of nacos-docker, 2.0.4 to 3.2.3.
const VARIABLES: &[(&str, &str, &str)] = &[
    ("EMBEDDED_STORAGE", HERE, "it follows from `mode` and `database`"),
    ("JVM_XMN", HERE, "set `heap` or `resources.memory`"),
    ("JVM_XMS", HERE, "set `heap` or `resources.memory`"),
    ("JVM_XMX", HERE, "set `heap` or `resources.memory`"),
    ("MEMBER_LIST", DEAF, "the list of members follows from `replicas`"),
    ("MODE", HERE, "set `mode`"),
    ("MYSQL_DATABASE_NUM", "since 2.2.0 the image knows one database, and 2 ends its start", "take it out"),
    ("MYSQL_SERVICE_DB_NAME", HERE, "set `database.name`"),
    ("MYSQL_SERVICE_DB_PARAM", HERE, "set `database.params`"),
    ("MYSQL_SERVICE_HOST", HERE, "set `database`"),
    ("MYSQL_SERVICE_PASSWORD", HERE, "set `database`"),
    ("MYSQL_SERVICE_PORT", HERE, "set `database`"),
    ("MYSQL_SERVICE_USER", HERE, "set `database`"),
    ("NACOS_APPLICATION_PORT", HERE, "the port is 8848"),
    ("NACOS_AUTH_ENABLE", HERE, "set `auth.enabled`"),
    ("NACOS_AUTH_IDENTITY_KEY", HERE, "set `auth.identity`"),
    ("NACOS_AUTH_IDENTITY_VALUE", HERE, "set `auth.identity`"),
    ("NACOS_AUTH_TOKEN", HERE, "set `auth.token`"),
    ("NACOS_CONSOLE_CONTEXTPATH", HERE, "give the console a host of its own"),
    ("NACOS_CONSOLE_PORT", HERE, "the port is 8080"),
    ("NACOS_DEPLOYMENT_TYPE", HERE, "server and console run together"),
    ("NACOS_REPLICAS", DEAF, "set `replicas`"),
    ("NACOS_SERVERS", HERE, "the list of members follows from `replicas`"),
    (
        "NACOS_SERVER_IP",
        "it overrides the host name, and the member is no longer in its own list",
        "take it out",
    ),
    ("NACOS_SERVER_PORT", DEAF, "the port is 8848"),
    ("PREFER_HOST_MODE", HERE, "members know each other by name"),
    ("SERVER_PORT", "server and console of 3.x would both take it", "the ports are 8848 and 8080"),
    ("SERVER_SERVLET_CONTEXTPATH", "it moves the paths that the probes ask", "take it out"),
    ("SPRING_DATASOURCE_PLATFORM", HERE, "set `database`"),
];

fn taken_variables(me: &Instance<Nacos>) -> Vec<Diagnostic> {
    let path = me.path.key("env");
    let taken = |name: &&String| VARIABLES.iter().find(|(known, ..)| known == *name);
    let mut complaints: Vec<Diagnostic> = me
        .common
        .env
        .keys()
        .filter_map(|name| taken(&name).map(|(_, why, help)| (name, why, help)))
        .map(|(name, why, help)| {
            Diagnostic::error("nacos-variable", format!("`{name}` cannot be set here"))
                .at(path.key(name))
                .because(*why)
                .help(*help)
        })
        .collect();
    if !me.config.is_empty() && me.common.env.contains_key("JAVA_OPT_EXT") {
        complaints.push(
            Diagnostic::error("nacos-variable", "`JAVA_OPT_EXT` would replace `config`")
                .at(path.key("JAVA_OPT_EXT"))
                .because("`config` is handed to the server in it")
                .help(
                    "write `--key=value` as `key: value` in `config`, and `-D` and `-X` flags in `JAVA_OPT`",
                ),
        );
    }
    complaints
}

/// Properties that are ours to set.
const PROPERTIES: &[&str] = &[
    "db.",
    "nacos.console.port",
    "nacos.console.contextPath",
    "nacos.core.auth.admin.enabled",
    "nacos.core.auth.console.enabled",
    "nacos.core.auth.enabled",
    "nacos.core.auth.plugin.nacos.token.secret.key",
    "nacos.core.auth.server.identity.",
    "nacos.deployment.type",
    "nacos.inetutils.ip-address",
    "nacos.member.list",
    "nacos.server.contextPath",
    "nacos.server.ip",
    "nacos.server.main.port",
    "nacos.standalone",
    "server.port",
    "server.servlet.context",
    "spring.config.",
    "spring.datasource.platform",
    "spring.sql.init.platform",
];

fn taken_properties(me: &Instance<Nacos>) -> Vec<Diagnostic> {
    let path = me.path.key("config");
    let mut complaints = Vec::new();
    for (key, value) in &me.config {
        if PROPERTIES.iter().any(|taken| key == taken || taken.ends_with('.') && key.starts_with(taken)) {
            complaints.push(
                Diagnostic::error("nacos-property", format!("`{key}` cannot be set here"))
                    .at(path.key(key))
                    .because(HERE)
                    .help("use the settings of `nacos`: `mode`, `database`, `auth`, `ingress`"),
            );
        }
        // docker-startup.sh expands JAVA_OPT_EXT without quotes.
        let splits = |c: char| c.is_whitespace() || c.is_control() || "*?[]\\\"'`$".contains(c);
        if key.is_empty() || key.contains('=') || key.contains(splits) || value.contains(splits) {
            complaints.push(
                Diagnostic::error(
                    "nacos-property",
                    format!("`{key}` does not survive the image's start script"),
                )
                .at(path.key(key))
                .because("the script splits its arguments at blanks and expands `*`, `?` and `[…]`")
                .help("write the value without such characters, or set the property as a variable in `env`"),
            );
        }
    }
    complaints
}
