//! What a version of Nacos decides: ports, paths, schema, and which versions not to run.

use super::settings::Mode;
use crate::components::common::Common;
use crate::diagnostic::{Diagnostic, Path, Severity};
use crate::k8s::{Image, Version};

/// Clients, people (2.x) and login.
pub(super) const HTTP: u16 = 8848;
/// What clients add to the port of the HTTP API. Source: Nacos `Constants.SDK_GRPC_PORT_DEFAULT_OFFSET`.
pub(super) const GRPC_OFFSET: u16 = 1000;
/// Clients' gRPC.
pub(super) const GRPC: u16 = HTTP + GRPC_OFFSET;
/// Servers' gRPC among themselves.
pub(super) const PEERS: u16 = HTTP + 1001;
/// JRaft among servers.
pub(super) const RAFT: u16 = HTTP - 1000;
/// The console of 3.x.
pub(super) const CONSOLE: u16 = 8080;

/// A version of the server.
#[derive(Clone, Debug)]
pub(super) struct Release {
    version: Version,
    /// As it is written: `v3.2.0-BETA`.
    tag: String,
}

impl Release {
    /// The version that the image's tag names, or else `version`.
    pub(super) fn of(common: &Common, path: &Path) -> Result<Self, Diagnostic> {
        let image = Image::parse(&common.image);
        let (tag, at) = match image.tag() {
            Some(tag) => (tag.to_owned(), path.key("image")),
            None => (common.version.clone(), path.key("version")),
        };
        let known = Version::parse(&tag).filter(|version| version.at_least(&[2]) && version.before(&[4]));
        match known {
            Some(version) => Ok(Self { version, tag }),
            None => Err(Diagnostic::error(
                "nacos-version",
                format!("`{tag}` is not a Nacos version that we know"),
            )
            .at(at)
            .because("ports, probes, required variables and the schema differ between 2.x and 3.x")
            .help("write a version from v2.0.0 on, such as `v2.5.3` or `v3.2.3`")),
        }
    }

    /// Console on a port of its own, three variables always required.
    pub(super) fn is_three(&self) -> bool {
        self.version.major() >= 3
    }

    /// `2.5.3`
    pub(super) fn number(&self) -> String {
        self.version.to_string()
    }

    pub(super) fn at_least(&self, wanted: &[u32]) -> bool {
        self.version.at_least(wanted)
    }

    pub(super) fn before(&self, wanted: &[u32]) -> bool {
        self.version.before(wanted)
    }

    /// Token and identity are demanded even with `auth.enabled: false`.
    ///
    /// Source: docker-startup.sh of 3.x ends with 255 without them; the properties of the images 2.2.0.1 and 2.2.1
    /// have placeholders without a default.
    pub(super) fn always_wants_secrets(&self) -> bool {
        self.is_three() || (self.at_least(&[2, 2, 0, 1]) && self.before(&[2, 2, 2]))
    }

    /// The file that makes the tables is in the image.
    ///
    /// Source: until 2.1.1 the image's build deletes it (`conf/nacos-mysql.sql`); 2.1.2 renamed it.
    pub(super) fn has_schema(&self) -> bool {
        self.at_least(&[2, 1, 2])
    }

    /// The table that the schema makes last: when it is there, all are.
    pub(super) fn last_table(&self) -> &'static str {
        if self.at_least(&[3, 2]) { "ai_resource_version" } else { "permissions" }
    }

    /// The schema brings `nacos`/`nacos`: it was taken out in 2.4.0.
    pub(super) fn has_default_user(&self) -> bool {
        self.before(&[2, 4])
    }

    /// Where the first administrator is made, on the HTTP port; none where the schema brings one.
    pub(super) fn admin_path(&self) -> &'static str {
        if self.is_three() { "/nacos/v3/auth/user/admin" } else { "/nacos/v1/auth/users/admin" }
    }

    /// 200 when the server can serve, 500 when it cannot.
    ///
    /// Source: in 2.x only the v1 path tells by status (v2 hides it in the body); in 3.x only the console's
    /// (`ConsoleHealthController`), and before 3.0.3 not even that.
    pub(super) fn readiness_path(&self) -> &'static str {
        if self.is_three() { "/v3/console/health/readiness" } else { "/nacos/v1/console/health/readiness" }
    }

    /// 200 as long as the process answers: an outage of the database restarts nobody.
    pub(super) fn liveness_path(&self) -> &'static str {
        if self.is_three() { "/v3/console/health/liveness" } else { "/nacos/v1/console/health/liveness" }
    }

    /// The port that answers health checks, by name.
    pub(super) fn health_port(&self) -> &'static str {
        if self.is_three() { "console" } else { "http" }
    }

    /// Is this version one that hurts?
    pub(super) fn complaints(&self, mode: Mode, derby: bool, path: &Path) -> Vec<Diagnostic> {
        let hit = |bad: &&Bad| {
            self.at_least(bad.from)
                && self.before(bad.until)
                && bad.beta.is_none_or(|beta| self.tag.to_lowercase().contains(beta))
                && bad.with.is_none_or(|with| with == With::Derby && derby || with == With::Mode(mode))
        };
        BAD.iter().filter(hit).map(|bad| bad.complaint(&self.tag, path)).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum With {
    Mode(Mode),
    Derby,
}

/// A range of versions, and what is wrong with it.
struct Bad {
    from: &'static [u32],
    until: &'static [u32],
    beta: Option<&'static str>,
    with: Option<With>,
    severity: Severity,
    why: &'static str,
    help: &'static str,
}

impl Bad {
    fn complaint(&self, tag: &str, path: &Path) -> Diagnostic {
        let title = format!("Nacos {tag} should not be run");
        let complaint = match self.severity {
            Severity::Error => Diagnostic::error("nacos-bad-version", title),
            Severity::Warning => Diagnostic::warning("nacos-bad-version", title),
        };
        complaint.at(path.key("version")).because(self.why).help(self.help)
    }
}

/// Sources: release notes and issues of alibaba/nacos (#12504, #12558, #12573, #12659, #13644, #14614, #11075).
const BAD: &[Bad] = &[
    Bad {
        from: &[2, 0],
        until: &[2, 2, 3],
        beta: None,
        with: None,
        severity: Severity::Warning,
        why: "its Raft port 7848 runs code for whoever can reach it",
        help: "use v2.2.3 or later, or let a NetworkPolicy guard 7848",
    },
    Bad {
        from: &[2, 4, 0],
        until: &[2, 4, 0, 1],
        beta: None,
        with: None,
        severity: Severity::Warning,
        why: "its schema has an `id` column in roles and permissions that the next version took back",
        help: "use v2.4.3 or v2.5.3",
    },
    Bad {
        from: &[2, 4, 1],
        until: &[2, 4, 2],
        beta: None,
        with: Some(With::Mode(Mode::Cluster)),
        severity: Severity::Error,
        why: "any trouble in Raft turns all naming calls into 503 \"server is DOWN\" and empties the service list",
        help: "use v2.4.2.1 or later",
    },
    Bad {
        from: &[2, 4, 1],
        until: &[2, 4, 2],
        beta: None,
        with: Some(With::Mode(Mode::Standalone)),
        severity: Severity::Warning,
        why: "any trouble in Raft turns all naming calls into 503 \"server is DOWN\" and empties the service list",
        help: "use v2.4.2.1 or later",
    },
    Bad {
        from: &[2, 4, 2],
        until: &[2, 4, 2, 1],
        beta: None,
        with: Some(With::Derby),
        severity: Severity::Warning,
        why: "without a database, looking up the quota of a namespace fails",
        help: "use v2.4.2.1 or later",
    },
    Bad {
        from: &[3, 0, 0],
        until: &[3, 0, 3],
        beta: None,
        with: None,
        severity: Severity::Warning,
        why: "its readiness answers 200 whatever happens, so Services lead to servers that cannot serve",
        help: "use v3.0.3 or later",
    },
    Bad {
        from: &[3, 2, 0],
        until: &[3, 2, 1],
        beta: Some("beta"),
        with: None,
        severity: Severity::Error,
        why: "JRaft does not start on the image's Java 17: it lacks `--add-opens`",
        help: "use v3.2.0 or later",
    },
];
