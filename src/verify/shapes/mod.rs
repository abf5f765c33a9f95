//! Shapes that several products share: a question about pods, asked by the rules of each product in its own words. Facts are
//! below, rules above; no shape knows a product.

pub(in crate::verify) mod backends;
pub(in crate::verify) mod clustered;
pub(in crate::verify) mod copied;
pub(in crate::verify) mod jdbc;
pub(in crate::verify) mod others;
pub(in crate::verify) mod policies;
pub(in crate::verify) mod startup;
pub(in crate::verify) mod stores;
