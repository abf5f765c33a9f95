//! Consul: server and client agents.
//!
//! Source: Consul agent configuration reference; docker-entrypoint.sh of the official image.

use super::{Port, Signs};

/// How an agent is told.
pub(crate) const SIGNS: Signs = Signs {
    images: &["consul", "consul-enterprise"],
    commands: &["consul agent", "/bin/consul"],
    variables: &[CONSUL_BIND_INTERFACE, CONSUL_LOCAL_CONFIG, CONSUL_CLIENT_INTERFACE],
    port: Some(HTTP_PORT),
    prefixes: &["CONSUL"],
};

// Ports.

/// The servers' RPC.
pub(crate) const RPC_PORT: Port = 8300;
/// Gossip within a datacenter.
pub(crate) const SERF_PORT: Port = 8301;
/// Gossip between datacenters.
pub(crate) const WAN_PORT: Port = 8302;
/// The HTTP API.
pub(crate) const HTTP_PORT: Port = 8500;
/// The same with TLS, where it is turned on.
pub(crate) const HTTPS_PORT: Port = 8501;
/// gRPC, where it is turned on.
pub(crate) const GRPC_PORT: Port = 8502;
/// gRPC with TLS.
pub(crate) const GRPC_TLS_PORT: Port = 8503;
/// DNS.
pub(crate) const DNS_PORT: Port = 8600;

// Files and pages.

/// The image's data folder.
pub(crate) const DATA: &str = "/consul/data";
/// Who leads: an empty text where nobody does.
pub(crate) const LEADER: &str = "/v1/status/leader";

// Variables. A constant is called what the variable is called.

/// The network interface whose address the start script binds to.
pub(crate) const CONSUL_BIND_INTERFACE: &str = "CONSUL_BIND_INTERFACE";
/// The network interface whose address it serves clients on.
pub(crate) const CONSUL_CLIENT_INTERFACE: &str = "CONSUL_CLIENT_INTERFACE";
/// Settings in JSON, which it writes to a file.
pub(crate) const CONSUL_LOCAL_CONFIG: &str = "CONSUL_LOCAL_CONFIG";
/// Keeps it from changing owners of folders.
pub(crate) const CONSUL_DISABLE_PERM_MGMT: &str = "CONSUL_DISABLE_PERM_MGMT";

/// Settings of an agent.
pub(crate) mod key {
    /// What others are told.
    pub(crate) const ADVERTISE_ADDR: &str = "advertise_addr";
    /// Where it listens to others.
    pub(crate) const BIND_ADDR: &str = "bind_addr";
    /// Where it listens to clients.
    pub(crate) const CLIENT_ADDR: &str = "client_addr";
    /// How many servers make a cluster.
    pub(crate) const BOOTSTRAP_EXPECT: &str = "bootstrap_expect";
    /// Where it keeps its state.
    pub(crate) const DATA_DIR: &str = "data_dir";
    /// Whether it leaves the cluster when it is stopped.
    pub(crate) const LEAVE_ON_TERMINATE: &str = "leave_on_terminate";
    /// How much it says.
    pub(crate) const LOG_LEVEL: &str = "log_level";
    /// What it is called.
    pub(crate) const NODE_NAME: &str = "node_name";
    /// Whom it asks for the others.
    pub(crate) const RETRY_JOIN: &str = "retry_join";
    /// Likewise, once.
    pub(crate) const START_JOIN: &str = "start_join";
    /// Whether nobody may run commands through it.
    pub(crate) const DISABLE_REMOTE_EXEC: &str = "disable_remote_exec";
    /// Whether checks may be scripts.
    pub(crate) const ENABLE_SCRIPT_CHECKS: &str = "enable_script_checks";
    /// Where tokens are kept.
    pub(crate) const PRIMARY_DATACENTER: &str = "primary_datacenter";
    /// Whether tokens are asked for.
    pub(crate) const ACL_ENABLED: &str = "acl.enabled";
    /// What holds without one.
    pub(crate) const ACL_DEFAULT_POLICY: &str = "acl.default_policy";
    /// What holds while the primary datacenter is away.
    pub(crate) const ACL_DOWN_POLICY: &str = "acl.down_policy";
    /// The agent's own token.
    pub(crate) const ACL_TOKENS_AGENT: &str = "acl.tokens.agent";
    /// The token of who has none.
    pub(crate) const ACL_TOKENS_DEFAULT: &str = "acl.tokens.default";
    /// Whether an agent gets its certificate from the servers.
    pub(crate) const AUTO_ENCRYPT_TLS: &str = "auto_encrypt.tls";
    /// Whether servers give one.
    pub(crate) const AUTO_ENCRYPT_ALLOW_TLS: &str = "auto_encrypt.allow_tls";
    /// Where HTTPS is.
    pub(crate) const PORTS_HTTPS: &str = "ports.https";
    /// Where gRPC with TLS is.
    pub(crate) const PORTS_GRPC_TLS: &str = "ports.grpc_tls";
    /// Where gossip is.
    pub(crate) const PORTS_SERF_LAN: &str = "ports.serf_lan";
}

/// The property of Spring Cloud Consul with an agent's host.
pub(crate) const HOST_PROPERTY: &str = "spring.cloud.consul.host";
/// The same with its port.
pub(crate) const PORT_PROPERTY: &str = "spring.cloud.consul.port";
/// The same with the app's token.
pub(crate) const TOKEN_PROPERTY: &str = "spring.cloud.consul.token";
/// The same with the id of one instance of a service.
pub(crate) const INSTANCE_PROPERTY: &str = "spring.cloud.consul.discovery.instance-id";
