//! Further lines of a product's config file, as users write them under `config`.

use indexmap::IndexMap;

use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::offer::Offers;
use crate::tree::de::Scalar;

/// A key that is not the user's, or all keys with a beginning when it ends in `*`; and the reason.
pub(super) type Owned = (&'static str, &'static str);

/// Keys that are not names of properties, and keys that are not the user's.
pub(super) fn complaints(config: &IndexMap<String, Scalar>, owned: &[Owned], path: &Path) -> Diagnostics {
    config.keys().filter_map(|key| odd(key, path).or_else(|| ours(key, owned, path))).collect()
}

fn odd(key: &str, path: &Path) -> Option<Diagnostic> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    (key.is_empty() || !key.chars().all(fine)).then(|| {
        Diagnostic::error("config-key", format!("`{key}` is not a valid property name"))
            .at(path.key(key))
            .because("names consist of letters, digits, `.`, `_` and `-`")
    })
}

fn ours(key: &str, owned: &[Owned], path: &Path) -> Option<Diagnostic> {
    let is = |name: &str| name.strip_suffix('*').map_or(name == key, |start| key.starts_with(start));
    let (_, why) = owned.iter().find(|(name, _)| is(name))?;
    Some(
        Diagnostic::error("owned-key", format!("`{key}` cannot be set here")).at(path.key(key)).because(*why),
    )
}

/// The lines, with every `${{ … }}` replaced.
pub(super) fn resolved(
    config: &IndexMap<String, Scalar>,
    offers: &Offers,
    path: &Path,
) -> Result<IndexMap<String, String>, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut lines = IndexMap::with_capacity(config.len());
    for (key, value) in config {
        let value = complaints.keep(offers.replaced(value, &path.key(key)));
        lines.extend(value.map(|value| (key.clone(), value)));
    }
    complaints.or(lines)
}
