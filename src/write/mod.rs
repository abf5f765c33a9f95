//! Printed: a manifest becomes text. Never changes a value.

pub mod files;

use crate::draft::Origin;
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
        let from = match &proven.origin {
            Origin::Drawn { template, .. } => format!("templates/{template}"),
            Origin::Written(path) => path.to_string(),
        };
        let all = std::iter::once(from).chain(proven.patches.iter().map(ToString::to_string));
        out.push_str(&format!("# {}\n", all.collect::<Vec<_>>().join(", ")));
    }
    crate::yaml::object(proven.object.fields(), out);
}
