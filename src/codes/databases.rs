//! MySQL, and ShardingSphere-Proxy before it.

use super::{Check, error, warning};

pub(super) const CHECKS: &[Check] = &[
    error(
        "mysql-version",
        "`version` identifies a release line of MySQL from 5.7 on",
        "a tag that moves to the next line changes the syntax, and data cannot be downgraded",
        "set a version such as `8.4.6`",
    ),
    error(
        "mysql-topology",
        "the counts of shards and replicas make a database that can be used",
        "there would be no server to write to or to read from",
        "set `shards: 1` or more, and `replicas: 1` for reading from them",
    ),
    error(
        "mysql-primary",
        "`primary` names a replica of a shard that is there",
        "nobody could write to that shard",
        "write a shard and one of its replicas, as in `primary: {0: replica-0}`",
    ),
    error(
        "mysql-forgets",
        "a MySQL with replicas has storage",
        "a primary would start empty while its replicas still have the old data",
        "set `storage: {size: 10Gi}`, or `replicas: 0`",
    ),
    error(
        "missing-secret",
        "every password that a MySQL needs is set",
        "a built-in one would be public",
        "set it to `{env: NAME}`, `{file: path}` or `{secret: {name: …, key: …}}`",
    ),
    error(
        "mysql-password",
        "no password has characters that the image's scripts do not escape",
        "the account would have another password, or the server would not start",
        "use letters, digits and signs other than quotes and backslashes",
    ),
    error(
        "mysql-database",
        "names of databases are plain, unique and not the server's own",
        "they are used in SQL, in addresses and in the arguments of programs",
        "use letters, digits, `_` and `-`",
    ),
    warning(
        "mysql-root-app",
        "every database has an account of its own",
        "its clients log in as root, with all privileges on all databases",
        "add `users: {NAME: {password: …, databases: [NAME]}}`",
    ),
    error(
        "mysql-user",
        "every account has a plain name of its own and databases that exist",
        "it could not be created, or could not use anything",
        "correct the name, or list its databases",
    ),
    error(
        "mysql-memory",
        "the buffer pool fits in the memory limit",
        "the server is killed above its limit",
        "lower `bufferPool`, or raise `resources.memory`",
    ),
    error(
        "mysql-config",
        "every option in `config` is one that this version has and that is safe",
        "an unknown option keeps the server from starting",
        "use the option that the message names, or remove it",
    ),
    error(
        "mysql-host",
        "replicas can reach a primary by a name of the length that MySQL supports",
        "before 8.0.17 a host may have at most 60 characters",
        "use a shorter namespace or name, or a later version",
    ),
    error(
        "shardingsphere-version",
        "`version` is 5.3.0 or later",
        "accounts, rules and file names depend on the version",
        "set `version: \"5.5.2\"`",
    ),
    error(
        "shardingsphere-memory",
        "the proxy's memory has room for its heap and its parsers",
        "it runs out of memory, or is killed",
        "set `resources: {memory: 1Gi}` or more, and leave `heap` out",
    ),
    warning(
        "shardingsphere-driver",
        "the proxy has a JDBC driver for MySQL from a verified source",
        "without one it cannot connect, and an unverified download can run code next to the passwords",
        "set `driver` to an address with `sha256`, an `image`, a `claim`, or `included: true`",
    ),
    warning(
        "shardingsphere-open",
        "a load balancer in front of the databases limits who may connect",
        "only a password would protect them",
        "add `sourceRanges: [10.0.0.0/8]`, or set `type: ClusterIP`",
    ),
    error(
        "shardingsphere-user",
        "accounts of the proxy have usable passwords and databases that exist",
        "they could not log in, or could not use anything",
        "correct the name or the password",
    ),
    error(
        "shardingsphere-database",
        "names of the proxy's databases are plain",
        "they are used in SQL and as names of files",
        "use letters, digits, `_` and `-`",
    ),
    error(
        "shardingsphere-rule",
        "every rule is one that this version has, and refers to existing shards",
        "the proxy does not start with a rule that it does not know",
        "use one of the tags and shards that the message lists",
    ),
    error(
        "shardingsphere-mark",
        "no text contains the placeholder of a password",
        "the container that writes the configuration would replace it with the password",
        "use another text",
    ),
    error(
        "shardingsphere-empty",
        "the proxy has databases to serve",
        "clients could connect, but not use anything",
        "set `databases` below the `mysql` that it serves",
    ),
];
