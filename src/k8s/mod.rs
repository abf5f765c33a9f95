//! Kubernetes values that cannot be wrong: quantities, versions, images, addresses, labels, objects.

pub mod address;
pub mod amount;
pub mod image;
pub mod labels;
pub mod object;
pub mod quantity;
pub mod scope;
pub mod version;

pub use address::{Endpoint, Peers};
pub use amount::{Cpu, Disk, Folder, Heap, Memory};
pub use image::{Image, Mirrors};
pub use labels::Labels;
pub use object::Object;
pub use quantity::Quantity;
pub use scope::CLUSTER_SCOPED;
pub use version::Version;
