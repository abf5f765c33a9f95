//! What is wrong with topics: names that Kafka refuses, copies that nobody holds, settings that it does not know.

use std::collections::BTreeMap;

use super::super::Instance;
use super::Kafka;
use super::topics::Topic;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::products::kafka::keys::Of;
use crate::products::kafka::{LONGEST_TOPIC, OWN_TOPICS, key};
use crate::words::counted;

impl Instance<Kafka> {
    /// Of all of them.
    pub(super) fn topics_complaints(&self) -> Diagnostics {
        let path = self.path.key("topics");
        let mut complaints = self.topic_names_complaints();
        for (name, topic) in self.topics.iter() {
            complaints.extend(self.topic_complaints(topic, &path.key(name)));
        }
        complaints
    }

    /// Of their names: what is true of every Kafka.
    pub(super) fn topic_names_complaints(&self) -> Diagnostics {
        let path = self.path.key("topics");
        let mut complaints = Diagnostics::new();
        let mut metrics: BTreeMap<String, &str> = BTreeMap::new();
        for (name, topic) in self.topics.iter() {
            let here = path.key(name);
            complaints.extend(name_complaint(name, &here));
            complaints.extend(zero_complaints(topic, &here));
            if let Some(other) = metrics.insert(name.replace('.', "_"), name) {
                complaints.push(
                    Diagnostic::error("topic-name", format!("the topics `{other}` and `{name}` collide"))
                        .at(&here)
                        .because("their metrics have one name, where `.` and `_` are the same: Kafka refuses the second")
                        .help("use either `.` or `_` in names"),
                );
            }
        }
        complaints
    }

    fn topic_complaints(&self, topic: &Topic, here: &Path) -> Diagnostics {
        let mut complaints = self.keys_complaints(Of::Topic, &topic.config, &here.key("config"));
        if topic.retention.is_some() && topic.config.contains_key(key::RETENTION_MS) {
            let title = format!("`retention` and `config.{}` say the same", key::RETENTION_MS);
            let complaint = Diagnostic::error("topic-retention", title);
            complaints.push(complaint.at(here.key("retention")).help("remove one of them"));
        }
        complaints.extend(self.topic_copies(topic, here));
        complaints
    }

    fn topic_copies(&self, topic: &Topic, here: &Path) -> Option<Diagnostic> {
        let copies = topic.replicas.unwrap_or(self.default_copies());
        if copies > self.brokers && topic.replicas.is_some() {
            let title = format!("{copies} replicas with {}", counted(self.brokers as usize, "broker"));
            return Some(
                Diagnostic::error("copies-above-brokers", title)
                    .at(here.key("replicas"))
                    .because("a broker holds at most one replica, so the topic is never made")
                    .help(format!(
                        "set {} or less, or leave it out: it is derived from `brokers`",
                        self.brokers
                    )),
            );
        }
        let needed = topic.number(key::MIN_INSYNC_REPLICAS)?;
        let path = here.keys(&["config", key::MIN_INSYNC_REPLICAS]);
        if needed > copies {
            return Some(self.unreachable(key::MIN_INSYNC_REPLICAS, needed, copies).at(path));
        }
        (needed == copies && copies > 1).then(|| self.all_needed(key::MIN_INSYNC_REPLICAS, needed).at(path))
    }

    /// The in-sync minimum of a topic with copies of its own: all but one, as the brokers have it for the others.
    pub(super) fn in_sync_of(&self, topic: &Topic) -> Option<u32> {
        let copies = topic.replicas.filter(|copies| *copies != self.default_copies())?;
        let written = topic.config.contains_key(key::MIN_INSYNC_REPLICAS);
        (!written).then_some(copies.saturating_sub(1).max(1))
    }
}

fn zero_complaints(topic: &Topic, here: &Path) -> Vec<Diagnostic> {
    let zero = [("partitions", topic.partitions), ("replicas", topic.replicas)];
    let complaint = |(key, _): &(&str, Option<u32>)| {
        Diagnostic::error("topic-count", format!("a topic with 0 {key} stores nothing"))
            .at(here.key(*key))
            .help("set 1 or more, or leave it out")
    };
    zero.iter().filter(|(_, number)| *number == Some(0)).map(complaint).collect()
}

/// Source: org.apache.kafka.common.internals.Topic.validate.
fn name_complaint(name: &str, here: &Path) -> Option<Diagnostic> {
    let complaint = |title: String| Diagnostic::error("topic-name", title).at(here);
    let inner = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if OWN_TOPICS.contains(&name) {
        return Some(complaint(format!("`{name}` is a topic of Kafka's own")).help("remove it"));
    }
    if name.is_empty() || name == "." || name == ".." || !name.chars().all(inner) {
        return Some(
            complaint(format!("`{name}` is not a valid topic name"))
                .because("names consist of letters, digits, `.`, `_` and `-`"),
        );
    }
    (name.len() > LONGEST_TOPIC).then(|| {
        complaint(format!("a topic name of {} characters is too long", name.len()))
            .because(format!("a name has up to {LONGEST_TOPIC}: it is that of a folder"))
    })
}
