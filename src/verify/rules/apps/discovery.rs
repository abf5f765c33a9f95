//! What apps need: the JVM, variables, discovery: discovery.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
