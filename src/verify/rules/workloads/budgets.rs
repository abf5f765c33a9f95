//! PodDisruptionBudgets: nodes can be drained, and not everybody at once.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::k8s::Object;
use crate::verify::selecting::selected;
use crate::verify::topology::left_by;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "budget-has-one-bound",
        grade: Grade::ERROR,
        promise: "a PodDisruptionBudget sets either `minAvailable` or `maxUnavailable`",
        why: "the API server refuses one that sets both; one that sets neither has no effect",
        fix: "keep only `maxUnavailable: 1`",
        source: "policy/v1 validation: minAvailable and maxUnavailable are mutually exclusive; observed with kube-apiserver 1.37.2",
        check: budget_has_one_bound,
    },
    Rule {
        code: "budget-allows-drain",
        grade: Grade::PROD,
        promise: "a PodDisruptionBudget allows at least one eviction",
        why: "no pod can ever be evicted: node drains hang, and so do cluster upgrades",
        fix: "set `maxUnavailable: 1` instead of `minAvailable`; for a single pod remove the budget, or run two",
        source: "Kubernetes documentation, Specifying a Disruption Budget for your Application",
        check: budget_lets_drain,
    },
    Rule {
        code: "budgets-do-not-overlap",
        grade: Grade::ERROR,
        promise: "no two PodDisruptionBudgets select the same pods",
        why: "evictions of such a pod fail with 500 (`This pod has more than one PodDisruptionBudget, which the \
              eviction subresource does not support`), so its node cannot be drained",
        fix: "remove one of the two, or make their selectors distinct",
        source: "registry/core/pod/storage/eviction.go",
        check: budgets_do_not_overlap,
    },
];

const BOUNDS: [&str; 2] = ["minAvailable", "maxUnavailable"];

fn budgets<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = &'a Object> + use<'s, 'a> {
    set.of_kind("PodDisruptionBudget").iter().copied()
}

fn budget_has_one_bound<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = budgets(set).filter_map(|budget| {
        let told = |bound: &str| budget.at(&format!("/spec/{bound}")).is_some_and(|value| !value.is_null());
        match BOUNDS.map(told) {
            [true, true] => {
                let title = "has both `minAvailable` and `maxUnavailable`";
                Some(Finding::new(budget, title).at("/spec/maxUnavailable"))
            }
            [false, false] => {
                let title = "has neither `minAvailable` nor `maxUnavailable`";
                Some(Finding::new(budget, title).at("/spec").warns())
            }
            _ => None,
        }
    });
    found.collect()
}

/// The workloads whose pods a budget selects: in policy/v1 all with an empty selector, none without one.
fn workloads<'a>(set: &Set<'a>, budget: &'a Object) -> Vec<&'a Object> {
    let selector = budget.at("/spec/selector").filter(|selector| selector.is_object());
    selector.map(|selector| selected(set, set.namespace_of(budget), selector)).unwrap_or_default()
}

fn budget_lets_drain<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let found = budgets(set).filter_map(|budget| {
        let counts = workloads(set, budget).into_iter().map(|workload| set.pod_of(workload)?.replicas(set));
        // Nobody knows how many a DaemonSet has.
        let counts: Option<Vec<u64>> = counts.collect();
        let pods = counts?.into_iter().fold(0, u64::saturating_add);
        let bound = BOUNDS.into_iter().find(|bound| budget.at(&format!("/spec/{bound}")).is_some())?;
        let at = format!("/spec/{bound}");
        if pods == 0 || left_by(budget, pods)? < pods {
            return None;
        }
        let told = match budget.at(&at)? {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let title = match pods {
            1 => format!("`{bound}: {told}` never allows the eviction of its only pod"),
            _ => format!("`{bound}: {told}` never allows an eviction of its {pods} pods"),
        };
        Some(Finding::new(budget, title).at(at.as_str()))
    });
    found.collect()
}

fn budgets_do_not_overlap<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut first: BTreeMap<(&str, &str, &str), &Object> = BTreeMap::new();
    let mut findings = Vec::new();
    for budget in budgets(set) {
        let mut told: Option<(&Object, &Object)> = None;
        for workload in workloads(set, budget) {
            let key = (set.namespace_of(workload), workload.kind(), workload.name());
            let other = *first.entry(key).or_insert(budget);
            // The same object twice is another rule's.
            if other.name() != budget.name() {
                told = told.or(Some((other, workload)));
            }
        }
        if let Some((other, workload)) = told {
            let title = format!("selects the pods of {}, and so does {}", workload.id(), other.id());
            findings.push(Finding::new(budget, title).at("/spec/selector"));
        }
    }
    findings
}
