//! What ShardingSphere-Proxy needs: config.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
