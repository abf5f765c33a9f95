//! Releases of Nacos: what is known to be wrong with them, and where one changed what its image asks for.

use crate::diagnostic::Severity;

/// The first release whose image asks for a token and an identity even where nobody logs in.
///
/// Source: the properties of 2.2.0.1 and 2.2.1 have placeholders without a default; docker-startup.sh of 3.x ends with 255.
pub(crate) const KEYS_DEMANDED: &[u32] = &[2, 2, 0, 1];
/// The first release whose image brings no keys of its own: those of earlier ones are known to everybody.
pub(crate) const OWN_KEYS: &[u32] = &[2, 2, 1];
/// The first release, until 3.0, that starts without keys again where nobody logs in.
pub(crate) const KEYS_OPTIONAL: &[u32] = &[2, 2, 2];
/// The first release whose image has the file that makes the tables.
///
/// Source: until 2.1.1 the image's build deletes it (`conf/nacos-mysql.sql`); 2.1.2 renamed it.
pub(crate) const SCHEMA_IN_IMAGE: &[u32] = &[2, 1, 2];
/// The first release whose schema brings no `nacos`/`nacos`.
pub(crate) const NO_DEFAULT_USER: &[u32] = &[2, 4];

/// A known serious defect of the versions from one on and before another.
#[derive(Debug)]
pub(crate) struct Flaw {
    /// The first version that has it.
    pub(crate) from: &'static [u32],
    /// The first version without it.
    pub(crate) until: &'static [u32],
    /// What must come together with it.
    pub(crate) with: With,
    /// What it costs.
    pub(crate) severity: Severity,
    /// What happens.
    pub(crate) why: &'static str,
    /// What to do.
    pub(crate) help: &'static str,
}

/// What must come together for a version to hurt.
#[derive(Debug, PartialEq)]
pub(crate) enum With {
    /// Nothing else.
    Nothing,
    /// A tag of a beta.
    Beta,
    /// Several servers.
    Cluster,
    /// One server.
    Standalone,
    /// A server that keeps its configuration itself.
    Derby,
}

const RCE: &str = "its Raft port 7848 allows remote code execution";
const DOWN: &str =
    "any Raft failure makes all naming calls answer 503 \"server is DOWN\" and empties the service list";

/// What is known to be wrong. Source: alibaba/nacos#11075, #12504, #12558, #12573, #12659, #13644, #14614, release notes.
#[rustfmt::skip]
pub(crate) const FLAWS: &[Flaw] = &[
    Flaw { from: &[1, 4], until: &[1, 4, 6], with: With::Nothing, severity: Severity::Warning, why: RCE,
          help: "use v1.4.6 or later, or restrict 7848 with a NetworkPolicy" },
    Flaw { from: &[2, 0], until: &[2, 2, 3], with: With::Nothing, severity: Severity::Warning, why: RCE,
          help: "use v2.2.3 or later, or restrict 7848 with a NetworkPolicy" },
    Flaw { from: &[2, 4, 0], until: &[2, 4, 0, 1], with: With::Nothing, severity: Severity::Warning,
          why: "its schema has an `id` column in roles and permissions that the next version removed",
          help: "use v2.4.3 or v2.5.3" },
    Flaw { from: &[2, 4, 1], until: &[2, 4, 2], with: With::Cluster, severity: Severity::Error, why: DOWN,
          help: "use v2.4.2.1 or later" },
    Flaw { from: &[2, 4, 1], until: &[2, 4, 2], with: With::Standalone, severity: Severity::Warning, why: DOWN,
          help: "use v2.4.2.1 or later" },
    Flaw { from: &[2, 4, 2], until: &[2, 4, 2, 1], with: With::Derby, severity: Severity::Warning,
          why: "without a database, reading the quota of a namespace fails",
          help: "use v2.4.2.1 or later" },
    Flaw { from: &[3, 0, 0], until: &[3, 0, 3], with: With::Nothing, severity: Severity::Warning,
          why: "its readiness always answers 200, so Services route to servers that cannot serve requests",
          help: "use v3.0.3 or later" },
    Flaw { from: &[3, 2, 0], until: &[3, 2, 1], with: With::Beta, severity: Severity::Error,
          why: "JRaft does not start on the image's Java 17: it lacks `--add-opens`",
          help: "use v3.2.0 or later" },
];
