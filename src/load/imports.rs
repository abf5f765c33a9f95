//! `imports`: other stacks that this one uses, each with a name, and manifests that live beside it.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::included;
use super::stack::{Asked, stack_at};
use crate::components::{self, APPS};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::Object;
use crate::k8s::address::is_label;
use crate::plan::{Imported, Stack};
use crate::source::{Layer, Sources};
use crate::tree::node::Node;
use crate::tree::{de, kubectl};
use crate::world::{Named, World};

pub(super) const IMPORTS: &str = "imports";

/// A chain longer than this is a circle.
pub(super) const LONGEST_CHAIN: usize = 8;

/// Another stack that this one uses, or manifests of others beside it. Nothing of it is rendered here.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Import {
    /// Its stack file, relative to this one. Its components are used as `NAME.nacos`, and referred to as
    /// `${{ NAME.nacos.servers }}`.
    #[serde(default)]
    file: Option<String>,
    /// The profile that it is rendered with, a name or a path as for `-p`; what it says itself when left out.
    #[serde(default)]
    profile: Option<String>,
    /// Its namespace, where it is rendered with `-n`.
    #[serde(default)]
    namespace: Option<String>,
    /// Rendered manifests instead, `*` stands for anything: names in them count as existing, and addresses are compared with
    /// them.
    #[serde(default)]
    manifests: Option<String>,
}

/// Reads all of them; `depth` counts the stacks that import each other.
pub(super) fn read(
    tree: &Node,
    sources: &mut Sources,
    world: &Arc<dyn World>,
    depth: usize,
    told: &mut Diagnostics,
) -> Vec<Imported> {
    let path = Path::root().key(IMPORTS);
    let Some(node) = tree.at(&path) else { return Vec::new() };
    // What does not fit is told with the rest of the head.
    let Ok(imports) = de::read::<BTreeMap<String, Import>>(node, &path) else { return Vec::new() };
    let mut all = Vec::new();
    for (name, import) in imports {
        let path = path.key(&name);
        if let Some(complaint) = bad_name(&name, &path) {
            told.push(complaint.at(node.place_of(&Path::root().key(&name))));
            continue;
        }
        let mut reader = Reader { tree, sources: &mut *sources, world, depth, path };
        let found = match (&import.file, &import.manifests) {
            (Some(file), None) => {
                reader.stack(file, &import).map(|stack| (Some(Box::new(stack)), Vec::new()))
            }
            (None, Some(pattern)) => reader.manifests(pattern).map(|objects| (None, objects)),
            (both, _) => Err(reader.form(both.is_some()).into()),
        };
        let path = reader.path;
        if let Some((stack, objects)) = told.keep(found) {
            all.push(Imported { name, path, stack, objects });
        }
    }
    all
}

fn bad_name(name: &str, path: &Path) -> Option<Diagnostic> {
    let taken = name == APPS || components::word(name).is_some();
    (taken || !is_label(name)).then(|| {
        let complaint =
            Diagnostic::error("bad-name", format!("`{name}` cannot be the name of an import")).at(path);
        if taken {
            complaint
                .because("it is a word of the stack itself")
                .help(format!("call it otherwise: `other-{name}`"))
        } else {
            complaint
                .because("its components are called `NAME.nacos`")
                .help("use lower-case letters, digits and `-`, with no `-` at the start or end")
        }
    })
}

struct Reader<'a> {
    tree: &'a Node,
    sources: &'a mut Sources,
    world: &'a Arc<dyn World>,
    depth: usize,
    path: Path,
}

impl Reader<'_> {
    fn form(&self, both: bool) -> Diagnostic {
        let title = if both { "both `file` and `manifests`" } else { "neither `file` nor `manifests`" };
        Diagnostic::error("import-form", format!("`{}` has {title}", self.path))
            .at(self.tree.place_of(&self.path))
            .because("an import is another stack, or manifests that somebody has rendered")
            .help("write `{file: platform/stack.yaml}`, or `{manifests: platform/*.yaml}`; use two imports for both")
    }

    fn refused(&self, key: &str, title: String) -> Diagnostic {
        Diagnostic::error("included-file", title)
            .at(self.tree.place_of(&self.path.key(key)))
            .help("write a path that is relative to this file")
    }

    /// How the file is called that says so.
    fn beside(&self, key: &str) -> String {
        self.sources.of(self.tree.place_of(&self.path.key(key)).source).name.clone()
    }

    fn stack(&mut self, file: &str, import: &Import) -> Result<Stack, Diagnostics> {
        if self.depth >= LONGEST_CHAIN {
            let complaint = Diagnostic::error("import-circle", "these stacks import each other in a cycle");
            return Err(complaint.at(self.tree.place_of(&self.path.key("file"))).into());
        }
        let named = self
            .world
            .file(file, Some(&self.beside("file")))
            .map_err(|why| self.refused("file", format!("cannot read `{file}`: {why}")))?;
        // Whatever else a file is, complaints would show its lines.
        if !named.text.lines().any(|line| line.starts_with("apiVersion:") && line.contains("stackgen/")) {
            let complaint = self.refused("file", format!("`{file}` is not a stack file"));
            return Err(complaint.because("its content is not shown, because it could be anything").into());
        }
        let id = self.sources.add(named.name, named.text, Layer::File);
        let asked = Asked {
            files: vec![id],
            set: Vec::new(),
            profile: import.profile.clone(),
            kubernetes: None,
            namespace: import.namespace.clone(),
        };
        let world = Arc::new(Elsewhere(Arc::clone(self.world)));
        stack_at(self.sources, &asked, world, self.depth + 1)
    }

    fn manifests(&mut self, pattern: &str) -> Result<Vec<Object>, Diagnostics> {
        let place = self.tree.place_of(&self.path.key("manifests"));
        let (nodes, told) = included::files(self.sources, self.world.as_ref(), pattern, place);
        let objects = nodes.iter().filter_map(|node| Object::new(kubectl::value(node)).ok()).collect();
        told.or(objects)
    }
}

/// The world as an imported stack sees it. Its secrets are not needed to know its addresses, and who renders this stack may not
/// have them.
struct Elsewhere(Arc<dyn World>);

/// Long enough for a key, short enough for a password, and base64 of 32 bytes.
const PLACEHOLDER: &str = "c3RhY2tnZW4taW1wb3J0ZWQtcGxhY2Vob2xkZXIxMjM=";

impl World for Elsewhere {
    fn variable(&self, name: &str) -> Option<String> {
        self.0.variable(name).or_else(|| Some(PLACEHOLDER.to_owned()))
    }
    fn file(&self, path: &str, beside: Option<&str>) -> Result<Named, String> {
        self.0.file(path, beside)
    }
    fn files(&self, pattern: &str, beside: Option<&str>) -> Result<Vec<String>, String> {
        self.0.files(pattern, beside)
    }
}
