//! Addresses inside of strings: resolve.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
