//! How an app lives: how many there are, how it starts, how Kubernetes sees that it is well, how it leaves.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::either::Switch;
use crate::k8s::Heap;
use crate::products::spring::ACTUATOR;

/// Limits and targets of an autoscaler.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Scale {
    /// The minimum number of pods.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 10000>")]
    #[schemars(range(max = 10000))]
    pub(in crate::components::apps) min: u32,
    /// The maximum number of pods.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 10000>")]
    #[schemars(range(max = 10000))]
    pub(in crate::components::apps) max: u32,
    /// Target average CPU in percent of the request.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(in crate::components::apps) cpu: Option<u32>,
    /// Target average memory in percent of the request; not for a JVM, which rarely returns memory.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(in crate::components::apps) memory: Option<u32>,
}

/// Spring Boot's actuator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Management {
    /// Its port; with the app's port it shares that port with the app's own paths.
    #[serde(default = "management_port")]
    pub(in crate::components::apps) port: u16,
    /// Its base path on that port; on the app's port, include the app's context path.
    #[serde(default = "base_path")]
    pub(in crate::components::apps) base_path: String,
    /// The endpoints exposed over HTTP, in addition to the one that deregisters.
    #[serde(default = "exposed")]
    pub(in crate::components::apps) expose: Vec<String>,
}

impl Default for Management {
    fn default() -> Self {
        Self { port: management_port(), base_path: base_path(), expose: exposed() }
    }
}

fn management_port() -> u16 {
    9081
}

fn base_path() -> String {
    ACTUATOR.to_owned()
}

fn exposed() -> Vec<String> {
    ["health", "info", "prometheus"].map(str::to_owned).to_vec()
}

/// The probes of the container.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Probes {
    /// The startup probe: period times threshold is the time the app has to start.
    pub(in crate::components::apps) startup: Switch<Probe>,
    /// The liveness probe: the container is restarted when it fails, so it must not depend on other systems.
    pub(in crate::components::apps) liveness: Switch<Probe>,
    /// The readiness probe: the pod gets no requests from Services while it fails.
    pub(in crate::components::apps) readiness: Switch<Probe>,
}

/// One probe.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Probe {
    /// An HTTP path; without it, the probe only opens a TCP connection.
    #[serde(default)]
    pub(in crate::components::apps) path: Option<String>,
    /// A port by its name.
    #[serde(default)]
    pub(in crate::components::apps) port: Option<String>,
    /// Asks by gRPC's health protocol on the port, instead of opening a connection only.
    #[serde(default)]
    pub(in crate::components::apps) grpc: bool,
    /// The name that a gRPC server knows as the service to ask for; the whole server when left out.
    #[serde(default)]
    pub(in crate::components::apps) service: Option<String>,
    /// A command to run in the container instead.
    #[serde(default)]
    pub(in crate::components::apps) command: Vec<String>,
    /// Seconds between attempts.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 3600>")]
    #[schemars(range(max = 3600))]
    pub(in crate::components::apps) period_seconds: u32,
    /// Seconds until an attempt times out.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 3600>")]
    #[schemars(range(max = 3600))]
    pub(in crate::components::apps) timeout_seconds: u32,
    /// The number of consecutive failures; for the start of a JVM when left out, as many as its CPU request needs.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(in crate::components::apps) failure_threshold: Option<u32>,
}

/// The JVM.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Jvm {
    /// A fixed heap; a percentage of `resources.memory` when left out.
    #[serde(default)]
    pub(in crate::components::apps) heap: Option<Heap>,
    /// The maximum metaspace size.
    #[serde(default)]
    pub(in crate::components::apps) metaspace: Option<Heap>,
    /// Additional options.
    #[serde(default)]
    pub(in crate::components::apps) options: Vec<String>,
}

/// How an app deregisters before it stops.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::components::apps) enum Deregister {
    /// It is not registered anywhere.
    None,
    /// Posts DOWN to Spring Cloud's `serviceregistry` endpoint. Nacos 3 refuses that: use `endpoint` or `app` there.
    Nacos,
    /// Posts OUT_OF_SERVICE to Spring Cloud's `serviceregistry` endpoint.
    Consul,
    /// The app deregisters itself on SIGTERM, as Spring Cloud Alibaba does since 2023.0.3.4. The default with a Nacos
    /// 3 in `uses`.
    App,
    /// An actuator endpoint of your own, such as `nacos-deregister`, or a path that starts with `/`: called with POST.
    Endpoint(String),
}

/// The tools in the image that hooks can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::components::apps) enum Shell {
    /// `sh` and `sleep`, and curl or wget if the hook makes a call.
    Sh,
    /// None, as in distroless images: hooks use Kubernetes' own `sleep`, from 1.30 on.
    None,
}

/// How new pods replace old ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::components::apps) enum Strategy {
    /// A rolling update.
    RollingUpdate,
    /// Stops all old pods first: for a program that must not run twice.
    Recreate,
}
