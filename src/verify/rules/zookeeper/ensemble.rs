//! What ZooKeeper needs: ensemble.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
