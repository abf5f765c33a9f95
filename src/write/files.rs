//! A manifest as a tree of files, one object each: names and texts. `cli` puts them on disk.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::k8s::Object;
use crate::verify::{Manifest, order};

use super::Format;

/// One file of a tree.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub text: String,
    /// Does it hold a secret's value?
    pub secret: bool,
}

/// `50-statefulset-redis.yaml`: by phase, so that `kubectl apply -f DIR` creates what is used before who uses it, and by
/// nothing else than the object itself, so that an object more or less renames no other file.
pub fn tree(manifest: &Manifest, format: Format, comments: bool) -> Vec<Written> {
    let ending = if format == Format::Yaml { "yaml" } else { "json" };
    let objects = manifest.objects();
    let mut stems: Vec<String> = objects.iter().map(|proven| stem(&proven.object)).collect();
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    stems.iter().for_each(|stem| *count.entry(stem.clone()).or_default() += 1);
    for (stem, proven) in stems.iter_mut().zip(objects).filter(|(stem, _)| count[stem.as_str()] > 1) {
        *stem = format!("{stem}-{}", print(&proven.object));
    }
    let written = stems.into_iter().zip(objects).map(|(stem, proven)| {
        let mut text = String::new();
        match format {
            Format::Yaml => super::document(proven, comments, &mut text),
            Format::Json => text = format!("{:#}\n", serde_json::json!(proven.object.fields())),
        }
        Written { name: format!("{stem}.{ending}"), text, secret: holds_secret(&proven.object) }
    });
    written.collect()
}

/// A Secret with values in it.
pub fn holds_secret(object: &Object) -> bool {
    let filled = |key: &str| {
        let map = object.fields().get(key).and_then(serde_json::Value::as_object);
        map.is_some_and(|map| !map.is_empty())
    };
    object.kind() == "Secret" && (filled("data") || filled("stringData"))
}

/// The longest name of an object that stands in a file's name as it is; file systems take 255 bytes.
const LONGEST: usize = 180;

/// Lower-case, for file systems that do not tell cases apart, and of characters that every file system takes.
fn stem(object: &Object) -> String {
    let (kind, name) = (object.kind().to_lowercase(), object.name());
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    let phase = order::phase(object.kind());
    if name.len() <= LONGEST && name.chars().all(fits) {
        return format!("{phase:02}-{kind}-{name}");
    }
    let safe: String =
        name.to_lowercase().chars().map(|c| if fits(c) { c } else { '_' }).take(LONGEST).collect();
    format!("{phase:02}-{kind}-{safe}-{}", print(object))
}

/// Tells an object from all others.
fn print(object: &Object) -> String {
    let fields = object.fields();
    let text = |value: Option<&serde_json::Value>| {
        value.and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    let namespace = text(fields.get("metadata").and_then(|metadata| metadata.get("namespace")));
    let id = [text(fields.get("apiVersion")), object.kind().to_owned(), namespace, object.name().to_owned()];
    Sha256::digest(id.join("\0").as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
