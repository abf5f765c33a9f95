//! How a pod looks up names, and the Secrets and ConfigMaps that become variables as a whole.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::settings::{App, Dns, DnsPolicy, EnvFrom};
use crate::components::Instance;
use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::address::is_subdomain;

/// More servers than the C library asks; the API server refuses more.
const MOST_SERVERS: usize = 3;

/// The pod's `hostAliases`: names by address, both in order.
pub(super) fn aliases(me: &App) -> Option<Value> {
    let mut hosts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (host, address) in &me.host_aliases {
        hosts.entry(address).or_default().push(host);
    }
    let entry = |(ip, mut names): (&str, Vec<&str>)| {
        names.sort_unstable();
        json!({ "ip": ip, "hostnames": names })
    };
    (!hosts.is_empty()).then(|| hosts.into_iter().map(entry).collect())
}

/// The pod's `dnsPolicy` and `dnsConfig`.
pub(super) fn dns(me: &App) -> (Option<&'static str>, Option<Value>) {
    let Some(dns) = &me.dns else { return (None, None) };
    let option = |text: &String| match text.split_once(':') {
        Some((name, value)) => json!({ "name": name, "value": value }),
        None => json!({ "name": text }),
    };
    let mut config = serde_json::Map::new();
    if !dns.nameservers.is_empty() {
        config.insert("nameservers".to_owned(), json!(dns.nameservers));
    }
    if !dns.searches.is_empty() {
        config.insert("searches".to_owned(), json!(dns.searches));
    }
    if !dns.options.is_empty() {
        config.insert("options".to_owned(), dns.options.iter().map(option).collect());
    }
    (dns.policy.map(DnsPolicy::word), (!config.is_empty()).then_some(config.into()))
}

/// The container's `envFrom`: of two that have one key, the later one wins. `own` is the ConfigMap of `config`.
pub(super) fn sources(me: &App, own: Option<String>) -> Option<Value> {
    let source = |from: &EnvFrom| {
        let (key, named) = match (&from.secret, &from.config_map) {
            (Some(secret), _) => ("secretRef", secret),
            (None, Some(map)) => ("configMapRef", map),
            (None, None) => return None,
        };
        let mut entry = json!({ key: { "name": named.name } });
        if let Some(prefix) = &from.prefix {
            entry["prefix"] = prefix.as_str().into();
        }
        Some(entry)
    };
    let own = own.map(|name| json!({ "configMapRef": { "name": name } }));
    let all: Vec<Value> = me.env_from.iter().filter_map(source).chain(own).collect();
    (!all.is_empty()).then_some(all.into())
}

/// What is wrong with any of it.
pub(super) fn check(me: &Instance<App>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let path = me.path.key("hostAliases");
    for (host, address) in &me.host_aliases {
        let here = path.key(host);
        found.extend((!is_subdomain(host)).then(|| not_a_host(host, &here)));
        found.extend(not_an_ip(address, &here));
    }
    if let Some(dns) = &me.dns {
        found.extend(lookups(me, dns, &me.path.key("dns")));
    }
    for (index, from) in me.env_from.iter().enumerate() {
        found.extend(source(from, &me.path.key("envFrom").index(index)));
    }
    found
}

fn not_a_host(host: &str, here: &Path) -> Diagnostic {
    Diagnostic::error("bad-host", format!("`{host}` is not a valid host name"))
        .at(here)
        .because("the API server refuses the pod: a name is lower-case letters, digits, `-` and dots")
        .help("write the host first, then its address: `hostAliases: {db.example.com: 10.0.0.5}`")
}

fn not_an_ip(address: &str, here: &Path) -> Option<Diagnostic> {
    address.parse::<IpAddr>().is_err().then(|| {
        Diagnostic::error("bad-ip", format!("`{address}` is not an IP address"))
            .at(here)
            .because("it goes into /etc/hosts or resolv.conf, where nothing looks up a name")
            .help("write an address such as `10.0.0.5` or `fd00::5`")
    })
}

fn lookups(me: &Instance<App>, dns: &Dns, path: &Path) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, server) in dns.nameservers.iter().enumerate() {
        found.extend(not_an_ip(server, &path.key("nameservers").index(index)));
    }
    for (index, domain) in dns.searches.iter().enumerate() {
        let plain = domain.strip_suffix('.').unwrap_or(domain);
        found.extend((!is_subdomain(plain)).then(|| {
            Diagnostic::error("bad-host", format!("`{domain}` is not a valid domain"))
                .at(path.key("searches").index(index))
                .because("the API server refuses the pod: a name is lower-case letters, digits, `-` and dots")
                .help("write a domain such as `corp.example.com`")
        }));
    }
    for (index, option) in dns.options.iter().enumerate() {
        let shaped = !option.is_empty() && !option.starts_with(':') && !option.contains(char::is_whitespace);
        found.extend((!shaped).then(|| {
            Diagnostic::error("dns-option", format!("`{option}` is not one option of resolv.conf"))
                .at(path.key("options").index(index))
                .because("each entry is a name, or a name, `:` and a value")
                .help("write `ndots:2` or `single-request-reopen`, one per entry")
        }));
    }
    found.extend(servers(dns, path));
    found.extend(blind(me, dns, path));
    found
}

fn servers(dns: &Dns, path: &Path) -> Option<Diagnostic> {
    if dns.policy == Some(DnsPolicy::None) && dns.nameservers.is_empty() {
        return Some(
            Diagnostic::error("dns-servers", "with `policy: None` there is nobody to ask for names")
                .at(path.key("policy"))
                .because("it takes away the cluster's DNS server and the node's")
                .help("add `nameservers`, or leave `policy` out"),
        );
    }
    (dns.nameservers.len() > MOST_SERVERS).then(|| {
        Diagnostic::error("dns-servers", format!("{} DNS servers are too many", dns.nameservers.len()))
            .at(path.key("nameservers").index(MOST_SERVERS))
            .because("the API server takes 3, and the C library asks no more")
            .help("keep the first 3")
    })
}

/// The node's servers know nothing of the stack's Services. With `None`, the user's own may.
fn blind(me: &Instance<App>, dns: &Dns, path: &Path) -> Option<Diagnostic> {
    let uses = if me.uses.is_empty() { "database" } else { "uses" };
    let needs = !me.uses.is_empty() || me.database.is_some();
    (dns.policy == Some(DnsPolicy::Default) && needs).then(|| {
        Diagnostic::error("dns-without-cluster", format!("the app could not look up what is in `{uses}`"))
            .at(path.key("policy"))
            .because("`Default` asks the node's DNS servers, which do not know the names of Services")
            .help("leave `policy` out, and add servers and domains of your own with `nameservers` and `searches`")
    })
}

fn source(from: &EnvFrom, here: &Path) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let count = [from.secret.is_some(), from.config_map.is_some()].into_iter().filter(|there| *there).count();
    if count != 1 {
        found.push(
            Diagnostic::error(
                "one-source",
                format!("an entry of `envFrom` has one source, this one has {count}"),
            )
            .at(here)
            .help("set either `secret: {name: …}` or `configMap: {name: …}`"),
        );
    }
    let fine = |prefix: &str| {
        let rest = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        let starts = prefix.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        starts && prefix.chars().all(rest)
    };
    if let Some(prefix) = from.prefix.as_ref().filter(|prefix| !fine(prefix)) {
        found.push(
            Diagnostic::error("env-name", format!("`{prefix}` is not a valid beginning of a variable"))
                .at(here.key("prefix"))
                .because(
                    "variables begin with a letter or `_` and have only letters, digits, `_`, `-` and `.`",
                )
                .help("write one such as `PAY_`"),
        );
    }
    found
}
