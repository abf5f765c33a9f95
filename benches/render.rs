//! `cargo bench`: rendering as a whole beside a bare parse and emit of the same bytes, in one run, with peak memory.
//!
//! `im` is examples/im in its prod form; `apps` are generated stacks of that middleware and N services.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use divan::{AllocProfiler, Bencher};
use serde::Deserialize as _;
use stackgen::load::Asked;
use stackgen::load::source::{Layer, Sources};
use stackgen::verify::Manifest;
use stackgen::world::Nothing;
use stackgen::write::{self, Format};

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

fn im() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/im/stack.yaml")).unwrap()
}

/// The middleware of `im` and as many services, each with seven objects or so.
fn apps(count: usize) -> String {
    let mut text = im();
    for number in 0..count {
        let _ = write!(
            text,
            "  generated-{number}:
    image: shop/generated-{number}:1.0.{number}
    springBoot: \"3.4\"
    port: 8080
    uses: [nacos, mysql, redis, kafka]
    scale: {{min: 2, max: 6, cpu: 70}}
    ingress: {{host: g{number}.example.com}}
    env: {{REGION: eu, SESSIONS: \"${{{{ redis/session.host }}}}\", TOKEN: {{secret: {{name: tokens, key: t{number}}}}}}}
    files: {{application-k8s.yaml: \"a: ${{{{ mysql.primary }}}}\\nb: {number}\\n\"}}
"
        );
    }
    text
}

fn manifest(text: &str) -> Manifest {
    let mut sources = Sources::new();
    let files = vec![sources.add("stack.yaml", text, Layer::File)];
    let asked =
        Asked { files, set: Vec::new(), profile: Some("prod".to_owned()), kubernetes: None, namespace: None };
    let (manifest, _) =
        stackgen::generate(&mut sources, &asked, Arc::new(Nothing)).unwrap_or_else(|complaints| {
            panic!("{:?}", complaints.iter().map(|one| &one.title).collect::<Vec<_>>())
        });
    manifest
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
