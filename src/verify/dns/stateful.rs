//! The pods of a StatefulSet, by the names that the cluster's DNS knows them under.

use serde_json::Value;

use super::{Answer, Missing};
use crate::k8s::Object;
use crate::verify::Set;

/// A StatefulSet, as its pods' names are resolved.
#[derive(Debug)]
pub(super) struct Stateful<'a> {
    pub(super) workload: &'a Object,
    pub(super) service: &'a str,
    first: u64,
    /// One behind the last ordinal; none where an autoscaler without a known maximum decides.
    end: Option<u64>,
}

impl<'a> Stateful<'a> {
    pub(super) fn of(set: &Set<'a>, workload: &'a Object) -> Self {
        let first = workload.at("/spec/ordinals/start").and_then(Value::as_u64).unwrap_or(0);
        Self {
            workload,
            service: workload.text("/spec/serviceName").unwrap_or_default(),
            first,
            end: most(set, workload).map(|count| first.saturating_add(count)),
        }
    }

    pub(super) fn answer(&self, service: &'a Object, pod: &str, ordinal: u64) -> Answer<'a> {
        if ordinal >= self.first && self.end.is_none_or(|end| ordinal < end) {
            return Answer::Pod { service, workload: self.workload, ordinal };
        }
        let (name, count) = (self.workload.name(), self.end.unwrap_or_default().saturating_sub(self.first));
        let what = format!("pod `{pod}` does not exist: StatefulSet `{name}` has {count}");
        Answer::Missing(Missing::new(what, self.pods()))
    }

    pub(super) fn pods(&self) -> Vec<String> {
        let end = self.end.unwrap_or(self.first.saturating_add(1)).min(self.first.saturating_add(9));
        (self.first..end).map(|ordinal| format!("{}-{ordinal}", self.workload.name())).collect()
    }
}

/// The most pods that a StatefulSet will have.
fn most<'a>(set: &Set<'a>, workload: &'a Object) -> Option<u64> {
    match set.scaler_of(workload) {
        Some(scaler) => scaler.at("/spec/maxReplicas").and_then(Value::as_u64),
        None => Some(workload.at("/spec/replicas").and_then(Value::as_u64).unwrap_or(1)),
    }
}
