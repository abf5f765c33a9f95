//! A JVM and the memory of its container.

use serde_json::Value;

use crate::products::jvm::{JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, JDKS, OPTIONS, UNDERSCORE_JAVA_OPTIONS};
use crate::verify::command::{base, is_shell};
use crate::verify::pods::Container;
use crate::verify::pods::options::{self, Given, Piece};
use crate::verify::{Finding, Grade, Rule, Set, texts, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "jvm-heap-fits-limit",
        grade: Grade::ERROR,
        promise: "the largest heap of a JVM is smaller than its container's memory limit",
        why: "the kernel kills the process (OOMKilled, exit code 137) before the heap is full, again after each \
              restart",
        fix: "set the heap to at most three quarters of the limit: `-XX:MaxRAMPercentage=75.0` instead of `-Xmx`",
        source: "OpenJDK 17 -XX:+PrintFlagsFinal; Kubernetes documentation, Assign Memory Resources",
        check: heap_fits_limit,
    },
    Rule {
        code: "jvm-heap-leaves-room",
        grade: Grade::WARNING,
        promise: "a JVM has memory left beside its heap for classes, compiled code, buffers and threads",
        why: "metaspace (128 to 256 Mi with Spring Boot), up to 240 Mi of compiled code, direct buffers and a mebibyte per \
              thread come on top of the heap: the pod is OOMKilled under load",
        fix: "leave a fifth of the limit to them, and 96 Mi at least: `-XX:MaxRAMPercentage=75.0` of a limit of 512Mi or more",
        source: "OpenJDK 17 -XX:+PrintFlagsFinal: MaxMetaspaceSize, ReservedCodeCacheSize, MaxDirectMemorySize",
        check: heap_leaves_room,
    },
    Rule {
        code: "jvm-percentage-has-limit",
        grade: Grade::PROD,
        promise: "a JVM whose heap is a percentage of memory has a memory limit",
        why: "without a limit the percentage applies to the node's memory: the heap grows until the node evicts \
              pods",
        fix: "set `resources.limits.memory`",
        source: "OpenJDK 17 -XX:MaxRAMPercentage, UseContainerSupport",
        check: percentage_has_limit,
    },
    Rule {
        code: "jvm-heap-set-once",
        grade: Grade::WARNING,
        promise: "the heap of a JVM is set by `-Xmx` or by a percentage, not by both",
        why: "`-Xmx` silently wins, so changing the percentage or the limit later has no effect",
        fix: "remove one of the two",
        source: "OpenJDK 17, observed with -XX:+PrintFlagsFinal",
        check: heap_set_once,
    },
    Rule {
        code: "java-options-are-read",
        grade: Grade::WARNING,
        promise: "options in `JAVA_OPTS` and similar variables are read by the command that starts Java",
        why: "the JVM does not read that variable: only some start scripts do, and `java` started directly uses \
              its defaults",
        fix: "rename the variable to `JAVA_TOOL_OPTIONS`, which every JVM reads",
        source: "JVM Tool Interface specification, JAVA_TOOL_OPTIONS",
        check: options_are_read,
    },
    Rule {
        code: "jdk-sees-memory-limit",
        grade: Grade::WARNING,
        promise: "the JDK supports cgroup v2, or has an explicit heap size",
        why: "on nodes with cgroup v2 (all from Kubernetes 1.35 on, by default) JDK 8 before 8u372 and 11 before \
              11.0.16 do not see the limit: the heap is a quarter of the node's memory, and the pod is OOMKilled",
        fix: "use a newer JDK, such as `eclipse-temurin:8-jre` or `eclipse-temurin:17-jre`",
        source: "Kubernetes documentation, About cgroup v2; KEP-5573",
        check: jdk_sees_limit,
    },
    Rule {
        code: "jvm-has-writable-tmp",
        grade: Grade::WARNING,
        promise: "an app with a read-only root filesystem has a volume at `/tmp`",
        why: "Tomcat creates its work directory there, and Spring Boot exits with `Unable to create tempDir`",
        fix: "mount an emptyDir at `/tmp`",
        source: "Spring Boot, AbstractConfigurableWebServerFactory.createTempDir",
        check: has_writable_tmp,
    },
];

/// A heap larger than this share of the limit is tight, in percent…
const SHARE: u64 = 80;
/// …unless so much is left beside it.
const ROOM: u64 = 1 << 30;
/// Less than this is too little for classes, compiled code and threads of any JVM, whatever its share.
const LEAST: u64 = 96 << 20;

/// The heap that is set, its bytes, and the limit.
fn heap<'a>(container: &Container<'a>) -> Option<(Given<'a>, u64, u64)> {
    let given = options::last(&options::pieces(container), "-Xmx")?;
    let heap = texts::bytes(&given.value)?;
    Some((given, heap, container.memory_limit()?))
}

fn heap_fits_limit<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all = super::all(set).filter_map(|(_, container)| heap(container));
    all.filter(|(_, heap, limit)| heap >= limit)
        .map(|(given, _, limit)| {
            let limit = texts::mebibytes(limit);
            given.finding(format!("`{}` is not smaller than the memory limit of {limit}", given.word))
        })
        .collect()
}

fn heap_leaves_room<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        if let Some((given, heap, limit)) = heap(container) {
            if heap < limit && is_tight(limit, limit - heap) {
                let (limit, left) = (texts::mebibytes(limit), texts::mebibytes(limit - heap));
                findings.push(given.finding(format!("`{}` leaves only {left} of {limit}", given.word)));
            }
        } else if let Some((given, share)) = percentage(&options::pieces(container))
            && let Some(limit) = container.memory_limit()
        {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let left = (limit as f64 * (1.0 - share / 100.0)).max(0.0) as u64;
            if is_tight(limit, left) {
                let left = texts::mebibytes(left);
                findings.push(given.finding(format!("`{}` leaves only {left} beside the heap", given.word)));
            }
        }
    }
    findings
}

/// Is what is left of a limit beside the heap too little?
fn is_tight(limit: u64, left: u64) -> bool {
    left < LEAST || left < ROOM && u128::from(left) * 100 < u128::from(limit) * u128::from(100 - SHARE)
}

fn percentage<'a>(pieces: &[Piece<'a>]) -> Option<(Given<'a>, f64)> {
    let given = options::last(pieces, "-XX:MaxRAMPercentage=")?;
    let share = given.value.parse().ok()?;
    Some((given, share))
}

fn percentage_has_limit<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in
        super::all(set).filter(|(_, container)| container.at("/resources/limits/memory").is_none())
    {
        let pieces = options::pieces(container);
        if let (Some((given, _)), None) = (percentage(&pieces), options::last(&pieces, "-Xmx")) {
            findings.push(given.finding(format!(
                "`{}` is a percentage of the node's memory: there is no limit",
                given.word
            )));
        }
    }
    findings
}

fn heap_set_once<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let both = super::all(set).filter_map(|(_, container)| {
        let pieces = options::pieces(container);
        Some((percentage(&pieces)?.0, options::last(&pieces, "-Xmx")?))
    });
    both.map(|(share, heap)| share.finding(format!("`{}` has no effect beside `{}`", share.word, heap.word)))
        .collect()
}

/// Variables that the JVM reads by itself.
const READ: &[&str] = &[JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, UNDERSCORE_JAVA_OPTIONS];

fn options_are_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set).filter(|(_, container)| starts_java(container)) {
        let line: String = options::words(container).map(|piece| piece.text + " ").collect();
        for name in OPTIONS.iter().filter(|name| !READ.contains(name) && !line.contains(**name)) {
            let var = container
                .env
                .get(name)
                .filter(|var| var.value.plain().is_some_and(|text| text.contains('-')));
            let read_by_another = || {
                container.env.iter().any(|other| other.name != *name && READ.contains(&other.name.as_ref()))
            };
            if let Some(var) = var.filter(|_| !read_by_another()) {
                findings.push(
                    container
                        .env
                        .finding(var, format!("`{name}` has no effect: the command starts `java` directly")),
                );
            }
        }
    }
    findings
}

/// Is `java` started without a script in between that could read variables?
fn starts_java(container: &Container<'_>) -> bool {
    let command = container.at("/command").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut words = command.iter().filter_map(Value::as_str);
    match words.next() {
        Some(first) if base(first) == "java" => true,
        // Of a script only a simple one is understood.
        Some(first) if is_shell(first) => {
            let script = words.chain(
                container
                    .at("/args")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str),
            );
            let script = script.filter(|word| !word.starts_with('-')).collect::<Vec<_>>().join(" ");
            let script = script.trim_start().trim_start_matches("exec ").trim_start();
            script.split_whitespace().next().is_some_and(|first| base(first) == "java")
                && !script.contains('\n')
        }
        _ => false,
    }
}

fn jdk_sees_limit<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        let tail = container.image.path().rsplit('/').next().unwrap_or_default();
        let Some(tag) = container.image.tag().filter(|_| JDKS.contains(&tail)) else { continue };
        let told = options::pieces(container).iter().any(|piece| {
            ["-Xmx", "-XX:MaxRAM=", "-XX:MaxHeapSize="]
                .iter()
                .any(|flag| texts::flag(&piece.text, flag).is_some())
        });
        if is_blind(tail, tag) && !told && container.memory_limit().is_some() {
            let title =
                format!("`{}` does not see the memory limit on nodes with cgroup v2", container.image);
            findings.push(container.finding("/image", title));
        }
    }
    findings
}

/// Does this JDK not know cgroup v2? `8u302-jre`, `11.0.11`. Of `8` alone only the images that ended before 8u372 are known.
fn is_blind(image: &str, tag: &str) -> bool {
    let number = |text: &str| {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..digits].parse::<u32>().ok()
    };
    if let Some(update) = tag.strip_prefix("8u") {
        return number(update).is_some_and(|update| update < 372);
    }
    if let Some(patch) = tag.strip_prefix("11.0.") {
        return number(patch).is_some_and(|patch| patch < 16);
    }
    let ended = matches!(image, "openjdk" | "adoptopenjdk" | "java");
    ended && (tag == "8" || tag.starts_with("8-"))
}

fn has_writable_tmp<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (pod, container) in super::all(set) {
        let read_only =
            topology::security(pod, container, "readOnlyRootFilesystem") == Some(&Value::Bool(true));
        // An exporter is no Tomcat.
        let exports = container.words().iter().any(|word| word.contains("jmx_prometheus"));
        let serves = container.ports().next().is_some() && !exports;
        let moved = options::pieces(container).iter().any(|piece| piece.text.contains("java.io.tmpdir"));
        if read_only && serves && !moved && container.mount("/tmp").is_none() {
            let title = "has a read-only root filesystem and no volume at `/tmp`";
            findings.push(container.finding("/securityContext/readOnlyRootFilesystem", title));
        }
    }
    findings
}
