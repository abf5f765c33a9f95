//! Proven: drafts become a manifest. Every promise is checked on every object, all complaints at once.
//!
//! **Invariant:** only this module makes a `Manifest`, and only a `Manifest` can be written. Guard: its private field.

pub mod rule;
mod rules;
pub mod schema;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::diagnostic::Diagnostics;
use crate::k8s::Object;
use crate::parallel;
use crate::render::{Draft, Drafts};
use crate::write::order;
pub use rule::{Finding, Rule};
pub use rules::{FAMILIES, all};
use schema::Minor;

/// An object that kept every promise.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The object.
    pub object: Object,
    /// The template it was drawn from, below `templates/`.
    pub template: &'static str,
}

/// Objects that kept every promise, in the documented order.
#[derive(Clone, Debug)]
pub struct Manifest(Vec<Proven>);

impl Manifest {
    /// The objects.
    pub fn objects(&self) -> &[Proven] {
        &self.0
    }

    /// Only those whose `kind/name` matches one of the patterns (`*` stands for anything; case does not matter).
    #[must_use]
    pub fn only(mut self, patterns: &[String]) -> Self {
        let matches = |id: &str| {
            let id = id.to_lowercase();
            patterns.iter().any(|pattern| glob(&pattern.to_lowercase(), &id))
        };
        if !patterns.is_empty() {
            self.0.retain(|proven| matches(&proven.object.id()));
        }
        self
    }
}

/// What rules may look at: all objects, by kind and by name, and what exists elsewhere.
pub struct Set<'a> {
    /// The objects.
    pub objects: Vec<&'a Object>,
    /// `kind/name` of what exists already.
    pub external: &'a BTreeSet<String>,
    /// The cluster's DNS domain.
    pub domain: &'a str,
    /// The cluster's minor; the newest one unless `on` says another.
    pub minor: Minor,
    by_id: BTreeMap<String, &'a Object>,
    /// Workloads by each label of their pods, so that a selector costs what it finds, not what there is.
    by_label: BTreeMap<(&'a str, &'a str), Vec<&'a Object>>,
}

impl<'a> Set<'a> {
    /// The set of these objects.
    pub fn new(objects: Vec<&'a Object>, external: &'a BTreeSet<String>, domain: &'a str) -> Self {
        let by_id = objects.iter().map(|object| (object.id(), *object)).collect();
        let mut by_label: BTreeMap<_, Vec<&'a Object>> = BTreeMap::new();
        for object in &objects {
            for (key, value) in object.pod_labels().into_iter().flatten() {
                by_label.entry((key.as_str(), value.as_str().unwrap_or_default())).or_default().push(object);
            }
        }
        Self { objects, external, domain, minor: Minor::LAST, by_id, by_label }
    }

    /// For a cluster of this minor.
    #[must_use]
    pub fn on(mut self, minor: Minor) -> Self {
        self.minor = minor;
        self
    }

    fn carriers<'b>(&'b self, key: &'b str, value: &'b Value) -> &'b [&'a Object] {
        self.by_label.get(&(key, value.as_str().unwrap_or_default())).map_or(&[], Vec::as_slice)
    }

    /// Workloads whose pods carry all labels of `selector`; none for an empty selector.
    pub fn selected(&self, selector: &Map<String, Value>) -> Vec<&'a Object> {
        // The rarest label first.
        let carriers = selector.iter().map(|(key, value)| self.carriers(key, value));
        let fewest = carriers.min_by_key(|found| found.len()).unwrap_or_default();
        let carries = |object: &&&Object| {
            object
                .pod_labels()
                .is_some_and(|labels| selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
        };
        fewest.iter().filter(carries).copied().collect()
    }

    /// The object of that kind and name.
    pub fn find(&self, kind: &str, name: &str) -> Option<&'a Object> {
        self.by_id.get(&format!("{kind}/{name}")).copied()
    }

    /// Is it in the output, or declared as existing?
    pub fn knows(&self, kind: &str, name: &str) -> bool {
        let id = format!("{kind}/{name}");
        self.by_id.contains_key(&id) || self.external.contains(&id)
    }
}

/// Fewer objects than this are proven sooner than a thread is up.
const WORTHWHILE: usize = 256;

/// Checks every promise. The manifest, with warnings; or all complaints.
pub fn drafts(mut drafts: Drafts) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let mut complaints = Diagnostics::new();
    {
        let objects = drafts.all.iter().map(|draft| &draft.object).collect();
        let set = Set::new(objects, &drafts.external, &drafts.domain).on(Minor::nearest(&drafts.kubernetes));
        let rules: Vec<&Rule> = schema::RULES.iter().chain(rules::all()).collect();
        let worthwhile = if set.objects.len() < WORTHWHILE { usize::MAX } else { 0 };
        let found = parallel::map(&rules, worthwhile, |rule| (rule.check)(&set));
        for (rule, findings) in rules.iter().zip(found) {
            complaints.extend(findings.into_iter().map(|finding| rule.diagnostic(finding, &drafts.all)));
        }
    }
    if complaints.refuse() {
        return Err(complaints);
    }
    order::objects(&mut drafts.all);
    drafts.all.iter_mut().for_each(order::keys);
    let proven = |draft: Draft| Proven { object: draft.object, template: draft.template };
    Ok((Manifest(drafts.all.into_iter().map(proven).collect()), complaints))
}

/// `*` stands for any run of characters.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(head) else { return false };
    (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| glob(tail, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn globs() {
        for (pattern, text, wanted) in [
            ("service/*", "service/redis", true),
            ("*/redis*", "statefulset/redis-session", true),
            ("service/redis", "service/redis-session", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, text), wanted, "{pattern} {text}");
        }
    }
}
