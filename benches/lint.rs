//! `cargo bench --bench lint`: reading and proving manifests, beside kubeconform on the same file in one run.
//!
//! kubeconform runs where `KUBECONFORM` names its binary and `KUBECONFORM_SCHEMAS` a folder of schemas
//! (`go install github.com/yannh/kubeconform/cmd/kubeconform@latest`; .ci/oracles/schemas.py writes the folder). It proves
//! schemas only; ours are schemas, references, addresses and the rules of the products.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::process::Command;

use divan::Bencher;
use stackgen::Linted;
use stackgen::source::{Layer, Sources};
use stackgen::verify::Around;
use stackgen::write::{self, Format};
use support::{apps, manifest};

fn main() {
    divan::main();
}

fn yaml(count: usize) -> String {
    write::manifest(&manifest(&apps(count)), Format::Yaml, true)
}

/// Objects and complaints.
fn lint(text: &str, around: &Around) -> (usize, usize) {
    let mut sources = Sources::new();
    let files = vec![sources.add("out.yaml", text, Layer::File)];
    let linted = Linted { files, around: around.clone(), ..Linted::default() };
    let (objects, complaints) = stackgen::lint(&mut sources, &linted);
    (objects, complaints.iter().count())
}

/// What the stack declares as existing, so that nothing is told.
fn around(text: &str) -> Around {
    let mut sources = Sources::new();
    let files = vec![sources.add("out.yaml", text, Layer::File)];
    let (_, complaints) = stackgen::lint(&mut sources, &Linted { files, ..Linted::default() });
    let assumed = complaints
        .iter()
        .flat_map(|complaint| &complaint.help)
        .filter_map(|help| Some(help.split_once("--assume ")?.1.split('`').next()?.to_owned()));
    Around { external: assumed.collect(), ..Around::default() }
}

#[divan::bench(name = "lint: read and prove", args = [300, 3000], sample_count = 20)]
fn read_and_prove(bencher: Bencher, count: usize) {
    let text = yaml(count);
    let around = around(&text);
    let (objects, complaints) = lint(&text, &around);
    println!("{objects} objects, {} KiB, {complaints} complaints", text.len() / 1024);
    bencher.bench_local(|| lint(&text, &around));
}

/// The same objects with findings in nearly all of them, placed.
#[divan::bench(name = "lint: with findings", args = [300, 3000], sample_count = 20)]
fn with_findings(bencher: Bencher, count: usize) {
    let text = yaml(count)
        .replace("targetPort: ", "targetPort: 1")
        .replace("runAsNonRoot: true", "runAsNonRoot: false");
    let (objects, complaints) = lint(&text, &Around::default());
    println!("{objects} objects, {} KiB, {complaints} complaints", text.len() / 1024);
    bencher.bench_local(|| lint(&text, &Around::default()));
}

#[divan::bench(name = "kubeconform -strict on the same file", args = [300, 3000], sample_count = 5)]
fn kubeconform(bencher: Bencher, count: usize) {
    let (Ok(binary), Ok(schemas)) = (std::env::var("KUBECONFORM"), std::env::var("KUBECONFORM_SCHEMAS"))
    else {
        println!("not measured: KUBECONFORM and KUBECONFORM_SCHEMAS name no binary and no schemas");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.yaml");
    std::fs::write(&file, yaml(count)).unwrap();
    let pattern = format!("{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json");
    let run = || {
        let mut command = Command::new(&binary);
        command.args(["-strict", "-n", "2", "-schema-location", &pattern]).arg(&file);
        assert!(command.output().unwrap().status.success());
    };
    bencher.bench_local(run);
}
