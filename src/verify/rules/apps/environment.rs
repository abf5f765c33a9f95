//! What apps need: the JVM, variables, discovery: environment.

use crate::verify::Rule;

pub(super) const RULES: &[Rule] = &[];
