//! What RocketMQ needs: brokers.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
