//! Nacos: server, image and clients.
//!
//! Source, where nothing else is said: nacos-group/nacos-docker, build/bin/docker-startup.sh and
//! build/conf/application.properties, 2.0.4 to 3.2.3.

pub(crate) mod releases;

use super::spring::SERVER_PORT;
use super::{Port, Signs, Since};

/// How a server is told.
pub(crate) const SIGNS: Signs = Signs {
    images: &[IMAGE, "nacos"],
    commands: &[JAR],
    variables: &[NACOS_SERVERS, NACOS_REPLICAS, NACOS_APPLICATION_PORT, PREFER_HOST_MODE, NACOS_AUTH_TOKEN],
    port: Some(HTTP),
    prefixes: &["NACOS", "MYSQL", "SPRING"],
};

/// The last part of the image's path.
pub(crate) const IMAGE: &str = "nacos-server";
/// The server, as its command line names it.
pub(crate) const JAR: &str = "nacos-server.jar";
/// What makes options of variables, and then starts the server.
pub(crate) const START_SCRIPT: &str = "docker-startup.sh";
/// The kinds of nacos-operator. Source: nacos-group/nacos-k8s, operator/ (2026-04).
pub(crate) const OPERATOR_API: &str = "nacos.io/v1alpha1";

// Ports. All but the console's follow from the first one.

/// Clients, people (2.x) and login.
pub(crate) const HTTP: Port = 8848;
/// Clients' gRPC.
pub(crate) const GRPC: Port = 9848;
/// Members' gRPC.
pub(crate) const PEERS: Port = 9849;
/// JRaft among members.
pub(crate) const RAFT: Port = 7848;
/// The console of 3.x.
pub(crate) const CONSOLE: Port = 8080;
/// Clients' gRPC is this far above HTTP. Source: `Constants.SDK_GRPC_PORT_DEFAULT_OFFSET`.
pub(crate) const GRPC_ABOVE: u16 = GRPC - HTTP;
/// Members' gRPC is this far above HTTP. Source: `Constants.CLUSTER_GRPC_PORT_DEFAULT_OFFSET`.
pub(crate) const PEERS_ABOVE: u16 = PEERS - HTTP;
/// JRaft is this far below HTTP. Source: `MemberUtil.calculateRaftPort`.
pub(crate) const RAFT_BELOW: u16 = HTTP - RAFT;

// Files and folders of the image.

/// The server's settings, which the image fills from variables.
pub(crate) const PROPERTIES_FILE: &str = "/home/nacos/conf/application.properties";
/// What the image configures its server with; all of it comes with the image.
pub(crate) const CONF: &str = "/home/nacos/conf";
/// How the server logs.
pub(crate) const LOGBACK_FILE: &str = "/home/nacos/conf/nacos-logback.xml";
/// Where it logs to.
pub(crate) const LOGS: &str = "/home/nacos/logs";
/// Bytes of logs that the server keeps, at most. Source: nacos-logback.xml of 2.5.1, `totalSizeCap` of 32 appenders.
pub(crate) const LOGS_KEPT: u64 = 150 << 30;
/// Tags of `nacos/nacos-mysql` whose schema was made before Nacos 2.5.0. Source: nacos-docker, example/image/mysql.
pub(crate) const OLD_SCHEMAS: &[&str] = &["5.7", "8.0.16", "8.0.29", "8.0.30", "8.0.31"];
/// The members, where somebody mounts a list.
pub(crate) const CLUSTER_CONF: &str = "/home/nacos/conf/cluster.conf";
/// Properties of one's own, until 2.2.0.
pub(crate) const INIT_FOLDER: &str = "/home/nacos/init.d";
/// A folder that makes the start script ask the plugin for members, and no variable.
pub(crate) const PEER_FINDER: &str = "/home/nacos/plugins/peer-finder";
/// What a server keeps. Source: `EnvUtil.getNacosHome`.
pub(crate) const DATA: &str = "/home/nacos/data";
/// Configuration without a database. Source: `LocalDataSourceServiceImpl`.
pub(crate) const DERBY: &str = "/home/nacos/data/derby-data";
/// Raft's votes and log. Source: `JRaftServer`.
pub(crate) const PROTOCOL: &str = "/home/nacos/data/protocol";
/// The part of it that nacos-operator deletes whenever a pod stops.
pub(crate) const PROTOCOL_RAFT: &str = "/home/nacos/data/protocol/raft";

// Pages.

/// What all paths of a server begin with; the console of 3.x has none. Source: `server.servlet.contextPath`.
pub(crate) const CONTEXT: &str = "/nacos";

/// Where a release tells of its health, and since when it is honest.
#[derive(Debug)]
pub(crate) struct Health {
    /// What its paths begin with, where nobody moved them.
    pub(crate) context: &'static str,
    /// The pages `readiness` and `liveness` are below.
    pub(crate) path: &'static str,
    /// The port, by our name for it.
    pub(crate) port: &'static str,
    /// The first version whose readiness fails when the server cannot serve.
    pub(crate) honest: &'static [u32],
}

/// Of each release. Source: `HealthController` of v1, which alone tells by status in 2.x; `ConsoleHealthController` of 3.x,
/// which always answered 200 before 3.0.3.
pub(crate) const HEALTH: [Since<Health>; 2] = [
    Since {
        version: &[2],
        value: Health { context: CONTEXT, path: "/v1/console/health", port: "http", honest: &[] },
    },
    Since {
        version: &[3],
        value: Health { context: "", path: "/v3/console/health", port: "console", honest: &[3, 0, 3] },
    },
];
/// Health pages of 2.x that hide what is wrong in the body. Source: `HealthControllerV2`.
pub(crate) const HIDDEN_HEALTH: &str = "/v2/console/health";
/// State of 3.x, which answers 200 whatever it says. Source: `CoreOpsControllerV3`.
pub(crate) const STATE: &str = "/v3/admin/core/state/";
/// The console's API of 3.x.
pub(crate) const CONSOLE_API: &str = "/v3/console/";
/// The administrators' API of 3.x.
pub(crate) const ADMIN_API: &str = "/v3/admin/";

impl Health {
    /// 200 when the server can serve, 500 when it cannot.
    pub(crate) fn readiness(&self) -> String {
        format!("{}{}/readiness", self.context, self.path)
    }

    /// 200 as long as the process answers: an outage of the database restarts nobody.
    pub(crate) fn liveness(&self) -> String {
        format!("{}{}/liveness", self.context, self.path)
    }

    /// Is it the readiness page, wherever the context path leads, or a command that asks it?
    pub(crate) fn readiness_in(&self, text: &str) -> bool {
        text.contains(&format!("{}/readiness", self.path))
    }

    /// Is it the readiness page?
    pub(crate) fn is_readiness(&self, path: &str) -> bool {
        path.ends_with(&format!("{}/readiness", self.path))
    }
}

/// Where the first administrator is made, on the HTTP port; nothing makes it where the schema brings one.
pub(crate) const ADMIN_PAGE: [Since<&str>; 2] = [
    Since { version: &[2], value: "/nacos/v1/auth/users/admin" },
    Since { version: &[3], value: "/nacos/v3/auth/user/admin" },
];

/// The table that the schema makes last: when it is there, all are.
pub(crate) const LAST_TABLE: [Since<&str>; 2] =
    [Since { version: &[2], value: "permissions" }, Since { version: &[3, 2], value: "ai_resource_version" }];

/// How the JDBC driver in the server is told that all times are UTC, whatever zone the database server has: from 8.0.23 on
/// the session takes the zone over, so that times of the server itself agree with those of Java.
///
/// Source: `mysql-connector-java.version` in nacos-all's pom, 8.0.21 up to 2.1.1 and 8.0.28 from 2.1.2 on; Connector/J
/// manual, "Datetime types processing".
pub(crate) const JDBC_TIME: [Since<&str>; 2] = [
    Since { version: &[2], value: "serverTimezone=UTC" },
    Since { version: &[2, 1, 2], value: "connectionTimeZone=UTC&forceConnectionTimeZoneToSession=true" },
];

/// How many milliseconds a server remembers that an instance was disabled after it has gone; 60,000 by default. One that
/// comes back under its address meanwhile stays disabled. Source: naming `GlobalConfig`; alibaba/nacos#6295.
pub(crate) const EXPIRED_METADATA: &str = "nacos.naming.clean.expired-metadata.expired-time";

// Secrets.

/// The administrator's name is fixed. Source: `AuthConstants.DEFAULT_USER`.
pub(crate) const ADMIN: &str = "nacos";
/// Keys that Nacos, its images and charts have shipped: who knows them can sign logins.
///
/// Source: nacos.io "announcement token.secret.key"; application.properties of the images up to 2.2.0.
pub(crate) const PUBLIC_TOKENS: &[&str] = &[
    "SecretKey012345678901234567890123456789012345678901234567890123456789",
    "VGhpc0lzTXlDdXN0b21TZWNyZXRLZXkwMTIzNDU2Nzg=",
];
/// The key of the documentation, in all the lengths that blogs have made of it, begins like this.
pub(crate) const PUBLIC_TOKEN_START: &str = "SecretKey0123456789";
/// Likewise: who knows the value passes for a server.
pub(crate) const PUBLIC_IDENTITIES: &[&str] = &["security", "2xxx", "nil", "example", "nacos"];

// Memory.

/// Sizes of the heap, and what the image takes where nothing is said: `-Xms`, `-Xmx` and `-Xmn`. Source: Dockerfile.
pub(crate) const HEAP: [(&str, &str); 3] = [(JVM_XMS, "1g"), (JVM_XMX, "1g"), (JVM_XMN, "512m")];
/// Metaspace in MiB, of a cluster's members. Source: Dockerfile, `-XX:MaxMetaspaceSize=320m`.
pub(crate) const METASPACE: u64 = 320;
/// Threads, gRPC buffers, RocksDB and GC in MiB.
pub(crate) const BESIDE_HEAP: u64 = 512;

/// Ports that the variable of a Service's link takes, and since when they are read: a pod beside a Service `nacos-console`
/// has `NACOS_CONSOLE_PORT=tcp://…`.
pub(crate) const TAKEN_BY_LINKS: &[(&str, &[u32])] = &[
    (NACOS_CONSOLE_PORT, &[3]),
    (NACOS_APPLICATION_PORT, &[]),
    ("NACOS_AI_REGISTRY_PORT", &[3, 2]),
    (SERVER_PORT, &[]),
];

// Variables of the image. A constant is called what the variable is called.

/// `standalone` or `cluster`; all that is not the former is the latter.
pub(crate) const MODE: &str = "MODE";
/// The members, with blanks between.
pub(crate) const NACOS_SERVERS: &str = "NACOS_SERVERS";
/// Read by nobody, though it stands in the examples.
pub(crate) const NACOS_REPLICAS: &str = "NACOS_REPLICAS";
/// Read by nobody but scripts of old.
pub(crate) const MEMBER_LIST: &str = "MEMBER_LIST";
/// The port of the HTTP API.
pub(crate) const NACOS_APPLICATION_PORT: &str = "NACOS_APPLICATION_PORT";
/// Read by clients, not by the server.
pub(crate) const NACOS_SERVER_PORT: &str = "NACOS_SERVER_PORT";
/// Moves all paths of the server.
pub(crate) const SERVER_SERVLET_CONTEXTPATH: &str = "SERVER_SERVLET_CONTEXTPATH";
/// The console's port, 3.x.
pub(crate) const NACOS_CONSOLE_PORT: &str = "NACOS_CONSOLE_PORT";
/// The console's context path, 3.x.
pub(crate) const NACOS_CONSOLE_CONTEXTPATH: &str = "NACOS_CONSOLE_CONTEXTPATH";
/// `server`, `console` or both, 3.x.
pub(crate) const NACOS_DEPLOYMENT_TYPE: &str = "NACOS_DEPLOYMENT_TYPE";
/// `config`, `naming` or both.
pub(crate) const FUNCTION_MODE: &str = "FUNCTION_MODE";
/// `hostname` or `ip`: what a member knows itself by.
pub(crate) const PREFER_HOST_MODE: &str = "PREFER_HOST_MODE";
/// What a member knows itself by, over all else.
pub(crate) const NACOS_SERVER_IP: &str = "NACOS_SERVER_IP";
/// Asks clients for a login.
pub(crate) const NACOS_AUTH_ENABLE: &str = "NACOS_AUTH_ENABLE";
/// Signs logins.
pub(crate) const NACOS_AUTH_TOKEN: &str = "NACOS_AUTH_TOKEN";
/// The header that members know each other by.
pub(crate) const NACOS_AUTH_IDENTITY_KEY: &str = "NACOS_AUTH_IDENTITY_KEY";
/// Its value.
pub(crate) const NACOS_AUTH_IDENTITY_VALUE: &str = "NACOS_AUTH_IDENTITY_VALUE";
/// `mysql`, or the database of its own.
pub(crate) const SPRING_DATASOURCE_PLATFORM: &str = "SPRING_DATASOURCE_PLATFORM";
/// The database's host.
pub(crate) const MYSQL_SERVICE_HOST: &str = "MYSQL_SERVICE_HOST";
/// The database's port.
pub(crate) const MYSQL_SERVICE_PORT: &str = "MYSQL_SERVICE_PORT";
/// The database's name.
pub(crate) const MYSQL_SERVICE_DB_NAME: &str = "MYSQL_SERVICE_DB_NAME";
/// Who logs in to it.
pub(crate) const MYSQL_SERVICE_USER: &str = "MYSQL_SERVICE_USER";
/// With what.
pub(crate) const MYSQL_SERVICE_PASSWORD: &str = "MYSQL_SERVICE_PASSWORD";
/// Parameters of JDBC.
pub(crate) const MYSQL_SERVICE_DB_PARAM: &str = "MYSQL_SERVICE_DB_PARAM";
/// How many databases, before 2.2.0.
pub(crate) const MYSQL_DATABASE_NUM: &str = "MYSQL_DATABASE_NUM";
/// `embedded`: a cluster keeps its configuration itself.
pub(crate) const EMBEDDED_STORAGE: &str = "EMBEDDED_STORAGE";
/// `-Xms`.
pub(crate) const JVM_XMS: &str = "JVM_XMS";
/// `-Xmx`.
pub(crate) const JVM_XMX: &str = "JVM_XMX";
/// `-Xmn`.
pub(crate) const JVM_XMN: &str = "JVM_XMN";
/// Properties of the server and of its clients.
pub(crate) mod key {
    /// What Spring Cloud registers with.
    pub(crate) const DISCOVERY: &str = "spring.cloud.nacos.discovery";
    /// What Spring Cloud reads configuration with.
    pub(crate) const CONFIG: &str = "spring.cloud.nacos.config";
    /// The servers, for either of them.
    pub(crate) const CLIENT_ADDRESS: &str = "spring.cloud.nacos.server-addr";
    /// The servers to register with.
    pub(crate) const DISCOVERY_ADDRESS: &str = "spring.cloud.nacos.discovery.server-addr";
    /// The servers to read configuration from.
    pub(crate) const CONFIG_ADDRESS: &str = "spring.cloud.nacos.config.server-addr";
    /// The port of the HTTP API, 3.x.
    pub(crate) const MAIN_PORT: &str = "nacos.server.main.port";
    /// What a member knows itself by.
    pub(crate) const IP: &str = "nacos.server.ip";
    /// Likewise.
    pub(crate) const INET_ADDRESS: &str = "nacos.inetutils.ip-address";
    /// By name rather than by address.
    pub(crate) const PREFER_HOSTNAME: &str = "nacos.preferHostnameOverIp";
    /// Likewise.
    pub(crate) const INET_PREFER_HOSTNAME: &str = "nacos.inetutils.prefer-hostname-over-ip";
    /// Runs alone. Source: `EnvUtil.getStandaloneMode`.
    pub(crate) const STANDALONE: &str = "nacos.standalone";
    /// Whether a server waits for its peers' registrations before it is ready.
    pub(crate) const WARMUP: &str = "nacos.naming.data.warmup";
    /// Asks clients for a login.
    pub(crate) const AUTH_ENABLED: &str = "nacos.core.auth.enabled";
    /// Signs logins.
    pub(crate) const TOKEN: &str = "nacos.core.auth.plugin.nacos.token.secret.key";
    /// The database's kind.
    pub(crate) const PLATFORM: &str = "spring.sql.init.platform";
    /// Likewise, by its older name.
    pub(crate) const OLD_PLATFORM: &str = "spring.datasource.platform";
    /// Lets 3.x answer what 2.x answered to consoles. Source: `ApiCompatibilityConfig`.
    pub(crate) const COMPATIBLE_CONSOLE: &str = "nacos.core.api.compatibility.console.enabled";
    /// Lets 3.x answer what 2.x answered to administrators.
    pub(crate) const COMPATIBLE_ADMIN: &str = "nacos.core.api.compatibility.admin.enabled";
}
