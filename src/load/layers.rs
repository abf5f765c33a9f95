//! The order of the layers: every component of the stack over its defaults and the profile; the stack's own section for
//! the profile and the flags over the stack.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::existing::Base;
use super::members::unknown_word;
use super::stack::{Asked, HEAD, no_file};
use super::{hidden, included, sections};
use crate::components::{APPS, Key, WORDS, Word};
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Step};
use crate::k8s::Version;
use crate::k8s::address::{is_label, is_part};
use crate::plan::site::Site;
use crate::source::{Layer, Place, Sources};
use crate::tree::node::{Entry, Kind, Map, Node};
use crate::tree::{merge, parse};
use crate::verify::schema::Minor;
use crate::world::World;

/// The stack's own choice of profile, and its section per profile.
pub(super) const PROFILE: &str = "profile";
pub(super) const PROFILES: &str = "profiles";

/// The stack's own say in profiles.
pub(super) struct OwnProfile {
    /// Its name.
    pub(super) name: String,
    /// Where the stack names it.
    pub(super) place: Option<Place>,
    /// What the stack says for it alone.
    pub(super) section: Option<Node>,
    /// What it says for the others.
    pub(super) others: Vec<(Path, Entry)>,
    /// Sections that no run may ever use.
    pub(super) warnings: Diagnostics,
}

/// Does a key of a stack say which profile there is, or what there is in one?
pub(super) fn is_of_profiles(key: &str) -> bool {
    matches!(key, PROFILE | PROFILES)
}

/// Is it a key of every app, so that it hardly names one?
pub(super) fn is_key_of_apps(name: &str) -> bool {
    super::vocabulary::keys_at(&Path::root().keys(&[APPS, "*"])).iter().any(|key| key == name)
}

/// Takes `profile` and `profiles` out of the stack.
pub(super) fn take_profiles(
    mut file: Node,
    flag: Option<&str>,
    around: (&Sources, &dyn World),
) -> Result<(Node, OwnProfile), Diagnostics> {
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
    let mut warnings = Diagnostics::new();
    let (section, others) = match map.shift_remove(PROFILES) {
        None => (None, Vec::new()),
        Some(Entry { value: Node { kind: Kind::Map(mut sections), .. }, .. }) => {
            warnings = sections::known(&sections, &name, around)?;
            sections.retain(|_, section| !matches!(section.value.kind, Kind::Null));
            let section =
                sections.shift_remove(&name).or_else(|| sections.shift_remove(sections::stem(&name)));
            let section = section.map(|entry| entry.value);
            let path = Path::root().key(PROFILES);
            (section, sections.into_iter().map(|(name, section)| (path.key(name), section)).collect())
        }
        Some(entry) => {
            return Err(Diagnostic::error("wrong-type", "`profiles` must be a mapping of profile names")
                .at(entry.value.place)
                .into());
        }
    };
    Ok((file, OwnProfile { name, place, section, others, warnings }))
}

pub(super) fn no_mapping(key: &str, node: &Node) -> Diagnostic {
    Diagnostic::error(
        "wrong-type",
        format!("`{key}` must be a mapping, found {}", crate::tree::fault::found(node)),
    )
    .at(node.place)
}

/// Lays one stack file over another. Null takes a whole component or app of an earlier file away, for no layer below
/// has one; all other nulls stay, for the layers below.
pub(super) fn over(mut base: Node, mut top: Node) -> Node {
    if let (Kind::Map(base), Kind::Map(top)) = (&mut base.kind, &mut top.kind) {
        take_away(base, top, |key| WORDS.iter().any(|word| word.name == Key::parse(key).word));
        if let (Some(base), Some(top)) = (base.get_mut(APPS), top.get_mut(APPS))
            && let (Kind::Map(base), Kind::Map(top)) = (&mut base.value.kind, &mut top.value.kind)
        {
            take_away(base, top, |_| true);
        }
    }
    included::added_up(&mut base, &mut top);
    merge::stacked(base, top)
}

fn take_away(base: &mut Map, top: &mut Map, is_ours: impl Fn(&str) -> bool) {
    top.retain(|key, entry| {
        let takes = matches!(entry.value.kind, Kind::Null) && is_ours(key);
        !(takes && base.shift_remove(key).is_some())
    });
}

/// `--kubernetes` and `--namespace`, which win over everything.
pub(super) fn flags(file: Node, asked: &Asked, sources: &mut Sources) -> Result<Node, Diagnostics> {
    let pairs = [("cluster.kubernetes", &asked.kubernetes), ("metadata.namespace", &asked.namespace)];
    let mut merged = file;
    for (path, value) in pairs {
        if let Some(value) = value {
            let text = |_: &Path| super::set::SetType::Text;
            let flag = super::set::parse(&format!("{path}={value}"), sources, &text)?.tree;
            let keys: Path = path.split('.').map(|key| Step::Key(key.to_owned())).collect();
            if merged.at(&keys).is_some_and(|set| is_set(sources, set) && set.as_text() != Some(value)) {
                return Err(Diagnostic::error("bad-set", format!("two flags set `{path}`"))
                    .at(merged.place_of(&keys))
                    .help("keep one of them")
                    .into());
            }
            merged = merge::stacked(merged, flag);
        }
    }
    Ok(merged)
}

fn is_set(sources: &Sources, node: &Node) -> bool {
    sources.of(node.place.source).layer == Layer::Set
}

/// Lays every component of the stack over its defaults and the profile; complaints come beside the tree, so that the
/// rest of it is still read and complained about in the same run.
pub(super) fn layered(
    sources: &mut Sources,
    profile: Node,
    file: Node,
    removed: &BTreeSet<Path>,
) -> Result<(Node, Diagnostics), Diagnostics> {
    let place = file.place;
    let (Kind::Map(mut profile), Kind::Map(file)) = (profile.kind, file.kind) else { return Err(no_file()) };
    let mut complaints = Diagnostics::new();
    let mut bases: IndexMap<&str, Base> = IndexMap::new();
    let mut out = Map::new();
    for word in WORDS {
        let wanted = file.keys().any(|key| Key::parse(key).word == word.name);
        let layer = profile.shift_remove(word.name).map(|entry| entry.value);
        if wanted {
            bases.insert(word.name, base(sources, word, layer)?);
        }
    }
    // What is left of a profile is not about components: policy, cluster.
    let mut head = Node { kind: Kind::Map(profile), place };
    for (key, entry) in file {
        let Key { word, name, .. } = Key::parse(&key);
        let node = match bases.get(word.as_str()) {
            Some(_) if matches!(entry.value.kind, Kind::Null) => {
                complaints.push(empty(&key, entry.key));
                continue;
            }
            Some(base) if word == APPS => each(base.drawn(), entry.value, removed, &mut complaints),
            Some(base) => {
                let base = base.under(&entry.value);
                complaints.extend(hidden::idle(base, &entry.value, &Path::root().key(&key), removed));
                complaints.extend(name.as_deref().and_then(|name| bad_name(name, &key, entry.key)));
                merge::layers(base.clone(), entry.value)
            }
            None if matches!(entry.value.kind, Kind::Null) && !HEAD.contains(&key.as_str()) => {
                complaints.push(unknown_word(&key, entry.key));
                continue;
            }
            None => entry.value,
        };
        out.insert(key, Entry { key: entry.key, value: node });
    }
    let mut out = Node { kind: Kind::Map(out), place };
    included::added_up(&mut head, &mut out);
    Ok((merge::layers(head, out), complaints))
}

fn base(sources: &mut Sources, word: &Word, profile: Option<Node>) -> Result<Base, Diagnostics> {
    let id = sources.add(format!("templates/{}/defaults.yaml", word.name), word.defaults, Layer::Defaults);
    let defaults = parse::document(sources, id)?;
    match profile {
        Some(profile) if !matches!(profile.kind, Kind::Map(_) | Kind::Null) => {
            Err(no_mapping(word.name, &profile).into())
        }
        profile => Ok(Base::of(defaults, profile, sources)),
    }
}

/// Every app over the same base.
fn each(base: &Node, apps: Node, removed: &BTreeSet<Path>, complaints: &mut Diagnostics) -> Node {
    let place = apps.place;
    let Kind::Map(apps) = apps.kind else { return apps };
    let mut out = Map::with_capacity(apps.len());
    for (name, entry) in apps {
        if let Some(complaint) = for_all_apps(&name, &entry) {
            complaints.push(complaint);
            continue;
        }
        complaints.extend(bad_name(&name, &format!("{APPS}.{name}"), entry.key));
        if matches!(entry.value.kind, Kind::Null) {
            complaints.push(empty(&format!("{APPS}.{name}"), entry.key));
            continue;
        }
        let path = Path::root().keys(&[APPS, &name]);
        complaints.extend(hidden::idle(base, &entry.value, &path, removed));
        let value = merge::layers(base.clone(), entry.value);
        out.insert(name, Entry { key: entry.key, value });
    }
    Node { kind: Kind::Map(out), place }
}

/// `apps: {replicas: 2}`: a profile that is a file says so of all apps, a stack has the names of apps there. An app has
/// an image, and only an app.
pub(super) fn for_all_apps(name: &str, entry: &Entry) -> Option<Diagnostic> {
    let is_app = entry.value.as_map().is_some_and(|app| app.contains_key("image"));
    (!is_app && is_key_of_apps(name)).then(|| {
        Diagnostic::error("unknown-key", format!("`{name}` is an app's key, but app names are expected here"))
            .at(entry.key)
            .because("common settings of all apps belong in a profile file")
            .help(format!(
                "write `{APPS}: {{NAME: {{{name}: …}}}}`, or use your own profile: `-p ./mine.yaml`"
            ))
    })
}

fn empty(key: &str, place: Place) -> Diagnostic {
    Diagnostic::error("empty-component", format!("`{key}` is empty"))
        .at(place)
        .because("null removes what an earlier layer sets, but there is nothing to remove")
        .help(format!("write `{key}: {{}}` for the defaults, or remove the line"))
}

/// Where secrets are guarded, a stack that lands in `default` by accident meets whatever others left there.
pub(super) fn no_namespace(site: &Site) -> Option<Diagnostic> {
    let Site { metadata, policy, .. } = site;
    (metadata.namespace.is_none() && !policy.plain_secrets).then(|| {
        Diagnostic::warning("no-namespace", "no namespace is set: everything goes to `default`")
            .at(Path::root().key("metadata"))
            .because("the short names may clash with others there, and the namespace cannot be changed later")
            .help(format!("set `metadata: {{namespace: {}}}`, or `-n NAMESPACE`", metadata.name))
    })
}

/// A namespace is a DNS label; it may begin with a digit.
pub(super) fn bad_label(name: &str, key: &str, place: Place) -> Option<Diagnostic> {
    (!is_label(name)).then(|| {
        Diagnostic::error("bad-name", format!("`{name}` in `{key}` is not a valid name"))
            .at(place)
            .because("it must be a DNS label")
            .help("use lower-case letters, digits and `-`, with no `-` at the start or end, at most 63 characters")
    })
}

fn bad_name(name: &str, key: &str, place: Place) -> Option<Diagnostic> {
    let fits = name.len() <= 40 && is_part(name) && name.starts_with(|c: char| c.is_ascii_lowercase());
    (!fits).then(|| {
        Diagnostic::error("bad-name", format!("`{name}` in `{key}` is not a valid name"))
            .at(place)
            .because("it becomes part of Service and pod names, which are DNS labels")
            .help(
                "start with a letter, followed by lower-case letters, digits and `-`, at most 40 characters",
            )
    })
}

/// The target's minor, as numbers.
pub(super) fn kubernetes(text: &str) -> Result<Version, Diagnostic> {
    Version::parse(text).filter(|version| Minor::known(version).is_some()).ok_or_else(|| {
        Diagnostic::error(
            "kubernetes-version",
            format!("`{text}` is not a supported Kubernetes minor version"),
        )
        .at(Path::root().keys(&["cluster", "kubernetes"]))
        .help("use \"1.25\" to \"1.37\"")
    })
}
