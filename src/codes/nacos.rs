//! Nacos and Consul.

use super::{Check, error, warning};

pub(super) const CHECKS: &[Check] = &[
    warning(
        "nacos-replicas",
        "a cluster of Nacos has an odd number of members, and more than one",
        "alone a member never becomes ready, and an even number tolerates no more failures than one \
         fewer",
        "set `replicas: 3`, or `mode: standalone`",
    ),
    error(
        "nacos-storage",
        "members that keep data have storage",
        "they store the configuration and their Raft votes in /home/nacos/data",
        "add `storage: {size: 5Gi}`, or a `database`",
    ),
    error(
        "nacos-database-name",
        "the database of Nacos has a plain name",
        "it is used in SQL, in addresses and in the arguments of programs",
        "use letters, digits, `_` and `-`",
    ),
    error(
        "nacos-database",
        "host and user of an outside database are valid",
        "they are used in an address",
        "use a host such as `db.example.com`, and a user of letters, digits, `_` and `-`",
    ),
    error(
        "nacos-schema",
        "the image includes the schema when the tables are to be created",
        "images before 2.1.2 lack the file",
        "create the tables yourself and set `schema: false`, or use a later version",
    ),
    warning(
        "nacos-jdbc",
        "parameters of the JDBC URL are valid, and let the driver log in",
        "without TLS, the driver needs `allowPublicKeyRetrieval=true` after each restart of MySQL 8",
        "leave `params` out, or add what the message names",
    ),
    error(
        "nacos-console",
        "`console` is used with a Nacos that has one",
        "in 2.x it is on the servers' port, below /nacos",
        "set `service` or `ingress`",
    ),
    error(
        "nacos-ingress-path",
        "the console is published at the path that its pages link to",
        "they use absolute links",
        "remove `path`",
    ),
    error(
        "nacos-node-ports",
        "node ports for HTTP and gRPC are 1000 apart",
        "clients compute the gRPC port from the HTTP port",
        "set `nodePorts: {http: 30848}`",
    ),
    error(
        "nacos-heap",
        "the heap of Nacos is large enough and fits in its memory",
        "the server does not start, or is killed",
        "leave `heap` out: it is derived from `resources.memory`",
    ),
    error(
        "nacos-identity",
        "servers identify themselves by a valid header and a secret value",
        "anyone who sends a known value acts as a server and needs no login",
        "generate one: `openssl rand -hex 16`",
    ),
    error(
        "nacos-secret-missing",
        "the secrets that Nacos needs are set",
        "a built-in value would be public, and a generated one would change with every run",
        "set them to `{env: NAME}`, `{file: path}` or `{secret: {name: …, key: …}}`",
    ),
    warning(
        "nacos-admin-login",
        "apps log in to Nacos with an account of their own",
        "whoever reads an app's environment can change every configuration and every account",
        "create an account in the console, and write `auth: {client: {user: …, password: …}}`",
    ),
    error(
        "nacos-token",
        "the key that signs logins is secret and long enough",
        "anyone who has it can sign logins for any user",
        "generate one: `openssl rand -base64 32`",
    ),
    error(
        "nacos-password",
        "a password of Nacos has at most 72 characters",
        "Nacos 3.x refuses longer ones, and bcrypt ignores the rest",
        "use a shorter one",
    ),
    warning(
        "nacos-operator",
        "everything that is asked for can be done by nacos-operator",
        "it would silently leave it out",
        "use another `mode`, or do what the message says",
    ),
    error(
        "nacos-variable",
        "`env` sets nothing that the component sets itself",
        "the two would contradict each other",
        "use the setting that the message names",
    ),
    error(
        "nacos-property",
        "every key and value in `config` reaches the server as it is",
        "the image's start script splits its arguments at spaces and expands `*`, `?` and `[…]`",
        "use the settings of `nacos`, or a value without such characters",
    ),
    error(
        "nacos-version",
        "`version` is a supported release of Nacos",
        "ports, probes, variables and the schema differ between releases",
        "use a version from v2.0.0 on, such as `v2.5.1`",
    ),
    error(
        "consul-version",
        "the version of Consul is known and has the `acl` stanza",
        "it determines how tokens are configured",
        "use a number, as in `version: \"1.22.7\"`",
    ),
    error(
        "consul-image",
        "the image of Consul exists in that version",
        "the official image was discontinued with 1.15",
        "set `image: hashicorp/consul`",
    ),
    error(
        "consul-datacenter",
        "the name of the datacenter is valid",
        "Consul does not start with another one",
        "use lower-case letters, digits, `-` and `_`",
    ),
    error(
        "consul-gossip-key",
        "the gossip key has a length that Consul accepts",
        "Consul does not start with another one",
        "generate one with `consul keygen`",
    ),
    error(
        "consul-token",
        "ACL tokens have plain characters",
        "they are written into JSON as they are",
        "use a UUID",
    ),
    error(
        "consul-interface",
        "`interface` is the name of a network interface",
        "the agent looks up its address by it",
        "use a name such as `eth0`",
    ),
    error(
        "consul-data-path",
        "the agents' data directory belongs to them alone",
        "it is given to Consul's user with all that is in it",
        "use a directory such as `/var/lib/consul`",
    ),
    error(
        "consul-nodes",
        "settings for some nodes are used where not all are chosen",
        "`nodes: all` tolerates every taint",
        "set `nodes: untainted`, or remove the setting",
    ),
    error(
        "consul-port",
        "the HTTP API has a port of its own",
        "another listener of the agent uses that one",
        "use 8500",
    ),
    error(
        "consul-remote-exec",
        "remote command execution is off",
        "anyone with write access to sessions and keys could run commands on every node",
        "remove `disable_remote_exec: false`",
    ),
    error(
        "consul-script-checks",
        "script checks are off where there are no ACLs",
        "every pod could run commands on its node",
        "use `enable_local_script_checks`, or enable ACLs",
    ),
    warning(
        "consul-servers",
        "agents have valid servers to join, and more than one",
        "without one they never join, and with one they cannot join while it is down",
        "set `servers: [10.0.0.1, 10.0.0.2, 10.0.0.3]`, or `mode: standalone`",
    ),
];
