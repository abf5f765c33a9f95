//! The order of the layers: every component of the stack over its defaults and the profile; the stack's own section for
//! the profile and the flags over the stack.

use indexmap::IndexMap;

use super::source::{Layer, Place, Sources};
use super::stack::{Asked, HEAD, no_file, unknown_word};
use super::tree::{Entry, Kind, Map, Node};
use super::{merge, parse};
use crate::components::{APPS, Key, WORDS, Word};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::words;

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
}

/// Takes `profile` and `profiles` out of the stack.
pub(super) fn take_profiles(mut file: Node, flag: Option<&str>) -> Result<(Node, OwnProfile), Diagnostics> {
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
    let (section, others) = match map.shift_remove(PROFILES) {
        None => (None, Vec::new()),
        Some(Entry { value: Node { kind: Kind::Map(mut sections), .. }, .. }) => {
            known_profiles(&sections)?;
            sections.retain(|_, section| !matches!(section.value.kind, Kind::Null));
            let section = sections.shift_remove(&name).map(|entry| entry.value);
            let path = Path::root().key(PROFILES);
            (section, sections.into_iter().map(|(name, section)| (path.key(name), section)).collect())
        }
        Some(entry) => {
            return Err(Diagnostic::error("wrong-type", "`profiles` must be a mapping of profile names")
                .at(entry.value.place)
                .into());
        }
    };
    Ok((file, OwnProfile { name, place, section, others }))
}

fn no_mapping(key: &str, node: &Node) -> Diagnostic {
    Diagnostic::error("wrong-type", format!("`{key}` must be a mapping, found {}", super::fault::found(node)))
        .at(node.place)
}

/// A misspelt profile would be passed over without a word, and so would what is no mapping. Names with `/` or `.` are
/// files of the user's.
fn known_profiles(sections: &Map) -> Result<(), Diagnostics> {
    let names: Vec<&str> = super::profile::PROFILES.iter().map(|(name, _)| *name).collect();
    let mut complaints = Diagnostics::new();
    for (name, entry) in sections {
        if !matches!(entry.value.kind, Kind::Map(_) | Kind::Null) {
            complaints.push(no_mapping(&format!("{PROFILES}.{name}"), &entry.value));
        }
        if !name.contains(['/', '.']) && !names.contains(&name.as_str()) {
            complaints.push(
                Diagnostic::error("unknown-profile", format!("there is no profile `{name}`"))
                    .at(entry.key)
                    .because(format!("the embedded profiles are {}", words::listed(&names)))
                    .maybe_help(
                        words::closest(name, names.iter().copied())
                            .map(|near| format!("did you mean `{near}`?")),
                    ),
            );
        }
    }
    complaints.or(())
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
            merged = merge::stacked(merged, super::set::parse(&format!("{path}={value}"), sources, &text)?);
        }
    }
    Ok(merged)
}

/// Lays every component of the stack over its defaults and the profile; complaints come beside the tree, so that the
/// rest of it is still read and complained about in the same run.
pub(super) fn layered(
    sources: &mut Sources,
    profile: Node,
    file: Node,
) -> Result<(Node, Diagnostics), Diagnostics> {
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
            None if matches!(entry.value.kind, Kind::Null) && !HEAD.contains(&key.as_str()) => {
                complaints.push(unknown_word(&key, entry.key));
                continue;
            }
            None => entry.value,
        };
        out.insert(key, Entry { key: entry.key, value: node });
    }
    Ok((merge::layers(head, Node { kind: Kind::Map(out), place }), complaints))
}

fn base(sources: &mut Sources, word: &Word, profile: Option<Node>) -> Result<Node, Diagnostics> {
    let id = sources.add(format!("templates/{}/defaults.yaml", word.name), word.defaults, Layer::Defaults);
    let defaults = parse::document(sources, id)?;
    Ok(match profile {
        Some(profile) if !matches!(profile.kind, Kind::Map(_) | Kind::Null) => {
            return Err(no_mapping(word.name, &profile).into());
        }
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

/// A namespace is a DNS label; it may begin with a digit.
pub(super) fn bad_label(name: &str, key: &str, place: Place) -> Option<Diagnostic> {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let edges = !name.is_empty() && !name.starts_with('-') && !name.ends_with('-');
    (!(edges && name.len() <= 63 && name.chars().all(inner))).then(|| {
        Diagnostic::error("bad-name", format!("`{name}` in `{key}` is not a name"))
            .at(place)
            .because("it is a DNS label")
            .help("write lower-case letters, digits and `-`, the last not at the ends; 63 characters at most")
    })
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
