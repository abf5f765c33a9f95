//! What ShardingSphere-Proxy needs: proxy.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
