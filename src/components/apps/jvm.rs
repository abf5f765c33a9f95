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

/// From how many mebibytes on: the heap's share in percent, bounds for classes and direct buffers in mebibytes.
/// Direct buffers are as large as the heap when unbounded, which only large containers can bear.
const SIZES: &[(u64, &str, u64, Option<u64>)] = &[
    (2048, "75.0", 256, None),
    (1024, "65.0", 256, Some(128)),
    (512, "55.0", 192, Some(64)),
    (0, "50.0", 128, Some(32)),
];

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
    let memory = me.common.resources.memory.mebibytes();
    let (_, share, classes, direct) = SIZES.iter().find(|(from, ..)| memory >= *from)?;
    let metaspace = jvm.metaspace.as_ref().map_or(*classes, |size| size.mebibytes());
    let heap = match &jvm.heap {
        Some(heap) => format!("-Xms{0}m -Xmx{0}m", heap.mebibytes()),
        // `75.0`, not `75`: some builds of JDK 8 read no whole numbers here.
        None => format!("-XX:MaxRAMPercentage={share}"),
    };
    let mut options = vec![heap, format!("-XX:MaxMetaspaceSize={metaspace}m")];
    options.extend(direct.map(|direct| format!("-XX:MaxDirectMemorySize={direct}m")));
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

/// A heap needs an eighth of the memory beside it, and at least 192 MiB.
fn too_large(heap: &Quantity, memory: u64) -> Option<Diagnostic> {
    let most = memory.saturating_sub((memory / 8).max(192));
    (heap.mebibytes() > most).then(|| {
        Diagnostic::error("jvm-heap", format!("a heap of {heap} does not fit in {memory} MiB"))
            .because(
                "classes, compiled code, buffers and threads need memory besides the heap, or the kernel \
                      kills the container",
            )
            .help(format!("set at most `{}`; or raise `resources.memory`", Quantity::mebibytes_of(most)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_leaves_room_beside_it() {
        for (heap, memory, fits) in
            [("832Mi", 1024, true), ("833Mi", 1024, false), ("3584Mi", 4096, true), ("4Gi", 4096, false)]
        {
            assert_eq!(too_large(&Quantity::parse(heap).unwrap(), memory).is_none(), fits, "{heap}");
        }
    }

    #[test]
    fn our_own_shares_leave_room_too() {
        for memory in [256, 512, 1023, 1024, 2047, 2048, 8192] {
            let (_, share, ..) = SIZES.iter().find(|(from, ..)| memory >= *from).unwrap();
            let heap = memory * share.trim_end_matches(".0").parse::<u64>().unwrap() / 100;
            assert!(heap + 128 <= memory, "{memory}: {heap}");
        }
    }
}
