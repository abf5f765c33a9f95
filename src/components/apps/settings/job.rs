//! Programs that end: run once, or again and again by a schedule.

use schemars::JsonSchema;
use serde::Deserialize;

/// How often a program that ends is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::components::apps) enum Run {
    /// One time for each state of its settings.
    Once,
}

/// What happens when a run is due while the last one is still running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::components::apps) enum Concurrency {
    /// The new run is left out.
    Forbid,
    /// Both run.
    Allow,
    /// The old run is stopped.
    Replace,
}

/// How many finished runs stay, with their pods and logs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::components::apps) struct History {
    /// Runs that succeeded; 3 when left out.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(in crate::components::apps) succeeded: Option<u32>,
    /// Runs that failed; 1 when left out.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1000>")]
    #[schemars(range(max = 1000))]
    pub(in crate::components::apps) failed: Option<u32>,
}
