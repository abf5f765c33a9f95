//! The stacks that are measured: `im` is examples/im in its prod form, `apps` that middleware and N services.
#![allow(dead_code, unreachable_pub)]

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use stackgen::load::Asked;
use stackgen::source::{Layer, Sources};
use stackgen::verify::Manifest;
use stackgen::world::Nothing;

pub fn im() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/im/stack.yaml")).unwrap()
}

/// The middleware of `im` and as many services, each with seven objects or so.
pub fn apps(count: usize) -> String {
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

pub fn manifest(text: &str) -> Manifest {
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
