//! The memory of brokers, NameServers and proxies.

use super::conf::is_official;
use crate::products::jvm::{JAVA_OPT, JAVA_OPT_EXT, JAVA_OPTS, JAVA_TOOL_OPTIONS};
use crate::products::rocketmq::HEAP_OPTS;
use crate::verify::command::Commands;
use crate::verify::pods::{Container, Product};
use crate::verify::{Finding, Grade, Rule, Set, texts};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-heap-is-read",
        grade: Grade::ERROR,
        promise: "the heap of RocketMQ is set in a variable that the image's start scripts read",
        why: "the scripts use their own sizes: derived from the node's memory up to 5.3.0, 2 GiB of heap and 1 \
              GiB of buffers later",
        fix: "set `JAVA_OPT_EXT: -Xms1g -Xmx1g -XX:MaxDirectMemorySize=512m`: it comes last in the scripts of all \
              versions",
        source: "apache/rocketmq-docker runbroker.sh, runserver.sh before and after efda76d",
        check: heap_is_read,
    },
    Rule {
        code: "rocketmq-heap-fits",
        grade: Grade::ERROR,
        promise: "heap and direct buffers of RocketMQ fit in the container's limit, with memory to spare",
        why: "a broker touches all of its heap at startup: the container is killed (OOMKilled) before it listens",
        fix: "set `JAVA_OPT_EXT` with `-Xmx` of half of the limit and `-XX:MaxDirectMemorySize` of a quarter, or raise the limit",
        source: "apache/rocketmq-docker runbroker.sh (AlwaysPreTouch); apache/rocketmq-docker#123",
        check: heap_fits,
    },
];

/// Who starts through the scripts.
const PRODUCTS: &[Product] = &[Product::Broker, Product::NameServer, Product::RocketmqProxy];

fn containers<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = &'s Container<'a>> {
    PRODUCTS.iter().flat_map(|product| set.running(*product)).map(|(_, container)| container)
}

/// Variables that look as if they set the heap, and do not.
const UNREAD: &[&str] =
    &[JAVA_OPT, JAVA_OPTS, JAVA_TOOL_OPTIONS, "BROKER_MEM", "MAX_POSSIBLE_HEAP", "JAVA_HEAP_SIZE"];

/// The variable that somebody wrote in vain.
fn in_vain<'c, 'a>(container: &'c Container<'a>) -> Option<&'c crate::verify::pods::Var<'a>> {
    let options = container.env.known(JAVA_OPT_EXT).unwrap_or_default();
    let told = texts::flag(options, "-Xmx").is_some();
    let open = container.env.get(JAVA_OPT_EXT).is_some_and(|var| var.value.known().is_none());
    if !is_official(container) || Commands::of(container).scripted || told || open || container.env.is_open()
    {
        return None;
    }
    let old = container.version.as_ref().is_some_and(|version| version.surely_before(&[5, 3, 1]));
    let heap_opts = container.env.get(HEAP_OPTS);
    if heap_opts.is_some() {
        return heap_opts.filter(|_| old);
    }
    let sizes = |text: &str| {
        text.contains("-Xmx") || (!text.contains('-') && text.starts_with(|c: char| c.is_ascii_digit()))
    };
    UNREAD.iter().find_map(|name| container.env.get(name).filter(|var| var.value.known().is_some_and(sizes)))
}

fn heap_is_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let told = |container: &Container<'a>| {
        let var = in_vain(container)?;
        let title = match &*var.name {
            HEAP_OPTS => {
                let version = container.version.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("the scripts of {version} do not read `{HEAP_OPTS}`")
            }
            name => format!("`{name}` does not set the heap"),
        };
        Some(container.env.finding(var, title))
    };
    containers(set).filter_map(told).collect()
}

/// What a JVM takes, and where that is told.
struct Sizes<'a> {
    heap: u64,
    direct: u64,
    place: Finding<'a>,
}

const MEBIBYTE: u64 = 1 << 20;

fn sizes<'a>(container: &Container<'a>) -> Option<Sizes<'a>> {
    let new = container.version.as_ref().is_some_and(|version| version.at_least(&[5, 3, 2]));
    let defaults = match container.product {
        _ if !new || !is_official(container) => "",
        Product::Broker => "-Xmx2g -XX:MaxDirectMemorySize=1g",
        _ => "-Xmx1g",
    };
    let text = |name: &str| match container.env.get(name) {
        Some(var) => var.value.known().map(|text| (text, Some(var))),
        None => Some(("", None)),
    };
    let (own, heap_opts) = (text(JAVA_OPT_EXT)?, text(HEAP_OPTS)?);
    if container.env.is_open() {
        return None;
    }
    let replaced = if heap_opts.1.is_some() && new { heap_opts } else { (defaults, None) };
    let find = |flag: &str| {
        let found = [own, replaced].into_iter().find_map(|(text, var)| Some((texts::flag(text, flag)?, var)));
        found.and_then(|(size, var)| Some((texts::bytes(size)?, size.to_owned(), var)))
    };
    let (heap, size, var) = find("-Xmx")?;
    let direct = find("-XX:MaxDirectMemorySize=").map_or(0, |(direct, ..)| direct);
    let place = match var {
        Some(var) => container.env.finding(var, "").word(format!("-Xmx{size}")),
        None => container.finding("/resources/limits/memory", ""),
    };
    Some(Sizes { heap, direct, place })
}

fn heap_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in containers(set) {
        let Some(limit) = container.memory_limit().filter(|limit| *limit > 0) else { continue };
        if let Some(Sizes { heap, direct, place }) = sizes(container) {
            let sum = heap.saturating_add(direct);
            let buffers = if direct > 0 {
                format!(" and {} of buffers", texts::mebibytes(direct))
            } else {
                String::new()
            };
            let taken = format!("takes {} of heap{buffers}", texts::mebibytes(heap));
            let limit_text = texts::mebibytes(limit);
            if sum > limit || (sum == limit && direct == 0) {
                let title = format!("{taken}, but the limit is {limit_text}");
                findings.push(Finding { title, ..place });
            } else if sum > limit / 100 * 85 || limit.saturating_sub(sum) < 128 * MEBIBYTE {
                let title = format!("{taken}, which leaves too little of {limit_text}");
                findings.push(Finding { title, ..place }.warns());
            }
        } else if is_official(container) && in_vain(container).is_none() && by_itself(container) {
            let old = container.version.as_ref().is_some_and(|version| version.surely_before(&[5, 3, 1]));
            let title = if old {
                "its heap is derived from the node's memory, not from this limit"
            } else {
                "its heap is the image's default, whatever this limit is"
            };
            let finding = container.finding("/resources/limits/memory", title);
            findings.push(if old { finding } else { finding.warns() });
        }
    }
    findings
}

/// Does nothing say how large the heap is?
fn by_itself(container: &Container<'_>) -> bool {
    let silent = |name: &str| match container.env.get(name) {
        Some(var) => var
            .value
            .known()
            .is_some_and(|text| texts::flag(text, "-Xmx").is_none() && !text.contains("RAMPercentage")),
        None => !container.env.is_open(),
    };
    silent(JAVA_OPT_EXT) && silent(HEAP_OPTS) && !Commands::of(container).scripted
}
