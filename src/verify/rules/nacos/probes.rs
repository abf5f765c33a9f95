//! Probes of Nacos servers: what each version answers where, and what the answers mean.

use super::pages::console_port;
use super::ports::has_moved;
use super::running::{self, Running};
use crate::products::nacos::{
    self, ADMIN_API, CONSOLE_API, CONTEXT, HEALTH, HIDDEN_HEALTH, Health, NACOS_CONSOLE_CONTEXTPATH,
    NACOS_DEPLOYMENT_TYPE, SERVER_SERVLET_CONTEXTPATH, STATE,
};
use crate::products::{since, spring, text};
use crate::verify::pods::Probe;
use crate::verify::{Finding, Grade, Rule, Set};

const TWO: &str = text!(HEALTH[0].value.context, HEALTH[0].value.path);
const THREE: &str = HEALTH[1].value.path;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-probe-fits-version",
        grade: Grade::ERROR,
        promise: "probes of a Nacos server use a path and a port that its version serves",
        why: "a probe that gets 404, 410 or no answer always fails: the server is restarted again and again, or \
              never becomes ready",
        fix: text!(
            "use `",
            TWO,
            "/liveness` and `readiness` on 8848 with 2.x, `",
            THREE,
            "/liveness` and \
              `readiness` on 8080 with 3.x"
        ),
        source: "nacos HealthController, ConsoleHealthController, ApiCompatibilityConfig; nacos-group/nacos-k8s#488",
        check: probe_fits_version,
    },
    Rule {
        code: "nacos-readiness-detects-failure",
        grade: Grade::PROD,
        promise: "the readiness probe of a Nacos server fails when the server cannot serve requests",
        why: "these endpoints always answer 200 and report a failure at most in the body: Services route to \
              servers without a database or without peers",
        fix: text!(
            "use `",
            TWO,
            "/readiness` on 8848 with 2.x, `",
            THREE,
            "/readiness` on 8080 from 3.0.3 on"
        ),
        source: "nacos HealthControllerV2, CoreOpsControllerV3; alibaba/nacos#13437, #3923, #4254",
        check: readiness_tells_the_truth,
    },
    Rule {
        code: "nacos-liveness-tolerates-outages",
        grade: Grade::ERROR,
        promise: "the liveness probe of a Nacos server does not depend on the database and the peers",
        why: "readiness answers 500 when the database is down: as a liveness probe it restarts all members at \
              once, again and again",
        fix: text!("use `", TWO, "/liveness` on 8848 with 2.x, `", THREE, "/liveness` on 8080 with 3.x"),
        source: "nacos HealthController, ConsoleHealthController, ConfigReadinessChecker",
        check: liveness_endures_outages,
    },
    Rule {
        code: "nacos-liveness-waits-for-the-start",
        grade: Grade::PROD,
        promise: "a Nacos server has two minutes to start before it is restarted",
        why: "a server that waits for its peers (30 s per attempt) or for its database (30 s and more) is killed \
              meanwhile, and starts over",
        fix: "add a startupProbe with `periodSeconds: 10` and `failureThreshold: 36`",
        source: "nacos DistroLoadDataTask: 30 s; nacos-k8s helm chart: 180 s before its first probe",
        check: liveness_waits,
    },
];

/// All servers' probes.
fn probes<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = (Running<'s, 'a>, Probe<'a>)> {
    running::servers(set).flat_map(|server| server.container.probes().map(move |probe| (server, probe)))
}

fn probe_fits_version<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let wrong = probes(set).filter_map(|(server, probe)| {
        let Misfit { at, title } = misfit(server, &probe)?;
        let finding = server.container.finding(&format!("/{}{at}", probe.kind), title);
        let finding = match moved(server, &probe).filter(|_| at == PATH) {
            Some(path) => finding.help(format!("ask `{path}`")),
            None => finding,
        };
        let assumed = server.version().is_none() && matches!(at, PATH | COMMAND);
        Some(if assumed { finding.warns() } else { finding })
    });
    wrong.collect()
}

/// Where the page is that a probe asks for, when only the front of its path is wrong.
fn moved(server: Running<'_, '_>, probe: &Probe<'_>) -> Option<String> {
    let own = health(server)?;
    let (prefix, path) = (prefix(server, own)?, probe.http_path()?);
    let page = &path[path.find(&format!("{}/", own.path))?..];
    Some(format!("{prefix}{page}"))
}

/// Why a probe never succeeds, and the field that is to blame.
struct Misfit {
    at: &'static str,
    title: String,
}

const PATH: &str = "/httpGet/path";
const PORT: &str = "/httpGet/port";
const COMMAND: &str = "/exec/command";

fn misfit(server: Running<'_, '_>, probe: &Probe<'_>) -> Option<Misfit> {
    if let Some(command) = probe.command() {
        let title = by_path(server, &command, None)?;
        return Some(Misfit { at: COMMAND, title });
    }
    let port = probe.port().and_then(|port| server.container.port_number(port));
    if let (Some(port), Some(main)) = (port, server.port())
        && has_moved(port, main)
    {
        let at = if probe.http_path().is_some() { PORT } else { "/tcpSocket/port" };
        return Some(Misfit {
            at,
            title: format!("{port} does not listen: the server's main port is {main}"),
        });
    }
    let path = probe.http_path()?;
    if let Some(title) = by_path(server, path, Some(path)) {
        return Some(Misfit { at: PATH, title });
    }
    if let Some((port, main)) = port.zip(server.port())
        && ["/console/health/", spring::HEALTH, "/core/state/"].iter().any(|part| path.contains(part))
        && port != main
        && console_port(server).is_some_and(|console| port != console)
        && !server.is_elsewhere(port)
        && !server.mentions(&[spring::key::MANAGEMENT_PORT])
    {
        return Some(Misfit {
            at: PORT,
            title: format!("no endpoint of the server is on {port}: its main port is {main}"),
        });
    }
    Some(Misfit { at: PORT, title: by_port(server, path, port?)? })
}

/// Is it 3.x, as far as the tag tells: `latest` is.
fn is_three(server: Running<'_, '_>) -> bool {
    server.is_at_least(&[3]) || server.is_latest()
}

fn is_two(server: Running<'_, '_>) -> bool {
    server.is_at_least(&[2]) && server.is_before(&[3])
}

/// Where its version tells of its health.
fn health(server: Running<'_, '_>) -> Option<&'static Health> {
    since(&HEALTH, |version| server.is_at_least(version) || server.is_latest())
}

/// What its paths begin with.
fn prefix<'s>(server: Running<'s, '_>, own: &'static Health) -> Option<&'s str> {
    let variable = if is_three(server) { NACOS_CONSOLE_CONTEXTPATH } else { SERVER_SERVLET_CONTEXTPATH };
    Some(server.or(variable, own.context)?.trim_end_matches('/'))
}

/// `text` is a path, or a command with an address in it; `path` only the former.
fn by_path(server: Running<'_, '_>, text: &str, path: Option<&str>) -> Option<String> {
    let shown = path.map_or("the command".to_owned(), |path| format!("`{path}`"));
    let own = health(server)?;
    if is_three(server) {
        let theirs = HEALTH.iter().map(|row| row.value.path).filter(|path| *path != own.path);
        let gone = theirs.chain([HIDDEN_HEALTH]).any(|path| text.contains(path))
            && !server.mentions(&[nacos::key::COMPATIBLE_CONSOLE]);
        let closed = text.contains(spring::HEALTH) && !server.mentions(&[spring::key::EXPOSED]);
        if gone || closed {
            return Some(format!("3.x does not serve {shown}"));
        }
        let prefix = prefix(server, own)?;
        let console = path.filter(|path| path.contains(&format!("{}/", own.path)))?;
        let moved = server.mentions(&["console.contextPath", "console.context-path"])
            || server.container.env.has(SERVER_SERVLET_CONTEXTPATH);
        let right = console.starts_with(&format!("{prefix}{}/", own.path));
        return (!moved && !right).then(|| format!("3.x serves {shown} at `{prefix}{}`", own.path));
    }
    if is_two(server) && (text.contains(CONSOLE_API) || text.contains(ADMIN_API)) {
        return Some(format!("2.x does not serve {shown}"));
    }
    let prefix = prefix(server, own)?;
    let moved = server.mentions(&["servlet.contextPath", "servlet.context-path"]);
    let asks = [own.path, HIDDEN_HEALTH].iter().any(|page| text.contains(page));
    let path = path.filter(|path| asks && !path.starts_with(&format!("{prefix}/")))?;
    (is_two(server) && !moved)
        .then(|| format!("the server's context path is `{prefix}`, so `{path}` does not exist"))
}

fn by_port(server: Running<'_, '_>, path: &str, port: u64) -> Option<String> {
    let (main, console) = (server.port()?, console_port(server)?);
    if main == console {
        return None;
    }
    if is_two(server) {
        return (port == console).then(|| format!("2.x listens on {main}, not on {port}"));
    }
    if !is_three(server) {
        return None;
    }
    let kind = server.plain(NACOS_DEPLOYMENT_TYPE).unwrap_or("merged");
    match port {
        port if port == main && path.contains(CONSOLE_API) => {
            Some(format!("3.x serves its console on {console}, not on {port}"))
        }
        port if port == main && kind == "console" => {
            Some(format!("a console-only server does not listen on {port}"))
        }
        port if port == console && path.contains(ADMIN_API) => {
            Some(format!("3.x serves its admin API on {main}, not on {port}"))
        }
        port if port == console && kind == "server" => {
            Some(format!("a server without a console does not listen on {port}"))
        }
        port if port == main && is_root(path) && server.is_before(&[3, 0, 3]) => {
            Some(format!("3.x before 3.0.3 answers 404 to `{path}`"))
        }
        _ => None,
    }
}

fn readiness_tells_the_truth<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let always = |path: &str| {
        path.contains(&format!("{HIDDEN_HEALTH}/"))
            || path.contains(STATE)
            || path.ends_with("/console/health/liveness")
            || path.contains(spring::HEALTH)
            || is_root(path)
            || path.strip_prefix(CONTEXT) == Some("/index.html")
    };
    let blind = probes(set).filter_map(|(server, probe)| {
        let path = probe.http_path().filter(|path| always(path))?;
        if probe.kind != "readinessProbe" || misfit(server, &probe).is_some() {
            return None;
        }
        let title = format!("`{path}` answers 200 even when the server cannot serve requests");
        Some(server.container.finding("/readinessProbe/httpGet/path", title))
    });
    blind.collect()
}

/// Is it the first page of 2.x?
fn is_root(path: &str) -> bool {
    path.strip_suffix('/').unwrap_or(path) == CONTEXT
}

/// Does it fail with the database?
fn is_honest(server: Running<'_, '_>, text: &str) -> bool {
    let mut pages = HEALTH.iter().map(|row| &row.value);
    pages.any(|page| page.readiness_in(text) && !server.is_before(page.honest))
}

fn liveness_endures_outages<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let fragile =
        probes(set).filter(|(_, probe)| probe.kind == "livenessProbe").filter_map(|(server, probe)| {
            let command = probe.command();
            let text = probe.http_path().or(command.as_deref())?;
            if !is_honest(server, text) || misfit(server, &probe).is_some() {
                return None;
            }
            let at = if command.is_some() { COMMAND } else { PATH };
            let title = "uses readiness, which fails while the database is down";
            Some(server.container.finding(&format!("/livenessProbe{at}"), title))
        });
    fragile.collect()
}

/// Seconds that a start may take: two minutes of tries with ten seconds between them.
const START: u64 = 110;

fn liveness_waits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let hasty = running::servers(set).filter(|server| !server.is_console()).filter_map(|server| {
        let start = server.container.probe("startupProbe");
        // A page that answers as soon as the process does needs no more than that.
        let start = start.map(|probe| (probe, is_honest(server, probe.http_path().unwrap_or_default())));
        let (probe, what) = match start {
            Some((probe, true)) => (probe, "to find its peers and database"),
            Some((_, false)) => return None,
            None => (server.container.probe("livenessProbe")?, "to start"),
        };
        let budget = probe.budget();
        let title = format!("gives the server {budget} s {what}");
        (budget < START).then(|| server.container.finding(&format!("/{}", probe.kind), title))
    });
    hasty.collect()
}
