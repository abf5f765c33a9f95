//! A flag, or several lines of them, over a stack that has some of everything.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use stackgen::load::Asked;
use stackgen::source::{Layer, Sources};
use stackgen::world::Nothing;

const STACK: &str = include_str!("../../examples/tea-house/stack.yaml");

fuzz_target!(|flags: &str| {
    let mut sources = Sources::new();
    let files = vec![sources.add("stack.yaml", STACK, Layer::File)];
    let set = flags.lines().map(str::to_owned).collect();
    let asked = Asked { files, set, profile: None, kubernetes: None, namespace: None };
    let _ = stackgen::load::sources(&mut sources, &asked, Arc::new(Nothing));
});
