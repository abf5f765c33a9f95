//! Files of which only one is applied at a time: `dev/` and `prod/` with the same objects in them. What is wrong with such a
//! folder is told once for each pair of files; everything else is looked at as if each of them stood alone with the rest, so
//! that no Service finds the pods of both.
//!
//! Files that define an object together stand in different layers, and each layer is proven by itself. Everything that has no
//! alternative stands in every one of them.

use std::collections::{BTreeMap, BTreeSet};

use crate::k8s::Object;
use crate::load::manifests::Manifests;
use crate::source::{SourceId, Sources};
use crate::verify::{self, Around, Finding};
use crate::words::counted;

/// So many layers are proven: the work grows with each of them. Files beyond them only say what they define again.
const MOST: usize = 8;
/// So many objects are named.
const NAMED: usize = 3;

/// One of the sets that are proven.
pub(crate) struct Layer<'a> {
    /// All of its objects.
    pub(crate) objects: Vec<&'a Object>,
    /// What is told of its files as a whole.
    pub(crate) more: Vec<Finding<'a>>,
    /// The objects whose findings are told of this layer, where there are several.
    own: Option<BTreeSet<usize>>,
}

impl Layer<'_> {
    /// Is what is found in this object told of this layer?
    pub(crate) fn tells(&self, object: &Object) -> bool {
        self.own.as_ref().is_none_or(|own| own.contains(&object.address()))
    }
}

/// An object again, with the file that has it first and its own.
struct Again<'a> {
    object: &'a Object,
    first: SourceId,
    file: SourceId,
}

/// Two files by their names, and what both define.
type Pair<'a> = (String, String, Vec<&'a Object>);

/// The layers of a set; one where no two files define the same.
pub(crate) fn layers<'a>(manifests: &'a Manifests, around: &'a Around, sources: &Sources) -> Vec<Layer<'a>> {
    let all = || manifests.objects.iter();
    let mut copies: BTreeMap<_, Vec<(SourceId, &'a Object)>> = BTreeMap::new();
    for object in all() {
        if let Some(file) = manifests.source_of(object) {
            copies.entry(verify::identity(object, around)).or_default().push((file, object));
        }
    }
    let again: Vec<Again<'a>> = copies.values().flat_map(|copies| defined_again(copies)).collect();
    if again.is_empty() {
        return vec![Layer { objects: all().collect(), more: Vec::new(), own: None }];
    }
    let of_file = layers_of_files(&copies);
    let last = of_file.values().copied().filter(|layer| *layer < MOST).max().unwrap_or_default();
    let layer_of = |file: &SourceId| of_file.get(file).copied().unwrap_or_default();
    let mut more = told(&again, sources);
    (0..=last)
        .map(|number| {
            let (mut objects, mut own) = (BTreeSet::new(), BTreeSet::new());
            for copies in copies.values() {
                let alone = copies.iter().all(|(file, _)| *file == copies[0].0);
                // What has no alternative is told whatever its file is.
                let layer = |file: &SourceId| if alone { layer_of(file) % MOST } else { layer_of(file) };
                let fits = |(file, _): &&(SourceId, &Object)| layer(file) == number;
                // What this layer has none of, it has as the first one does.
                let file = copies.iter().find(fits).or(copies.first()).map(|(file, _)| *file);
                let here = copies.iter().filter(|(own, _)| Some(*own) == file);
                objects.extend(here.map(|(_, object)| object.address()));
                own.extend(copies.iter().filter(fits).map(|(_, object)| object.address()));
            }
            let objects: Vec<&'a Object> =
                all().filter(|object| objects.contains(&object.address())).collect();
            let is_here = |finding: &Finding<'_>| {
                let file = manifests.source_of(finding.object);
                file.is_some_and(|file| layer_of(&file).min(last) == number)
            };
            let (told, rest): (Vec<Finding<'a>>, _) =
                std::mem::take(&mut more).into_iter().partition(is_here);
            more = rest;
            // What is told of a file beyond the layers is told all the same.
            own.extend(told.iter().map(|finding| finding.object.address()));
            Layer { objects, more: told, own: Some(own) }
        })
        .collect()
}

/// The copies of one object that stand in other files than the first.
fn defined_again<'a>(copies: &[(SourceId, &'a Object)]) -> Vec<Again<'a>> {
    let Some((first, _)) = copies.first() else { return Vec::new() };
    let mut seen = BTreeSet::from([*first]);
    let others = copies.iter().filter(|(file, _)| seen.insert(*file));
    others.map(|(file, object)| Again { object, first: *first, file: *file }).collect()
}

/// The first layer in which no file stands that defines one of its objects; those beyond the last one share it.
fn layers_of_files<K: Ord>(copies: &BTreeMap<K, Vec<(SourceId, &Object)>>) -> BTreeMap<SourceId, usize> {
    let shared = copies.values().filter(|copies| copies.iter().any(|(file, _)| *file != copies[0].0));
    let mut groups: BTreeMap<SourceId, BTreeSet<usize>> = BTreeMap::new();
    for (number, copies) in shared.enumerate() {
        copies.iter().for_each(|(file, _)| {
            groups.entry(*file).or_default().insert(number);
        });
    }
    let mut taken: BTreeMap<usize, u8> = BTreeMap::new();
    let mut layers = BTreeMap::new();
    // In the order of the files, so that the first one is in the first layer.
    for (file, groups) in groups {
        let used =
            groups.iter().fold(0u8, |used, group| used | taken.get(group).copied().unwrap_or_default());
        let layer = (used.trailing_ones() as usize).min(MOST);
        if layer < MOST {
            groups.into_iter().for_each(|group| *taken.entry(group).or_default() |= 1 << layer);
        }
        layers.insert(file, layer);
    }
    layers
}

/// One finding for each pair of files, or of folders where several pairs of theirs have the same.
fn told<'a>(again: &[Again<'a>], sources: &Sources) -> Vec<Finding<'a>> {
    let mut by_files: BTreeMap<(SourceId, SourceId), Vec<&'a Object>> = BTreeMap::new();
    let mut told = Vec::new();
    for Again { object, first, file } in again {
        if verify::has_note(object, verify::DUPLICATE) {
            told.push(Finding::new(object, "is defined twice").at("/metadata/name"));
        } else {
            by_files.entry((*first, *file)).or_default().push(object);
        }
    }
    let mut by_names: BTreeMap<(String, String), Vec<Pair<'a>>> = BTreeMap::new();
    for ((first, file), objects) in by_files {
        let (first, file) = (sources.of(first).name.clone(), sources.of(file).name.clone());
        let (one, other) = (folder(&first), folder(&file));
        // Two files of one folder are no two folders.
        let key = if one == other { (first.clone(), file.clone()) } else { (one, other) };
        by_names.entry(key).or_default().push((first, file, objects));
    }
    for ((one, other), pairs) in by_names {
        let (one, other) = match pairs.as_slice() {
            [(first, file, _)] => (first.clone(), file.clone()),
            _ => (one, other),
        };
        let objects: Vec<&'a Object> = pairs.into_iter().flat_map(|(_, _, objects)| objects).collect();
        told.extend(pair(&one, &other, &objects));
    }
    told
}

fn pair<'a>(one: &str, other: &str, objects: &[&'a Object]) -> Option<Finding<'a>> {
    let (first, rest) = objects.split_first()?;
    let title = if rest.is_empty() {
        format!("is defined twice: also in {one}")
    } else {
        let named: Vec<String> = rest.iter().take(NAMED - 1).map(|object| object.id()).collect();
        let more = if objects.len() > NAMED { " …" } else { "" };
        let all = counted(rest.len(), "other object");
        let are = if rest.len() == 1 { "is" } else { "are" };
        format!("is defined both in {one} and in {other}, as {are} {all}: {}{more}", named.join(", "))
    };
    let help = format!(
        "lint alternatives apart: `stackgen lint {one}` and `stackgen lint {other}`; rename or remove one of the two where \
         both are applied"
    );
    Some(Finding::new(first, title).at("/metadata/name").help(help))
}

/// `deploy/dev` of `deploy/dev/app.yaml`.
fn folder(name: &str) -> String {
    name.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned()
}
