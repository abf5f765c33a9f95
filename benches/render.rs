//! `cargo bench`: rendering as a whole beside a bare parse and emit of the same bytes, in one run, with peak memory.
//!
//! The stacks are described in `support`.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use divan::{AllocProfiler, Bencher};
use serde::Deserialize as _;
use stackgen::write::{self, Format};
use support::{apps, im, manifest};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    for (name, text) in [("im", im()), ("300 apps", apps(300)), ("3000 apps", apps(3000))] {
        let manifest = manifest(&text);
        let bytes = write::manifest(&manifest, Format::Yaml, true).len();
        println!("{name}: {} objects, {} KiB of YAML", manifest.objects().len(), bytes / 1024);
    }
    divan::main();
}

fn render(text: &str) -> String {
    write::manifest(&manifest(text), Format::Yaml, true)
}

/// Reads every document with serde_yaml and writes it again: what a tool costs that does nothing else.
fn parse_and_emit(yaml: &str) -> usize {
    serde_yaml::Deserializer::from_str(yaml)
        .map(|document| {
            serde_yaml::to_string(&serde_yaml::Value::deserialize(document).unwrap()).unwrap().len()
        })
        .sum()
}

#[divan::bench(name = "im: render")]
fn im_render(bencher: Bencher) {
    let text = im();
    bencher.bench_local(|| render(&text));
}

#[divan::bench(name = "im: bare parse and emit of the same bytes")]
fn im_parse_and_emit(bencher: Bencher) {
    let yaml = render(&im());
    bencher.bench_local(|| parse_and_emit(&yaml));
}

#[divan::bench(name = "apps: render", args = [300, 3000], sample_count = 20)]
fn apps_render(bencher: Bencher, count: usize) {
    let text = apps(count);
    bencher.bench_local(|| render(&text));
}

#[divan::bench(name = "apps: bare parse and emit of the same bytes", args = [300, 3000], sample_count = 5)]
fn apps_parse_and_emit(bencher: Bencher, count: usize) {
    let yaml = render(&apps(count));
    bencher.bench_local(|| parse_and_emit(&yaml));
}
