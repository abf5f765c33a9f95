//! The layers become one checked stack; `layers` has their order.

use std::collections::BTreeSet;
use std::sync::Arc;

use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::Value;

use super::vocabulary::{roots, schema_of};
use super::{external, flags, hidden, layers, shape, unused, waive};
use crate::components::{self, APPS, Key, Member, WORDS};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::Stack;
use crate::plan::site::{Cluster, Metadata, Policy, Site};
use crate::source::{Place, SourceId, Sources};
use crate::tree::node::{Entry, Kind, Map, Node};
use crate::tree::{de, parse, schema};
use crate::verify;
use crate::words;
use crate::world::World;
use crate::written::Waiver;

/// The keys of a stack file besides the components.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Head {
    /// `stackgen/v1`.
    #[serde(rename = "apiVersion")]
    _api_version: ApiVersion,
    /// `Stack`.
    #[serde(rename = "kind")]
    _kind: StackKind,
    /// Name, namespace, labels.
    metadata: Metadata,
    /// The target cluster.
    cluster: Cluster,
    /// What the profile allows.
    policy: Policy,
    /// Objects that exist already: `Secret/tls`, `ConfigMap/settings`.
    #[serde(default)]
    external: Vec<String>,
    /// Rules that this stack breaks for a reason.
    #[serde(default)]
    waive: Vec<waive::Waive>,
}

#[derive(Deserialize, JsonSchema)]
enum ApiVersion {
    #[serde(rename = "stackgen/v1")]
    V1,
}

#[derive(Deserialize, JsonSchema)]
enum StackKind {
    Stack,
}

/// The keys of `Head`, and those that are used up before it is read.
pub(super) const HEAD: &[&str] =
    &["apiVersion", "kind", "metadata", "cluster", "policy", "external", "waive"];

/// What the command line hands over.
pub struct Asked {
    /// Stack files, already added to the sources, in order.
    pub files: Vec<SourceId>,
    /// `--set` flags as written.
    pub set: Vec<String>,
    /// `-p`; the stack's own `profile`, or `dev`, when left out.
    pub profile: Option<String>,
    /// `--kubernetes`.
    pub kubernetes: Option<String>,
    /// `--namespace`.
    pub namespace: Option<String>,
}

/// Reads and merges all layers. `world` also answers for a profile that is a file.
pub fn sources(sources: &mut Sources, asked: &Asked, world: Arc<dyn World>) -> Result<Stack, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut files = Vec::new();
    for id in &asked.files {
        files.extend(complaints.keep(parse::document(sources, *id)));
    }
    let mut set = Vec::new();
    for flag in &asked.set {
        set.extend(complaints.keep(super::set::parse(flag, sources, &set_type)));
    }
    if complaints.refuse() {
        return Err(complaints);
    }
    let sections = files.iter().filter_map(unused::sections).collect();
    // What a flag says of profiles must be known before one is chosen; all others have the last word.
    let (early, set): (Vec<_>, Vec<_>) = set
        .into_iter()
        .partition(|flag| flag.keys.first().is_some_and(|(key, _)| layers::is_of_profiles(key)));
    files.extend(early.into_iter().map(|flag| flag.tree));
    let mut removed = BTreeSet::new();
    let mut over = |base: Node, top: Node| {
        hidden::removed(&base, &top, &Path::root(), &mut removed);
        complaints.extend(hidden::replaced(&base, &top, &Path::root()));
        layers::over(base, top)
    };
    let file = files.into_iter().reduce(&mut over).ok_or_else(no_file)?;
    let (file, own) = layers::take_profiles(file, asked.profile.as_deref(), (sources, world.as_ref()))?;
    let (profile, of_profile) = super::profile::layers(sources, &own.name, own.place, world.as_ref())?;
    let file = match own.section {
        Some(section) => over(file, section),
        None => file,
    };
    let file = flags::applied(file, set, sources, (&mut complaints, &mut removed));
    let file = layers::flags(file, asked, sources)?;
    complaints.extend(own.warnings);
    for (path, section) in &own.others {
        complaints.extend(hidden::unfit(&section.value, path, section.key));
    }
    let others: Vec<Node> = own.others.into_iter().map(|(_, section)| section.value).collect();
    complaints.extend(hidden::nulls(&file));
    let (layered, more) = layers::layered(sources, profile, file, &removed)?;
    complaints.extend(more);
    let ranks = unused::Ranks { sources, sections, others: others.iter().collect() };
    let useless: Diagnostics = unused::complaints(&layered, &ranks).into_iter().collect();
    let typed = complaints.keep(typed(layered, sources, world));
    complaints.add_unless_told(of_profile);
    match typed {
        Some(stack) if !complaints.refuse() => {
            complaints.extend(layers::no_namespace(&stack.site));
            Ok(Stack { profile: own.name, warnings: complaints, useless, ..stack })
        }
        _ => {
            complaints.extend(useless);
            Err(complaints)
        }
    }
}

pub(super) fn no_file() -> Diagnostics {
    Diagnostic::error("no-stack", "no stack file").help("pass one with `-f FILE`").into()
}

/// How `--set` reads the value at a path: as text where text is wanted.
fn set_type(path: &Path) -> super::set::SetType {
    schema_of(path).map_or(super::set::SetType::Other, |(found, rest)| super::set::set_type(&found, &rest))
}

/// The keys of a stack file besides the components.
pub fn head_schema() -> Schema {
    schemars::schema_for!(Head)
}

/// The merged tree, read into types. Every part is read, so that all complaints come in one run.
fn typed(mut tree: Node, sources: &Sources, world: Arc<dyn World>) -> Result<Stack, Diagnostics> {
    let mut complaints = Diagnostics::new();
    tree.sort();
    let tree = Arc::new(tree);
    complaints.extend(shape::ended(&tree));
    let map = shape::few_enough(tree.as_map().ok_or_else(no_file)?, tree.place)?;
    let of_head = |(key, _): &(&String, &Entry)| HEAD.contains(&key.as_str());
    let head: Map = map.iter().filter(of_head).map(|(key, entry)| (key.clone(), entry.clone())).collect();
    let meant: Vec<&str> = map.keys().filter_map(|key| meant(key)).collect();
    let head = complaints.keep(read_head(&Node { kind: Kind::Map(head), place: tree.place }, &meant));
    let mut members: Vec<Box<dyn Member>> = Vec::new();
    for (key, entry) in map.iter().filter(|pair| !of_head(pair)) {
        members.extend(read_members(key, entry, &mut complaints));
    }
    members.sort_by_key(|member| {
        let key = member.key();
        (WORDS.iter().position(|word| word.name == key.word), key.name.clone())
    });
    let site = head.and_then(|head| complaints.keep(site(head, &tree, sources, world)));
    match site {
        Some((site, external, waivers)) if !complaints.refuse() => Ok(Stack {
            site,
            members,
            external,
            waivers,
            tree,
            profile: String::new(),
            warnings: Diagnostics::new(),
            useless: Diagnostics::new(),
        }),
        _ => Err(complaints.placed(|path, _| written(&tree, path, sources))),
    }
}

/// Where somebody wrote what stands at a path: of what only a text of ours says, the nearest key above it that is theirs.
pub fn written(tree: &Node, path: &Path, sources: &Sources) -> Option<Place> {
    let theirs = |place: Place| place != tree.place && !sources.is_ours(place.source);
    tree.last_place_of(path, theirs)
}

/// `meant` are the keys that misspelt ones stand for: they are complained about already, and not missing too.
fn read_head(head: &Node, meant: &[&str]) -> Result<Head, Diagnostics> {
    de::read::<Head>(head, &Path::root()).map_err(|first| {
        let mut schema = head_schema();
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|key| key.as_str().is_none_or(|key| !meant.contains(&key)));
        }
        let all: Diagnostics = schema::complaints(head, &schema, &Path::root()).into_iter().collect();
        if all.is_empty() && meant.is_empty() { first.into() } else { all }
    })
}

/// The key that an unknown one most likely stands for.
pub(super) fn meant(key: &str) -> Option<&'static str> {
    let wanted = Key::parse(key).word;
    if roots().contains(&wanted.as_str()) { None } else { words::closest(&wanted, roots()) }
}

fn read_members(key: &str, entry: &Entry, complaints: &mut Diagnostics) -> Vec<Box<dyn Member>> {
    let parsed = Key::parse(key);
    let Some(word) = components::word(&parsed.word).filter(|word| word.name != APPS || parsed.name.is_none())
    else {
        complaints.push(unknown_word(key, entry.key));
        return Vec::new();
    };
    let path = Path::root().key(key);
    if word.name != APPS {
        return complaints.keep((word.read)(parsed, &path, &entry.value)).into_iter().collect();
    }
    let Some(apps) = entry.value.as_map() else {
        complaints.push(
            Diagnostic::error("wrong-type", "`apps` must be a mapping of app names").at(entry.value.place),
        );
        return Vec::new();
    };
    apps.iter()
        .filter_map(|(name, app)| {
            let key = Key { word: APPS.to_owned(), name: Some(name.clone()) };
            complaints.keep((word.read)(key, &path.key(name), &app.value))
        })
        .collect()
}

pub(super) fn unknown_word(key: &str, place: Place) -> Diagnostic {
    let name = Key::parse(key).name.map_or_else(String::new, |name| format!("/{name}"));
    Diagnostic::error("unknown-key", format!("unknown key `{key}`"))
        .at(place)
        .because(format!("the keys here are {}", words::listed(roots())))
        .maybe_help(meant(key).map(|near| format!("did you mean `{near}{name}`?")))
}

type Around = (Site, BTreeSet<String>, Vec<Waiver>);

fn site(
    head: Head,
    tree: &Arc<Node>,
    sources: &Sources,
    world: Arc<dyn World>,
) -> Result<Around, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let kubernetes = complaints.keep(layers::kubernetes(&head.cluster.kubernetes)).unwrap_or_default();
    complaints.extend(shape::domain(&head.cluster.domain));
    complaints.extend(shape::registries(&head.cluster));
    let namespace = head.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned());
    for (name, key) in [(&head.metadata.name, "name"), (&namespace, "namespace")] {
        let path = Path::root().keys(&["metadata", key]);
        complaints.extend(layers::bad_label(name, &path.to_string(), tree.place_of(&path)));
    }
    for (index, code) in head.policy.raise.iter().enumerate() {
        let path = Path::root().keys(&["policy", "raise"]).index(index);
        complaints.extend(
            verify::unknown_rule(code).map(|title| Diagnostic::error("unknown-rule", title).at(path)),
        );
    }
    let waivers = waive::waivers(head.waive, &mut complaints);
    let mut external = BTreeSet::new();
    external::declared(tree, &mut external);
    for (index, id) in head.external.iter().enumerate() {
        complaints.extend(external::unfit(id, &Path::root().key("external").index(index)));
    }
    external.extend(head.external);
    complaints.or((
        Site {
            stack: head.metadata.name.clone(),
            namespace,
            prefix: head.metadata.name_prefix.clone().unwrap_or_default(),
            metadata: head.metadata,
            cluster: head.cluster,
            kubernetes,
            policy: head.policy,
            world,
            tree: tree.clone(),
            files: sources.files(),
        },
        external,
        waivers,
    ))
}
