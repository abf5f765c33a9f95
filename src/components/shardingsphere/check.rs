//! What the proxy would refuse at its start, or accept and suffer from, said before.

use super::rules::{READ_WRITE, TAGS};
use super::{Driver, ShardingSphere};
use crate::components::common::ServiceType;
use crate::components::{Instance, names, public};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::k8s::Version;
use crate::plan::site::Site;
use crate::products::shardingsphere::key;
use crate::words;

/// Below it, a JVM with this program has no room beside its heap, in MiB.
const LEAST_MEMORY: u64 = 768;
/// Below it, the proxy does not start, in MiB.
const LEAST_HEAP: u64 = 256;

pub(super) fn all(me: &Instance<ShardingSphere>, site: &Site) -> Diagnostics {
    let single = [version(me), memory(me), driver(me), door(me)].into_iter().flatten();
    single
        .chain(known_outside(me, site))
        .chain(users(me, site))
        .chain(databases(me))
        .chain(rules(me))
        .chain(props(me))
        .chain(options(me))
        .chain(marked(me))
        .collect()
}

fn version(me: &Instance<ShardingSphere>) -> Option<Diagnostic> {
    let text = &me.common.version;
    let known = Version::parse(text).filter(|version| version.at_least(&[5, 3]));
    known.is_none().then(|| {
        Diagnostic::error("shardingsphere-version", format!("`{text}` is not a supported version"))
            .at(me.path.key("version"))
            .because("accounts, rules and file names depend on the version, and differ before 5.3")
            .help("use \"5.5.2\", or another version from 5.3.0 on")
    })
}

fn memory(me: &Instance<ShardingSphere>) -> Option<Diagnostic> {
    let memory = &me.common.resources.memory;
    if memory.mebibytes() < LEAST_MEMORY {
        return Some(
            Diagnostic::error("shardingsphere-memory", format!("{memory} is too little for the proxy"))
                .at(me.path.key("resources"))
                .because("its parsers alone need some hundred MiB besides the heap")
                .help("set `resources: {memory: 1Gi}` or more"),
        );
    }
    if me.heap() < LEAST_HEAP {
        return Some(
            Diagnostic::error("shardingsphere-memory", format!("a heap of {}Mi is too small", me.heap()))
                .at(me.path.key("heap"))
                .because("the proxy keeps the metadata of all tables in it")
                .help(format!("set `heap: {LEAST_HEAP}Mi` or more, or leave it out")),
        );
    }
    (me.heap() * 4 > memory.mebibytes() * 3).then(|| {
        Diagnostic::error(
            "shardingsphere-memory",
            format!("a heap of {}Mi does not fit in {memory}", me.heap()),
        )
        .at(me.path.key("heap"))
        .because("a quarter of the memory is for the JVM's other memory; above its limit it is killed")
        .help(format!("set `heap: {}Mi` at most, or leave it out", memory.mebibytes() * 3 / 4))
    })
}

fn driver(me: &Instance<ShardingSphere>) -> Option<Diagnostic> {
    let path = me.path.key("driver");
    match me.driver.as_ref()? {
        Driver::Included(false) => Some(
            Diagnostic::error("shardingsphere-driver", "without a driver the proxy cannot reach MySQL")
                .at(path.key("included"))
                .help("set `{included: true}`, or its source: `download`, `image` or `claim`"),
        ),
        Driver::Download(download) if !is_address(&download.url) => Some(
            Diagnostic::error("shardingsphere-driver", "not a valid download address")
                .at(path.keys(&["download", "url"]))
                .because("it is passed to curl and wget")
                .help("use one that starts with `https://`, with spaces and quotes as `%20` and `%22`"),
        ),
        Driver::Download(download) if download.sha256.is_none() => Some(
            Diagnostic::warning("shardingsphere-driver", "the download is not verified")
                .at(path.key("download"))
                .because("anyone who controls that address can run code next to the passwords")
                .help("add `sha256:`, as printed by `sha256sum`"),
        ),
        Driver::Download(download) => {
            let digits = download.sha256.as_deref().unwrap_or_default();
            let fine = digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit());
            (!fine).then(|| {
                Diagnostic::error("shardingsphere-driver", "not a valid SHA-256")
                    .at(path.keys(&["download", "sha256"]))
                    .because("it has 64 hexadecimal digits")
            })
        }
        Driver::Image(_) | Driver::Claim(_) | Driver::Included(true) => None,
    }
}

/// An URL that curl and wget read as one, and as nothing else: not as an option, not as a pattern of several.
fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_graphic() && !"\"'\\`<>{}[]|^".contains(c))
    })
}

fn door(me: &Instance<ShardingSphere>) -> Option<Diagnostic> {
    let open = me.service.kind == ServiceType::LoadBalancer && me.service.source_ranges.is_empty();
    open.then(|| {
        Diagnostic::warning(
            "shardingsphere-open",
            "anyone who can reach the load balancer can reach all databases",
        )
        .at(me.path.key("service"))
        .because("only a password protects them")
        .help("add `sourceRanges: [10.0.0.0/8]`, or set `type: ClusterIP` and use `kubectl port-forward`")
    })
}

/// Passwords that everybody knows, behind an open door.
fn known_outside(me: &Instance<ShardingSphere>, site: &Site) -> Diagnostics {
    let passwords = me.users.iter();
    let passwords =
        passwords.map(|(name, user)| (&user.password, me.path.keys(&["users", name, "password"])));
    let door = public::door(&me.service, &me.path.key("service"));
    public::complaints([door], passwords, site).into_iter().collect()
}

pub(super) fn users(me: &Instance<ShardingSphere>, site: &Site) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    let known: Vec<&str> = me.databases.keys().map(String::as_str).collect();
    for (name, user) in &me.users {
        let path = me.path.keys(&["users", name]);
        complaints.extend(names::account("shardingsphere-user", name, &path));
        // Accounts and hosts are split at `@`, lists of databases at `,`.
        for (index, database) in user.databases.iter().enumerate().filter(|_| !known.is_empty()) {
            if !known.contains(&database.as_str()) {
                complaints.push(
                    Diagnostic::error("shardingsphere-user", format!("unknown database `{database}`"))
                        .at(path.key("databases").index(index))
                        .because(format!("the databases are {}", words::listed(&known)))
                        .maybe_help(
                            words::closest(database, known.iter().copied())
                                .map(|near| format!("did you mean `{near}`?")),
                        ),
                );
            }
        }
        let at = path.key("password");
        let value = user.password.value(site, &at).ok().flatten();
        if value.is_some_and(|value| value.is_empty() || value.contains(char::is_control)) {
            complaints.push(
                Diagnostic::error("shardingsphere-user", format!("the password of `{name}` is not usable"))
                    .at(at)
                    .because("it is empty or contains a line break"),
            );
        }
    }
    complaints
}

/// Names of databases are names of files as well.
fn databases(me: &Instance<ShardingSphere>) -> Vec<Diagnostic> {
    let wrong = |(name, settings): (&String, &super::Database)| {
        let path = me.path.keys(&["databases", name]);
        let physical = settings.database.as_ref();
        let physical =
            physical.and_then(|name| names::database("shardingsphere-database", name, &path.key("database")));
        names::database("shardingsphere-database", name, &path).or(physical)
    };
    me.databases.iter().filter_map(wrong).collect()
}

fn rules(me: &Instance<ShardingSphere>) -> Vec<Diagnostic> {
    let mut complaints = Vec::new();
    for (database, settings) in &me.databases {
        for tag in settings.rules.keys() {
            let path = me.path.keys(&["databases", database, "rules", tag]);
            complaints.extend(rule(tag, &me.version()).map(|complaint| complaint.at(path)));
        }
    }
    complaints
}

fn rule(tag: &str, version: &Version) -> Option<Diagnostic> {
    if tag == READ_WRITE {
        return Some(
            Diagnostic::error("shardingsphere-rule", format!("`{tag}` is written by stackgen"))
                .because("it follows from the replicas of the MySQL")
                .help("leave it out; rules refer to shards, `ds_0`, and reads go to their replicas"),
        );
    }
    let names = TAGS.iter().map(|(name, _)| *name);
    match TAGS.iter().find(|(name, _)| *name == tag) {
        None => Some(
            Diagnostic::error("shardingsphere-rule", format!("unknown rule tag `{tag}`"))
                .because(format!("the tags are {}", words::listed(names.clone())))
                .maybe_help(words::closest(tag, names).map(|near| format!("did you mean `{near}`?"))),
        ),
        Some((_, since)) if version.before(since) => Some(
            Diagnostic::error(
                "shardingsphere-rule",
                format!("ShardingSphere {version} does not support `{tag}` rules"),
            )
            .because("before 5.4 broadcast tables are part of `SHARDING`, and single tables need no rule"),
        ),
        Some(_) => None,
    }
}

/// The start script splits them at blanks, and knows no quotes.
fn options(me: &Instance<ShardingSphere>) -> Vec<Diagnostic> {
    let path = me.path.key("jvmOptions");
    let options = me.jvm_options.iter().enumerate();
    options.filter_map(|(index, text)| names::jvm_option("java-options", text, &path.index(index))).collect()
}

/// What would be taken for the mark of a password, and replaced by it.
fn marked(me: &Instance<ShardingSphere>) -> Vec<Diagnostic> {
    let mark = "@{SECRET_";
    let props = me.props.iter().filter(|(key, value)| key.contains(mark) || value.contains(mark));
    let props = props.map(|(key, _)| me.path.key("props").key(key));
    let rules = me.databases.iter().flat_map(|(name, settings)| {
        let path = me.path.keys(&["databases", name, "rules"]);
        let marked = settings.rules.iter().filter(|(_, body)| body.to_string().contains(mark));
        marked.map(move |(tag, _)| path.key(tag)).collect::<Vec<_>>()
    });
    let complaint = |path| {
        Diagnostic::error(
            "shardingsphere-mark",
            format!("`{mark}` is reserved as the placeholder of a password"),
        )
        .at(path)
        .because("the container that writes the configuration would replace it with a password")
    };
    props.chain(rules).map(complaint).collect()
}

fn props(me: &Instance<ShardingSphere>) -> Vec<Diagnostic> {
    let derived = [key::PROXY_FRONTEND_DATABASE_PROTOCOL_TYPE, key::PROXY_DEFAULT_PORT];
    me.props
        .keys()
        .filter(|key| derived.contains(&key.as_str()))
        .map(|key| {
            Diagnostic::error("derived-config", format!("`{key}` is written by stackgen"))
                .at(me.path.key("props").key(key))
                .help("remove it")
        })
        .collect()
}
