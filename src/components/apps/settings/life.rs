//! How an app lives: how many there are, how it starts, how Kubernetes sees that it is well, how it leaves.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::either::Switch;
use crate::k8s::Heap;

/// Bounds and aims of an autoscaler.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Scale {
    /// At least so many pods.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 10000>")]
    #[schemars(range(max = 10000))]
    pub(in crate::components::apps) min: u32,
    /// At most so many.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 10000>")]
    #[schemars(range(max = 10000))]
    pub(in crate::components::apps) max: u32,
    /// Average CPU in percent of the request.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(in crate::components::apps) cpu: Option<u32>,
    /// Average memory in percent of the request; not for a JVM, which keeps what it once took.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(in crate::components::apps) memory: Option<u32>,
}

/// Spring Boot's actuator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Management {
    /// Its port; that of the app puts it beside the app's own paths.
    #[serde(default = "management_port")]
    pub(in crate::components::apps) port: u16,
    /// Where it is on that port; on the app's port, with the app's context path before it.
    #[serde(default = "base_path")]
    pub(in crate::components::apps) base_path: String,
    /// The endpoints that answer over HTTP, besides the one that deregisters.
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
    "/actuator".to_owned()
}

fn exposed() -> Vec<String> {
    ["health", "info", "prometheus"].map(str::to_owned).to_vec()
}

/// How Kubernetes finds out how it is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Probes {
    /// Has it started? Period times threshold is how long it may take.
    pub(in crate::components::apps) startup: Switch<Probe>,
    /// Does it live? It is restarted when not, so nothing but itself may be asked.
    pub(in crate::components::apps) liveness: Switch<Probe>,
    /// Can it serve? It gets no requests from Services when not.
    pub(in crate::components::apps) readiness: Switch<Probe>,
}

/// One probe.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Probe {
    /// An HTTP path; without it a connection is enough.
    #[serde(default)]
    pub(in crate::components::apps) path: Option<String>,
    /// A port by its name.
    #[serde(default)]
    pub(in crate::components::apps) port: Option<String>,
    /// A command in the container instead.
    #[serde(default)]
    pub(in crate::components::apps) command: Vec<String>,
    /// Seconds from one attempt to the next.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 3600>")]
    #[schemars(range(max = 3600))]
    pub(in crate::components::apps) period_seconds: u32,
    /// Seconds until an attempt has failed.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 3600>")]
    #[schemars(range(max = 3600))]
    pub(in crate::components::apps) timeout_seconds: u32,
    /// Failures in a row that count.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(in crate::components::apps) failure_threshold: u32,
}

/// The JVM.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct Jvm {
    /// A fixed heap; a share of `resources.memory` when left out.
    #[serde(default)]
    pub(in crate::components::apps) heap: Option<Heap>,
    /// The most that classes may take.
    #[serde(default)]
    pub(in crate::components::apps) metaspace: Option<Heap>,
    /// Further options.
    #[serde(default)]
    pub(in crate::components::apps) options: Vec<String>,
}

/// How an app leaves its registry before it stops.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::components::apps) enum Deregister {
    /// It is in none.
    None,
    /// Spring Cloud's `serviceregistry` endpoint is told DOWN. Nacos 3 refuses that: use `endpoint` or `app` there.
    Nacos,
    /// Spring Cloud's `serviceregistry` endpoint is told OUT_OF_SERVICE.
    Consul,
    /// By itself on SIGTERM, as Spring Cloud Alibaba does since 2023.0.3.4. What follows from a Nacos 3 in `uses`.
    App,
    /// An actuator endpoint of your own, `nacos-deregister`, or a path that begins with `/`: called with POST.
    Endpoint(String),
}

/// What the image has to run hooks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::components::apps) enum Shell {
    /// `sh` and `sleep`; with curl or wget where something must be called.
    Sh,
    /// Nothing, as in distroless images: Kubernetes sleeps by itself, from 1.30 on.
    None,
}

/// How old pods make room for new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(in crate::components::apps) enum Strategy {
    /// Pod by pod.
    RollingUpdate,
    /// All old ones first: for a program that must not run twice.
    Recreate,
}
