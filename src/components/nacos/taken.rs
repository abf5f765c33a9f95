//! Variables and properties that are ours to set, or that do nothing.

use super::settings::Nacos;
use crate::components::Instance;
use crate::diagnostic::Diagnostic;
use crate::products::jvm::{JAVA_OPT, JAVA_OPT_EXT};
use crate::products::nacos::{
    self, EMBEDDED_STORAGE, JVM_XMN, JVM_XMS, JVM_XMX, MEMBER_LIST, MYSQL_DATABASE_NUM,
    MYSQL_SERVICE_DB_NAME, MYSQL_SERVICE_DB_PARAM, MYSQL_SERVICE_HOST, MYSQL_SERVICE_PASSWORD,
    MYSQL_SERVICE_PORT, MYSQL_SERVICE_USER, NACOS_APPLICATION_PORT, NACOS_AUTH_ENABLE,
    NACOS_AUTH_IDENTITY_KEY, NACOS_AUTH_IDENTITY_VALUE, NACOS_AUTH_TOKEN, NACOS_CONSOLE_CONTEXTPATH,
    NACOS_CONSOLE_PORT, NACOS_DEPLOYMENT_TYPE, NACOS_REPLICAS, NACOS_SERVER_IP, NACOS_SERVER_PORT,
    NACOS_SERVERS, PREFER_HOST_MODE, SERVER_SERVLET_CONTEXTPATH, SPRING_DATASOURCE_PLATFORM,
};
use crate::products::spring::{self, SERVER_PORT};

const HERE: &str = "stackgen sets it from the settings, because addresses, probes or Secrets must match it";
const DEAF: &str = "the image does not read it";

/// Variables that are ours to set, or that do nothing.
///
/// Source: docker-startup.sh and application.properties of nacos-docker, 2.0.4 to 3.2.3.
const VARIABLES: &[(&str, &str, &str)] = &[
    (EMBEDDED_STORAGE, HERE, "it follows from `mode` and `database`"),
    (JVM_XMN, HERE, "set `heap` or `resources.memory`"),
    (JVM_XMS, HERE, "set `heap` or `resources.memory`"),
    (JVM_XMX, HERE, "set `heap` or `resources.memory`"),
    (MEMBER_LIST, DEAF, "the list of members follows from `replicas`"),
    ("MODE", HERE, "set `mode`"),
    (
        MYSQL_DATABASE_NUM,
        "since 2.2.0 the image supports one database, and exits at startup with 2",
        "remove it",
    ),
    (MYSQL_SERVICE_DB_NAME, HERE, "set `database.name`"),
    (MYSQL_SERVICE_DB_PARAM, HERE, "set `database.params`"),
    (MYSQL_SERVICE_HOST, HERE, "set `database`"),
    (MYSQL_SERVICE_PASSWORD, HERE, "set `database`"),
    (MYSQL_SERVICE_PORT, HERE, "set `database`"),
    (MYSQL_SERVICE_USER, HERE, "set `database`"),
    (NACOS_APPLICATION_PORT, HERE, "the port is 8848"),
    (NACOS_AUTH_ENABLE, HERE, "set `auth.enabled`"),
    (NACOS_AUTH_IDENTITY_KEY, HERE, "set `auth.identity`"),
    (NACOS_AUTH_IDENTITY_VALUE, HERE, "set `auth.identity`"),
    (NACOS_AUTH_TOKEN, HERE, "set `auth.token`"),
    (NACOS_CONSOLE_CONTEXTPATH, HERE, "give the console its own host"),
    (NACOS_CONSOLE_PORT, HERE, "the port is 8080"),
    (NACOS_DEPLOYMENT_TYPE, HERE, "server and console run together"),
    (NACOS_REPLICAS, DEAF, "set `replicas`"),
    (NACOS_SERVERS, HERE, "the list of members follows from `replicas`"),
    (
        NACOS_SERVER_IP,
        "it overrides the host name, and the member does not find itself in the list",
        "remove it",
    ),
    (NACOS_SERVER_PORT, DEAF, "the port is 8848"),
    (PREFER_HOST_MODE, HERE, "members identify each other by name"),
    (SERVER_PORT, "server and console of 3.x would both use it", "the ports are 8848 and 8080"),
    (SERVER_SERVLET_CONTEXTPATH, "it moves the paths that the probes use", "remove it"),
    (SPRING_DATASOURCE_PLATFORM, HERE, "set `database`"),
];

/// Complaints about `env`.
pub(super) fn variables(me: &Instance<Nacos>) -> Vec<Diagnostic> {
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
    if !me.config.is_empty() && me.common.env.contains_key(JAVA_OPT_EXT) {
        complaints.push(
            Diagnostic::error("nacos-variable", format!("`{JAVA_OPT_EXT}` would replace `config`"))
                .at(path.key(JAVA_OPT_EXT))
                .because("`config` is passed to the server in it")
                .help(format!(
                    "set `--key=value` as `key: value` in `config`, and `-D` and `-X` flags in `{JAVA_OPT}`"
                )),
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
    nacos::key::AUTH_ENABLED,
    nacos::key::TOKEN,
    "nacos.core.auth.server.identity.",
    "nacos.deployment.type",
    nacos::key::INET_ADDRESS,
    "nacos.member.list",
    "nacos.server.contextPath",
    nacos::key::IP,
    nacos::key::MAIN_PORT,
    nacos::key::STANDALONE,
    spring::key::PORT,
    "server.servlet.context",
    "spring.config.",
    nacos::key::OLD_PLATFORM,
    nacos::key::PLATFORM,
];

/// Complaints about `config`.
pub(super) fn properties(me: &Instance<Nacos>) -> Vec<Diagnostic> {
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
                    format!("`{key}` is broken up by the image's start script"),
                )
                .at(path.key(key))
                .because("the script splits its arguments at spaces and expands `*`, `?` and `[…]`")
                .help("use a value without such characters, or set the property as a variable in `env`"),
            );
        }
    }
    complaints
}
