//! The JVM's share of the container's memory.
//!
//! The limit has to hold the heap, classes, compiled code, direct buffers, a mebibyte per thread, and the collector's
//! own. Left alone, a JVM takes a quarter for its heap and no bound for classes.
//! Source: OpenJDK 17 PrintFlagsFinal.

use super::settings::{App, Jvm};
use super::{pod, spring};
use crate::components::Instance;
use crate::diagnostic::Diagnostic;
use crate::k8s::Quantity;
use crate::products::jvm::JAVA_TOOL_OPTIONS;

/// The variable that every JVM reads, whatever starts it.
pub(super) const VARIABLE: &str = JAVA_TOOL_OPTIONS;
/// Where a JVM has its user's home.
const USER_HOME: &str = "-Duser.home=";
/// Less does not start a Spring Boot app, and below it another flag decides on the heap.
const LEAST: u64 = 256;

/// The least that classes are given, in mebibytes.
const LEAST_METASPACE: u64 = 80;
/// The least that direct buffers are given: Netty and NIO take some in every server.
const LEAST_DIRECT: u64 = 16;
/// Less than this share of the memory is no heap to live in, in percent.
const LEAST_SHARE: u64 = 20;

/// From how many mebibytes on: the heap's share in percent, bounds for classes and direct buffers in mebibytes.
/// Left alone, direct buffers may be as large as the heap, and classes have no bound.
const SIZES: &[(u64, u64, u64, u64)] = &[
    (8192, 75, 512, 1024),
    (4096, 75, 320, 448),
    (2048, 70, 256, 192),
    (1024, 60, 208, 96),
    (768, 50, 176, 64),
    (512, 45, 144, 48),
    (384, 38, 112, 32),
    (0, 30, 88, 16),
];

/// What a JVM needs besides heap, classes and direct buffers: compiled code, the touched part of some hundred stacks, and
/// the collector's own tables, which grow with the memory.
fn beside(memory: u64) -> u64 {
    64 + memory / 32
}

/// How the memory of a container is shared out, in mebibytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shares {
    /// In percent, where nobody has set a heap.
    percent: u64,
    heap: u64,
    metaspace: u64,
    direct: u64,
}

impl Shares {
    /// Of so much memory. A heap or a bound for classes that somebody has set takes from what is free.
    fn of(memory: u64, heap: Option<u64>, metaspace: Option<u64>) -> Self {
        let row = SIZES.iter().find(|(from, ..)| memory >= *from);
        let (_, share, classes, buffers) = *row.unwrap_or(&(0, LEAST_SHARE, LEAST_METASPACE, LEAST_DIRECT));
        let free = memory.saturating_sub(beside(memory));
        let taken = metaspace.unwrap_or(classes) + buffers;
        let percent = share.min(free.saturating_sub(taken) * 100 / memory.max(1)).max(LEAST_SHARE);
        let heap = heap.unwrap_or(memory * percent / 100);
        let free = free.saturating_sub(heap);
        let metaspace =
            metaspace.unwrap_or(classes.min(free.saturating_sub(LEAST_DIRECT)).max(LEAST_METASPACE));
        let direct = buffers.min(free.saturating_sub(metaspace)).max(LEAST_DIRECT);
        Self { percent, heap, metaspace, direct }
    }

    /// All of it together.
    fn sum(self) -> u64 {
        self.heap + self.metaspace + self.direct
    }
}

/// How it is wanted: by default for Spring Boot apps only.
pub(super) fn wanted(me: &App) -> Option<Jvm> {
    match &me.jvm {
        Some(switch) => switch.on().cloned(),
        None => spring::version(me).map(|_| Jvm::default()),
    }
}

/// The value of JAVA_TOOL_OPTIONS.
pub(super) fn options(me: &Instance<App>) -> Option<String> {
    let jvm = wanted(me)?;
    let heap = jvm.heap.as_ref().map(|heap| heap.mebibytes());
    let metaspace = jvm.metaspace.as_ref().map(|size| size.mebibytes());
    let shares = Shares::of(me.common.resources.memory.mebibytes(), heap, metaspace);
    let heap = match heap {
        Some(heap) => format!("-Xms{heap}m -Xmx{heap}m"),
        // `75.0`, not `75`: some builds of JDK 8 read no whole numbers here.
        None => format!("-XX:MaxRAMPercentage={}.0", shares.percent),
    };
    let mut options = vec![
        heap,
        format!("-XX:MaxMetaspaceSize={}m", shares.metaspace),
        format!("-XX:MaxDirectMemorySize={}m", shares.direct),
    ];
    // A heap that is full is no reason to limp on: the container is started again.
    options.push("-XX:+ExitOnOutOfMemoryError".to_owned());
    // A JVM does not look at HOME. Source: OpenJDK 17, `user.home` is `?` for a user without an entry.
    let homeless = pod::is_foreign(me) && !jvm.options.iter().any(|option| option.starts_with(USER_HOME));
    options.extend(homeless.then(|| format!("{USER_HOME}{}", pod::HOME_FOLDER)));
    options.extend(jvm.options.iter().map(|option| quoted(option)));
    Some(options.join(" "))
}

/// One option as a JVM reads it in that variable: blanks part options, either quote keeps them, and nothing is escaped.
/// Source: OpenJDK `Arguments::parse_options_buffer`.
fn quoted(option: &str) -> String {
    if !option.contains(|c: char| c.is_ascii_whitespace() || c == '"' || c == '\'') {
        return option.to_owned();
    }
    option.split('"').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join("'\"'")
}

/// What does not fit.
pub(super) fn check(me: &Instance<App>) -> Vec<Diagnostic> {
    let Some(jvm) = wanted(me) else { return Vec::new() };
    let path = me.path.key("jvm");
    let memory = me.common.resources.memory.mebibytes();
    let mut found = Vec::new();
    if memory < LEAST {
        found.push(
            Diagnostic::error("jvm-memory", format!("{memory} MiB is too little for a JVM"))
                .at(me.path.keys(&["resources", "memory"]))
                .because("classes, compiled code and threads need some 150 MiB before the first request")
                .help("set `512Mi` or more; `jvm: off` if it is not a JVM"),
        );
    }
    if let Some(heap) = jvm.heap.as_ref().filter(|_| memory >= LEAST) {
        found.extend(too_large(heap, memory).map(|complaint| complaint.at(path.key("heap"))));
    }
    found.extend(classes(&jvm, memory).map(|complaint| complaint.at(path.key("metaspace"))));
    let sizes = |option: &String| {
        let fixed = ["-Xmx", "-Xms", "-XX:MaxRAMPercentage", "-XX:MaxHeapSize"];
        fixed.iter().any(|flag| option.starts_with(flag))
    };
    for (index, option) in jvm.options.iter().enumerate() {
        let several = option
            .split_ascii_whitespace()
            .skip(1)
            .any(|word| word.starts_with("-X") || word.starts_with("-D"));
        if several || !option.starts_with('-') {
            found.push(
                Diagnostic::error("jvm-option", format!("`{option}` is not one option"))
                    .at(path.key("options").index(index))
                    .because("a JVM does not start with an option that it cannot parse")
                    .help("write one option per entry, starting with its `-`"),
            );
        }
    }
    for (index, option) in jvm.options.iter().enumerate().filter(|(_, option)| sizes(option)) {
        found.push(
            Diagnostic::error(
                "jvm-heap-twice",
                format!("`{option}` overrides the heap that stackgen derives"),
            )
            .at(path.key("options").index(index))
            .because("`-Xmx` silently wins over a percentage, and is not checked against the memory limit")
            .help("set `jvm: {heap: …}`"),
        );
    }
    found
}

/// A heap leaves an eighth of the memory, and what the least of classes, buffers and all else needs.
fn too_large(heap: &Quantity, memory: u64) -> Option<Diagnostic> {
    let rest = beside(memory) + LEAST_METASPACE + LEAST_DIRECT;
    let most = memory.saturating_sub((memory / 8).max(rest));
    (heap.mebibytes() > most).then(|| {
        Diagnostic::error("jvm-heap", format!("a heap of {heap} does not fit in {memory} MiB"))
            .because(
                "classes, compiled code, buffers and threads need memory besides the heap, or the kernel \
                      kills the container",
            )
            .help(format!("set at most `{}`; or raise `resources.memory`", Quantity::mebibytes_of(most)))
    })
}

/// A bound for classes that does not leave room for the heap, or with the heap that somebody has set.
fn classes(jvm: &Jvm, memory: u64) -> Option<Diagnostic> {
    let size = jvm.metaspace.as_ref()?;
    let shares = Shares::of(memory, jvm.heap.as_ref().map(|heap| heap.mebibytes()), Some(size.mebibytes()));
    let fits = shares.sum() + beside(memory) <= memory;
    (memory >= LEAST && !fits).then(|| {
        let title =
            format!("a metaspace of {size} and a heap of {}Mi do not fit in {memory} MiB", shares.heap);
        Diagnostic::error("jvm-metaspace", title)
            .because(format!("compiled code and threads need some {} MiB more", beside(memory)))
            .help("set a smaller one, leave it out, or raise `resources.memory`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_leaves_room_beside_it() {
        for (heap, memory, fits) in [
            ("832Mi", 1024, true),
            ("833Mi", 1024, false),
            ("336Mi", 512, true),
            ("337Mi", 512, false),
            ("3584Mi", 4096, true),
            ("4Gi", 4096, false),
        ] {
            assert_eq!(too_large(&Quantity::parse(heap).unwrap(), memory).is_none(), fits, "{heap}");
        }
    }

    #[test]
    fn everything_fits_into_every_container() {
        for memory in 256..=32 * 1024 {
            let ours = Shares::of(memory, None, None);
            assert!(ours.sum() + beside(memory) <= memory, "{memory}: {ours:?}");
            assert!(ours.heap * 100 >= memory * 29, "{memory}: {ours:?}");
            let most = memory - (memory / 8).max(beside(memory) + LEAST_METASPACE + LEAST_DIRECT);
            let theirs = Shares::of(memory, Some(most), None);
            assert!(theirs.sum() + beside(memory) <= memory, "{memory}: {theirs:?}");
            let wide = Shares::of(memory, None, Some(memory / 4));
            assert!(wide.sum() + beside(memory) <= memory, "{memory}: {wide:?}");
        }
    }

    #[test]
    fn more_memory_is_never_less_heap() {
        let heaps: Vec<u64> = (256..=32 * 1024).map(|memory| Shares::of(memory, None, None).heap).collect();
        assert!(heaps.is_sorted());
    }
}
