//! What RocketMQ needs: dashboard.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
