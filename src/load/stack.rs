//! The layers become one checked stack: defaults < profile < stack files, in order < the stack's own section for the
//! chosen profile < `--set`.

use std::collections::BTreeSet;
use std::rc::Rc;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::source::{Layer, Place, SourceId, Sources};
use super::tree::{Entry, Kind, Map, Node};
use super::{de, merge, parse, schema};
use crate::components::{self, APPS, Key, Member, WORDS, Word};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::Version;
use crate::plan::site::{Cluster, Metadata, Policy, Site};
use crate::words;
use crate::world::World;

/// Asked: complete, typed, and every final value still knows where it was written.
pub struct Stack {
    /// Where it will live.
    pub site: Site,
    /// Its components, in the order of the vocabulary, then by name.
    pub members: Vec<Box<dyn Member>>,
    /// `kind/name` of what exists already: named in the stack, emitted by nobody.
    pub external: BTreeSet<String>,
    /// The merged tree.
    pub tree: Node,
}

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
const HEAD: &[&str] = &["apiVersion", "kind", "metadata", "cluster", "policy", "external"];
/// The stack's own choice of profile, and its section per profile.
const PROFILE: &str = "profile";
const PROFILES: &str = "profiles";

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
pub fn sources(sources: &mut Sources, asked: &Asked, world: Rc<dyn World>) -> Result<Stack, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut files = Vec::new();
    for id in &asked.files {
        files.extend(complaints.keep(parse::document(sources, *id)));
    }
    for flag in &asked.set {
        files.extend(complaints.keep(super::set::parse(flag, sources, &set_type)));
    }
    if complaints.refuse() {
        return Err(complaints);
    }
    let file = files.into_iter().reduce(merge::stacked).ok_or_else(no_file)?;
    let (file, own) = take_profiles(file, asked.profile.as_deref())?;
    let profile = super::profile::layers(sources, &own.name, own.place, world.as_ref())?;
    let file = match own.section {
        Some(section) => merge::stacked(file, section),
        None => file,
    };
    let file = flags(file, asked, sources)?;
    let layered = layered(sources, profile, file)?;
    typed(layered, world)
}

fn no_file() -> Diagnostics {
    Diagnostic::error("no-stack", "there is no stack file").help("name one with `-f FILE`").into()
}

/// How `--set` reads the value at a path: as text where text is wanted.
fn set_type(path: &Path) -> super::set::SetType {
    use crate::diagnostic::Step;
    let mut steps = path.steps().iter();
    let Some(Step::Key(first)) = steps.next() else { return super::set::SetType::Other };
    let mut rest: Path = steps.cloned().collect();
    let found = if first == APPS {
        rest = rest.steps().iter().skip(1).cloned().collect();
        components::word(APPS).map(|word| (word.schema)())
    } else if let Some(word) = components::word(&Key::parse(first).word) {
        Some((word.schema)())
    } else {
        rest = path.clone();
        Some(schemars::schema_for!(Head))
    };
    found.map_or(super::set::SetType::Other, |found| super::subschema::set_type(&found, &rest))
}

/// The stack's own say in profiles.
struct OwnProfile {
    name: String,
    place: Option<Place>,
    section: Option<Node>,
}

/// Takes `profile` and `profiles` out of the stack.
fn take_profiles(mut file: Node, flag: Option<&str>) -> Result<(Node, OwnProfile), Diagnostics> {
    let Kind::Map(map) = &mut file.kind else { return Err(no_file()) };
    let written = map.shift_remove(PROFILE);
    let name = match (&written, flag) {
        (_, Some(flag)) => flag.to_owned(),
        (Some(entry), None) => entry
            .value
            .as_text()
            .ok_or_else(|| {
                Diagnostic::error("wrong-type", "`profile` must be a name or a path").at(entry.value.place)
            })?
            .to_owned(),
        (None, None) => "dev".to_owned(),
    };
    let place = written.filter(|_| flag.is_none()).map(|entry| entry.value.place);
    let section = match map.shift_remove(PROFILES) {
        None => None,
        Some(Entry { value: Node { kind: Kind::Map(mut sections), .. }, .. }) => {
            sections.shift_remove(&name).map(|entry| entry.value)
        }
        Some(entry) => {
            return Err(Diagnostic::error("wrong-type", "`profiles` must be a mapping of profile names")
                .at(entry.value.place)
                .into());
        }
    };
    Ok((file, OwnProfile { name, place, section }))
}

/// `--kubernetes` and `--namespace`, which win over everything.
fn flags(file: Node, asked: &Asked, sources: &mut Sources) -> Result<Node, Diagnostics> {
    let pairs = [("cluster.kubernetes", &asked.kubernetes), ("metadata.namespace", &asked.namespace)];
    let mut merged = file;
    for (path, value) in pairs {
        if let Some(value) = value {
            let text = |_: &Path| super::set::SetType::Text;
            merged = merge::stacked(merged, super::set::parse(&format!("{path}={value}"), sources, &text)?);
        }
    }
    Ok(merged)
}

/// Lays every component of the stack over its defaults and the profile.
fn layered(sources: &mut Sources, profile: Node, file: Node) -> Result<Node, Diagnostics> {
    let place = file.place;
    let (Kind::Map(mut profile), Kind::Map(file)) = (profile.kind, file.kind) else { return Err(no_file()) };
    let mut complaints = Diagnostics::new();
    let mut bases: IndexMap<&str, Node> = IndexMap::new();
    let mut out = Map::new();
    for word in WORDS {
        let wanted = file.keys().any(|key| Key::parse(key).word == word.name);
        let layer = profile.shift_remove(word.name).map(|entry| entry.value);
        if wanted {
            bases.insert(word.name, base(sources, word, layer)?);
        }
    }
    // What is left of a profile is not about components: policy, cluster.
    let head = Node { kind: Kind::Map(profile), place };
    for (key, entry) in file {
        let Key { word, name } = Key::parse(&key);
        let node = match bases.get(word.as_str()) {
            Some(_) if matches!(entry.value.kind, Kind::Null) => {
                complaints.push(empty(&key, entry.key));
                continue;
            }
            Some(base) if word == APPS => each(base, entry.value, &mut complaints),
            Some(base) => {
                complaints.extend(name.as_deref().and_then(|name| bad_name(name, &key, entry.key)));
                merge::layers(base.clone(), entry.value)
            }
            None => entry.value,
        };
        out.insert(key, Entry { key: entry.key, value: node });
    }
    complaints.or(merge::layers(head, Node { kind: Kind::Map(out), place }))
}

fn base(sources: &mut Sources, word: &Word, profile: Option<Node>) -> Result<Node, Diagnostics> {
    let id = sources.add(format!("templates/{}/defaults.yaml", word.name), word.defaults, Layer::Defaults);
    let defaults = parse::document(sources, id)?;
    Ok(match profile {
        Some(profile) => merge::layers(defaults, profile),
        None => defaults,
    })
}

/// Every app over the same base.
fn each(base: &Node, apps: Node, complaints: &mut Diagnostics) -> Node {
    let place = apps.place;
    let Kind::Map(apps) = apps.kind else { return apps };
    let mut out = Map::with_capacity(apps.len());
    for (name, entry) in apps {
        complaints.extend(bad_name(&name, &format!("{APPS}.{name}"), entry.key));
        if matches!(entry.value.kind, Kind::Null) {
            complaints.push(empty(&format!("{APPS}.{name}"), entry.key));
            continue;
        }
        let value = merge::layers(base.clone(), entry.value);
        out.insert(name, Entry { key: entry.key, value });
    }
    Node { kind: Kind::Map(out), place }
}

fn empty(key: &str, place: Place) -> Diagnostic {
    Diagnostic::error("empty-component", format!("`{key}` is empty"))
        .at(place)
        .because("null removes what an earlier layer wrote, and there is nothing to remove")
        .help(format!("write `{key}: {{}}` for the defaults, or take the line out"))
}

fn bad_name(name: &str, key: &str, place: Place) -> Option<Diagnostic> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let edges = name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.ends_with('-');
    (!(edges && name.len() <= 40 && name.chars().all(inner))).then(|| {
        Diagnostic::error("bad-name", format!("`{name}` in `{key}` is not a name"))
            .at(place)
            .because("it becomes part of Service and pod names, which are DNS labels")
            .help("begin with a letter, go on with lower-case letters, digits and `-`; 40 characters at most")
    })
}

/// The merged tree, read into types. Every part is read, so that all complaints come in one run.
fn typed(mut tree: Node, world: Rc<dyn World>) -> Result<Stack, Diagnostics> {
    let mut complaints = Diagnostics::new();
    tree.sort();
    let Kind::Map(map) = tree.kind.clone() else { return Err(no_file()) };
    let (head, rest): (Map, Map) = map.into_iter().partition(|(key, _)| HEAD.contains(&key.as_str()));
    let head = Node { kind: Kind::Map(head), place: tree.place };
    let head = complaints.keep(read_head(&head));
    let mut members: Vec<Box<dyn Member>> = Vec::new();
    for (key, entry) in rest {
        members.extend(read_members(&key, entry, &mut complaints));
    }
    members.sort_by_key(|member| {
        let key = member.key();
        (WORDS.iter().position(|word| word.name == key.word), key.name.clone())
    });
    let site = head.and_then(|head| complaints.keep(site(head, &tree, world)));
    match site {
        Some((site, external)) if !complaints.refuse() => Ok(Stack { site, members, external, tree }),
        _ => Err(complaints.placed(|path| Some(tree.place_of(path)))),
    }
}

fn read_head(head: &Node) -> Result<Head, Diagnostics> {
    de::read::<Head>(head, &Path::root()).map_err(|first| {
        let mut all = Diagnostics::new();
        all.extend(schema::complaints(head, &schemars::schema_for!(Head), &Path::root()));
        if all.is_empty() { first.into() } else { all }
    })
}

fn read_members(key: &str, entry: Entry, complaints: &mut Diagnostics) -> Vec<Box<dyn Member>> {
    let parsed = Key::parse(key);
    let Some(word) = components::word(&parsed.word).filter(|word| word.name != APPS || parsed.name.is_none())
    else {
        complaints.push(unknown_word(key, entry.key));
        return Vec::new();
    };
    let path = Path::root().key(key);
    if word.name != APPS {
        return complaints.keep((word.read)(parsed, path, entry.value)).into_iter().collect();
    }
    let Kind::Map(apps) = entry.value.kind else {
        complaints.push(
            Diagnostic::error("wrong-type", "`apps` must be a mapping of app names").at(entry.value.place),
        );
        return Vec::new();
    };
    apps.into_iter()
        .filter_map(|(name, app)| {
            let key = Key { word: APPS.to_owned(), name: Some(name.clone()) };
            complaints.keep((word.read)(key, path.key(name), app.value))
        })
        .collect()
}

fn unknown_word(key: &str, place: Place) -> Diagnostic {
    let names: Vec<&str> =
        HEAD.iter().copied().chain([PROFILE, PROFILES]).chain(WORDS.iter().map(|word| word.name)).collect();
    let wanted = Key::parse(key).word;
    Diagnostic::error("unknown-key", format!("unknown key `{key}`"))
        .at(place)
        .because(format!("the keys here are {}", words::listed(&names)))
        .maybe_help(words::closest(&wanted, names).map(|near| format!("did you mean `{near}`?")))
}

fn site(head: Head, tree: &Node, world: Rc<dyn World>) -> Result<(Site, BTreeSet<String>), Diagnostics> {
    let mut complaints = Diagnostics::new();
    let kubernetes = complaints.keep(kubernetes(&head.cluster.kubernetes)).unwrap_or_default();
    let namespace = head.metadata.namespace.clone().unwrap_or_else(|| "default".to_owned());
    for (name, key) in [(&head.metadata.name, "name"), (&namespace, "namespace")] {
        let path = Path::root().keys(&["metadata", key]);
        complaints.extend(bad_name(name, &path.to_string(), tree.place_of(&path)));
    }
    let mut external = BTreeSet::new();
    declared(tree, &mut external);
    external.extend(head.external);
    external.extend(head.cluster.pull_secrets.iter().map(|name| format!("Secret/{name}")));
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
        },
        external,
    ))
}

fn kubernetes(text: &str) -> Result<Version, Diagnostic> {
    Version::parse(text).filter(|version| version.at_least(&[1, 25]) && version.before(&[1, 38])).ok_or_else(
        || {
            Diagnostic::error(
                "kubernetes-version",
                format!("`{text}` is not a Kubernetes minor that we know"),
            )
            .at(Path::root().keys(&["cluster", "kubernetes"]))
            .help("write \"1.25\" to \"1.37\"")
        },
    )
}

/// Whatever the stack names as existing: `{secret: {name}}`, `{configMap: {name}}`, `tlsSecret`, `serviceAccount`, `claim`.
fn declared(node: &Node, found: &mut BTreeSet<String>) {
    match &node.kind {
        Kind::Map(map) => {
            for (key, entry) in map {
                let name = entry
                    .value
                    .as_map()
                    .and_then(|map| map.get("name"))
                    .and_then(|name| name.value.as_text());
                match (key.as_str(), name, entry.value.as_text()) {
                    ("secret", Some(name), _) | ("tlsSecret", _, Some(name)) => {
                        found.insert(format!("Secret/{name}"));
                    }
                    ("configMap", Some(name), _) => {
                        found.insert(format!("ConfigMap/{name}"));
                    }
                    ("serviceAccount", _, Some(name)) => {
                        found.insert(format!("ServiceAccount/{name}"));
                    }
                    ("claim", _, Some(name)) => {
                        found.insert(format!("PersistentVolumeClaim/{name}"));
                    }
                    _ => declared(&entry.value, found),
                }
            }
        }
        Kind::Seq(items) => items.iter().for_each(|item| declared(item, found)),
        _ => {}
    }
}
