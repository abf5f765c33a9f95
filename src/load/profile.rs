//! Profiles: numbers and switches, never names. `dev` and `prod` are embedded; a path names one of the user's, which
//! may build on another with `extends`.

use super::included::{self, OBJECTS, PATCHES};
use crate::components::{Key, WORDS};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::plan::site::Policy;
use crate::source::{Layer, Place, Sources};
use crate::tree::node::{Kind, Node};
use crate::tree::{de, merge, parse};
use crate::words;
use crate::world::World;

/// The embedded profiles.
pub const PROFILES: &[(&str, &str)] =
    &[("dev", include_str!("../../profiles/dev.yaml")), ("prod", include_str!("../../profiles/prod.yaml"))];

/// What every profile builds on.
const BASE: &str = include_str!("../../profiles/base.yaml");

/// A chain longer than this is a circle.
const LONGEST_CHAIN: usize = 8;

/// The profile `name` over everything it extends, and what is wrong in those of the user's, whether the stack has the
/// components or not. `place` is where the stack names it.
pub fn layers(
    sources: &mut Sources,
    name: &str,
    place: Option<Place>,
    world: &dyn World,
) -> Result<(Node, Diagnostics), Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut chain: Vec<Node> = Vec::new();
    let (mut name, mut place) = (name.to_owned(), place);
    loop {
        let mut node = one(sources, &name, place, world)?;
        let below = extends(&mut node)?;
        if !PROFILES.iter().any(|(known, _)| *known == name) {
            complaints.extend(super::hidden::profile(&node));
        }
        chain.push(node);
        match below {
            Some((below, at)) if chain.len() < LONGEST_CHAIN => (name, place) = (below, Some(at)),
            Some((_, at)) => {
                return Err(Diagnostic::error(
                    "profile-circle",
                    "these profiles extend each other in a cycle",
                )
                .at(at)
                .into());
            }
            None => break,
        }
    }
    let id = sources.add("profiles/base.yaml", BASE, Layer::Embedded);
    let base = parse::document(sources, id)?;
    let over = |mut base: Node, mut top: Node| {
        included::added_up(&mut base, &mut top);
        merge::layers(base, top)
    };
    Ok((chain.into_iter().rev().fold(base, over), complaints))
}

/// What a profile refuses, for who has no stack.
pub fn policy(sources: &mut Sources, name: &str, world: &dyn World) -> Result<Policy, Diagnostics> {
    let (profile, mut complaints) = layers(sources, name, None, world)?;
    let path = Path::root().key("policy");
    let node = profile.at(&path).unwrap_or(&profile);
    let policy = complaints.keep(de::read::<Policy>(node, &path));
    for (index, code) in policy.iter().flat_map(|policy| policy.raise.iter().enumerate()) {
        let at = path.key("raise").index(index);
        let unknown = crate::verify::unknown_rule(code);
        complaints.extend(unknown.map(|title| Diagnostic::error("unknown-rule", title).at(at)));
    }
    match policy {
        Some(policy) if !complaints.refuse() => Ok(policy),
        _ => Err(complaints.placed(|path, _| Some(profile.place_of(path)))),
    }
}

fn one(
    sources: &mut Sources,
    name: &str,
    place: Option<Place>,
    world: &dyn World,
) -> Result<Node, Diagnostics> {
    if let Some((_, text)) = PROFILES.iter().find(|(known, _)| *known == name) {
        let id = sources.add(format!("profiles/{name}.yaml"), *text, Layer::Embedded);
        return parse::document(sources, id);
    }
    if !name.contains(['/', '.']) {
        return Err(missing(name, place, "a name without `/` or `.` is an embedded profile").into());
    }
    // A path of the command line is relative to no file.
    let beside = place.map(|place| sources.of(place.source).name.clone());
    let read = world.file(name, beside.as_deref());
    let found = read.map_err(|why| missing(name, place, &format!("cannot read it: {why}")))?;
    let id = sources.add(found.name, found.text, Layer::Profile);
    let node = parse::document(sources, id);
    if is_profile(&sources.of(id).text, node.as_ref().ok()) {
        node
    } else {
        Err(no_profile(name, place).into())
    }
}

/// Does it look like one, with mistakes in it perhaps? A stack may name any file, and complaints show the lines that they
/// are about: what is no profile is not shown.
fn is_profile(text: &str, read: Option<&Node>) -> bool {
    let ours = |key: &str| keys().any(|word| word == Key::parse(key).word);
    match read.and_then(Node::as_map) {
        Some(map) => {
            let said = |key: &str| map.get(key).map(|entry| entry.value.as_text().unwrap_or_default());
            let near = |key: &String| ours(key) || words::closest(&Key::parse(key).word, keys()).is_some();
            match (said("apiVersion"), said("kind")) {
                (Some(version), _) => version.starts_with("stackgen/"),
                (None, Some(kind)) => kind == "Profile",
                (None, None) => map.keys().any(near),
            }
        }
        // It is no YAML: its first line tells.
        None => {
            let meant = |line: &&str| !line.is_empty() && !line.starts_with(['#', '%']) && *line != "---";
            let first = text.lines().map(str::trim_end).find(meant);
            first.and_then(|line| line.split_once(':')).is_some_and(|(key, rest)| match key {
                "apiVersion" => rest.trim().starts_with("stackgen/"),
                "kind" => rest.trim() == "Profile",
                key => ours(key),
            })
        }
    }
}

fn no_profile(name: &str, place: Option<Place>) -> Diagnostic {
    let complaint = Diagnostic::error("unknown-profile", format!("the file `{name}` is not a profile"))
        .because("a profile is a YAML mapping with `apiVersion: stackgen/v1`, `kind: Profile`, and keys such as `extends`, `policy` or `redis`")
        .because("its content is not shown, because it could be anything");
    at(complaint, place)
}

fn at(complaint: Diagnostic, place: Option<Place>) -> Diagnostic {
    match place {
        Some(place) => complaint.at(place),
        None => complaint,
    }
}

/// The keys of a profile besides `apiVersion` and `kind`.
fn keys() -> impl Iterator<Item = &'static str> {
    ["extends", "policy", "cluster", OBJECTS, PATCHES].into_iter().chain(WORDS.iter().map(|word| word.name))
}

fn missing(name: &str, place: Option<Place>, why: &str) -> Diagnostic {
    let names: Vec<&str> = PROFILES.iter().map(|(name, _)| *name).collect();
    let complaint = Diagnostic::error("unknown-profile", format!("unknown profile `{name}`"))
        .because(why)
        .because(format!("the embedded profiles are {}", words::listed(&names)))
        .maybe_help(words::closest(name, names).map(|near| format!("did you mean `{near}`?")));
    at(complaint, place)
}

/// Takes the head keys out and says what the profile builds on.
fn extends(node: &mut Node) -> Result<Option<(String, Place)>, Diagnostics> {
    let Kind::Map(map) = &mut node.kind else { return Ok(None) };
    for (key, wanted) in [("apiVersion", "stackgen/v1"), ("kind", "Profile")] {
        if let Some(entry) = map.shift_remove(key)
            && entry.value.as_text() != Some(wanted)
        {
            return Err(Diagnostic::error(
                "unknown-value",
                format!("`{key}` of a profile must be `{wanted}`"),
            )
            .at(entry.value.place)
            .into());
        }
    }
    let known = |key: &str| keys().any(|word| word == key);
    let unknown = map.iter().filter(|(key, _)| !known(key)).map(|(key, entry)| {
        let words: Vec<&str> = keys().collect();
        Diagnostic::error("unknown-key", format!("unknown key `{key}` in a profile"))
            .at(entry.key)
            .because(format!("the keys here are {}", words::listed(&words)))
            .maybe_help(words::closest(key, words).map(|near| format!("did you mean `{near}`?")))
    });
    let mut complaints = Diagnostics::new();
    complaints.extend(unknown);
    let below = map.shift_remove("extends").and_then(|entry| {
        let name = entry.value.as_text().map(|name| (name.to_owned(), entry.value.place));
        if name.is_none() {
            complaints.push(
                Diagnostic::error("wrong-type", "`extends` must be a name or a path").at(entry.value.place),
            );
        }
        name
    });
    complaints.or(below)
}
