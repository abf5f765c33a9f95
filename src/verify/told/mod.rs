//! What a server is told: a reader per product, of its files, variables and flags, that all rules of a run share. What it
//! cannot see it leaves open. The readers of single families still lie beside their rules.

pub(in crate::verify) mod zookeeper;
