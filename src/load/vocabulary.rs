//! What may be written where in a stack file: the keys and the words that are known at a path, from the settings' own
//! schema. Where users choose freely (names of apps, variables, labels) nothing is known.

use schemars::Schema;

use super::layers::{PROFILE, PROFILES};
use super::profile;
use super::stack::{HEAD, head_schema};
use crate::components::{self, APPS, Key, WORDS};
use crate::diagnostic::{Path, Step};
use crate::tree::subschema;

/// The keys of a stack file itself.
pub(super) fn roots() -> Vec<&'static str> {
    let words = WORDS.iter().map(|word| word.name);
    HEAD.iter().copied().chain([PROFILE, PROFILES]).chain(words).collect()
}

/// The keys that are known in the mapping at a path; none where users choose them.
pub fn keys_at(path: &Path) -> Vec<String> {
    let owned = |keys: Vec<&str>| keys.into_iter().map(str::to_owned).collect();
    match path.steps() {
        [Step::Key(key)] if key == PROFILES => {
            owned(profile::PROFILES.iter().map(|(name, _)| *name).collect())
        }
        _ => match unprofiled(path).steps() {
            [] => owned(roots()),
            [Step::Key(key)] if key == APPS => Vec::new(),
            _ => schema_of(path)
                .map_or_else(Vec::new, |(schema, rest)| owned(subschema::keys_at(&schema, &rest))),
        },
    }
}

/// The words of which the value at a path must be one; none where any other may stand too.
pub fn words_at(path: &Path) -> Vec<String> {
    schema_of(path).map_or_else(Vec::new, |(schema, rest)| subschema::words_at(&schema, &rest))
}

/// The schema that describes a path, and the rest of the path in it.
pub(super) fn schema_of(path: &Path) -> Option<(Schema, Path)> {
    let path = unprofiled(path);
    let Some(Step::Key(first)) = path.steps().first() else { return None };
    let behind = |count: usize| path.steps().iter().skip(count).cloned().collect();
    match components::word(&Key::parse(first).word) {
        Some(word) if first == APPS => Some(((word.schema)(), behind(2))),
        Some(word) => Some(((word.schema)(), behind(1))),
        None => Some((head_schema(), path.clone())),
    }
}

/// A path in the stack's section for a profile, as the path in the stack that it is laid over.
pub(super) fn unprofiled(path: &Path) -> Path {
    match path.steps() {
        [Step::Key(key), Step::Key(_), rest @ ..] if key == PROFILES => rest.iter().cloned().collect(),
        _ => path.clone(),
    }
}
