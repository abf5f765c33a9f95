//! Jobs that come again, and counts of every workload.

use serde_json::Value;

use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "schedule-is-read",
        grade: Grade::ERROR,
        promise: "the schedule of a CronJob is valid",
        why: "the API server refuses the CronJob, or its controller misses the start time",
        fix: "use five fields, minute hour day month weekday, such as `30 3 * * 1-5`; set the time zone in \
              `timeZone`",
        source: "robfig/cron ParseStandard; batch/v1 validation of CronJobs; observed with kube-apiserver 1.37.2",
        check: schedule_is_read,
    },
    Rule {
        code: "counts-not-negative",
        grade: Grade::ERROR,
        promise: "counts and times of workloads are not negative",
        why: "the API server refuses the object",
        fix: "use 0 or more",
        source: "apps/v1 and batch/v1 validation; observed with kube-apiserver 1.37.2",
        check: counts_not_negative,
    },
];

const SHORT: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// The fields: what it is, its least, its most, names for its numbers.
const FIELDS: [(&str, u32, u32, &[&str]); 5] = [
    ("minute", 0, 59, &[]),
    ("hour", 0, 23, &[]),
    ("day", 1, 31, &[]),
    ("month", 1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    ("weekday", 0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

fn schedule_is_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for job in set.of_kind("CronJob").iter().copied() {
        let schedule = job.text("/spec/schedule").unwrap_or_default();
        if let Some(wrong) = wrong(schedule) {
            let title = format!("schedule `{schedule}` {wrong}");
            findings.push(Finding::new(job, title).at("/spec/schedule"));
        }
        let deadline = job.at("/spec/startingDeadlineSeconds").and_then(Value::as_u64);
        if let Some(seconds) = deadline.filter(|seconds| *seconds < 10) {
            let title = format!(
                "`startingDeadlineSeconds: {seconds}` may expire before the controller checks, every 10 s"
            );
            let finding = Finding::new(job, title).at("/spec/startingDeadlineSeconds");
            findings.push(finding.help("set it to 10 or more").warns());
        }
    }
    findings
}

/// What is wrong with a schedule, as a phrase behind it; the schema misses one that is not there.
fn wrong(schedule: &str) -> Option<String> {
    if schedule.contains("TZ=") {
        return Some("contains a time zone, which belongs in `timeZone`".to_owned());
    }
    if schedule.starts_with('@') {
        return match schedule.strip_prefix("@every ") {
            Some(time) => {
                (!is_duration(time)).then(|| format!("has `{time}`, which is not a duration such as `1h30m`"))
            }
            None => (!SHORT.contains(&schedule)).then(|| "is not a known shorthand".to_owned()),
        };
    }
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != FIELDS.len() {
        return (!schedule.is_empty()).then(|| format!("has {} fields, not 5", fields.len()));
    }
    fields.iter().zip(FIELDS).find_map(|(text, (what, least, most, names))| {
        let bad = text.split(',').find(|part| !is_part(part, least, most, names))?;
        Some(format!("has `{bad}` as its {what}, which must be {least} to {most}"))
    })
}

/// `1h30m`, `1.5s`, as Go reads it.
fn is_duration(text: &str) -> bool {
    let mut rest = text.trim_start_matches(['+', '-']);
    if rest == "0" {
        return true;
    }
    while !rest.is_empty() {
        let unit = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if !rest[..rest.len() - unit.len()].contains(|c: char| c.is_ascii_digit()) {
            return false;
        }
        let units = ["ns", "us", "µs", "μs", "ms", "s", "m", "h"];
        let Some(after) = units.iter().find_map(|known| unit.strip_prefix(known)) else { return false };
        rest = after;
    }
    !text.is_empty()
}

/// `*`, `7`, `1-5`, `*/15`, `mon-fri`.
fn is_part(part: &str, least: u32, most: u32, names: &[&str]) -> bool {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + least);
        named.or_else(|| text.parse().ok()).filter(|number| (least..=most).contains(number))
    };
    let fits = match range.split_once('-') {
        _ if matches!(range, "*" | "?") => true,
        Some((first, last)) => number(first).zip(number(last)).is_some_and(|(first, last)| first <= last),
        None => number(range).is_some(),
    };
    fits && step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0))
}

const COUNTS: &[&str] = &[
    "/spec/replicas",
    "/spec/minReadySeconds",
    "/spec/revisionHistoryLimit",
    "/spec/progressDeadlineSeconds",
    "/spec/backoffLimit",
    "/spec/completions",
    "/spec/parallelism",
    "/spec/ttlSecondsAfterFinished",
    "/spec/successfulJobsHistoryLimit",
    "/spec/failedJobsHistoryLimit",
    "/spec/jobTemplate/spec/backoffLimit",
    "/spec/jobTemplate/spec/completions",
    "/spec/jobTemplate/spec/parallelism",
    "/spec/jobTemplate/spec/ttlSecondsAfterFinished",
];

fn counts_not_negative<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for pod in set.pods() {
        let name = |at: &str| at.rsplit('/').next().unwrap_or_default().to_owned();
        let negative = |value: Option<&Value>| value.and_then(Value::as_i64).filter(|number| *number < 0);
        for at in COUNTS {
            // Of a StatefulSet it is accepted, and keeps all revisions.
            let keeps_all = *at == "/spec/revisionHistoryLimit" && pod.workload.kind() == "StatefulSet";
            if let Some(number) = negative(pod.workload.at(at)).filter(|_| !keeps_all) {
                let title = format!("`{}` cannot be {number}", name(at));
                findings.push(Finding::new(pod.workload, title).at(*at));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_read_as_kubernetes_reads_them() {
        for (schedule, fits) in [
            ("0 3 * * *", true),
            ("*/15 0-6,12 1 jan-MAR ?", true),
            ("0 0 * * SUN", true),
            ("5/10 * * * *", true),
            ("@every 1h30m", true),
            ("@daily", true),
            ("@every often", false),
            ("0 3 * *", false),
            ("0 0 3 * * *", false),
            ("0 3 * * 7", false),
            ("60 3 * * *", false),
            ("0 24 * * *", false),
            ("0 6-3 * * *", false),
            ("*/0 * * * *", false),
            ("TZ=UTC 0 3 * * *", false),
            ("@reboot", false),
        ] {
            assert_eq!(wrong(schedule).is_none(), fits, "{schedule}");
        }
    }
}
