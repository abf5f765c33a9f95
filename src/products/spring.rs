//! Spring Boot, as apps and some servers are made with it.
//!
//! Source: Spring Boot reference, "Externalized Configuration" and "Production-ready Features".

/// Which profiles are active.
pub(crate) const SPRING_PROFILES_ACTIVE: &str = "SPRING_PROFILES_ACTIVE";
/// `server.port`, as a variable.
pub(crate) const SERVER_PORT: &str = "SERVER_PORT";
/// `server.forward-headers-strategy`, as a variable: whose word counts for the address that people use.
pub(crate) const SERVER_FORWARD_HEADERS_STRATEGY: &str = "SERVER_FORWARD_HEADERS_STRATEGY";
/// `management.server.port`, as a variable.
pub(crate) const MANAGEMENT_SERVER_PORT: &str = "MANAGEMENT_SERVER_PORT";
/// `management.endpoints.web.exposure.include`, as a variable.
pub(crate) const MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE: &str =
    "MANAGEMENT_ENDPOINTS_WEB_EXPOSURE_INCLUDE";

/// How variables begin that only Spring Boot reads.
pub(crate) const VARIABLES: &[&str] = &["SPRING_", "MANAGEMENT_SERVER_", "MANAGEMENT_ENDPOINT"];

/// How the files of settings are called that Spring looks for, before their ending and the name of a profile.
pub(crate) const FILES: &[&str] = &["application", "bootstrap"];

/// All pages of the actuator are below it, where nobody moved them.
pub(crate) const ACTUATOR: &str = "/actuator";
/// Health of the whole.
pub(crate) const HEALTH: &str = "/actuator/health";

/// Properties.
pub(crate) mod key {
    /// The port of an app.
    pub(crate) const PORT: &str = "server.port";
    /// Which web server an app starts; `none` for one that ends when its work is done.
    pub(crate) const WEB_TYPE: &str = "spring.main.web-application-type";
    /// What an app does with requests that are under way when it stops.
    pub(crate) const SHUTDOWN: &str = "server.shutdown";
    /// How long it waits for them.
    pub(crate) const SHUTDOWN_TIMEOUT: &str = "spring.lifecycle.timeout-per-shutdown-phase";
    /// The actuator's own port.
    pub(crate) const MANAGEMENT_PORT: &str = "management.server.port";
    /// Which pages of the actuator are served.
    pub(crate) const EXPOSED: &str = "management.endpoints.web.exposure.include";
    /// How many milliseconds Spring Cloud Alibaba waits after it has left Nacos; 10,000 by default.
    /// Source: NacosDiscoveryProperties at 2023.0.3.3.
    pub(crate) const NACOS_WAIT: &str = "spring.cloud.nacos.discovery.graceful-shutdown-wait-time";
    /// Settings of Spring Cloud Kubernetes, which asks the API server.
    pub(crate) const KUBERNETES: &str = "spring.cloud.kubernetes.";
    /// Files of properties beside those of the app.
    pub(crate) const MORE_FILES: &str = "spring.config.additional-location";
}

/// What the variables begin with that only Spring reads, without the `_`.
pub(crate) const PREFIXES: &[&str] = &["SPRING"];
