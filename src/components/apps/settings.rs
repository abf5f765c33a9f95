//! What may be written below `apps.<name>`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::either::{NumberOr, OneOrMany, SomeOf, Switch};
use crate::components::common::{Exposure, Ingress};
use crate::k8s::{Folder, Heap};
use crate::load::de::{Scalar, ScalarOr};

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components) struct App {
    /// Its Spring Boot version, "3.4": decides property names, probes and shutdown. Leave it out for other programs.
    #[serde(default)]
    pub(super) spring_boot: Option<Scalar>,
    /// The port that it serves, called `http`; null for a program that serves nothing.
    #[serde(default)]
    pub(super) port: Option<u16>,
    /// Further ports by name: a number, or `{port, protocol}`.
    #[serde(default)]
    pub(super) ports: IndexMap<String, NumberOr<Port>>,
    /// How many pods, where no autoscaler decides.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 10000>")]
    #[schemars(range(max = 10000))]
    pub(super) replicas: u32,
    /// Bounds and aims of an autoscaler.
    #[serde(default)]
    pub(super) scale: Option<Scale>,
    /// An autoscaler where `scale` is given; without it there are `replicas` pods.
    pub(super) hpa: bool,
    /// What it uses: `nacos`, `redis/session`, `apps.orders`. Their addresses become environment variables.
    pub(super) uses: Vec<String>,
    /// Its database on a mysql of this stack, which is created with a user of its own where mysql does so.
    #[serde(default)]
    pub(super) database: Option<Database>,
    /// Start only when what it uses answers: true for all, or a list of names.
    pub(super) wait_for: SomeOf,
    /// How long one attempt to wait lasts; the kubelet starts the next one.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) wait_seconds: u32,
    /// An image with a shell and BusyBox' tools: waits, and hands log folders to the app's user.
    pub(super) tools_image: String,
    /// Replaces the image's entrypoint.
    #[serde(default)]
    pub(super) command: Vec<String>,
    /// Replaces the image's arguments.
    #[serde(default)]
    pub(super) args: Vec<String>,
    /// Plain variables that go into a ConfigMap of their own; `${{ … }}` in them is replaced.
    #[serde(default)]
    pub(super) config: IndexMap<String, Scalar>,
    /// Files by their path, below /config or absolute: text, `{file: path}`, `{text: …, subPath: true}`; `${{ … }}` is replaced.
    #[serde(default)]
    pub(super) files: IndexMap<String, ScalarOr<FileSource>>,
    /// Further volumes by name.
    #[serde(default)]
    pub(super) volumes: IndexMap<String, Volume>,
    /// A folder for log files; without it the app logs to stdout, which is best.
    #[serde(default)]
    pub(super) logs: Option<Logs>,
    /// Spring Boot's actuator, on port 9081 when left out; `off` for an app that has none.
    #[serde(default)]
    pub(super) management: Option<Switch<Management>>,
    /// How Kubernetes finds out whether it has started, lives, and can serve.
    pub(super) probes: Probes,
    /// The JVM's memory, derived from `resources.memory`; `off` leaves JAVA_TOOL_OPTIONS alone.
    #[serde(default)]
    pub(super) jvm: Option<Switch<Jvm>>,
    /// How it leaves its registry before it stops; follows from `uses` when left out.
    #[serde(default)]
    pub(super) deregister: Option<Deregister>,
    /// Seconds between leaving and stopping: as long as callers remember it. 40 with a registry, 10 with a Service.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) drain_seconds: Option<u32>,
    /// How long open requests may take after SIGTERM; Spring Boot counts it per shutdown phase.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) shutdown_seconds: u32,
    /// From the first hook to SIGKILL; drain, shutdown and 10 seconds when left out.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) termination_grace_period_seconds: Option<u32>,
    /// How long a new pod must be ready before the next old one goes; the drain's length with a registry.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) min_ready_seconds: Option<u32>,
    /// What the image has to run hooks with.
    pub(super) shell: Shell,
    /// Pod by pod, or all gone before the new ones come.
    pub(super) strategy: Strategy,
    /// How many pods may be too many during an update: a number or a percentage.
    pub(super) max_surge: Scalar,
    /// How many may be missing meanwhile: a number or a percentage.
    pub(super) max_unavailable: Scalar,
    /// The user and group that it runs as; 0 for root, null for the image's own. `securityContext` replaces it.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 2147483647>")]
    #[schemars(range(max = 2147483647))]
    pub(super) run_as_user: Option<u32>,
    /// Nothing but /tmp and volumes can be written.
    pub(super) read_only_root_filesystem: bool,
    /// An existing ServiceAccount, for an app that talks to the API server.
    #[serde(default)]
    pub(super) service_account: Option<String>,
    /// How its Service is reached; the management port is never on it.
    pub(super) service: Exposure,
    /// Hosts under which it is reached from outside: one, or a list.
    #[serde(default)]
    pub(super) ingress: Option<OneOrMany<Ingress>>,
}

/// A further port.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Port {
    /// Its number.
    pub(super) port: u16,
    /// TCP or UDP.
    #[serde(default)]
    pub(super) protocol: Protocol,
}

/// TCP or UDP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum Protocol {
    /// TCP.
    #[default]
    #[serde(rename = "TCP")]
    Tcp,
    /// UDP.
    #[serde(rename = "UDP")]
    Udp,
}

/// Bounds and aims of an autoscaler.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Scale {
    /// At least so many pods.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 10000>")]
    #[schemars(range(max = 10000))]
    pub(super) min: u32,
    /// At most so many.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 10000>")]
    #[schemars(range(max = 10000))]
    pub(super) max: u32,
    /// Average CPU in percent of the request.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(super) cpu: Option<u32>,
    /// Average memory in percent of the request; not for a JVM, which keeps what it once took.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(super) memory: Option<u32>,
}

/// A database on a mysql of this stack.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Database {
    /// Which one: `mysql`, `mysql/orders`.
    pub(super) mysql: String,
    /// The database.
    pub(super) name: String,
    /// Parameters of the JDBC URL.
    #[serde(default)]
    pub(super) parameters: IndexMap<String, Scalar>,
}

/// A file's content.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FileSource {
    /// A file read at render time, relative to the stack file.
    #[serde(default)]
    pub(super) file: Option<String>,
    /// The text itself.
    #[serde(default)]
    pub(super) text: Option<String>,
    /// Only this file is laid into the image's folder; otherwise the folder holds nothing else.
    #[serde(default)]
    pub(super) sub_path: bool,
}

/// A further volume: where it is mounted, and one source.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Volume {
    /// Where it is mounted.
    pub(super) path: String,
    /// The app only reads it.
    #[serde(default)]
    pub(super) read_only: bool,
    /// An existing PersistentVolumeClaim.
    #[serde(default)]
    pub(super) claim: Option<String>,
    /// An existing Secret: `{name: …}`.
    #[serde(default)]
    pub(super) secret: Option<Named>,
    /// An existing ConfigMap: `{name: …}`.
    #[serde(default)]
    pub(super) config_map: Option<Named>,
    /// A folder that lives as long as the pod, up to this size.
    #[serde(default)]
    pub(super) empty_dir: Option<Folder>,
    /// A folder of the node.
    #[serde(default)]
    pub(super) host_path: Option<String>,
}

/// An object by name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    /// Its name.
    pub(super) name: String,
}

/// A folder for log files.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Logs {
    /// Where the app writes them.
    pub(super) path: String,
    /// A folder of the node for node agents to collect; below it every stack, app and pod has its own. Nobody cleans up.
    #[serde(default)]
    pub(super) host_path: Option<String>,
    /// How much the pod may keep, without `hostPath`.
    #[serde(default)]
    pub(super) size_limit: Option<Folder>,
}

/// Spring Boot's actuator.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Management {
    /// Its port; that of the app puts it beside the app's own paths.
    #[serde(default = "management_port")]
    pub(super) port: u16,
    /// Where it is on that port; on the app's port, with the app's context path before it.
    #[serde(default = "base_path")]
    pub(super) base_path: String,
    /// The endpoints that answer over HTTP, besides the one that deregisters.
    #[serde(default = "exposed")]
    pub(super) expose: Vec<String>,
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
pub(super) struct Probes {
    /// Has it started? Period times threshold is how long it may take.
    pub(super) startup: Switch<Probe>,
    /// Does it live? It is restarted when not, so nothing but itself may be asked.
    pub(super) liveness: Switch<Probe>,
    /// Can it serve? It gets no requests from Services when not.
    pub(super) readiness: Switch<Probe>,
}

/// One probe.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Probe {
    /// An HTTP path; without it a connection is enough.
    #[serde(default)]
    pub(super) path: Option<String>,
    /// A port by its name.
    #[serde(default)]
    pub(super) port: Option<String>,
    /// A command in the container instead.
    #[serde(default)]
    pub(super) command: Vec<String>,
    /// Seconds from one attempt to the next.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 3600>")]
    #[schemars(range(max = 3600))]
    pub(super) period_seconds: u32,
    /// Seconds until an attempt has failed.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 3600>")]
    #[schemars(range(max = 3600))]
    pub(super) timeout_seconds: u32,
    /// Failures in a row that count.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(super) failure_threshold: u32,
}

/// The JVM.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Jvm {
    /// A fixed heap; a share of `resources.memory` when left out.
    #[serde(default)]
    pub(super) heap: Option<Heap>,
    /// The most that classes may take.
    #[serde(default)]
    pub(super) metaspace: Option<Heap>,
    /// Further options.
    #[serde(default)]
    pub(super) options: Vec<String>,
}

/// How an app leaves its registry before it stops.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum Deregister {
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
pub(super) enum Shell {
    /// `sh` and `sleep`; with curl or wget where something must be called.
    Sh,
    /// Nothing, as in distroless images: Kubernetes sleeps by itself, from 1.30 on.
    None,
}

/// How old pods make room for new ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) enum Strategy {
    /// Pod by pod.
    RollingUpdate,
    /// All old ones first: for a program that must not run twice.
    Recreate,
}
