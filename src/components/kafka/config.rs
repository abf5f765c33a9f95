//! Is what the user adds to server.properties, or to a topic, what Kafka reads?

use indexmap::IndexMap;

use super::super::Instance;
use super::Kafka;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::products::kafka::keys::{self, Known, Minor, Of};
use crate::products::value;
use crate::tree::de::Scalar;

impl Instance<Kafka> {
    /// Of `config`.
    pub(super) fn config_complaints(&self) -> Diagnostics {
        self.keys_complaints(Of::Broker, &self.config, &self.path.key("config"))
    }

    /// Of keys of brokers or topics that somebody wrote. Without a version nothing can be said.
    pub(super) fn keys_complaints(
        &self,
        of: Of,
        written: &IndexMap<String, Scalar>,
        path: &Path,
    ) -> Diagnostics {
        let Some(version) = self.kafka_version() else { return Diagnostics::new() };
        let minor = (version.major(), version.minor());
        written.iter().filter_map(|(key, value)| complaint(of, (key, value), minor, &path.key(key))).collect()
    }
}

fn complaint(of: Of, (key, value): (&str, &str), minor: Minor, path: &Path) -> Option<Diagnostic> {
    let told = match keys::known(of, key, minor) {
        Known::As(kind) => unreadable(of, key, value, kind),
        Known::Elsewhere(first, last) => Some(elsewhere(key, minor, (first, last))),
        Known::Never => unknown(of, key, minor),
    };
    told.map(|complaint| complaint.at(path))
}

fn unreadable(of: Of, key: &str, text: &str, kind: &str) -> Option<Diagnostic> {
    // A reference of ours, or of Kafka's own config providers: known later.
    let wanted = value::read(kind, text.trim()).err().filter(|_| !text.contains("${"))?;
    Some(Diagnostic::error("kafka-value", format!("`{key}` must be {wanted}")).because(match of {
        Of::Broker => "a broker that cannot read a value exits at its start",
        Of::Topic => "a topic with such a setting is not made",
    }))
}

fn elsewhere(key: &str, minor: Minor, (first, last): (Option<Minor>, Option<Minor>)) -> Diagnostic {
    let text = |(major, minor): Minor| format!("{major}.{minor}");
    let known = match (first, last) {
        (Some(first), _) if first > minor => format!("it exists since {}", text(first)),
        (_, Some(last)) => format!("it existed up to {}", text(last)),
        _ => "another version has it".to_owned(),
    };
    Diagnostic::warning("kafka-key", format!("Kafka {} has no `{key}`", text(minor)))
        .because(format!("{known}: the line does nothing"))
        .help("remove it")
}

fn unknown(of: Of, key: &str, minor: Minor) -> Option<Diagnostic> {
    let near = keys::meant(of, key, minor);
    // Keys that nobody heard of yet, or that a plugin gives a meaning to.
    let plugin = of == Of::Broker && keys::is_a_plugins(key);
    if near.is_none() && (plugin || keys::is_later(minor)) {
        return None;
    }
    let (owner, effect) = match of {
        Of::Broker => ("Kafka", "a broker ignores a key that neither it nor a plugin knows"),
        Of::Topic => ("a topic of Kafka", "a topic with such a setting is not made"),
    };
    let title = format!("{owner} {}.{} has no `{key}`", minor.0, minor.1);
    let complaint = match (of, near) {
        (Of::Broker, None) => Diagnostic::warning("kafka-key", title)
            .help("remove it; or waive `kafka-key` where a plugin in the image reads it"),
        _ if plugin => Diagnostic::warning("kafka-key", title),
        _ => Diagnostic::error("kafka-key", title),
    };
    Some(complaint.because(effect).maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
}
