//! What a version of Nacos decides: whether it should run at all, and what it reads.

use super::database::is_in_mysql;
use super::servers::{Server, servers, starting};
use crate::diagnostic::Severity;
use crate::products::jvm::{JAVA_OPT, JAVA_OPT_EXT};
use crate::products::nacos::releases::{FLAWS, Flaw, With};
use crate::products::nacos::{
    HTTP, INIT_FOLDER, MEMBER_LIST, MODE, NACOS_APPLICATION_PORT, NACOS_REPLICAS, NACOS_SERVER_PORT,
    NACOS_SERVERS, PROPERTIES_FILE,
};
use crate::verify::pods::Product;
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-version-has-no-known-defect",
        grade: Grade::WARNING,
        promise: "no Nacos server has a version with a known serious defect",
        why: "the defect is fixed in a later version",
        fix: "use v2.5.3 or v3.2.3, or later",
        source: "alibaba/nacos#11075, #12504, #12558, #12573, #12659, #13644, #14614, and release notes",
        check: version_is_sound,
    },
    Rule {
        code: "nacos-mode-is-known",
        grade: Grade::ERROR,
        promise: "`MODE` of a Nacos server is `standalone` or `cluster`",
        why: "the start script treats every other value as cluster, which then requires MySQL and other members",
        fix: "set exactly `standalone` or `cluster`",
        source: "nacos-docker docker-startup.sh",
        check: mode_is_known,
    },
    Rule {
        code: "nacos-settings-are-read",
        grade: Grade::WARNING,
        promise: "every setting of a Nacos server is one that its version reads",
        why: "the setting is silently ignored",
        fix: "remove it",
        source: "nacos-docker docker-startup.sh and application.properties, 2.0.4 to 3.2.3; alibaba/nacos#4366",
        check: settings_are_read,
    },
];

fn version_is_sound<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in servers(set) {
        let Some(tag) = server.image.tag() else { continue };
        for bad in FLAWS.iter().filter(|bad| has(&server, bad, tag)) {
            let title = format!("Nacos {tag} has a known defect: {}", bad.why);
            let finding = server.of_image(title).help(bad.help);
            findings.push(if bad.severity == Severity::Error { finding.refuses() } else { finding });
        }
    }
    findings
}

/// Does the server have it?
fn has(server: &Server<'_>, flaw: &Flaw, tag: &str) -> bool {
    server.at_least(flaw.from)
        && server.before(flaw.until)
        && match flaw.with {
            With::Nothing => true,
            With::Beta => tag.to_lowercase().contains("beta"),
            With::Cluster => server.is_alone() == Some(false),
            With::Standalone => server.is_alone() != Some(false),
            With::Derby => server.is_alone() == Some(true) && is_in_mysql(server) == Some(false),
        }
}

fn mode_is_known<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in servers(set).iter().filter(|server| server.is_official() && !server.operated) {
        let told = server.told_by(MODE);
        let Some(mode) = server.env.get(MODE).and_then(|var| var.value.plain()) else { continue };
        if told.value().is_none() || matches!(mode, "standalone" | "cluster") {
            continue;
        }
        let finding = server.finding(&told, format!("`MODE` is `{mode}`, which is treated as `cluster`"));
        let meant = words::closest(mode, ["standalone", "cluster"]);
        findings.push(match meant {
            Some("cluster") => finding.warns(),
            Some(meant) => finding.help(format!("write `{meant}`")),
            None => finding,
        });
    }
    findings
}

/// Variables that do nothing, up to some version, and what to do instead.
type Deaf = (&'static str, &'static [u32], &'static str);
const ALWAYS: &[u32] = &[u32::MAX];
const DEAF: &[Deaf] = &[
    (MEMBER_LIST, ALWAYS, "list the members in `NACOS_SERVERS`"),
    ("TIME_ZONE", ALWAYS, "set `TZ`"),
    ("NACOS_AUTH_ADMIN_ENABLE", &[3, 0, 1], "remove it: the image reads it since v3.0.1"),
    ("NACOS_AUTH_CONSOLE_ENABLE", &[3, 0, 1], "remove it: the image reads it since v3.0.1"),
];

fn settings_are_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in servers(set).iter().filter(|server| server.is_official() && server.runs_start_script()) {
        for (name, until, help) in DEAF {
            let told = server.told_by(name);
            if told.value().is_some() && (*until == ALWAYS || server.before(until)) {
                let title = format!("{} does not read `{name}`", server.named());
                findings.push(server.finding(&told, title).help(*help));
            }
        }
        findings.extend(port(server));
        findings.extend(replicas(server, set));
        findings.extend(options(server));
        findings.extend(members(server, set));
    }
    findings.extend(files(set));
    findings
}

/// `NACOS_SERVER_PORT` stands in the official examples; it misleads where it differs from the port.
fn port<'a>(server: &Server<'a>) -> Option<Finding<'a>> {
    let (told, real) = (server.told_by(NACOS_SERVER_PORT), server.told_by(NACOS_APPLICATION_PORT));
    let main = HTTP.to_string();
    let (wanted, real) = (told.value()?, real.value().unwrap_or(&main));
    let (wanted, real): (u16, u16) = (wanted.trim().parse().ok()?, real.trim().parse().ok()?);
    let title = format!("`{NACOS_SERVER_PORT}` is {wanted}, but is ignored: the server listens on {real}");
    (wanted != real)
        .then(|| server.finding(&told, title).help(format!("the port is `{NACOS_APPLICATION_PORT}`")))
}

/// `NACOS_REPLICAS` likewise.
fn replicas<'a>(server: &Server<'a>, set: &Set<'a>) -> Option<Finding<'a>> {
    let told = server.told_by(NACOS_REPLICAS);
    let wanted: u64 = told.value()?.trim().parse().ok()?;
    let real = set.pod_of(server.object)?.replicas(set)?;
    let title = format!(
        "`{NACOS_REPLICAS}` is {wanted}, but is ignored: there are {}",
        words::counted(usize::try_from(real).ok()?, "pod")
    );
    (wanted != real).then(|| server.finding(&told, title))
}

/// Despite its name, `JAVA_OPT_EXT` stands behind `-jar`.
fn options<'a>(server: &Server<'a>) -> Option<Finding<'a>> {
    let told = server.told_by(JAVA_OPT_EXT);
    let option =
        told.value()?.split_whitespace().find(|word| word.starts_with("-X") || word.starts_with("-D"))?;
    // The value may be a secret; its name is none.
    let name: String = option.split(['=', ':']).next().unwrap_or_default().to_owned();
    let title = format!("`{name}` in `{JAVA_OPT_EXT}` is not read as a Java option: it comes after `-jar`");
    Some(server.finding(&told, title).word(name).help(format!("set it in `{JAVA_OPT}`")))
}

/// A server that runs alone has no list of members. (Several that run alone are another matter.)
fn members<'a>(server: &Server<'a>, set: &Set<'a>) -> Option<Finding<'a>> {
    let told = server.told_by(NACOS_SERVERS);
    let one = set.pod_of(server.object)?.replicas(set) == Some(1);
    (told.value().is_some() && one && server.is_alone() == Some(true))
        .then(|| server.finding(&told, format!("`{NACOS_SERVERS}` is not read when `MODE` is `standalone`")))
}

/// Since 2.2.0 nothing is looked for in `init.d`.
fn files<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    const FOLDER: &str = INIT_FOLDER;
    let mut findings = Vec::new();
    for pod in set.pods_with(Product::Nacos) {
        for container in starting(pod) {
            let server = Server::of_container(pod, container);
            let late = server.at_least(&[2, 2]) || server.is_newest();
            if !late || !server.is_official() || server.mentions("init.d") {
                continue;
            }
            let mount = container.mounts().into_iter().find(|mount| mount.path.starts_with(FOLDER));
            findings.extend(mount.map(|mount| {
                let title = format!("since 2.2.0 Nacos does not read `{FOLDER}`");
                let help = format!("mount `application.properties` at `{PROPERTIES_FILE}` (`subPath`)");
                container.finding(&format!("/volumeMounts/{}/mountPath", mount.index), title).help(help)
            }));
        }
    }
    findings
}
