//! The pods of the proxy: driver, memory, doors and how it is started.

use serde_json::Value;

use super::files::{CONF, Proxy, of_proxies, proxies};
use crate::products::jvm::{JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, JVM_OPTS};
use crate::products::shardingsphere::{CGROUP_MEM_OPTS, PORT, key};
use crate::verify::pods::Behind;
use crate::verify::{Finding, Grade, Rule, Set};
use crate::verify::{texts, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "shardingsphere-has-driver",
        grade: Grade::ERROR,
        promise: "a ShardingSphere-Proxy for MySQL has MySQL's driver",
        why: "the image does not contain it, because of its licence: the proxy exits at the first data source \
              with `No suitable driver`",
        fix: "copy `mysql-connector-j` in an init container to an emptyDir at \
              `/opt/shardingsphere-proxy/ext-lib`, or build an image with it",
        source: "apache/shardingsphere distribution/proxy/pom.xml; user manual, ShardingSphere-Proxy with Docker",
        check: |set| of_proxies(set, driver),
    },
    Rule {
        code: "shardingsphere-has-strong-password",
        grade: Grade::ERROR,
        promise: "a ShardingSphere-Proxy that can be reached from outside the cluster has a strong password",
        why: "anyone who can reach the port is root of all databases behind it",
        fix: "add `authority:` with `users:` and a long password, or make the Service a ClusterIP",
        source: "apache/shardingsphere release notes 5.3.0: without authority the account is root with the password root",
        check: unlocked,
    },
    Rule {
        code: "shardingsphere-standalone-is-one-pod",
        grade: Grade::PROD,
        promise: "a ShardingSphere-Proxy in Standalone mode is one pod",
        why: "each keeps its metadata in its own memory: a table created through one is unknown to the others \
              until they restart",
        fix: "set `replicas: 1`, or use Cluster mode with a registry",
        source: "apache/shardingsphere user manual, mode configuration; #31328",
        check: divergent,
    },
    Rule {
        code: "shardingsphere-memory-is-read",
        grade: Grade::PROD,
        promise: "memory options of a ShardingSphere-Proxy are in a variable that its start script reads",
        why: "others are ignored: the heap is 80% of the container's memory, whatever they set",
        fix: "set them in `CGROUP_MEM_OPTS`: `-Xms1g -Xmx1g`",
        source: "apache/shardingsphere distribution/proxy bin/start.sh, #20781, #36979",
        check: |set| of_proxies(set, unread),
    },
    Rule {
        code: "shardingsphere-heap-fits",
        grade: Grade::ERROR,
        promise: "the memory limit of a ShardingSphere-Proxy fits its heap and the JVM's other memory",
        why: "the start script allocates 80% for the heap at once; classes, threads and buffers do not fit in the \
              rest, and the container is killed (OOMKilled)",
        fix: "set the limit to 1Gi or more, and `CGROUP_MEM_OPTS=-XX:InitialRAMPercentage=50.0 \
              -XX:MaxRAMPercentage=60.0`",
        source: "apache/shardingsphere distribution/proxy bin/start.sh, #20781",
        check: |set| of_proxies(set, heap),
    },
    Rule {
        code: "shardingsphere-arguments-arrive",
        grade: Grade::WARNING,
        promise: "arguments for a ShardingSphere-Proxy reach its start script",
        why: "the image's entrypoint is in shell form, which drops them: the proxy listens on 3307",
        fix: "set `command: [/opt/shardingsphere-proxy/bin/start.sh]` before them, or set `PORT`",
        source: "apache/shardingsphere distribution/proxy/Dockerfile",
        check: |set| of_proxies(set, dropped),
    },
    Rule {
        code: "shardingsphere-listens-where-declared",
        grade: Grade::ERROR,
        promise: "a ShardingSphere-Proxy container declares the port that it listens on",
        why: "Services and probes that refer to the port by name cannot connect: connection refused",
        fix: "declare 3307, or pass the start script another port as its first argument",
        source: "apache/shardingsphere distribution/proxy bin/start.sh and Dockerfile",
        check: |set| of_proxies(set, elsewhere),
    },
    Rule {
        code: "shardingsphere-logging-is-configured",
        grade: Grade::WARNING,
        promise: "before 5.3, a volume mounted over the `conf` directory of a ShardingSphere-Proxy contains a \
                  `logback.xml`",
        why: "the image's own is hidden, and without one the proxy logs everything at DEBUG",
        fix: "add a `logback.xml` with `<root level=\"INFO\">`",
        source: "apache/shardingsphere release notes 5.3.0; shardingsphere-on-cloud chart",
        check: |set| of_proxies(set, untamed),
    },
];

fn driver<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let container = proxy.container;
    let mysql = proxy.databases.iter().flat_map(super::files::Doc::sources).any(|(_, source)| {
        source.get("url").and_then(Value::as_str).is_some_and(|url| url.starts_with("jdbc:mysql:"))
    });
    if !mysql || !proxy.is_plain() {
        return Vec::new();
    }
    let folder = |mount: &crate::verify::pods::Mount<'a>| {
        let rest = mount.path.strip_prefix("/opt/shardingsphere-proxy/").unwrap_or_default();
        rest.starts_with("ext-lib") || rest.starts_with("lib")
    };
    let mounts = container.mounts();
    let Some(mount) = mounts.iter().find(|mount| folder(mount)) else {
        let all = container
            .mounts()
            .iter()
            .any(|mount| mount.path.trim_end_matches('/') == "/opt/shardingsphere-proxy");
        let title = "nothing installs MySQL's driver, but its data sources are MySQL";
        return (!all).then(|| container.finding("/volumeMounts", title)).into_iter().collect();
    };
    let others = proxy.pod.containers.iter().filter(|other| !std::ptr::eq(*other, container));
    let filled = others.into_iter().any(|other| other.mounts().iter().any(|own| own.volume == mount.volume));
    let title = format!("nothing copies MySQL's driver to the empty volume `{}`", mount.volume);
    let empty = mount.behind == Behind::EmptyDir && !filled;
    empty.then(|| container.finding(&format!("/volumeMounts/{}", mount.index), title)).into_iter().collect()
}

/// Passwords that everybody tries first.
const TRIED: &[&str] = &["", "root", "123456", "12345678", "password", "admin", "sharding", "mysql"];

fn unlocked<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for proxy in proxies(set) {
        let (Some(doc), Some(service)) =
            (&proxy.global, topology::exposed(set, proxy.pod).into_iter().next())
        else {
            continue;
        };
        let accounts =
            accounts(&doc.body.get("authority").or_else(|| rule_users(doc)).cloned().unwrap_or_default());
        let open = service.id();
        if accounts.is_empty() {
            let silent = !doc.body.contains_key("authority") && doc.rule("AUTHORITY").is_none();
            if silent && proxy.at_least(&[5, 3]) {
                let title = format!(
                    "defines no accounts, so root has the password root, and {open} exposes it outside the cluster"
                );
                findings.push(doc.finding(title, "mode:"));
            }
            continue;
        }
        if accounts.iter().any(|(user, password)| TRIED.contains(&password.as_str()) || user == password) {
            let title = format!(
                "an account has a publicly known password, and {open} exposes it outside the cluster"
            );
            let word = if doc.body.contains_key("authority") { "authority:" } else { "!AUTHORITY" };
            findings.push(doc.finding(title, word));
        }
    }
    findings
}

/// The rule that held accounts before 5.3.
fn rule_users<'d>(doc: &'d super::files::Doc<'_, '_>) -> Option<&'d Value> {
    let rules = doc.body.get("rules").and_then(Value::as_array)?;
    rules.iter().find(|rule| rule.get("users").is_some())
}

/// User and password of all accounts: maps, or `root@%:password`.
fn accounts(authority: &Value) -> Vec<(String, String)> {
    let users = authority.get("users").and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let account = |user: &Value| {
        let (name, password) = match user {
            Value::String(line) => {
                let (name, password) = line.rsplit_once(':')?;
                (name.to_owned(), password.to_owned())
            }
            user => (text(user.get("user")?), user.get("password").map(text).unwrap_or_default()),
        };
        Some((name.split('@').next().unwrap_or_default().to_owned(), password))
    };
    users.filter_map(account).collect()
}

fn divergent<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let broken = |proxy: &Proxy<'_, 'a>| {
        let doc = proxy.global.as_ref().filter(|_| !proxy.before(&[5, 2]))?;
        let mode = doc.text("mode", "/type").unwrap_or("Standalone");
        let pods = proxy.pod.replicas(set).filter(|pods| *pods > 1 && mode == "Standalone")?;
        let title = format!("{pods} pods run in Standalone mode");
        Some(Finding::new(proxy.pod.workload, title).at("/spec/replicas"))
    };
    proxies(set).iter().filter_map(broken).collect()
}

fn unread<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let env = &proxy.container.env;
    let ignored =
        [(JVM_OPTS, proxy.before(&[5, 5, 3])), ("JAVA_MEM_COMMON_OPTS", true), ("ES_JAVA_OPTS", true)];
    let sizes = |text: &str| ["-Xm", "RAMPercentage"].iter().any(|flag| text.contains(flag));
    ignored
        .into_iter()
        .filter(|(_, ignored)| *ignored && proxy.is_plain() && !proxy.before(&[5, 2, 1]))
        .filter_map(|(name, _)| env.get(name).filter(|var| var.value.plain().is_some_and(sizes)))
        .map(|var| env.finding(var, format!("the start script does not read `{}` in a container", var.name)))
        .collect()
}

/// Less than this does not hold a JVM with this program and four fifths of it as heap.
const LEAST: u64 = 768 << 20;

fn heap<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let (container, env) = (proxy.container, &proxy.container.env);
    if !proxy.is_plain() || proxy.before(&[5, 2, 1]) || env.is_open() {
        return Vec::new();
    }
    let names = [CGROUP_MEM_OPTS, JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, JVM_OPTS];
    let unread = |name: &&&str| **name == JVM_OPTS && proxy.before(&[5, 5, 3]);
    let options: Vec<&str> =
        names.iter().filter(|name| !unread(name)).filter_map(|name| env.known(name)).collect();
    let options = options.join(" ");
    let chosen =
        ["-Xmx", "RAMPercentage", "-XX:MaxHeapSize", "-XX:MaxRAM"].iter().any(|flag| options.contains(flag));
    let unknown = names.iter().any(|name| env.has(name) && env.known(name).is_none());
    match (container.memory_limit(), texts::flag(&options, "-Xmx").and_then(texts::bytes)) {
        (Some(limit), Some(heap)) if heap > limit / 10 * 9 => {
            let title =
                format!("a heap of {} does not fit in {}", texts::mebibytes(heap), texts::mebibytes(limit));
            vec![container.finding("/resources/limits/memory", title)]
        }
        (Some(limit), None) if limit < LEAST && !chosen && !unknown => {
            let title = format!("is limited to {}, of which the heap allocates 80%", texts::mebibytes(limit));
            vec![container.finding("/resources/limits/memory", title)]
        }
        _ => Vec::new(),
    }
}

fn dropped<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let container = proxy.container;
    let args = container.at("/args").and_then(Value::as_array).is_some_and(|args| !args.is_empty());
    let broken = args && !container.has_command() && container.image.is("apache/shardingsphere-proxy");
    let title = "has arguments but no command";
    broken.then(|| container.finding("/args", title)).into_iter().collect()
}

/// The port of the first argument or of `PORT`, of the properties, or the usual one.
fn listens(proxy: &Proxy<'_, '_>) -> Option<u64> {
    let container = proxy.container;
    let words = container.words();
    let argument = words.iter().find_map(|word| word.parse().ok()).filter(|_| container.has_command());
    let variable = container.env.known("PORT").and_then(|port| port.parse().ok());
    let said = if container.has_command() { argument } else { variable };
    let silent = container.has_command() || container.env.lacks("PORT");
    let own = || proxy.global.as_ref()?.map("props")?.get(key::PROXY_DEFAULT_PORT)?.as_u64();
    let usual = || (silent && proxy.global.is_some()).then(|| own().unwrap_or(u64::from(PORT)));
    said.or_else(usual).filter(|_| proxy.is_plain())
}

fn elsewhere<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let Some(port) = listens(proxy) else { return Vec::new() };
    // The port of change data capture, too.
    let other = topology::declares_others(proxy.container, &[port, 33071]);
    let title = |declared: u64| format!("declares port {declared}, but the proxy listens on {port}");
    other.map(|(at, declared)| proxy.container.finding(&at, title(declared))).into_iter().collect()
}

fn untamed<'a>(proxy: &Proxy<'_, 'a>) -> Vec<Finding<'a>> {
    let container = proxy.container;
    let mount = container.mounts().into_iter().find(|mount| {
        mount.path.trim_end_matches('/') == CONF && mount.behind == Behind::Config && mount.sub_path.is_none()
    });
    let Some(mount) = mount.filter(|_| proxy.before(&[5, 3])) else { return Vec::new() };
    let files = || container.files.iter().filter(|file| file.path.starts_with(CONF));
    let broken = files().next().is_some() && !files().any(|file| file.name().starts_with("logback"));
    let title = "hides the image's `logback.xml` and does not provide one";
    broken.then(|| container.finding(&format!("/volumeMounts/{}", mount.index), title)).into_iter().collect()
}
