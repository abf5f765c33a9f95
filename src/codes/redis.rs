//! Redis.

use super::{Check, error, warning};

pub(super) const CHECKS: &[Check] = &[
    error(
        "redis-topology",
        "the counts of masters, replicas and sentinels make a Redis that survives what its mode \
         promises",
        "a majority has to agree before a replica takes over",
        "set 3 masters or sentinels, a replica for each master, and `storage`",
    ),
    warning(
        "redis-replicas",
        "a clustered Redis has replicas where it should survive the loss of a pod",
        "with a master its data is unavailable or gone",
        "set `replicas: 1` or more",
    ),
    error(
        "redis-version",
        "the version supports the mode",
        "names instead of addresses, and their protocols, depend on it",
        "set a later `version`, or `mode: standalone`",
    ),
    error(
        "redis-memory",
        "`maxMemory` is below the memory limit",
        "the container is killed before Redis reaches its own limit",
        "leave it out: it is derived as 70 %",
    ),
    error(
        "redis-config",
        "`config` sets only what Redis knows and the component does not derive",
        "the server does not start, or contradicts its settings",
        "use the setting that the message names, or remove the line",
    ),
    error(
        "redis-exposure",
        "only a standalone Redis is exposed outside the cluster",
        "in other modes clients are redirected to names that only this cluster resolves",
        "set `type: ClusterIP`, or `mode: standalone`",
    ),
    warning(
        "redis-open",
        "a Redis has a password",
        "anyone who can reach it can read and delete everything, and run code in it",
        "set `password: {env: NAME}` or `{secret: {name: …, key: …}}`",
    ),
];
