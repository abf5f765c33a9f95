//! The lines of redis.conf that follow from memory and mode, and those that the user adds.

use indexmap::IndexMap;

use super::super::Instance;
use super::{Mode, Redis};

const MEBIBYTE: u64 = 1 << 20;

/// What `maxmemory` is set to: a fork copies pages, and buffers come on top, so 30 % stay free.
pub(super) fn max_memory(me: &Instance<Redis>) -> String {
    let derived = me.common.resources.memory.whole() / 10 * 7 / MEBIBYTE * MEBIBYTE;
    let bytes = me.max_memory.as_ref().map_or(derived, |asked| asked.whole());
    if bytes > 0 && bytes.is_multiple_of(MEBIBYTE) {
        format!("{}mb", bytes / MEBIBYTE)
    } else {
        bytes.to_string()
    }
}

/// Lines that a user may replace, and the user's own.
pub(super) fn lines(me: &Instance<Redis>) -> IndexMap<String, String> {
    let mut lines = IndexMap::new();
    let mut line = |name: &str, value: String| lines.insert(name.to_owned(), value);
    match me.storage {
        Some(_) => line("appendonly", "yes".to_owned()),
        None => {
            line("appendonly", "no".to_owned());
            // Nothing would read the snapshots.
            line("save", String::new())
        }
    };
    if me.mode != Mode::Standalone {
        line("client-output-buffer-limit", replica_buffer(me.common.resources.memory.mebibytes()));
    }
    for (name, value) in &me.config {
        lines.insert(name.to_lowercase(), value.to_string());
    }
    lines
        .into_iter()
        .map(|(name, value)| (name, if value.is_empty() { r#""""#.to_owned() } else { value }))
        .collect()
}

/// What a replica may be behind before it is cut off: 256 MB by default, beside `maxmemory`. That would fill a small
/// container, so it is at most half of what `maxmemory` leaves free.
fn replica_buffer(memory: u64) -> String {
    let hard = (memory * 15 / 100).clamp(1, 256);
    format!("replica {hard}mb {}mb 60", (hard / 4).max(1))
}

#[cfg(test)]
mod tests {
    use super::replica_buffer;

    #[test]
    fn replica_buffers_fit_their_container() {
        for (memory, wanted) in
            [(0, "replica 1mb 1mb 60"), (512, "replica 76mb 19mb 60"), (8192, "replica 256mb 64mb 60")]
        {
            assert_eq!(replica_buffer(memory), wanted, "{memory}");
        }
    }
}
