//! Programs that end: a Job for one that runs once, a CronJob for one with a schedule. Nobody calls them, so they have
//! no ports, probes, Service, autoscaler or budget, and nothing to leave before they stop.

use serde_json::{Value, json};

use super::settings::{App, Concurrency};
use crate::components::Instance;
use crate::diagnostic::Diagnostic;
use crate::plan::part::Template;
use crate::plan::role::Role;
use crate::template;

pub(super) const JOB: Template = template!("apps/job.yaml.j2");
pub(super) const CRONJOB: Template = template!("apps/cronjob.yaml.j2");

/// Tries after the first one. Kubernetes' own 6 take twenty minutes until somebody is told.
const RETRIES: u32 = 3;
/// Finished runs that stay where nobody says otherwise, as Kubernetes has it.
const SUCCEEDED: u32 = 3;
const FAILED: u32 = 1;

/// Does it end by itself?
pub(super) fn ends(me: &App) -> bool {
    me.run.is_some() || me.schedule.is_some()
}

/// The template that it is drawn from, beside the one of its pods.
pub(super) fn template(me: &App) -> Template {
    if me.schedule.is_some() { CRONJOB } else { JOB }
}

/// What a Job and a CronJob say beside their pods.
pub(super) fn context(me: &App) -> Value {
    let kept = |count: fn(&super::settings::History) -> Option<u32>, usual: u32| {
        me.history.as_ref().and_then(count).unwrap_or(usual)
    };
    json!({
        "schedule": me.schedule,
        "timeZone": me.time_zone,
        "concurrency": match me.concurrency {
            None | Some(Concurrency::Forbid) => "Forbid",
            Some(Concurrency::Allow) => "Allow",
            Some(Concurrency::Replace) => "Replace",
        },
        "suspend": me.suspend.then_some(true),
        "succeeded": kept(|history| history.succeeded, SUCCEEDED),
        "failed": kept(|history| history.failed, FAILED),
        "retries": me.retries.unwrap_or(RETRIES),
        "deadline": me.deadline_seconds,
        // Each failed try stays as a pod with its log; with OnFailure the Job's end would take the only one along.
        "restartPolicy": "Never",
    })
}

/// Takes from the role what keeps like pods apart: runs do not stand in for each other. The user's own affinity stays.
pub(super) fn alone(role: &mut Role, me: &Instance<App>) {
    role.pod_spec.remove("topologySpreadConstraints");
    if me.common.affinity.is_none() {
        role.pod_spec.remove("affinity");
    }
    role.pdb = false;
}

/// Both at once, no time at all, and settings of programs that end at one that does not.
pub(super) fn check(me: &Instance<App>) -> Vec<Diagnostic> {
    let mut found = misplaced(me);
    if me.run.is_some() && me.schedule.is_some() {
        found.push(
            Diagnostic::error("once-or-scheduled", "an app runs either once or by a schedule")
                .at(me.path.key("run"))
                .because("`run: once` makes a Job, and `schedule` a CronJob")
                .help("remove one of them, or write two apps with the same image"),
        );
    }
    if me.deadline_seconds == Some(0) {
        found.push(
            Diagnostic::error("no-time-to-run", "a run would be stopped as soon as it starts")
                .at(me.path.key("deadlineSeconds"))
                .help("set as many seconds as it may take with all its tries: 1800"),
        );
    }
    found
}

/// Settings of programs that end at one that does not, and of a schedule where there is none.
fn misplaced(me: &Instance<App>) -> Vec<Diagnostic> {
    let of_runs = (
        ends(me),
        "apps with `run` or `schedule`",
        "a program that runs all the time is started again for as long as it takes",
        "add `run: once` or `schedule: \"0 3 * * *\"`, or remove it",
    );
    let of_schedules = (
        me.schedule.is_some(),
        "apps with a `schedule`",
        "it is about runs that become due again and again",
        "add `schedule: \"0 3 * * *\"`, or remove it",
    );
    let rows = [
        ("retries", me.retries.is_some(), of_runs),
        ("deadlineSeconds", me.deadline_seconds.is_some(), of_runs),
        ("timeZone", me.time_zone.is_some(), of_schedules),
        ("concurrency", me.concurrency.is_some(), of_schedules),
        ("history", me.history.is_some(), of_schedules),
        ("suspend", me.suspend, of_schedules),
    ];
    rows.into_iter()
        .filter(|(_, written, (fits, ..))| *written && !fits)
        .map(|(key, _, (_, whose, why, help))| {
            Diagnostic::error("needs-schedule", format!("`{key}` is for {whose}"))
                .at(me.path.key(key))
                .because(why)
                .help(help)
        })
        .collect()
}
