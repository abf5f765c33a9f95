//! What a version of Nacos decides: ports, paths, schema.

use crate::components::common::Common;
use crate::diagnostic::{Diagnostic, Path};
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
            Some(version) => Ok(Self { version }),
            None => {
                Err(Diagnostic::error("nacos-version", format!("`{tag}` is not a supported Nacos version"))
                    .at(at)
                    .because("ports, probes, required variables and the schema differ between 2.x and 3.x")
                    .help("use a version from v2.0.0 on, such as `v2.5.3` or `v3.2.3`"))
            }
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

    /// Where nothing is said, the image fills in a token and an identity that everybody knows: whoever sends that identity
    /// needs no login.
    pub(super) fn has_public_keys(&self) -> bool {
        self.before(&[2, 2, 1])
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
}
