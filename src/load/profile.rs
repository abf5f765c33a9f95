//! Profiles: numbers and switches, never names. `dev` and `prod` are embedded; a path names one of the user's, which
//! may build on another with `extends`.

use super::source::{Layer, Place, Sources};
use super::tree::{Kind, Node};
use super::{merge, parse};
use crate::diagnostic::{Diagnostic, Diagnostics};
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
                    "these profiles extend each other in a circle",
                )
                .at(at)
                .into());
            }
            None => break,
        }
    }
    let id = sources.add("profiles/base.yaml", BASE, Layer::Profile);
    let base = parse::document(sources, id)?;
    Ok((chain.into_iter().rev().fold(base, merge::layers), complaints))
}

/// The rules whose warnings are errors in a profile.
pub fn raised(sources: &mut Sources, name: &str, world: &dyn World) -> Result<Vec<String>, Diagnostics> {
    let (profile, mut complaints) = layers(sources, name, None, world)?;
    let policy = profile.as_map().and_then(|map| map.get("policy"));
    let Some(raise) = policy.and_then(|policy| policy.value.as_map()?.get("raise")) else {
        return Ok(Vec::new());
    };
    let Kind::Seq(items) = &raise.value.kind else { return Ok(Vec::new()) };
    let mut codes = Vec::new();
    for item in items {
        let code = item.as_text().unwrap_or_default();
        let unknown = crate::verify::unknown_rule(code);
        complaints.extend(unknown.map(|title| Diagnostic::error("unknown-rule", title).at(item.place)));
        codes.push(code.to_owned());
    }
    complaints.or(codes)
}

fn one(
    sources: &mut Sources,
    name: &str,
    place: Option<Place>,
    world: &dyn World,
) -> Result<Node, Diagnostics> {
    let (shown, text) = match PROFILES.iter().find(|(known, _)| *known == name) {
        Some((_, text)) => (format!("profiles/{name}.yaml"), (*text).to_owned()),
        None if name.contains(['/', '.']) => (
            name.to_owned(),
            world.file(name).map_err(|why| missing(name, place, &format!("cannot read it: {why}")))?,
        ),
        None => return Err(missing(name, place, "a name without `/` or `.` is an embedded profile").into()),
    };
    let id = sources.add(shown, text, Layer::Profile);
    parse::document(sources, id)
}

fn missing(name: &str, place: Option<Place>, why: &str) -> Diagnostic {
    let names: Vec<&str> = PROFILES.iter().map(|(name, _)| *name).collect();
    let complaint = Diagnostic::error("unknown-profile", format!("there is no profile `{name}`"))
        .because(why)
        .because(format!("the embedded profiles are {}", words::listed(&names)))
        .maybe_help(words::closest(name, names).map(|near| format!("did you mean `{near}`?")));
    match place {
        Some(place) => complaint.at(place),
        None => complaint,
    }
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
    let known =
        |key: &str| matches!(key, "extends" | "policy" | "cluster") || crate::components::word(key).is_some();
    let unknown = map.iter().filter(|(key, _)| !known(key)).map(|(key, entry)| {
        let words: Vec<&str> = ["extends", "policy", "cluster"]
            .into_iter()
            .chain(crate::components::WORDS.iter().map(|word| word.name))
            .collect();
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
