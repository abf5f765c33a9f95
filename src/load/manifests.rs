//! Kubernetes manifests that somebody wrote: texts in, objects out, each of which can be found again in its text.
//!
//! Positions cost only when they are asked for: see `places`.

mod beside;
mod places;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diagnostic::{At, Diagnostic, Diagnostics, Path};
use crate::k8s::Object;
use crate::parallel;
use crate::source::{Place, SourceId, Sources};
use crate::tree::kubectl::{plain, value};
use crate::tree::parse;
use crate::yaml::subset;
use beside::Kustomized;
pub use places::Spot;

/// Objects and where they stand.
#[derive(Default)]
pub struct Manifests {
    /// In the order of the texts; the items of a List in its place.
    pub objects: Vec<Object>,
    /// ConfigMaps and Secrets that kustomizations among the texts make: `ConfigMap/shop`.
    pub made: Vec<String>,
    origins: Vec<Origin>,
}

/// Where one object stands.
#[derive(Clone, Debug)]
struct Origin {
    chunk: Chunk,
    /// Which document of the chunk.
    document: usize,
    /// The way to it inside of a List.
    path: Path,
}

/// A stretch of a text between two `---`.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    source: SourceId,
    start: usize,
    end: usize,
}

/// Fewer documents than this are read sooner than a thread is up.
const WORTHWHILE: usize = 64;

/// Reads all objects of all texts. What cannot be read is told, all of it; the rest is there all the same.
///
/// Of the files that were found in a folder, those that were never meant for a cluster are passed over.
pub fn read(sources: &Sources, files: &[SourceId], found: &BTreeSet<SourceId>) -> (Manifests, Diagnostics) {
    let (mut manifests, mut complaints) = (Manifests::default(), Diagnostics::new());
    let chunks: Vec<Chunk> = files.iter().flat_map(|id| chunks(&sources.of(*id).text, *id)).collect();
    let read = parallel::map(&chunks, WORTHWHILE, |chunk| chunk.read(sources, found));
    let (mut parts, mut kustomized) = (Vec::new(), Kustomized::default());
    for Read { objects, told, kustomized: more } in read {
        kustomized.extend(more);
        parts.push((objects, told));
    }
    kustomized.keep_outermost(found);
    let is_half = |id: SourceId| found.contains(&id) && kustomized.has(&sources.of(id).name);
    let halves: BTreeSet<SourceId> = files.iter().copied().filter(|id| is_half(*id)).collect();
    complaints.extend(kustomized.told());
    let whole = parts.into_iter().zip(&chunks).filter(|(_, chunk)| !halves.contains(&chunk.source));
    let (mut charts, mut signed) = (BTreeSet::new(), BTreeMap::new());
    for ((objects, told), chunk) in whole {
        let text = &sources.of(chunk.source).text;
        let mut of_a_chart = || *signed.entry(chunk.source).or_insert_with(|| has_signs_of_a_chart(text));
        match told.refuse() && stands_in_braces(text, &told) && of_a_chart() {
            // It is no YAML yet, and each of its braces would be told.
            true if !charts.insert(chunk.source) => {}
            true => complaints.push(chart_template(told)),
            false => complaints.extend(told),
        }
        for (object, origin) in objects {
            manifests.objects.push(object);
            manifests.origins.push(origin);
        }
    }
    manifests.made = kustomized.made;
    // In a folder one of them has something, or the first one is told for all.
    let first = files.iter().find(|id| found.contains(id) && !halves.contains(id));
    let first = first.filter(|_| manifests.objects.is_empty());
    let mut spoken: BTreeSet<SourceId> = complaints.iter().filter_map(Diagnostic::source).collect();
    spoken.extend(manifests.origins.iter().map(|origin| origin.chunk.source));
    let named = files.iter().filter(|id| first == Some(*id) || !found.contains(id));
    complaints.extend(named.filter(|id| !spoken.contains(id)).map(|id| empty(sources, *id)));
    (manifests, complaints)
}

/// A line `---` ends a document wherever it stands, even in a block of text: what is between can be read by itself.
fn chunks(text: &str, source: SourceId) -> Vec<Chunk> {
    let mut chunks = Vec::new();
    let mut start = 0;
    // `%YAML` and `%TAG` belong to the document behind the `---`.
    let directives = text.starts_with('%') || text.contains("\n%");
    for (at, _) in text.match_indices("\n---").filter(|_| !directives) {
        let behind = text.as_bytes().get(at + 4);
        if behind.is_none_or(|byte| byte.is_ascii_whitespace()) {
            chunks.push(Chunk { source, start, end: at + 1 });
            start = at + 1;
        }
    }
    chunks.push(Chunk { source, start, end: text.len() });
    chunks.retain(|chunk| !text[chunk.start..chunk.end].trim_start_matches("---").trim().is_empty());
    chunks
}

/// Longer texts are left to the parser that counts their values, each of which takes two bytes at least.
const PLAIN: usize = 2 * parse::NODES;

/// What a chunk holds.
#[derive(Default)]
struct Read {
    objects: Vec<(Object, Origin)>,
    told: Diagnostics,
    kustomized: Kustomized,
}

impl Chunk {
    /// Its text, where the fast reader may try it.
    fn if_plain(self, sources: &Sources) -> Option<&str> {
        sources.of(self.source).text.get(self.start..self.end).filter(|text| text.len() < PLAIN)
    }

    fn read(self, sources: &Sources, found: &BTreeSet<SourceId>) -> Read {
        let plain = self.if_plain(sources).and_then(|text| subset::values_by(text, plain));
        if let Some(values) = plain.filter(|values| values.len() == 1) {
            let mut read = Read::default();
            if self.objects(values, sources, found, &mut read).is_empty() {
                return read;
            }
        }
        self.read_any(sources, found)
    }

    /// By a parser that knows all of YAML, and where everything stands.
    fn read_any(self, sources: &Sources, found: &BTreeSet<SourceId>) -> Read {
        let (nodes, told) = parse::part_of(sources, self.source, self.start, self.end);
        let mut read = Read { told, ..Read::default() };
        if !read.told.refuse() {
            let values = nodes.iter().map(value).collect();
            for (complaint, document, path) in self.objects(values, sources, found, &mut read) {
                read.told.push(complaint.at(nodes[document].place_of(&path)));
            }
        }
        read
    }

    /// Sorts out the documents; those that are no objects are answered, with their way in the document.
    fn objects(
        self,
        values: Vec<Value>,
        sources: &Sources,
        found: &BTreeSet<SourceId>,
        read: &mut Read,
    ) -> Vec<(Diagnostic, usize, Path)> {
        let (file, by_chance) = (&sources.of(self.source).name, found.contains(&self.source));
        let mut wrong = Vec::new();
        for (document, value) in values.into_iter().enumerate() {
            // What kustomize reads is no object of the cluster.
            if Kustomized::is_one(file, &value) {
                read.kustomized.add(self.source, file, &value);
            } else if !(by_chance && beside::is_no_manifest(&value)) {
                let origin = Origin { chunk: self, document, path: Path::root() };
                objects(value, origin, &mut read.objects, &mut wrong);
            }
        }
        wrong
    }
}

/// The objects of a document: itself, or the items of a List.
fn objects(
    value: Value,
    origin: Origin,
    found: &mut Vec<(Object, Origin)>,
    wrong: &mut Vec<(Diagnostic, usize, Path)>,
) {
    if matches!(value, Value::Null) {
        return;
    }
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default();
    if kind.ends_with("List") && value.get("items").is_some_and(Value::is_array) {
        let Value::Object(mut list) = value else { return };
        let Some(Value::Array(items)) = list.remove("items") else { return };
        for (index, item) in items.into_iter().enumerate() {
            let path = origin.path.key("items").index(index);
            objects(item, Origin { path, ..origin.clone() }, found, wrong);
        }
        return;
    }
    match Object::new(value) {
        Ok(object) => found.push((object, origin)),
        Err(value) => wrong.push((no_object(&value), origin.document, origin.path)),
    }
}

fn no_object(value: &Value) -> Diagnostic {
    let title = match value {
        Value::Object(map) if !map.contains_key("kind") => "not a Kubernetes object: it has no `kind`",
        Value::Object(_) => "`metadata.name` is missing",
        _ => "not a Kubernetes object: it is not a mapping",
    };
    Diagnostic::error("not-an-object", title)
        .because("`kubectl apply` would refuse it, and stackgen cannot check it")
        .help("remove it, or lint only the files that are applied")
}

/// Does the text hold what Helm's templates do and nothing else?
fn has_signs_of_a_chart(text: &str) -> bool {
    ["{{-", "{{ .Values", "{{ .Release", "{{ include "].iter().any(|sign| text.contains(sign))
}

/// Is a line with braces what cannot be read? In a block of text, such as a config for consul-template, they are no trouble.
fn stands_in_braces(text: &str, told: &Diagnostics) -> bool {
    told.iter().any(|complaint| match complaint.at {
        At::Place(Place { start, .. }) => {
            let before = text.get(..start as usize).unwrap_or(text);
            let line = &text[before.rfind('\n').map_or(0, |newline| newline + 1)..];
            line.lines().next().is_some_and(|line| line.contains("{{"))
        }
        _ => false,
    })
}

/// One complaint in the place of all.
fn chart_template(told: Diagnostics) -> Diagnostic {
    let at = told.into_iter().next().map_or(At::Nowhere, |first| first.at);
    Diagnostic::error("chart-template", "this is a Helm template, not a manifest")
        .at(at)
        .because("its content is known only after Helm has rendered it")
        .help("lint the rendered output: `helm template CHART | stackgen lint -`")
}

fn empty(sources: &Sources, id: SourceId) -> Diagnostic {
    let place = Place { source: id, start: 0, end: 0 };
    let name = &sources.of(id).name;
    Diagnostic::error("empty-document", format!("no object in {name}"))
        .at(place)
        .because("an empty input is not a success: usually the step that writes it has failed")
}

#[cfg(test)]
mod tests;
