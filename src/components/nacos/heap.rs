//! The heap follows from the memory, or must fit into it.

use super::settings::Nacos;
use crate::components::Instance;
use crate::diagnostic::Diagnostic;
use crate::products::nacos::{BESIDE_HEAP, METASPACE};

/// Heap sizes in MiB. All three are always set: the image's own `-Xms1g` would exceed a smaller `-Xmx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heap {
    /// `-Xms` and `-Xmx`.
    pub(super) total: u64,
    /// `-Xmn`.
    pub(super) young: u64,
}

/// Below this a server does not come up.
const LEAST: u64 = 384;

/// The heap of a server.
pub(super) fn of(me: &Instance<Nacos>) -> Result<Heap, Diagnostic> {
    let memory = me.common.resources.memory.mebibytes();
    let total = me.heap.as_ref().map_or_else(|| derived(memory), |heap| heap.mebibytes());
    if let Some(heap) = me.heap.as_ref().filter(|_| total < LEAST) {
        return Err(Diagnostic::error("nacos-heap", format!("a heap of {heap} is too small"))
            .at(me.path.key("heap"))
            .because("a server does not start with less")
            .help(format!(
                "set `{LEAST}Mi` or more, or leave it out: it is derived from `resources.memory`"
            )));
    }
    if total < LEAST || total + METASPACE > memory {
        let (what, at) = match &me.heap {
            Some(heap) => (format!("a heap of {heap} does not fit in {memory}Mi"), me.path.key("heap")),
            None => (format!("{memory}Mi is too little for Nacos"), me.path.keys(&["resources", "memory"])),
        };
        return Err(Diagnostic::error("nacos-heap", what)
            .at(at)
            .because(format!(
                "the heap needs at least {LEAST}Mi, and {METASPACE}Mi of metaspace and up to \
                              {BESIDE_HEAP}Mi of other memory come on top"
            ))
            .help(format!("set `resources: {{memory: {}Mi}}`", total.max(LEAST) + METASPACE + BESIDE_HEAP)));
    }
    Ok(Heap { total, young: total / 2 })
}

/// What is left when everything else has its share: at least half.
fn derived(memory: u64) -> u64 {
    let others = (METASPACE + BESIDE_HEAP).max(memory / 4);
    memory.saturating_sub(others).max(memory / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_grows_with_the_memory() {
        for (memory, heap) in [(768, 384), (1024, 512), (2048, 1216), (4096, 3072), (8192, 6144)] {
            assert_eq!(derived(memory), heap, "{memory}");
        }
    }
}
