//! Heap from memory, and back.

use crate::k8s::Quantity;

/// Mebibytes that a JVM needs besides heap and direct buffers: classes, compiled code, stacks, the garbage collector's
/// log in /dev/shm.
const BESIDES: u64 = 256;

/// The smallest heap that any of the programs is started with.
const SMALLEST_HEAP: u64 = 128;

/// How the memory of a container is divided, in mebibytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jvm {
    heap: u64,
}

impl Jvm {
    /// Half of the memory is heap and a quarter direct buffers, as long as enough is left besides.
    pub(super) fn of(memory: &Quantity) -> Self {
        let memory = memory.mebibytes();
        Self { heap: (memory / 2).min(memory.saturating_sub(BESIDES) * 2 / 3) }
    }

    /// With this heap.
    pub(super) fn with(heap: &Quantity) -> Self {
        Self { heap: heap.mebibytes() }
    }

    /// The memory that it needs.
    pub(super) fn needs(self) -> u64 {
        self.heap + self.direct() + BESIDES
    }

    /// The memory below which none of the programs gets a heap to live in.
    pub(super) fn smallest() -> u64 {
        Self { heap: SMALLEST_HEAP }.needs()
    }

    /// The smallest heap that anybody may ask for, in mebibytes.
    pub(super) fn smallest_heap() -> u64 {
        SMALLEST_HEAP
    }

    fn direct(self) -> u64 {
        self.heap / 2
    }

    /// As the JVM reads it. The whole heap at once: what a broker takes it keeps.
    pub(super) fn options(self) -> String {
        let (heap, young, direct) = (self.heap, self.heap / 2, self.direct());
        format!("-Xms{heap}m -Xmx{heap}m -Xmn{young}m -XX:MaxDirectMemorySize={direct}m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heap_and_buffers_fit_into_the_memory() {
        for (memory, heap) in [("448Mi", 128), ("512Mi", 170), ("1Gi", 512), ("4Gi", 2048), ("16Gi", 8192)] {
            let memory = Quantity::parse(memory).unwrap();
            let jvm = Jvm::of(&memory);
            assert_eq!(jvm.heap, heap, "{memory}");
            assert!(jvm.needs() <= memory.mebibytes(), "{memory}");
        }
    }
}
