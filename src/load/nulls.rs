//! Null removes what a layer below wrote, and then it is gone: a misspelt key that leads to null would never be seen.
//! So these keys are looked up before the layers are laid over each other.

use super::fault::Fault;
use super::stack::schema_of;
use super::subschema::{field_at, keys_at};
use super::tree::{Kind, Map, Node};
use crate::components::APPS;
use crate::diagnostic::{Diagnostics, Path};

/// Complains about every unknown key that leads to null.
pub(super) fn unknown(file: &Node) -> Diagnostics {
    let mut found = Diagnostics::new();
    for (key, entry) in file.as_map().into_iter().flatten() {
        let path = Path::root().key(key);
        match entry.value.as_map() {
            // The names of apps are the user's own.
            Some(apps) if key == APPS => {
                for (name, app) in apps {
                    app.value.as_map().into_iter().for_each(|app| below(app, &path.key(name), &mut found));
                }
            }
            Some(map) => below(map, &path, &mut found),
            None => {}
        }
    }
    found
}

fn below(map: &Map, path: &Path, found: &mut Diagnostics) {
    for (key, entry) in map {
        match &entry.value.kind {
            Kind::Null => {
                let Some((schema, parent)) = schema_of(path) else { return };
                let known: Vec<String> = keys_at(&schema, &parent).into_iter().map(str::to_owned).collect();
                if field_at(&schema, &parent.key(key)).is_none() && !known.is_empty() {
                    found.push(Fault::UnknownKey { key: key.clone(), known }.at(path, entry.key));
                }
            }
            Kind::Map(map) => below(map, &path.key(key), found),
            _ => {}
        }
    }
}
