//! The heap of Nacos servers, which has three variables with defaults of their own.
//!
//! Source: nacos-docker build/Dockerfile and docker-startup.sh: `-Xms1g -Xmx1g -Xmn512m -XX:MaxMetaspaceSize=320m`.

use super::running::{self, Mode, Running};
use crate::products::nacos::{BESIDE_HEAP, HEAP, IMAGE, JVM_XMN, JVM_XMS, JVM_XMX, METASPACE};
use crate::verify::texts::{bytes, mebibytes};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-heap-fits",
        grade: Grade::ERROR.strict(),
        promise: "the memory limit of a Nacos server fits its heap and its other memory",
        why: "when the heap is full, metaspace, threads, gRPC buffers and RocksDB no longer fit: the pod is \
              OOMKilled under load",
        fix: "raise the limit, or lower `JVM_XMS`, `JVM_XMX` and `JVM_XMN` together; the image's default heap is \
              1g",
        source: "nacos-docker Dockerfile and docker-startup.sh",
        check: heap_fits,
    },
    Rule {
        code: "nacos-heap-sizes-agree",
        grade: Grade::ERROR,
        promise: "`JVM_XMS`, `JVM_XMX` and `JVM_XMN` are valid JVM sizes and consistent with each other",
        why: "the JVM does not start: \"Initial heap size set to a larger value than the maximum heap size\" or \"Invalid maximum heap size\"",
        fix: "set all three: the defaults are 1g, 1g and 512m",
        source: "nacos-docker Dockerfile; java launcher documentation",
        check: heap_sizes_agree,
    },
];

/// The text of a size, as the start script gets it: the image has defaults, another image may have others.
fn written<'s>(server: Running<'s, '_>, (name, default): (&str, &'s str)) -> Option<&'s str> {
    let own = server.container.image.path().ends_with(IMAGE);
    match server.container.env.has(name) {
        true => server.plain(name),
        false if own => server.or(name, default),
        false => None,
    }
}

/// Bytes, when the JVM would take it: `512m`, not `512Mi`.
fn size(text: &str) -> Option<u64> {
    let letters = text.trim_start_matches(|c: char| c.is_ascii_digit());
    matches!(letters, "" | "k" | "K" | "m" | "M" | "g" | "G" | "t" | "T").then(|| bytes(text)).flatten()
}

fn heap_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let tight = running::servers(set).filter(|server| !server.is_console()).filter_map(|server| {
        let limit = server.container.memory_limit()?;
        let heap = size(written(server, HEAP[1])?)?;
        // Only members of a cluster get a bound for it; without one it is no smaller.
        let metaspace = match server.mode() {
            Mode::Cluster => size(server.or("JVM_MMS", "320m")?)?,
            Mode::Standalone | Mode::Unknown => METASPACE << 20,
        };
        let least = heap.saturating_add(metaspace);
        let title = format!(
            "a heap of {} and metaspace of {} in a limit of {}",
            mebibytes(heap),
            mebibytes(metaspace),
            mebibytes(limit)
        );
        let finding = server.container.finding("/resources/limits/memory", title);
        let wanted = heap.saturating_add((METASPACE + BESIDE_HEAP) << 20);
        let finding = finding.help(format!("set {} or more, or a smaller heap", mebibytes(wanted)));
        match limit {
            _ if limit < least => Some(finding),
            // Small heaps need less around them.
            _ if limit < wanted && heap > limit / 2 => Some(finding.warns()),
            _ => None,
        }
    });
    tight.collect()
}

fn heap_sizes_agree<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    running::servers(set).flat_map(|server| disagreement(server)).collect()
}

fn disagreement<'a>(server: Running<'_, 'a>) -> Vec<Finding<'a>> {
    let env = &server.container.env;
    let invalid: Vec<Finding<'a>> = HEAP
        .iter()
        .filter_map(|(name, _)| {
            let (var, text) = (server.var(name)?, server.plain(name)?);
            let finding = env.finding(var, format!("`{name}` is `{text}`, which the JVM does not accept"));
            size(text).is_none().then(|| finding.help("write a number with `m` or `g`: `512m`, `2g`"))
        })
        .collect();
    if !invalid.is_empty() {
        return invalid;
    }
    let of = |pair| size(written(server, pair)?);
    let mut findings = Vec::new();
    let at = |name: &str, other: &str, title: String| match server.var(name).or_else(|| server.var(other)) {
        Some(var) => env.finding(var, title),
        None => server.container.finding("/env", title),
    };
    let [xms, xmx, xmn] = HEAP.map(of);
    if let (Some(start), Some(most)) = (xms, xmx)
        && start > most
    {
        let title =
            format!("the initial heap is {}, but the maximum is {}", mebibytes(start), mebibytes(most));
        findings.push(at(JVM_XMS, JVM_XMX, title));
    } else if let (Some(young), Some(most)) = (xmn, xmx)
        && young >= most
    {
        let title =
            format!("the young generation is {}, but the whole heap {}", mebibytes(young), mebibytes(most));
        findings.push(at(JVM_XMN, JVM_XMX, title).warns());
    }
    findings
}
