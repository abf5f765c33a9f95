//! What may be written below `apps.<name>`.

mod belongings;
mod life;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use self::belongings::{Database, FileSource, Logs, Port, Protocol, Volume};
pub(super) use self::life::{Deregister, Jvm, Management, Probe, Probes, Scale, Shell, Strategy};
use super::either::{NumberOr, OneOrMany, SomeOf, Switch};
use crate::components::common::{Exposure, Ingress};
use crate::tree::de::{Scalar, ScalarOr};

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
