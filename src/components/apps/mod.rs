//! Apps: a Deployment, Job or CronJob with all that belongs to it, wired to what it uses. Offers its address to other apps.

mod check;
mod either;
mod files;
mod job;
mod jvm;
mod lifecycle;
mod names;
mod pod;
mod ports;
mod settings;
mod spring;
mod wait;
mod wiring;

use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::k8s::Image;
use crate::plan::draw::{self, Service};
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::template;
use files::Files;
use lifecycle::Lifecycle;
pub(super) use settings::App;
use settings::Shell;

const DEPLOYMENT: Template = template!("apps/deployment.yaml.j2");
const POD: Template = template!("apps/pod.yaml.j2");
const DRAIN: Template = template!("apps/drain.sh.j2");
const WAIT: Template = template!("apps/wait.sh.j2");
const HPA: Template = template!("apps/hpa.yaml.j2");

/// Kubernetes sleeps by itself from here on; before, the image has to.
/// Source: KEP-3960.
const SLEEP_HOOK: &[u32] = &[1, 30];
/// A starting JVM burns CPU; an autoscaler that believes it adds pods that burn CPU.
const WARM_UP: u32 = 60;

impl Component for App {
    const WORD: &'static str = "apps";
    const ABOUT: &'static str = "your programs: connected to what they use, rolled out without lost requests";
    const OFFERS: &'static str = "`host`, `port`, `url`";
    const USES: &'static str = "everything";
    const DEFAULTS: &'static str = include_str!("../../../templates/apps/defaults.yaml");

    fn check(me: &Instance<Self>, site: &Site) -> Diagnostics {
        check::app(me, site)
    }

    fn needs(me: &Instance<Self>, _site: &Site) -> Vec<Need> {
        wiring::needs(me)
    }

    fn offers(me: &Instance<Self>, site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        let mut offer = Offer::new(&me.key);
        let ports = ports::served(me);
        let Some(first) = ports.first() else { return Ok(offer) };
        let service = site.service(&me.name(site), first.service);
        let url = format!("http://{service}");
        let prefix = me.key.variables();
        offer = offer
            .fact("host", service.host.clone())
            .fact("port", first.service)
            .always(&format!("{prefix}_HOST"), service.host.clone())
            .always(&format!("{prefix}_PORT"), first.service.to_string());
        if me.port.is_some() {
            offer = offer.fact("url", url.clone()).always(&format!("{prefix}_URL"), url);
        }
        Ok(offer.endpoint(service))
    }

    fn parts(me: &Instance<Self>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        let name = me.name(site);
        let ask = Ask {
            name: &name,
            product: &me.key.object(),
            component: if job::ends(me) { "job" } else { "app" },
            resources: &me.common.resources,
            image: None,
        };
        let mut complaints = Diagnostics::new();
        let role = complaints.keep(me.role(site, offers, ask)).map(|mut role| {
            let own = Arc::make_mut(&mut role);
            if job::ends(me) {
                job::alone(own, me);
            } else {
                pod::apart_by_revision(own, me, site);
            }
            role
        });
        let config = complaints.keep(config(me, offers));
        let files = complaints.keep(files::of(me, site, offers, &me.named(site, "files")));
        let targets = complaints.keep(wait::targets(me, offers));
        let (Some(role), Some(config), Some(files), Some(targets)) = (role, config, files, targets) else {
            // What it uses may be wrong as well.
            let _ = complaints.keep(wiring::of(me, spring::version(me).as_ref(), &[], offers));
            return Err(complaints);
        };
        let lifecycle = lifecycle::of(me, site, offers);
        let env = complaints.keep(environment(me, &role, &lifecycle, &files, offers));
        let drawn = Drawn { me, site, role, config, files, lifecycle, targets, env: env.unwrap_or_default() };
        let parts = complaints.keep(drawn.parts()).unwrap_or_default();
        complaints.or(parts)
    }
}

/// The ConfigMap's variables, with their references replaced.
fn config(me: &Instance<App>, offers: &Offers) -> Result<IndexMap<String, String>, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut values = IndexMap::new();
    for (name, text) in &me.config {
        let text = complaints.keep(offers.replaced(text, &me.path.key("config").key(name)));
        values.extend(text.map(|text| (name.clone(), text)));
    }
    complaints.or(values)
}

/// The container's `env`.
fn environment(
    me: &Instance<App>,
    role: &Role,
    lifecycle: &Lifecycle,
    files: &Files,
    offers: &Offers,
) -> Result<Vec<Value>, Diagnostics> {
    let mut own = spring::variables(me, lifecycle, files);
    own.extend(jvm::options(me).map(|options| (jvm::VARIABLE.to_owned(), options)));
    own.extend(pod::home(me));
    let boot = spring::version(me);
    let wiring = wiring::of(me, boot.as_ref(), &own, offers)?;
    let mut mentions: Vec<String> = me.command.iter().chain(&me.args).cloned().collect();
    if me.logs.as_ref().is_some_and(|logs| logs.host_path.is_some()) {
        mentions.push("$(POD_NAME)".to_owned());
    }
    Ok(wiring.variables(&role.env, &mentions))
}

/// An app with everything resolved.
struct Drawn<'a> {
    me: &'a Instance<App>,
    site: &'a Site,
    role: Arc<Role>,
    config: IndexMap<String, String>,
    files: Files,
    lifecycle: Lifecycle,
    targets: Vec<String>,
    env: Vec<Value>,
}

impl Drawn<'_> {
    fn parts(&self) -> Result<Vec<Part>, Diagnostics> {
        let (me, role, site) = (self.me, &self.role, self.site);
        let mut parts = Vec::new();
        if !self.config.is_empty() {
            parts.push(draw::config_values(role, &me.named(site, "env"), &self.config));
        }
        if !self.files.data.is_empty() {
            parts.push(draw::config_values(role, &me.named(site, "files"), &self.files.data));
        }
        let open = ports::served(me);
        let ports: Vec<_> = open.iter().map(ports::Open::of_service).collect();
        if let Some(first) = ports.first().cloned() {
            parts.push(Service::client(&role.name, ports, &me.service).part(role, &me.path.key("service"))?);
            for (index, page) in me.ingress.iter().flat_map(|pages| &pages.0).enumerate() {
                let name =
                    if index == 0 { role.name.clone() } else { format!("{}-{}", role.name, index + 1) };
                parts.push(draw::web(role, site, &name, page, &role.name, &first));
            }
        }
        parts.push(self.workload());
        if !job::ends(me) {
            parts.extend(self.autoscaler());
            parts.extend(draw::budget(role, self.fewest()));
        }
        Ok(parts)
    }

    /// The autoscaler's bounds, when it decides.
    fn scale(&self) -> Option<&settings::Scale> {
        self.me.scale.as_ref().filter(|_| self.me.hpa)
    }

    fn fewest(&self) -> u32 {
        self.scale().map_or(self.me.replicas, |scale| scale.min)
    }

    /// The Deployment, Job or CronJob.
    fn workload(&self) -> Part {
        let (me, lifecycle) = (self.me, &self.lifecycle);
        let mut context = self.pod();
        let (template, more) =
            if job::ends(me) { (job::template(me), job::context(me)) } else { (DEPLOYMENT, self.rollout()) };
        if let (Value::Object(context), Value::Object(more)) = (&mut context, more) {
            context.extend(more);
        }
        let part = Part::new(template, &self.role, context).including(POD).file("wait.sh", WAIT);
        if lifecycle.call.is_some() { part.file("drain.sh", DRAIN) } else { part }
    }

    /// What a Deployment says beside its pods.
    fn rollout(&self) -> Value {
        let (me, lifecycle) = (self.me, &self.lifecycle);
        json!({
            "replicas": self.scale().is_none().then_some(me.replicas),
            "minReadySeconds": (lifecycle.min_ready > 0).then_some(lifecycle.min_ready),
            "progressDeadlineSeconds": pod::deadline(me, lifecycle, !self.targets.is_empty()),
            "strategy": pod::strategy(me, self.site),
            "restartPolicy": null,
        })
    }

    /// What its pods are drawn with.
    fn pod(&self) -> Value {
        let (me, lifecycle) = (self.me, &self.lifecycle);
        let mut context = self.container();
        let (volumes, mounts) = pod::volumes(me, self.site);
        let (volumes, mounts) =
            ([volumes, self.files.volumes.clone()].concat(), [mounts, self.files.mounts.clone()].concat());
        let (dns_policy, dns_config) = names::dns(me);
        let more = json!({
            "serviceAccount": me.service_account,
            "token": me.service_account.as_ref().map(|_| true),
            "grace": lifecycle.grace,
            "hostAliases": names::aliases(me),
            "dnsPolicy": dns_policy,
            "dnsConfig": dns_config,
            "podSecurity": pod::pod_security(me),
            "security": pod::security(me),
            "mounts": some(mounts),
            "volumes": some(volumes),
        });
        if let (Value::Object(context), Value::Object(more)) = (&mut context, more) {
            context.extend(more);
        }
        context
    }

    /// What the containers are drawn with.
    fn container(&self) -> Value {
        let (me, lifecycle) = (self.me, &self.lifecycle);
        // Hooks that sleep by themselves are for images that cannot: older clusters do not know them.
        let by_image = me.shell == Shell::Sh && lifecycle.call.is_none() && lifecycle.sleep > 0;
        let own = (!self.config.is_empty()).then(|| me.named(self.site, "env"));
        let tools = self.site.cluster.pulled(Image::parse(&me.tools_image)).to_string();
        json!({
            "command": some(me.command.clone()),
            "args": some(me.args.clone()),
            "ports": some(ports::all(me).iter().map(ports::Open::of_container).collect()),
            "env": some(self.env.clone()),
            "envFrom": names::sources(me, own),
            "startupProbe": ports::startup(me),
            "livenessProbe": ports::liveness(me, lifecycle.grace),
            "readinessProbe": ports::probe(me, &me.probes.readiness, ports::About::Readiness),
            "sleep": lifecycle.sleep,
            "sleepByImage": by_image.then(|| ["sleep".to_owned(), lifecycle.sleep.to_string()]),
            "leave": lifecycle.call.as_ref().map(lifecycle::leaving),
            "alive": lifecycle.alive.as_ref().map(|alive| json!({ "url": alive.url, "seconds": alive.seconds })),
            "tools": tools,
            "toolResources": { "requests": { "cpu": "10m", "memory": "32Mi" }, "limits": { "memory": "32Mi" } },
            "wait": some(self.targets.clone()),
            "waitSeconds": me.wait_seconds,
            "waitEnv": wait::environment(&self.targets),
            "logOwner": pod::log_owner(me),
            "logEnv": wait::environment(&["$(POD_NAME)".to_owned()]),
        })
    }

    fn autoscaler(&self) -> Option<Part> {
        let scale = self.scale()?;
        let metrics: Vec<Value> = [("cpu", scale.cpu), ("memory", scale.memory)]
            .into_iter()
            .filter_map(|(name, percent)| Some(json!({ "name": name, "percent": percent? })))
            .collect();
        let calm = jvm::wanted(self.me).map(|_| WARM_UP);
        let context = json!({ "min": scale.min, "max": scale.max, "metrics": metrics, "calm": calm });
        Some(Part::new(HPA, &self.role, context))
    }
}

/// A list that is not empty: an empty one is not drawn.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}
