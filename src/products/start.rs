//! How much CPU time programs need until they answer: a probe counts seconds, and a busy node gives a container no more of
//! them than it has requested.

use super::Product;

/// CPU seconds from the start to the first answer, of programs that were measured.
///
/// Source: seen on two busy cores: a NameServer of 5.3, ZooKeeper 3.9 (4 to 6), a small Spring Boot 3.3.
pub(crate) const CPU_SECONDS: &[(Product, u64)] =
    &[(Product::NameServer, 8), (Product::Zookeeper, 6), (Product::Java, 37)];

/// Of one of them; none where nobody has measured it.
pub(crate) fn cpu_seconds(product: Product) -> Option<u64> {
    CPU_SECONDS.iter().find(|(measured, _)| *measured == product).map(|(_, seconds)| *seconds)
}
