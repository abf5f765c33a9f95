//! Manifests of somebody else under all rules.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stackgen::Linted;
use stackgen::load::source::{Layer, Sources};

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let files = vec![sources.add("manifests.yaml", text, Layer::File)];
    let _ = stackgen::lint(&mut sources, &Linted { files, ..Linted::default() });
});
