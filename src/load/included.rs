//! `objects` and `patches`: what stands in files takes the place of the entries that name them, so that the merged tree has
//! all of it, with its places.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Layer, Place, SourceId, Sources};
use crate::tree::node::{Kind, Map, Node};
use crate::tree::parse;
use crate::world::World;

/// Whole objects of the user's.
pub(super) const OBJECTS: &str = "objects";
/// What is changed in what is drawn.
pub(super) const PATCHES: &str = "patches";

/// More of them than anybody writes; each patch looks at each object.
const MOST: usize = 10_000;

/// Lists that the layers add up, where all others replace: a profile's patches are not forgotten for the stack's own.
pub(super) fn added_up(base: &mut Node, top: &mut Node) {
    let (Kind::Map(base), Kind::Map(top)) = (&mut base.kind, &mut top.kind) else { return };
    for key in [OBJECTS, PATCHES] {
        let (Some(below), Some(above)) = (base.get_mut(key), top.get_mut(key)) else { continue };
        if let (Kind::Seq(below), Kind::Seq(above)) = (&mut below.value.kind, &mut above.value.kind) {
            above.splice(0..0, std::mem::take(below));
        }
    }
}

/// Reads the files that the lists name.
pub(super) fn read(tree: &mut Node, sources: &mut Sources, world: &dyn World) -> Diagnostics {
    let mut reader = Reader { sources, world, told: Diagnostics::new(), left: MOST };
    let Kind::Map(map) = &mut tree.kind else { return reader.told };
    for key in [OBJECTS, PATCHES] {
        let Some(Kind::Seq(items)) = map.get_mut(key).map(|entry| &mut entry.value.kind) else { continue };
        for item in std::mem::take(items) {
            let found = match file(&item) {
                Some((pattern, place)) => reader.files(&pattern, place),
                None => vec![item],
            };
            for item in found {
                reader.count(item.place);
                flat(item, items);
            }
        }
    }
    reader.told
}

/// The documents of the files that a pattern fits, which stands at `place`.
pub(super) fn files(
    sources: &mut Sources,
    world: &dyn World,
    pattern: &str,
    place: Place,
) -> (Vec<Node>, Diagnostics) {
    let mut reader = Reader { sources, world, told: Diagnostics::new(), left: MOST };
    let mut all = Vec::new();
    for node in reader.files(pattern, place) {
        reader.count(node.place);
        flat(node, &mut all);
    }
    (all, reader.told)
}

/// The file that an entry names, when it does nothing else.
fn file(item: &Node) -> Option<(String, Place)> {
    let map = item.as_map().filter(|map| map.len() == 1)?;
    let named = &map.get("file")?.value;
    Some((named.as_text()?.to_owned(), named.place))
}

/// The items of a `List` for it, and those of a list of patches.
fn flat(node: Node, out: &mut Vec<Node>) {
    let is_list = |map: &Map| {
        let kind = map.get("kind").and_then(|kind| kind.value.as_text()).unwrap_or_default();
        kind.ends_with("List")
            && matches!(map.get("items").map(|items| &items.value.kind), Some(Kind::Seq(_)))
    };
    match node.kind {
        Kind::Seq(items) => items.into_iter().for_each(|item| flat(item, out)),
        Kind::Map(mut map) if is_list(&map) => {
            if let Some(Kind::Seq(items)) = map.shift_remove("items").map(|entry| entry.value.kind) {
                items.into_iter().for_each(|item| flat(item, out));
            }
        }
        kind => out.push(Node { kind, ..node }),
    }
}

struct Reader<'a> {
    sources: &'a mut Sources,
    world: &'a dyn World,
    told: Diagnostics,
    left: usize,
}

impl Reader<'_> {
    fn count(&mut self, place: Place) {
        if self.left == 1 {
            self.told.push(
                Diagnostic::error(
                    "too-many-parts",
                    format!("more than {MOST} objects and patches in one stack"),
                )
                .at(place)
                .because("rendering and checking so many takes minutes")
                .help("split it into several stacks"),
            );
        }
        self.left = self.left.saturating_sub(1);
    }

    fn files(&mut self, pattern: &str, place: Place) -> Vec<Node> {
        let beside = self.sources.of(place.source).name.clone();
        let names = match self.world.files(pattern, Some(&beside)) {
            Ok(names) if names.is_empty() => {
                self.told.push(refused(&format!("no file matches `{pattern}`"), place));
                return Vec::new();
            }
            Ok(names) => names,
            Err(why) => {
                self.told.push(refused(&format!("cannot read `{pattern}`: {why}"), place));
                return Vec::new();
            }
        };
        let mut all = Vec::new();
        for name in names {
            match self.world.file(&name, Some(&beside)) {
                Ok(named) => {
                    let id = self.sources.add(named.name, named.text, Layer::File);
                    all.extend(self.documents(&name, id, place));
                }
                Err(why) => self.told.push(refused(&format!("cannot read `{name}`: {why}"), place)),
            }
        }
        all
    }

    /// The documents of a file. A stack may name any file, and complaints show the lines that they are about: what does not
    /// look like YAML for Kubernetes is not shown.
    fn documents(&mut self, name: &str, id: SourceId, place: Place) -> Vec<Node> {
        let text = &self.sources.of(id).text;
        let (nodes, told) = parse::part_of(self.sources, id, 0, text.len());
        if told.refuse()
            || nodes.iter().any(|node| !matches!(node.kind, Kind::Map(_) | Kind::Seq(_) | Kind::Null))
        {
            if looks_like_ours(text) {
                self.told.extend(told);
            } else {
                let complaint = refused(&format!("`{name}` contains neither manifests nor patches"), place);
                self.told.push(complaint.because("its content is not shown, because it could be anything"));
            }
            return Vec::new();
        }
        let nodes: Vec<Node> = nodes.into_iter().filter(|node| !matches!(node.kind, Kind::Null)).collect();
        if nodes.is_empty() {
            let empty = refused(&format!("`{name}` is empty"), place);
            self.told.push(empty.because("usually the step that writes it has failed"));
        }
        nodes
    }
}

/// Does a line begin as those of manifests and patches do?
fn looks_like_ours(text: &str) -> bool {
    text.lines().map(|line| line.trim_start_matches(['-', ' ', '"'])).any(|line| {
        ["apiVersion:", "kind:", "target:", "metadata:"].iter().any(|key| line.starts_with(key))
            || line.starts_with("apiVersion\"")
            || line.starts_with("{")
    })
}

fn refused(title: &str, place: Place) -> Diagnostic {
    Diagnostic::error("included-file", title)
        .at(place)
        .help("name a file, or files with `*`, beside this one: `{file: extra/*.yaml}`")
}
