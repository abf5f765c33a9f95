//! What may be written below `apps.<name>`.

mod belongings;
mod job;
mod life;
mod names;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) use self::belongings::{Database, FileSource, Logs, Port, Protocol, Volume};
pub(super) use self::job::{Concurrency, History, Run};
pub(super) use self::life::{Deregister, Jvm, Management, Probe, Probes, Scale, Shell, Strategy};
pub(super) use self::names::{Dns, DnsPolicy, EnvFrom};
use super::either::{NumberOr, OneOrMany, SomeOf, Switch};
use crate::components::common::{Exposure, Ingress};
use crate::tree::de::{Scalar, ScalarOr};

/// What you may write.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components) struct App {
    /// The Spring Boot version, such as "3.4": determines property names, probes and shutdown. Leave it out for other
    /// programs.
    #[serde(default)]
    pub(super) spring_boot: Option<Scalar>,
    /// The port that it listens on, named `http`; null for a program without a port.
    #[serde(default)]
    pub(super) port: Option<u16>,
    /// Additional ports by name: a number, or `{port, protocol, servicePort, appProtocol}`.
    #[serde(default)]
    pub(super) ports: IndexMap<String, NumberOr<Port>>,
    /// The number of pods, without an autoscaler.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 10000>")]
    #[schemars(range(max = 10000))]
    pub(super) replicas: u32,
    /// Bounds and aims of an autoscaler.
    #[serde(default)]
    pub(super) scale: Option<Scale>,
    /// Enables the autoscaler when `scale` is set; otherwise there are `replicas` pods.
    pub(super) hpa: bool,
    /// `once`: a program that ends, such as a migration. It becomes a Job, which runs again whenever its image, settings,
    /// files or passwords change, and when it is applied with kubectl a day or more after its end: it must be able to run
    /// twice. A Spring app starts no web server then.
    #[serde(default)]
    pub(super) run: Option<Run>,
    /// When a program that ends is run: minute, hour, day, month, weekday, such as `"0 3 * * *"`. It becomes a CronJob, and
    /// each run takes the settings of its time. A Spring app starts no web server then.
    #[serde(default)]
    pub(super) schedule: Option<String>,
    /// The time zone of `schedule`, such as `Asia/Shanghai`; the one of the cluster's controller when left out, mostly UTC.
    #[serde(default)]
    pub(super) time_zone: Option<String>,
    /// What happens when a run of `schedule` is due while the last one is still running: `forbid` (the default) leaves the
    /// new one out, `allow` runs both, `replace` stops the old one.
    #[serde(default)]
    pub(super) concurrency: Option<Concurrency>,
    /// How many finished runs of `schedule` stay with their logs: `{succeeded: 3, failed: 1}` when left out.
    #[serde(default)]
    pub(super) history: Option<History>,
    /// Runs of `schedule` that become due are left out.
    #[serde(default)]
    pub(super) suspend: bool,
    /// How often a run with `run` or `schedule` is tried again after it failed; 3 when left out. Each try is a pod of its
    /// own, whose log stays.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(super) retries: Option<u32>,
    /// How long a run with `run` or `schedule` may take with all its tries before it is stopped; an hour when left out.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 2592000>")]
    #[schemars(range(max = 2592000))]
    pub(super) deadline_seconds: Option<u32>,
    /// The components that it uses: `nacos`, `redis/session`, `apps.orders`. Their addresses become environment
    /// variables.
    pub(super) uses: Vec<String>,
    /// Its database on a mysql of this stack; it is created with its own user if that mysql manages accounts.
    #[serde(default)]
    pub(super) database: Option<Database>,
    /// Wait at startup until the used components answer: true for all, or a list of names.
    pub(super) wait_for: SomeOf,
    /// The timeout of one attempt to wait; the kubelet then starts the next one. With `run` or `schedule` it counts as a
    /// failed try.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) wait_seconds: u32,
    /// An image with a shell and BusyBox tools, for waiting and for changing the owner of log directories.
    pub(super) tools_image: String,
    /// Replaces the image's entrypoint.
    #[serde(default)]
    pub(super) command: Vec<String>,
    /// Replaces the image's arguments.
    #[serde(default)]
    pub(super) args: Vec<String>,
    /// Variables without secrets, stored in a ConfigMap; `${{ … }}` in them is replaced.
    #[serde(default)]
    pub(super) config: IndexMap<String, Scalar>,
    /// Existing Secrets and ConfigMaps, all keys of which become variables: `{secret: {name: …}, prefix: PAY_}`. A later
    /// entry wins over an earlier one, `config` over all of them, and `env`, `uses` and `database` over `config`.
    #[serde(default)]
    pub(super) env_from: Vec<EnvFrom>,
    /// Files by path, relative to /config or absolute: text, `{file: path}`, `{text: …, subPath: true}`; `${{ … }}`
    /// is replaced.
    #[serde(default)]
    pub(super) files: IndexMap<String, ScalarOr<FileSource>>,
    /// Additional volumes by name.
    #[serde(default)]
    pub(super) volumes: IndexMap<String, Volume>,
    /// A directory for log files; without it the app logs to stdout, which is recommended.
    #[serde(default)]
    pub(super) logs: Option<Logs>,
    /// Spring Boot's actuator, on port 9081 by default; `off` for an app without one.
    #[serde(default)]
    pub(super) management: Option<Switch<Management>>,
    /// The startup, liveness and readiness probes.
    pub(super) probes: Probes,
    /// The JVM's memory, derived from `resources.memory`; `off` leaves JAVA_TOOL_OPTIONS alone.
    #[serde(default)]
    pub(super) jvm: Option<Switch<Jvm>>,
    /// How it deregisters before it stops; derived from `uses` when left out.
    #[serde(default)]
    pub(super) deregister: Option<Deregister>,
    /// Seconds between deregistering and stopping: as long as callers cache it. 40 with a registry, 10 with a Service.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) drain_seconds: Option<u32>,
    /// How long open requests may take after SIGTERM; Spring Boot applies it per shutdown phase.
    #[serde(deserialize_with = "crate::components::counts::most::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) shutdown_seconds: u32,
    /// Seconds from the preStop hook to SIGKILL; drain, shutdown and 10 seconds when left out.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) termination_grace_period_seconds: Option<u32>,
    /// How long a new pod must be ready before the next old one is stopped; the drain time with a registry.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 86400>")]
    #[schemars(range(max = 86400))]
    pub(super) min_ready_seconds: Option<u32>,
    /// What the image has to run hooks with.
    pub(super) shell: Shell,
    /// A rolling update, or all old pods stopped before new ones start.
    pub(super) strategy: Strategy,
    /// How many extra pods an update may start: a number or a percentage. One, unless `spread: hard` leaves it no node.
    #[serde(default)]
    pub(super) max_surge: Option<Scalar>,
    /// How many pods may be unavailable during an update: a number or a percentage. None, unless `spread: hard` leaves no
    /// node for an extra one.
    #[serde(default)]
    pub(super) max_unavailable: Option<Scalar>,
    /// The user and group that it runs as; 0 for root, null for the image's own. `securityContext` replaces it.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 2147483647>")]
    #[schemars(range(max = 2147483647))]
    pub(super) run_as_user: Option<u32>,
    /// Makes everything but /tmp and volumes read-only.
    pub(super) read_only_root_filesystem: bool,
    /// An existing ServiceAccount, for an app that uses the Kubernetes API.
    #[serde(default)]
    #[schemars(extend("x-exists" = "ServiceAccount"))]
    pub(super) service_account: Option<String>,
    /// Addresses of hosts that no DNS server knows, by host: `{db.example.com: 10.0.0.5}`. They go into /etc/hosts.
    #[serde(default)]
    pub(super) host_aliases: IndexMap<String, String>,
    /// How the pod looks up names; it asks the cluster's DNS server when left out.
    #[serde(default)]
    pub(super) dns: Option<Dns>,
    /// How its Service is exposed; it never includes the management port.
    pub(super) service: Exposure,
    /// Hosts under which it is exposed outside the cluster: one, or a list.
    #[serde(default)]
    pub(super) ingress: Option<OneOrMany<Ingress>>,
}
