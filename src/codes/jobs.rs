//! Apps that end: run once, or by a schedule.

use super::{Check, error};

pub(super) const CHECKS: &[Check] = &[
    error(
        "once-or-scheduled",
        "an app has `run` or `schedule`, not both",
        "`run: once` makes a Job, and `schedule` a CronJob",
        "remove one of them, or write two apps with the same image",
    ),
    error(
        "no-time-to-run",
        "a program that ends gets time to run",
        "Kubernetes stops it as soon as it starts",
        "set `deadlineSeconds` to as many seconds as it may take with all its tries",
    ),
    error(
        "needs-schedule",
        "settings of programs that end are used with `run` or `schedule`",
        "a program that runs all the time has no retries, no deadline and no time at which it is due",
        "add `run: once` or `schedule: \"0 3 * * *\"`, or remove the setting",
    ),
];
