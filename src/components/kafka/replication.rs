//! How many copies: replication factors and in-sync minimums, from the number of brokers and the user's own lines.

use indexmap::IndexMap;

use super::super::Instance;
use super::Kafka;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::products::kafka::key;

/// Beyond three, copies cost more than they save.
const COPIES: u32 = 3;

/// A replication factor and the in-sync minimum that goes with it, and the first Kafka that knows them.
const PAIRS: &[(&str, Option<&str>, &[u32])] = &[
    (key::DEFAULT_REPLICATION_FACTOR, Some(key::MIN_INSYNC_REPLICAS), &[0]),
    (key::OFFSETS_TOPIC_REPLICATION_FACTOR, None, &[0]),
    (key::TRANSACTION_STATE_LOG_REPLICATION_FACTOR, Some(key::TRANSACTION_STATE_LOG_MIN_ISR), &[0]),
    (
        key::SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR,
        Some(key::SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR),
        &[4],
    ),
];

impl Instance<Kafka> {
    /// The lines about copies that the user did not write. Without them one broker could not even make
    /// `__consumer_offsets`, which wants three copies by itself.
    pub(super) fn derived_copies(&self) -> IndexMap<String, String> {
        let version = self.kafka_version();
        let known = |since: &[u32]| version.as_ref().is_some_and(|version| version.at_least(since));
        let mut lines = IndexMap::new();
        for (factor, minimum, _) in PAIRS.iter().filter(|(.., since)| known(since)) {
            lines.insert((*factor).to_owned(), self.copies().to_string());
            if let Some(minimum) = minimum {
                lines.insert((*minimum).to_owned(), self.in_sync(factor).to_string());
            }
        }
        lines.retain(|key, _| !self.config.contains_key(key));
        lines
    }

    fn copies(&self) -> u32 {
        self.brokers.min(COPIES)
    }

    /// The copies of a topic that says nothing of them.
    pub(super) fn default_copies(&self) -> u32 {
        self.number(key::DEFAULT_REPLICATION_FACTOR).unwrap_or(self.copies())
    }

    /// All copies but one, so that one broker can be away and writes go on.
    fn in_sync(&self, factor: &str) -> u32 {
        self.number(factor).unwrap_or(self.copies()).saturating_sub(1).max(1)
    }

    /// The number that the user wrote for `key`.
    fn number(&self, key: &str) -> Option<u32> {
        self.config.get(key)?.parse().ok()
    }

    /// Copies that nobody can hold, minimums that nobody can reach.
    pub(super) fn copies_complaints(&self) -> Diagnostics {
        let mut complaints = Diagnostics::new();
        for (factor, minimum, _) in PAIRS {
            let copies = self.number(factor).unwrap_or(self.copies());
            if copies > self.brokers {
                complaints.push(self.too_many_copies(factor, copies));
            }
            let Some(minimum) = minimum else { continue };
            match self.number(minimum).unwrap_or(self.in_sync(factor)) {
                wanted if wanted > copies => complaints.push(self.unreachable(minimum, wanted, copies)),
                // Of the topics' own, a rule tells.
                wanted if wanted == copies && copies > 1 && *minimum != key::MIN_INSYNC_REPLICAS => {
                    complaints.push(self.all_needed(minimum, wanted));
                }
                _ => {}
            }
        }
        complaints
    }

    fn too_many_copies(&self, factor: &str, copies: u32) -> Diagnostic {
        let brokers = crate::words::counted(self.brokers as usize, "broker");
        Diagnostic::error("copies-above-brokers", format!("`{factor}: {copies}` with {brokers}"))
            .at(self.path.keys(&["config", factor]))
            .because("a broker holds at most one replica, so the topic is never created and its clients hang")
            .help(format!("set {} or less, or leave it out: it is derived from `brokers`", self.brokers))
    }

    pub(super) fn unreachable(&self, minimum: &str, wanted: u32, copies: u32) -> Diagnostic {
        Diagnostic::error(
            "minimum-above-copies",
            format!("`{minimum}: {wanted}`, with a replication factor of {copies}"),
        )
        .at(self.path.keys(&["config", minimum]))
        .because("every write with acks=all would fail")
        .help(format!("set {} or less, or leave it out", copies.saturating_sub(1).max(1)))
    }

    pub(super) fn all_needed(&self, minimum: &str, wanted: u32) -> Diagnostic {
        Diagnostic::warning("minimum-is-all", format!("`{minimum}: {wanted}` needs every replica"))
            .at(self.path.keys(&["config", minimum]))
            .because("with one broker down, for an update or a node drain, writes stop")
            .help(format!("set {}", wanted - 1))
    }
}
