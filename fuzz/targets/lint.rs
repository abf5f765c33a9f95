//! Manifests of somebody else under all rules, and what nobody shall read in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stackgen::Linted;
use stackgen::source::{Layer, Sources};
use stackgen::secrets::Secrets;

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let files = vec![sources.add("manifests.yaml", text, Layer::File)];
    let _ = stackgen::lint(&mut sources, &Linted { files: files.clone(), ..Linted::default() });
    let covered = Secrets::of(sources.of(files[0])).covered(text);
    assert_eq!(covered.len(), text.len(), "places stay true");
});
