//! Printed: a manifest becomes text. Never changes a value.

pub mod files;

use crate::verify::Manifest;

/// How the output looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Block YAML, documents separated by `---`.
    Yaml,
    /// One `List` object, as kubectl reads and writes it.
    Json,
}

/// One stream. `comments` names each object's template above it.
pub fn manifest(manifest: &Manifest, format: Format, comments: bool) -> String {
    let mut out = String::with_capacity(manifest.objects().len() * 1536);
    match format {
        Format::Yaml => {
            for proven in manifest.objects() {
                out.push_str("---\n");
                document(proven, comments, &mut out);
            }
        }
        Format::Json => {
            let items: Vec<_> = manifest.objects().iter().map(|proven| proven.object.fields()).collect();
            let list = serde_json::json!({ "apiVersion": "v1", "kind": "List", "items": items });
            out.push_str(&format!("{list:#}\n"));
        }
    }
    out
}

pub(crate) fn document(proven: &crate::verify::Proven, comments: bool, out: &mut String) {
    if comments {
        out.push_str("# templates/");
        out.push_str(proven.template);
        out.push('\n');
    }
    crate::yaml::object(proven.object.fields(), out);
}
