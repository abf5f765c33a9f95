//! A manifest as a tree of files, one object each: names and texts. `cli` puts them on disk.

use crate::verify::Manifest;

use super::Format;

/// `0010-statefulset-redis.yaml`: numbered, so that `kubectl apply -f DIR` keeps our order.
pub fn tree(manifest: &Manifest, format: Format, comments: bool) -> Vec<(String, String)> {
    let ending = if format == Format::Yaml { "yaml" } else { "json" };
    let width = manifest.objects().len().to_string().len().max(3);
    manifest
        .objects()
        .iter()
        .enumerate()
        .map(|(position, proven)| {
            let kind = proven.object.kind().to_lowercase();
            let name = format!("{:0width$}-{kind}-{}.{ending}", position + 1, proven.object.name());
            let mut text = String::new();
            match format {
                Format::Yaml => super::document(proven, comments, &mut text),
                Format::Json => text = format!("{:#}\n", serde_json::json!(proven.object.fields())),
            }
            (name, text)
        })
        .collect()
}
