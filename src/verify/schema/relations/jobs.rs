//! Jobs: how often their pods run, and what counts as done.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::forms::Form;
use super::{Here, Table, child, has, is_true, list, maps, number, text};

pub(super) const OF: Table = &[
    ("batch.v1.JobSpec", indexes_are_bounded),
    ("batch.v1.JobSpec", failures_are_of_its_pods),
    ("batch.v1.JobSpec", success_is_within_completions),
    ("batch.v1.JobSpec", selector_is_made_by_the_server),
    ("batch.v1.PodFailurePolicyOnExitCodesRequirement", exit_codes_are_ordered),
    ("batch/v1/Job", name_leaves_room_for_indexes),
];

/// More are not followed one by one.
const MOST: i64 = 100_000;
/// With more than that to complete, fewer may run or fail at once.
const FEWER: i64 = 10_000;

fn is_indexed(job: &Map<String, Value>) -> bool {
    text(job, "completionMode") == "Indexed"
}

fn indexes_are_bounded(here: &mut Here<'_>) {
    let job = here.map;
    // Before 1.29 limits by index are dropped.
    let limits = here.minor.at_least(29);
    let (failed, limit) = (number(job, "maxFailedIndexes"), number(job, "backoffLimitPerIndex"));
    if limits && failed.is_some() && limit.is_none() {
        here.wrong("/maxFailedIndexes", "needs `backoffLimitPerIndex`");
    }
    if !is_indexed(job) {
        return;
    }
    let completions = number(job, "completions");
    let parallelism = number(job, "parallelism");
    let many = limits && limit.is_some() && completions.is_some_and(|completions| completions > MOST);
    let most = if many { FEWER } else { MOST };
    if let Some(parallelism) = parallelism.filter(|parallelism| *parallelism > most) {
        here.wrong("/parallelism", format!("must be at most {most} for these indexes, not {parallelism}"));
    }
    if many && failed.is_none() {
        here.wrong("/maxFailedIndexes", format!("is missing with more than {MOST} `completions`"));
    }
    let most = completions.map_or(most, |completions| completions.min(most));
    if let Some(failed) = failed.filter(|failed| limits && *failed > most) {
        here.wrong("/maxFailedIndexes", format!("must be at most {most}, not {failed}"));
    }
}

fn failures_are_of_its_pods(here: &mut Here<'_>) {
    let job = here.map;
    let Some(policy) = child(job, "podFailurePolicy").filter(|_| here.minor.at_least(26)) else { return };
    let pods = child(job, "template").and_then(|template| child(template, "spec"));
    if pods.is_some_and(|pods| text(pods, "restartPolicy") == "OnFailure") {
        here.wrong("/template/spec/restartPolicy", "must be `Never` with a `podFailurePolicy`");
    }
    if text(job, "podReplacementPolicy") == "TerminatingOrFailed" && here.minor.at_least(29) {
        here.wrong("/podReplacementPolicy", "must be `Failed` with a `podFailurePolicy`");
    }
    let names: BTreeSet<&str> = pods
        .into_iter()
        .flat_map(|pods| maps(pods, "containers").chain(maps(pods, "initContainers")))
        .map(|(_, container)| text(container, "name"))
        .collect();
    for (index, rule) in maps(policy, "rules") {
        let at = |field: &str| format!("/podFailurePolicy/rules/{index}/{field}");
        if text(rule, "action") == "FailIndex" && !has(job, "backoffLimitPerIndex") && here.minor.at_least(29)
        {
            here.wrong(&at("action"), "needs `backoffLimitPerIndex`");
        }
        let Some(codes) = child(rule, "onExitCodes") else { continue };
        let name = text(codes, "containerName");
        if !name.is_empty() && pods.is_some() && !names.contains(name) {
            here.wrong(
                &at("onExitCodes/containerName"),
                format!("names `{name}`, which is no container of its pods"),
            );
        }
    }
}

fn exit_codes_are_ordered(here: &mut Here<'_>) {
    // Before 1.26 the policy is dropped.
    if !here.minor.at_least(26) {
        return;
    }
    let codes: Vec<i64> = list(here.map, "values").iter().filter_map(Value::as_i64).collect();
    if text(here.map, "operator") == "In"
        && let Some(index) = codes.iter().position(|code| *code == 0)
    {
        let help = "0 is no failure: leave it out, or use `NotIn`";
        here.wrong_but(&format!("/values/{index}"), "must not be 0 with `operator: In`", help);
    }
    let wrong = codes.windows(2).position(|pair| matches!(pair, [one, next] if one >= next));
    if let Some(before) = wrong {
        here.wrong(&format!("/values/{}", before + 1), "must be larger than the one before it");
    }
}

fn success_is_within_completions(here: &mut Here<'_>) {
    let (job, indexed) = (here.map, is_indexed(here.map));
    let Some(policy) = child(job, "successPolicy").filter(|_| here.minor.at_least(31)) else { return };
    if !indexed {
        let help = "set `completionMode: Indexed`, or remove `successPolicy`";
        here.wrong_but("/successPolicy", "must not be set without `completionMode: Indexed`", help);
        return;
    }
    let Some(completions) = number(job, "completions") else { return };
    for (index, rule) in maps(policy, "rules") {
        let at = |field: &str| format!("/successPolicy/rules/{index}/{field}");
        let indexes = rule.get("succeededIndexes").and_then(Value::as_str);
        let total = match indexes.map(|indexes| count(indexes, completions)) {
            Some(Err(wrong)) => {
                here.wrong(&at("succeededIndexes"), wrong);
                continue;
            }
            Some(Ok(total)) => total,
            None => completions,
        };
        if let Some(number) = number(rule, "succeededCount").filter(|number| *number > total) {
            here.wrong(&at("succeededCount"), format!("must be at most {total}, not {number}"));
        }
    }
}

/// How many indexes `1,3-5` are: they rise, and are below the number of completions.
fn count(text: &str, completions: i64) -> Result<i64, String> {
    let (mut total, mut last) = (0, -1);
    for part in text.split(',').filter(|_| !text.is_empty()) {
        let (first, end) = part.split_once('-').unwrap_or((part, part));
        let (Ok(first), Ok(end)) = (first.parse::<i64>(), end.parse::<i64>()) else {
            return Err(format!("must be indexes such as `1,3-5`, not `{part}`"));
        };
        // A range of one is refused, too.
        if first <= last || end < first || (part.contains('-') && end == first) {
            return Err(format!("must be rising indexes such as `1,3-5`, not `{part}`"));
        }
        if end >= completions {
            return Err(format!(
                "must be indexes below {completions}, the number of completions, not `{part}`"
            ));
        }
        total += end - first + 1;
        last = end;
    }
    Ok(total)
}

fn selector_is_made_by_the_server(here: &mut Here<'_>) {
    let Some(selector) = child(here.map, "selector") else { return };
    let labels = child(selector, "matchLabels").is_some_and(|labels| !labels.is_empty());
    if labels && !is_true(here.map, "manualSelector") {
        let help = "remove it: the API server selects the Job's own pods";
        here.wrong_but("/selector", "must not be set without `manualSelector: true`", help);
    }
}

/// Pods of an indexed Job are named after it and their index.
fn name_leaves_room_for_indexes(here: &mut Here<'_>) {
    let Some(job) = child(here.map, "spec").filter(|job| is_indexed(job)) else { return };
    let Some(last) = number(job, "completions").filter(|completions| *completions > 0) else { return };
    let name = child(here.map, "metadata").map(|metadata| text(metadata, "name")).unwrap_or_default();
    let host = format!("{name}-{}", last - 1);
    // Names that are wrong by themselves are another rule's.
    if name.len() <= 63
        && let Some(wrong) = Form::Label.of_text(&host)
    {
        here.wrong("/metadata/name", format!("makes pods with the host name `{host}`, which {wrong}"));
    }
}
