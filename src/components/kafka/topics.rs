//! Topics: what may be written of them, and the Job that makes them and lets them grow.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Instance;
use super::Kafka;
use super::retention::Retention;
use crate::diagnostic::Diagnostics;
use crate::plan::draw;
use crate::plan::part::{Part, Template};
use crate::plan::role::Role;
use crate::plan::site::Site;
use crate::products::kafka::{CLIENT, key};
use crate::template;
use crate::tree::de::Scalar;

const JOB: Template = template!("kafka/topics-job.yaml.j2");
const SCRIPT: Template = template!("kafka/topics.sh.j2");

/// A topic.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Topic {
    /// The number of partitions; `num.partitions` of the brokers when left out. It can be raised later, which moves keys
    /// to other partitions, and never lowered.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 10000>")]
    #[schemars(range(min = 1, max = 10000))]
    pub(super) partitions: Option<u32>,
    /// The copies of every partition; derived from `brokers` when left out. Those of a topic that exists stay as they are.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(min = 1, max = 1000))]
    pub(super) replicas: Option<u32>,
    /// How long a message is kept, such as `7d`, `12h` or `forever`; as the brokers have it when left out.
    #[serde(default)]
    pub(super) retention: Option<Retention>,
    /// Settings of the topic, such as `cleanup.policy: compact`. One that is removed here stays with the topic.
    #[serde(default)]
    pub(super) config: IndexMap<String, Scalar>,
}

impl Topic {
    /// The number that somebody wrote for a setting.
    pub(super) fn number(&self, key: &str) -> Option<u32> {
        self.config.get(key)?.parse().ok()
    }
}

impl Instance<Kafka> {
    /// What a topic is made with, besides its numbers.
    fn settings_of(&self, topic: &Topic) -> IndexMap<String, String> {
        let written = topic.config.iter().map(|(key, value)| (key.clone(), value.to_string()));
        let retention =
            topic.retention.as_ref().map(|time| (key::RETENTION_MS.to_owned(), time.milliseconds()));
        let in_sync = self.in_sync_of(topic);
        let in_sync = in_sync.map(|number| (key::MIN_INSYNC_REPLICAS.to_owned(), number.to_string()));
        in_sync.into_iter().chain(retention).chain(written).collect()
    }

    /// The script, and the Job that runs it; nothing where no topic is asked for.
    pub(super) fn topics(&self, site: &Site, brokers: &Role) -> Result<Vec<Part>, Diagnostics> {
        if self.topics.is_empty() {
            return Ok(Vec::new());
        }
        let name = self.named(site, "topics");
        let role = brokers.errand("kafka-topics", &name);
        let topics: Vec<Value> = self.topics.iter().map(|(name, topic)| self.drawn(name, topic)).collect();
        let mut context = json!({
            "config": name,
            "servers": self.brokers(site, CLIENT).joined(","),
            "topics": topics,
        });
        let pods = json!([*role, role.pod_spec, role.annotations, role.pod_annotations]);
        let job = draw::hashed(&name, &[JOB.text, SCRIPT.text, &context.to_string(), &pods.to_string()]);
        let script = draw::config_map(&role, &name, &context).file("topics.sh", SCRIPT);
        if let Value::Object(context) = &mut context {
            context.insert("job".to_owned(), job.into());
        }
        Ok(vec![script, Part::new(JOB, &role, context)])
    }

    fn drawn(&self, name: &str, topic: &Topic) -> Value {
        let settings: Vec<String> = self.settings_of(topic).iter().map(line).collect();
        json!({
            "name": name,
            // 0: as the brokers have it.
            "partitions": topic.partitions.unwrap_or(0),
            "replicas": topic.replicas.unwrap_or(0),
            "settings": settings,
        })
    }
}

fn line((key, value): (&String, &String)) -> String {
    format!("{key}={value}")
}
