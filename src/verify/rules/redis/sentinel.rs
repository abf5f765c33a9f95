//! What sentinels need: a file of their own, names that they may resolve, a majority.

use std::collections::BTreeMap;

use super::conf::Server;
use super::settings::Setting;
use crate::verify::pods::Behind;
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words::counted;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "sentinel-file-is-writable",
        grade: Grade::ERROR,
        promise: "a sentinel's configuration file is writable",
        why: "a sentinel saves its state in its own file, and exits when it cannot: `Sentinel config file … is \
              not writable: Read-only file system. Exiting…`",
        fix: "copy it from the ConfigMap to a volume if it does not exist yet, in an init container, and start \
              the sentinel with the copy",
        source: "Redis documentation, High availability with Redis Sentinel; sentinel.c, sentinelIsRunning",
        check: file_is_writable,
    },
    Rule {
        code: "sentinel-resolves-names",
        grade: Grade::ERROR,
        promise: "a sentinel that monitors a master by name has name resolution on",
        why: "it exits at startup: `Can't resolve instance hostname`; since 6.2 a sentinel accepts only addresses \
              by default",
        fix: "add `sentinel resolve-hostnames yes` and `sentinel announce-hostnames yes`, before `sentinel monitor`",
        source: "Redis documentation, Sentinel: IP addresses and DNS names",
        check: resolves_names,
    },
    Rule {
        code: "sentinels-make-a-majority",
        grade: Grade::PROD,
        promise: "a Redis master has three or more sentinels, an odd number, with a quorum that can be reached",
        why: "a majority of all sentinels must agree before a replica is promoted: two tolerate no failure, and a \
              fourth tolerates no more than three",
        fix: "run `replicas: 3` sentinels with a quorum of 2",
        source: "Redis documentation, Sentinel: example deployments",
        check: majority,
    },
];

fn sentinels<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = Server<'s, 'a>> {
    Server::all(set).into_iter().filter(|server| server.sentinel)
}

fn file_is_writable<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let read_only = |server: Server<'_, 'a>| {
        let file = server.file.as_ref().filter(|file| !file.is_open())?;
        let mount = server.container.mount(&file.text)?;
        let title =
            format!("writes to `{}`, which is on volume `{}`: it is read-only", file.text, mount.volume);
        (mount.behind == Behind::Config).then(|| server.finding(title))
    };
    sentinels(set).filter_map(read_only).collect()
}

/// `monitor MASTER HOST PORT QUORUM`.
struct Monitor<'t> {
    master: &'t str,
    host: &'t str,
    quorum: Option<u64>,
}

fn monitor<'t>(setting: &'t Setting<'_>) -> Option<Monitor<'t>> {
    let value = setting.value.as_deref().filter(|_| setting.key == "sentinel")?;
    let words: Vec<&str> = value.split_whitespace().collect();
    match words.as_slice() {
        ["monitor", master, host, _, quorum] => Some(Monitor { master, host, quorum: quorum.parse().ok() }),
        _ => None,
    }
}

fn resolves_names<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in sentinels(set) {
        // Earlier ones resolved every name once.
        let old = server.container.version.as_ref().is_some_and(|version| version.surely_before(&[6, 2]));
        let told = server.settings.iter().any(|setting| {
            setting.key == "sentinel"
                && setting.written.to_ascii_lowercase().starts_with("resolve-hostnames yes")
        });
        if old || told || server.open {
            continue;
        }
        for setting in &server.settings {
            let Some(Monitor { host, .. }) = monitor(setting) else { continue };
            if !host.contains(':') && host.contains(|c: char| c.is_ascii_alphabetic()) {
                findings.push(
                    setting
                        .finding(format!("monitors `{}`, but name resolution is off", setting.shown(host))),
                );
            }
        }
    }
    findings
}

/// Sentinels that watch one master.
#[derive(Default)]
struct Watch<'a> {
    count: Option<u64>,
    quorum: Option<(u64, Finding<'a>)>,
    last: Option<Finding<'a>>,
}

fn majority<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut watches: BTreeMap<(&str, String), Watch<'a>> = BTreeMap::new();
    let mut hidden: BTreeMap<&str, usize> = BTreeMap::new();
    for server in sentinels(set) {
        let mut monitors =
            server.settings.iter().filter_map(|setting| Some((setting, monitor(setting)?))).peekable();
        let count = server.pod.replicas(set);
        let at = server.pod.workload;
        let last = || Finding::new(at, "").at("/spec/replicas");
        if monitors.peek().is_none() {
            *hidden.entry(server.pod.namespace).or_default() += 1;
            let watch = watches.entry((server.pod.namespace, String::new())).or_default();
            (watch.count, watch.last) = (count, Some(last()));
        }
        for (setting, monitor) in monitors {
            let watch = watches.entry((server.pod.namespace, monitor.master.to_owned())).or_default();
            watch.count = count.map(|count| count.saturating_add(watch.count.unwrap_or(0)));
            watch.quorum = monitor.quorum.map(|quorum| (quorum, setting.finding("")));
            watch.last = Some(last());
        }
    }
    let seen = |(namespace, master): &(&str, String)| match hidden.get(namespace) {
        None => true,
        // Whom they watch cannot be seen: they are counted when there are no others.
        Some(hidden) => {
            *hidden == 1 && master.is_empty() && watches.keys().filter(|key| key.0 == *namespace).count() == 1
        }
    };
    watches.iter().filter(|(key, _)| seen(key)).filter_map(|(_, watch)| told(watch)).collect()
}

fn told<'a>(watch: &Watch<'a>) -> Option<Finding<'a>> {
    let count = watch.count.filter(|count| *count > 0)?;
    let titled = |finding: &Finding<'a>, title: String| Finding { title, ..finding.clone() };
    let sentinels = counted(usize::try_from(count).unwrap_or(0), "sentinel");
    if let Some((quorum, finding)) = watch.quorum.as_ref().filter(|(quorum, _)| *quorum > count) {
        let title = format!("its quorum is {quorum}, but there are {count} sentinels");
        return Some(titled(finding, title).refuses());
    }
    let last = watch.last.as_ref()?;
    (count < 3 || count.is_multiple_of(2)).then(|| {
        let lost = count.saturating_sub(1) / 2;
        titled(last, format!("with {sentinels}, at most {lost} may fail"))
    })
}
