//! What RocketMQ needs: addresses.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
