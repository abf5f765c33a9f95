//! What all components have in common: variables, labels, Services, JVM heaps, config lines.

use super::{Check, error};

pub(super) const CHECKS: &[Check] = &[
    error(
        "env-name",
        "names of variables are valid in Kubernetes",
        "the API server refuses the pod",
        "start with a letter or `_`, followed by letters, digits, `_`, `.` and `-`",
    ),
    error(
        "owned-variable",
        "`env` sets no variable that a component sets itself",
        "the two would contradict each other",
        "use the setting that the message names",
    ),
    error(
        "label-decided",
        "`labels` sets none that selectors use",
        "selectors find the pods by it, and are immutable",
        "use another key, or another name for the component: `word/name`",
    ),
    error(
        "service-type",
        "keys for clients outside the cluster are used on a Service that they can reach",
        "the API server refuses them on other Services",
        "set `type: NodePort` or `type: LoadBalancer`, or remove the key",
    ),
    error(
        "unknown-port",
        "every port that is named exists",
        "the number would go nowhere",
        "use one of the ports that the message lists",
    ),
    error(
        "node-port-type",
        "node ports are set on a Service that has them",
        "a ClusterIP Service has none",
        "add `type: NodePort`",
    ),
    error(
        "node-port-range",
        "node ports are between 30000 and 32767",
        "the API server allows no others unless it is configured otherwise",
        "use a number in that range",
    ),
    error(
        "public-password",
        "nothing that is reachable from outside has a password that is publicly known",
        "passwords of documentation and of development profiles are tried first",
        "generate one: `openssl rand -base64 24`",
    ),
    error(
        "secret-in-config",
        "`config` contains no secret",
        "anyone who can read ConfigMaps, or the repository of the output, would have it",
        "use the component's own setting for it",
    ),
    error(
        "config-key",
        "every key in `config` is a valid property name",
        "the line would be read as something else",
        "use letters, digits, `.`, `_` and `-`",
    ),
    error(
        "owned-key",
        "`config` sets nothing that the component derives",
        "the two would contradict each other",
        "use the setting that the message names",
    ),
    error(
        "derived-config",
        "nothing that stackgen writes itself is set again",
        "the two would contradict each other",
        "use the setting that the message names, or remove the key",
    ),
    error(
        "heap-above-memory",
        "a JVM's heap fits in its memory limit, with room for what is not heap",
        "the container is killed when the heap is full",
        "lower `heap`, or raise `resources.memory`",
    ),
    error(
        "heap-too-small",
        "a JVM's heap is large enough for its server",
        "the server runs out of memory at startup or under its first load",
        "set more, or leave `heap` out: it is derived from `resources.memory`",
    ),
    error(
        "memory-too-small",
        "the memory limit has room for a heap and for what is not heap",
        "no heap fits into it",
        "raise `resources.memory`",
    ),
    error(
        "java-options",
        "JVM options are one option per entry, and set nothing that is derived",
        "start scripts split them at spaces, and the last size of a heap wins",
        "write one option per entry, starting with `-`, and set the heap with `heap`",
    ),
    error(
        "no-quorum",
        "members that decide by majority can have one",
        "two stop as soon as one is down, and none cannot work",
        "set 1 or 3",
    ),
    error(
        "no-database",
        "what is named as a database server is one that can be written to",
        "there would be no address to connect to",
        "name a `mysql` or `shardingsphere` component of the stack",
    ),
    error(
        "external-where",
        "`external` says in one way where a component is",
        "with no answer, or with two, nobody can be told an address",
        "write the keys that `stackgen explain WORD.external` lists, one answer to each question",
    ),
    error(
        "external-address",
        "every address in `external` is one host, with or without a port, and is listed once",
        "clients are told it in the list that their product reads, and one that is no address breaks the list",
        "write `HOST` or `HOST:PORT`, an entry for each: `[a.example.com:9092, b.example.com:9092]`",
    ),
    error(
        "external-login",
        "whoever uses what exists already has an account there",
        "nobody here makes accounts on it, and a program without one is refused",
        "name the account with the component's own keys, as for one that is drawn",
    ),
];
