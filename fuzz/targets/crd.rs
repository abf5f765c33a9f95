//! CustomResourceDefinitions, and objects of their kinds in the same text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stackgen::Linted;
use stackgen::source::{Layer, Sources};

const OBJECT: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}\nspec: {size: 1, parts: [{name: b}]}\n";

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let definitions = vec![sources.add("crd.yaml", text, Layer::File)];
    let files = vec![sources.add("objects.yaml", OBJECT, Layer::File), definitions[0]];
    let _ = stackgen::lint(&mut sources, &Linted { files, definitions, ..Linted::default() });
});
