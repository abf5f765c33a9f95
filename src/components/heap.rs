//! How much of a container's memory the heap of its JVM takes.

use super::common::Resources;
use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::Quantity;

/// What a product needs inside and outside of the heap; all in MiB.
pub(super) struct Room {
    /// Percent of the memory that the heap takes when nobody says otherwise.
    pub(super) share: u64,
    /// The smallest heap that the product works with.
    pub(super) least: u64,
    /// A larger one is not chosen unasked.
    pub(super) most: u64,
    /// What stays outside: metaspace, threads, direct buffers, and the page cache that products with logs live on.
    pub(super) outside: u64,
}

impl Room {
    /// The heap in MiB: as asked for when that fits, otherwise derived. `memory` and `heap` are where they were written.
    pub(super) fn heap(
        &self,
        resources: &Resources,
        memory: &Path,
        asked: Option<&Quantity>,
        heap: &Path,
    ) -> Result<u64, Diagnostic> {
        let fits = resources.memory.mebibytes().saturating_sub(self.outside);
        if fits < self.least {
            return Err(self.no_room(resources, memory));
        }
        match asked.map(Quantity::mebibytes) {
            Some(asked) if asked > fits => Err(self.too_large(resources, asked, fits, heap)),
            Some(asked) if asked < self.least => Err(too_small(asked, self.least, heap)),
            Some(asked) => Ok(asked),
            None => {
                Ok(fits.min(resources.memory.mebibytes() * self.share / 100).clamp(self.least, self.most))
            }
        }
    }

    fn too_large(&self, resources: &Resources, asked: u64, fits: u64, path: &Path) -> Diagnostic {
        let (memory, outside) = (&resources.memory, self.outside);
        Diagnostic::error("heap-above-memory", format!("a heap of {asked}Mi does not fit in {memory}"))
            .at(path)
            .because(format!(
                "{outside}Mi is needed besides the heap, or the container is killed when the heap is full"
            ))
            .help(format!(
                "set `{fits}Mi` or less, or `resources: {{memory: {}Mi}}`; by default `heap` is derived",
                asked + outside
            ))
    }

    fn no_room(&self, resources: &Resources, path: &Path) -> Diagnostic {
        let (memory, least, outside) = (&resources.memory, self.least, self.outside);
        Diagnostic::error("memory-too-small", format!("{memory} of memory is too little for a heap"))
            .at(path)
            .because(format!("the heap needs at least {least}Mi, and {outside}Mi besides it"))
            .help(format!("set `{}Mi` or more", least + outside))
    }
}

fn too_small(asked: u64, least: u64, path: &Path) -> Diagnostic {
    Diagnostic::error("heap-too-small", format!("a heap of {asked}Mi is too small"))
        .at(path)
        .help(format!("set `{least}Mi` or more, or leave it out: it is derived from `resources.memory`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::k8s::{Cpu, Memory};

    #[test]
    fn a_heap_follows_the_memory_and_leaves_the_rest_alone() {
        let room = Room { share: 50, least: 256, most: 6144, outside: 512 };
        let path = Path::root();
        for (memory, asked, wanted) in [
            ("768Mi", None, Some(256)),
            ("1Gi", None, Some(512)),
            ("4Gi", None, Some(2048)),
            ("64Gi", None, Some(6144)),
            ("767Mi", None, None),
            ("4Gi", Some("3584Mi"), Some(3584)),
            ("4Gi", Some("3585Mi"), None),
            ("4Gi", Some("255Mi"), None),
        ] {
            let quantity = |text| Quantity::parse(text).unwrap();
            let cpu = Cpu::parse("1").unwrap();
            let resources = Resources { cpu, memory: Memory::parse(memory).unwrap(), cpu_limit: None };
            let heap = room.heap(&resources, &path, asked.map(quantity).as_ref(), &path);
            assert_eq!(heap.ok(), wanted, "{memory} {asked:?}");
        }
    }
}
