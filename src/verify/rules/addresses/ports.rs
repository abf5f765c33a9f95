//! Addresses inside of strings: ports.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
