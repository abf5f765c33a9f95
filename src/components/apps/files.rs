//! Files of the user: one ConfigMap, laid into the container folder by folder.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::settings::{App, FileSource};
use super::spring;
use crate::components::Instance;
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::offer::Offers;
use crate::plan::site::Site;
use crate::products::spring::key;
use crate::tree::de::ScalarOr;

/// What etcd takes as one object.
const MOST: usize = 1 << 20;
/// Where relative paths begin.
const HOME: &str = "/config";
/// What a file's name says to Spring, and the property that makes it look into the folder as well.
const SPRING: &[(&str, &str)] =
    &[("application", key::MORE_FILES), ("bootstrap", "spring.cloud.bootstrap.additional-location")];

/// The user's files, ready to be drawn.
#[derive(Default)]
pub(super) struct Files {
    /// The ConfigMap's data.
    pub(super) data: IndexMap<String, String>,
    /// Volumes of the pod.
    pub(super) volumes: Vec<Value>,
    /// Mounts of the container.
    pub(super) mounts: Vec<Value>,
    /// Folders that Spring must be told of, by property.
    pub(super) spring: BTreeMap<&'static str, Vec<String>>,
}

/// Reads the files and lays them out. `config_map` is where they will be.
pub(super) fn of(
    me: &Instance<App>,
    site: &Site,
    offers: &Offers,
    config_map: &str,
) -> Result<Files, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut files = Files::default();
    let mut folders: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (path, source) in &me.files {
        let here = me.path.key("files").key(path);
        let Some(text) = complaints.keep(text(source, site, offers, &here)) else { continue };
        let path = &place(path);
        let (folder, name) = split(path);
        let key = key(path, name, &files.data);
        files.data.insert(key.clone(), text);
        files.tell_spring(me, folder, name);
        if alone(source) {
            files
                .mounts
                .push(json!({ "name": "files", "mountPath": path, "subPath": key, "readOnly": true }));
        } else {
            folders.entry(folder.to_owned()).or_default().push(json!({ "key": key, "path": name }));
        }
    }
    complaints.extend(too_large(&files, &me.path.key("files")));
    files.lay_out(folders, config_map);
    complaints.or(files)
}

impl Files {
    fn lay_out(&mut self, folders: BTreeMap<String, Vec<Value>>, config_map: &str) {
        if !self.mounts.is_empty() {
            self.volumes.push(json!({ "name": "files", "configMap": { "name": config_map } }));
        }
        for (index, (folder, items)) in folders.into_iter().enumerate() {
            let name = format!("files-{index}");
            self.mounts.push(json!({ "name": name, "mountPath": folder, "readOnly": true }));
            self.volumes.push(json!({ "name": name, "configMap": { "name": config_map, "items": items } }));
        }
    }

    fn tell_spring(&mut self, me: &App, folder: &str, name: &str) {
        let ending = [".yml", ".yaml", ".properties"].iter().any(|ending| name.ends_with(ending));
        let found = SPRING.iter().find(|(stem, _)| name.starts_with(stem));
        if let (Some((_, property)), true, Some(_)) = (found, ending, spring::version(me)) {
            // With a slash at its end, or Spring takes it for a file.
            let location = format!("file:{folder}/");
            let known = self.spring.entry(property).or_default();
            if !known.contains(&location) {
                known.push(location);
            }
        }
    }
}

/// Where a file is in the container: a relative path is below a folder that no image has.
pub(super) fn place(path: &str) -> String {
    if path.starts_with('/') { path.to_owned() } else { format!("{HOME}/{path}") }
}

/// `/app/config/application.yaml` is `application.yaml` in `/app/config`.
pub(super) fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// Is only this file laid into the folder?
pub(super) fn alone(source: &ScalarOr<FileSource>) -> bool {
    matches!(source, ScalarOr::Other(source) if source.sub_path)
}

fn text(
    source: &ScalarOr<FileSource>,
    site: &Site,
    offers: &Offers,
    path: &Path,
) -> Result<String, Diagnostic> {
    match source {
        ScalarOr::Scalar(text) => offers.replaced(text, path),
        ScalarOr::Other(FileSource { text: Some(text), file: None, .. }) => {
            offers.replaced(text, &path.key("text"))
        }
        ScalarOr::Other(FileSource { text: None, file: Some(file), .. }) => {
            let path = path.key("file");
            let text = site.file(file, &path).map_err(|why| {
                Diagnostic::error("config-file", format!("cannot read `{file}`: {why}")).at(&path)
            })?;
            offers.replaced(&text, &path)
        }
        ScalarOr::Other(_) => {
            Err(Diagnostic::error("one-source", "a file has either `text` or `file`").at(path))
        }
    }
}

/// The file's name, or its whole path where another file has that name.
fn key(path: &str, name: &str, taken: &IndexMap<String, String>) -> String {
    let mut key = name.to_owned();
    if taken.contains_key(&key) {
        key = path.trim_start_matches('/').replace('/', ".");
    }
    while taken.contains_key(&key) {
        key.push('_');
    }
    key
}

fn too_large(files: &Files, path: &Path) -> Option<Diagnostic> {
    let size: usize = files.data.values().map(String::len).sum();
    (size > MOST).then(|| {
        Diagnostic::error("config-too-large", format!("these files are {} KiB together", size / 1024))
            .at(path)
            .because("a ConfigMap holds at most 1024 KiB")
            .help("put the large ones in the image or a volume")
    })
}
