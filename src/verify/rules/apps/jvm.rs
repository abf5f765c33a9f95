//! What apps need: the JVM, variables, discovery: jvm.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
