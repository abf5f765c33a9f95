//! A stack file through everything: read, planned, drawn, proven.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use stackgen::load::Asked;
use stackgen::source::{Layer, Sources};
use stackgen::world::Nothing;

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let files = vec![sources.add("stack.yaml", text, Layer::File)];
    let asked = Asked { files, set: Vec::new(), profile: None, kubernetes: None, namespace: None };
    let _ = stackgen::generate(&mut sources, &asked, Arc::new(Nothing));
});
