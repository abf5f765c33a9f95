//! A role: like pods under one name. It carries everything that its pods get without a template asking for it.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::env;
use super::offer::Offers;
use super::site::Site;
use crate::components::common::{Common, PullPolicy, Resources, Spread};
use crate::components::{Instance, Key};
use crate::diagnostic::Diagnostics;
use crate::k8s::{Image, Labels};

/// What a component says of a role; the rest follows from its common settings.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The object name of the workload: `redis`, `rocketmq-broker-a`.
    pub name: &'a str,
    /// The product label: `redis`, `rocketmq-broker`.
    pub product: &'a str,
    /// What it does: `database`, `cache`, `broker`, `registry`, `app` …
    pub component: &'a str,
    /// CPU and memory of its main container.
    pub resources: &'a Resources,
    /// Another image than the component's, such as a dashboard's.
    pub image: Option<&'a str>,
}

/// Like pods under one name. Templates know it as `pod`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// The workload's name.
    pub name: String,
    /// Where its objects live.
    pub namespace: String,
    /// The image, tagged and mirrored.
    pub image: String,
    /// The container's `resources`.
    pub resources: Value,
    /// The selector of its pods.
    pub selector: Labels,
    /// What its objects and pods are labelled with.
    pub labels: Labels,
    /// The user's security context; templates write `{{ pod.securityContext or {...} }}` through `dress`.
    #[serde(skip)]
    pub security_context: Option<Value>,
    /// The user's variables for the main container.
    #[serde(skip)]
    pub env: Vec<Value>,
    /// Values of such variables that belong into a Secret of our own.
    #[serde(skip)]
    pub env_secret: IndexMap<String, String>,
    /// Annotations of the objects.
    #[serde(skip)]
    pub annotations: IndexMap<String, String>,
    /// Annotations of the pods.
    #[serde(skip)]
    pub pod_annotations: IndexMap<String, String>,
    /// Fields of the pod spec that every pod of the role gets.
    #[serde(skip)]
    pub pod_spec: Map<String, Value>,
    /// `imagePullPolicy` of the main container.
    #[serde(skip)]
    pub pull_policy: Option<PullPolicy>,
    /// PodDisruptionBudgets are wanted.
    #[serde(skip)]
    pub pdb: bool,
    /// Which component it belongs to.
    #[serde(skip)]
    pub owner: Key,
}

impl<S> Instance<S> {
    /// The role of this instance that `ask` describes, with the common settings applied.
    pub fn role(&self, site: &Site, offers: &Offers, ask: Ask<'_>) -> Result<Arc<Role>, Diagnostics> {
        let common = &self.common;
        let selector = site.selector(ask.product, ask.name);
        let user = env::resolved(
            &self.common.env,
            &self.path.key("env"),
            &format!("{}-env", ask.name),
            site,
            offers,
        )?;
        let image = Image::parse(ask.image.unwrap_or(&common.image)).or_tag(&common.version);
        Ok(Arc::new(Role {
            name: ask.name.to_owned(),
            namespace: site.namespace.clone(),
            image: site.cluster.pulled(image).to_string(),
            resources: ask.resources.to_value(),
            labels: labels(site, common, &selector, ask.component),
            pod_spec: pod_spec(site, common, &selector),
            selector,
            security_context: common.security_context.clone(),
            env: user.variables,
            env_secret: user.secret,
            annotations: texts(site.metadata.annotations.iter().chain(&common.annotations)),
            pod_annotations: texts(&common.pod_annotations),
            pull_policy: common.image_pull_policy,
            pdb: common.pdb,
            owner: self.key.clone(),
        }))
    }
}

impl Role {
    /// The role of one-off pods of the same component, such as a Job's: a name label of its own, so that no Service
    /// leads to them; the nodes where they may run, but not the rules that keep like pods apart, nor the user's
    /// variables and security context, which are about the server.
    pub fn errand(&self, product: &str, name: &str) -> Arc<Self> {
        let own = |labels: &Labels| labels.clone().with(crate::k8s::labels::NAME, product);
        let mut pod_spec = self.pod_spec.clone();
        pod_spec.remove("topologySpreadConstraints");
        if let Some(Value::Object(mut affinity)) = pod_spec.remove("affinity") {
            affinity.retain(|key, _| key == "nodeAffinity");
            if !affinity.is_empty() {
                pod_spec.insert("affinity".to_owned(), affinity.into());
            }
        }
        Arc::new(Self {
            name: name.to_owned(),
            selector: own(&self.selector),
            labels: own(&self.labels),
            security_context: None,
            env: Vec::new(),
            env_secret: IndexMap::new(),
            pod_spec,
            pdb: false,
            ..self.clone()
        })
    }

    /// The role of the Namespace: no pods, only labels. It is no part of one stack: two stacks in it would want it each for
    /// itself, and the diff of one of them would never be empty.
    pub fn of_stack(site: &Site, owner: &Key) -> Self {
        let labels = Labels::default().with("app.kubernetes.io/managed-by", "stackgen");
        Self::without_pods(site, owner, site.stack.clone(), labels)
    }

    /// The role of the Secrets with which others log in to what exists already: no pods either.
    pub fn of_secrets(site: &Site, owner: &Key, name: &str) -> Self {
        let labels = site
            .selector(&owner.word, name)
            .with("app.kubernetes.io/part-of", &site.stack)
            .with("app.kubernetes.io/managed-by", "stackgen");
        Self::without_pods(site, owner, name.to_owned(), labels)
    }

    fn without_pods(site: &Site, owner: &Key, name: String, labels: Labels) -> Self {
        Self {
            name,
            namespace: site.namespace.clone(),
            image: String::new(),
            resources: Value::Null,
            selector: Labels::default(),
            labels: texts(&site.metadata.labels)
                .iter()
                .fold(labels, |labels, (key, value)| labels.with(key, value)),
            security_context: None,
            env: Vec::new(),
            env_secret: IndexMap::new(),
            annotations: texts(&site.metadata.annotations),
            pod_annotations: IndexMap::new(),
            pod_spec: Map::new(),
            pull_policy: None,
            pdb: false,
            owner: owner.clone(),
        }
    }
}

impl Role {
    /// Keeps its pods off the nodes that run pods with these labels, beside keeping them off each other.
    #[must_use]
    pub fn avoiding(&self, others: &Labels, how: Spread) -> Arc<Self> {
        let mut role = self.clone();
        if let Some((strength, term)) = apart(how, others) {
            let affinity =
                role.pod_spec.entry("affinity").or_insert_with(|| json!({ "podAntiAffinity": {} }));
            if let Some(Value::Object(rules)) = affinity.get_mut("podAntiAffinity") {
                let terms = rules.entry(strength).or_insert_with(|| json!([]));
                terms.as_array_mut().into_iter().for_each(|terms| terms.push(term.clone()));
            }
        }
        Arc::new(role)
    }
}

fn labels(site: &Site, common: &Common, selector: &Labels, component: &str) -> Labels {
    let version =
        Image::parse(&common.image).or_tag(&common.version).tag().unwrap_or(&common.version).to_owned();
    let ours = selector.clone();
    // An image by digest alone has no version to show.
    let ours = if version.is_empty() {
        ours
    } else {
        ours.with("app.kubernetes.io/version", version_label(&version))
    };
    let ours = ours
        .with("app.kubernetes.io/component", component)
        .with("app.kubernetes.io/part-of", &site.stack)
        .with("app.kubernetes.io/managed-by", "stackgen");
    texts(site.metadata.labels.iter().chain(&common.labels))
        .into_iter()
        .filter(|(key, _)| !selector.0.contains_key(key))
        .fold(ours, |labels, (key, value)| labels.with(&key, value))
}

/// A tag may be longer than a label's value, and end in `-`.
fn version_label(tag: &str) -> &str {
    let cut = tag.get(..63).unwrap_or(tag);
    cut.trim_matches(|c: char| !c.is_ascii_alphanumeric())
}

fn texts<'a>(
    entries: impl IntoIterator<Item = (&'a String, &'a crate::tree::de::Scalar)>,
) -> IndexMap<String, String> {
    entries.into_iter().map(|(key, value)| (key.clone(), value.to_string())).collect()
}

fn pod_spec(site: &Site, common: &Common, selector: &Labels) -> Map<String, Value> {
    let mut spec = Map::new();
    // A Service called `redis` would inject REDIS_PORT=tcp://…, which Spring and several images read as theirs.
    spec.insert("enableServiceLinks".to_owned(), false.into());
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            spec.insert(key.to_owned(), value);
        }
    };
    let names: Vec<Value> = site.cluster.pull_secrets.iter().map(|name| json!({ "name": name })).collect();
    put("imagePullSecrets", (!names.is_empty()).then_some(names.into()));
    put("nodeSelector", (!common.node_selector.is_empty()).then(|| json!(texts(&common.node_selector))));
    put("tolerations", (!common.tolerations.is_empty()).then(|| common.tolerations.clone().into()));
    put("priorityClassName", common.priority_class.clone().map(Value::from));
    put(
        "affinity",
        common.affinity.clone().or_else(|| {
            let (strength, term) = apart(common.spread, selector)?;
            Some(json!({ "podAntiAffinity": { strength: [term] } }))
        }),
    );
    put("topologySpreadConstraints", zones(common, selector));
    spec
}

/// No node shared with such pods: the list of `podAntiAffinity` that says how hard, and its entry.
fn apart(spread: Spread, others: &Labels) -> Option<(&'static str, Value)> {
    let term = json!({ "topologyKey": "kubernetes.io/hostname", "labelSelector": { "matchLabels": others } });
    match spread {
        Spread::Off => None,
        Spread::Soft => Some((
            "preferredDuringSchedulingIgnoredDuringExecution",
            json!({ "weight": 100, "podAffinityTerm": term }),
        )),
        Spread::Hard => Some(("requiredDuringSchedulingIgnoredDuringExecution", term)),
    }
}

/// And in different zones, where there are any.
fn zones(common: &Common, selector: &Labels) -> Option<Value> {
    (common.spread != Spread::Off && common.affinity.is_none()).then(|| {
        json!([{
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": { "matchLabels": selector },
        }])
    })
}
