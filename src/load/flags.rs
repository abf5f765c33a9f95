//! `--set` as the last layer: it changes what the files have and creates no component and no app, so that a misspelt
//! path cannot pass for a new one.

use std::collections::BTreeSet;

use super::members::unknown_word;
use super::set::Flag;
use super::stack::{HEAD, meant};
use super::vocabulary::{keys_at, roots, schema_of};
use super::{hidden, layers};
use crate::components::{self, APPS, Key};
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Step};
use crate::source::{Place, Sources};
use crate::tree::fault;
use crate::tree::node::{Entry, Kind, Map, Node};
use crate::tree::subschema;
use crate::words;

/// Lays the flags over the stack, one after the other; what one of them must not say is told and left out.
pub(super) fn applied(
    mut file: Node,
    flags: Vec<Flag>,
    sources: &Sources,
    (complaints, removed): (&mut Diagnostics, &mut BTreeSet<Path>),
) -> Node {
    for flag in flags {
        // A file has it under a misspelt name, which is told.
        if flag.keys.first().is_some_and(|(key, _)| is_misspelt_in(&file, key)) {
            continue;
        }
        let wrong = unfit(&file, &flag, sources);
        if !wrong.is_empty() {
            complaints.extend(wrong);
            continue;
        }
        hidden::removed(&file, &flag.tree, &Path::root(), removed);
        complaints.extend(hidden::replaced(&file, &flag.tree, &Path::root()));
        file = layers::over(file, flag.tree);
    }
    file
}

fn is_misspelt_in(file: &Node, key: &str) -> bool {
    let Some(file) = file.as_map().filter(|file| !file.contains_key(key)) else { return false };
    let word = Key::parse(key).word;
    components::word(&word).is_some() && file.keys().any(|key| meant(key) == Some(word.as_str()))
}

fn unfit(file: &Node, flag: &Flag, sources: &Sources) -> Vec<Diagnostic> {
    let text = &sources.of(flag.value.source).text;
    if let Some(complaint) = two_in_one(text, flag) {
        return vec![complaint];
    }
    let created = created(file, &flag.tree);
    if !created.is_empty() {
        return created;
    }
    dotted(flag).or_else(|| nothing_there(flag)).into_iter().collect()
}

fn complaint(title: impl Into<String>, place: Place) -> Diagnostic {
    Diagnostic::error("bad-set", title).at(place)
}

/// What the flag would create: components and apps that no file has.
fn created(file: &Node, flag: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let (Some(file), Some(flag)) = (file.as_map(), flag.as_map()) else { return found };
    for (key, entry) in flag {
        if components::word(&Key::parse(key).word).is_none() {
            let known = roots().contains(&key.as_str());
            found.extend((!known).then(|| unknown(file, key, entry.key)));
        } else if !file.contains_key(key) {
            found.push(no_component(file, key, entry.key));
        } else if key == APPS {
            let apps = file.get(APPS).and_then(|apps| apps.value.as_map());
            let set = entry.value.as_map().into_iter().flatten();
            let new = set.filter(|(name, _)| apps.is_none_or(|apps| !apps.contains_key(*name)));
            found.extend(new.map(|(name, entry)| no_app(apps, name, entry)));
        }
    }
    found
}

/// A key that is no word of ours. The name of an app or of an instance is one step away from it.
fn unknown(file: &Map, key: &str, place: Place) -> Diagnostic {
    let apps = file.get(APPS).and_then(|apps| apps.value.as_map()).into_iter().flatten();
    let apps = apps.map(|(name, _)| (name.clone(), format!("{APPS}.{name}")));
    let instances = file.keys().filter_map(|key| Some((Key::parse(key).name?, key.clone())));
    let names: Vec<(String, String)> = apps.chain(instances).collect();
    let plain = unknown_word(key, place);
    let near = words::closest(key, names.iter().map(|(name, _)| name.as_str()).chain(roots()));
    match names.iter().find(|(name, _)| Some(name.as_str()) == near) {
        Some((_, path)) => Diagnostic { help: vec![format!("did you mean `{path}`?")], ..plain },
        None => plain,
    }
}

const NEW: &str =
    "`--set` changes existing keys and does not create any, so that a misspelled path is noticed";

fn no_component(file: &Map, key: &str, place: Place) -> Diagnostic {
    let there: Vec<&str> =
        file.keys().map(String::as_str).filter(|key| !HEAD.contains(key) && *key != APPS).collect();
    let near = words::closest(key, there.iter().copied());
    let word = Key::parse(key).word;
    // `redis.masters` where the only one is called `redis/session`.
    let near = near.or_else(|| there.iter().copied().find(|there| Key::parse(there).word == word));
    complaint(format!("no file of this stack sets `{key}`"), place)
        .because(NEW)
        .because(format!("the existing keys are {}", words::listed(&there)))
        .help(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add `{key}: {{}}` to a stack file"),
        })
}

fn no_app(apps: Option<&Map>, name: &str, entry: &Entry) -> Diagnostic {
    let there: Vec<&str> = apps.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let title = format!("unknown app `{name}`");
    let listed = if there.is_empty() {
        "no file of this stack defines apps".to_owned()
    } else {
        format!("the apps are {}", words::listed(&there))
    };
    let near = words::closest(name, there.iter().copied());
    let help = match near {
        Some(near) => format!("did you mean `{APPS}.{near}`?"),
        None if layers::is_key_of_apps(name) => format!("include the app's name: `{APPS}.NAME.{name}`"),
        None => "add the new app to a stack file".to_owned(),
    };
    complaint(title, entry.key).because(listed).because(NEW).help(help)
}

/// `a=1,b=2`, which is two settings to Helm. Only where what stands behind the comma is a path or a key beside the first.
fn two_in_one(text: &str, flag: &Flag) -> Option<Diagnostic> {
    let (start, end) = (flag.value.start as usize, flag.value.end as usize);
    let value = text.get(start..end)?;
    let path: Path = flag.keys.iter().map(|(key, _)| Step::Key(key.clone())).collect();
    let parent: Path = path.steps().split_last().map(|(_, above)| above.iter().cloned().collect())?;
    let beside = keys_at(&parent);
    let is_path = |key: &str| {
        let path: Path = key.split('.').map(|step| Step::Key(step.to_owned())).collect();
        path.steps().len() > 1 && is_known(&path)
    };
    let (at, key) = value.match_indices(',').find_map(|(comma, _)| {
        let (key, _) = value[comma + 1..].split_once('=')?;
        let key = key.trim();
        (is_path(key) || beside.iter().any(|known| known == key)).then_some((comma + 1, key))
    })?;
    let second = if is_path(key) { key.to_owned() } else { parent.key(key).to_string() };
    let start = start + at + value[at..].find(key)?;
    Some(
        complaint(
            "two settings in one flag",
            crate::tree::parse::span(flag.value.source, start, start + key.len()),
        )
        .because("a comma is part of the value here")
        .help(format!("use a flag for each: `--set {path}=… --set {second}=…`")),
    )
}

fn is_known(path: &Path) -> bool {
    let Some(Step::Key(first)) = path.steps().first() else { return false };
    let named = roots().contains(&Key::parse(first).word.as_str());
    named
        && schema_of(path).is_some_and(|(schema, rest)| {
            !rest.steps().is_empty() && subschema::field_at(&schema, &rest).is_some()
        })
}

/// `config.log.retention.hours=5`: where users choose the keys and values are texts, dots belong to the key.
fn dotted(flag: &Flag) -> Option<Diagnostic> {
    let mut path = Path::root();
    for (index, (key, place)) in flag.keys.iter().enumerate().take(flag.keys.len().saturating_sub(1)) {
        let free = index > 0 && keys_at(&path).is_empty();
        let below = path.key(key);
        let parent = std::mem::replace(&mut path, below);
        let is_text = schema_of(&path)
            .is_some_and(|(schema, rest)| super::set::set_type(&schema, &rest) != super::set::SetType::Other);
        let next = &flag.keys[index + 1].0;
        if free && is_text && !keys_at(&path).contains(next) {
            let rest: Vec<&str> = flag.keys[index..].iter().map(|(key, _)| key.as_str()).collect();
            let last = flag.keys.last().map_or(*place, |(_, place)| *place);
            let whole = Place { end: last.end, ..*place };
            return Some(
                complaint(format!("`{path}` is a single value and has no keys"), whole)
                    .because("a dot separates two keys")
                    .help(format!("if it is one key, quote it: `--set '{parent}.\"{}\"=…'`", rest.join("."))),
            );
        }
    }
    None
}

/// `image=$IMAGE` where the shell has no `IMAGE`. Where users choose the keys, an empty text is a text.
fn nothing_there(flag: &Flag) -> Option<Diagnostic> {
    let mut leaf = &flag.tree;
    for (key, _) in &flag.keys {
        leaf = &leaf.as_map()?.get(key)?.value;
    }
    let (last, above) = flag.keys.split_last()?;
    let parent: Path = above.iter().map(|(key, _)| Step::Key(key.clone())).collect();
    let empty = matches!(&leaf.kind, Kind::Scalar { text, .. } if text.trim().is_empty());
    (empty && keys_at(&parent).contains(&last.0)).then(|| {
        complaint(format!("`{}` would be empty", parent.key(&last.0)), fault::head(leaf))
            .because("an unset shell variable leaves nothing after `=`")
            .help(format!("set a value, or `{}=null` to remove the key", parent.key(&last.0)))
    })
}
