//! Where a field of a drawn object comes from: what in the stack, the profile or the defaults most likely said it.
//!
//! Nothing carries this along while drawing; it is guessed from names and values when a complaint is told, and only a good
//! guess counts. Otherwise the complaint stands at the component.

use serde_json::Value;

use super::Finding;
use crate::diagnostic::{Path, Step};
use crate::draft::{Draft, Origin, Patched};
use crate::tree::node::{Kind, Node};

/// Where the finding was written in the merged tree.
pub(super) fn of(finding: &Finding<'_>, draft: &Draft, tree: Option<&Node>) -> Path {
    if let Some(path) = patched(finding, draft) {
        return path;
    }
    match &draft.origin {
        Origin::Written(path) => path.joined(&finding.field),
        Origin::Drawn { owner, .. } => {
            let owner = owner.path();
            tree.and_then(|tree| written(finding, &owner, tree)).unwrap_or(owner)
        }
    }
}

/// What a patch says of the field, or of what holds it; a patch that takes a field away is to blame for what is missing.
fn patched(finding: &Finding<'_>, draft: &Draft) -> Option<Path> {
    let field = finding.field.steps();
    let holds = |patched: &&Patched| field.starts_with(patched.field.steps());
    let last = |all: &mut dyn Iterator<Item = &Patched>| {
        // The most precise one; of two, the later patch has the last word.
        all.max_by_key(|patched| patched.field.steps().len()).cloned()
    };
    if let Some(found) = last(&mut draft.patched.iter().filter(holds)) {
        let rest: Path = field[found.field.steps().len()..].iter().cloned().collect();
        return Some(found.by.joined(&rest));
    }
    let lacks = |patched: &&Patched| patched.removed && patched.field.steps().starts_with(field);
    last(&mut draft.patched.iter().filter(lacks)).map(|found| found.by)
}

fn written(finding: &Finding<'_>, owner: &Path, tree: &Node) -> Option<Path> {
    let names = names(finding);
    let value = value(finding);
    let section = owner.steps().iter().try_fold(tree, |node, step| match step {
        Step::Key(key) => Some(&node.as_map()?.get(key)?.value),
        Step::Index(_) => None,
    })?;
    let mut best: Option<(u32, Path)> = None;
    leaves(section, owner, &mut |path, text| {
        let mut score = score(path, text, owner, &names, value.as_deref());
        // The piece that is meant, written as a whole: no name says more.
        score += if finding.word.as_deref() == Some(text) { 3 } else { 0 };
        score += finding.word.as_deref().map_or(0, |word| quoted(word, text, path, &names));
        if score >= ENOUGH && best.as_ref().is_none_or(|(known, _)| score > *known) {
            best = Some((score, path.clone()));
        }
    });
    best.map(|(_, path)| path)
}

/// The name alone, or a telling value alone.
const ENOUGH: u32 = 3;

fn score(path: &Path, text: &str, owner: &Path, names: &[String], value: Option<&str>) -> u32 {
    let own = path.steps()[owner.steps().len()..].iter().filter_map(|step| match step {
        Step::Key(key) => Some(key.to_lowercase()),
        Step::Index(_) => None,
    });
    let own: Vec<String> = own.collect();
    let named = match (own.last(), names.last()) {
        (Some(own), Some(name)) if own == name => 3,
        // A line of a config file: `auto.create.topics.enable=true`.
        (Some(own), _) if own.len() >= 6 && value.is_some_and(|value| is_line_of(value, own)) => 4,
        _ => 0,
    };
    let shared = own.iter().filter(|key| names.contains(key)).count();
    let valued = match value {
        Some(value) if value == text && text.len() >= 3 => 3,
        Some(value) if value == text => 1,
        Some(value) if text.len() >= 4 && value.contains(text) => 2,
        _ => 0,
    };
    // A name that says nothing by itself (`name`, `port`) needs the value too.
    match (named, valued) {
        (0, 0 | 1) => 0,
        (named, valued) => named + valued + u32::try_from(shared).unwrap_or(0),
    }
}

/// A telling piece that stands inside of a longer text of the stack: a URL, a line of a file.
fn quoted(word: &str, text: &str, path: &Path, names: &[String]) -> u32 {
    if word.len() < 6 || word == text || !text.contains(word) {
        return 0;
    }
    let Some(Step::Key(own)) = path.steps().last() else { return ENOUGH };
    // Of several files, the one that is called like it.
    let same = names.last().is_some_and(|name| own.to_lowercase().ends_with(name.as_str()));
    ENOUGH + u32::from(same)
}

/// Does the piece of text begin with the key?
fn is_line_of(text: &str, key: &str) -> bool {
    // In JSON keys are in quotes.
    let text = text.trim_start_matches('"');
    let start = text.get(..key.len()).is_some_and(|start| start.eq_ignore_ascii_case(key));
    start
        && !text[key.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

/// The names on the way to the field: keys, and the names of list items.
fn names(finding: &Finding<'_>) -> Vec<String> {
    let mut names = Vec::new();
    let mut here: Option<&Value> = None;
    for (position, step) in finding.field.steps().iter().enumerate() {
        here = match step {
            Step::Key(key) => {
                names.push(key.to_lowercase());
                if position == 0 {
                    finding.object.fields().get(key)
                } else {
                    here.and_then(|value| value.get(key))
                }
            }
            Step::Index(index) => {
                let item = here.and_then(|value| value.get(index));
                names.extend(item.and_then(|item| item.get("name")?.as_str()).map(str::to_lowercase));
                item
            }
        };
    }
    // The value of a variable goes by the variable's name.
    if names.last().is_some_and(|name| name == "value") && names.contains(&"env".to_owned()) {
        names.pop();
    }
    names
}

/// What stands in the field, or the piece of it that is meant.
fn value(finding: &Finding<'_>) -> Option<String> {
    if let Some(word) = &finding.word {
        return Some(word.clone());
    }
    let steps = finding.field.steps();
    let Some(Step::Key(first)) = steps.first() else { return None };
    let value =
        steps[1..].iter().try_fold(finding.object.fields().get(first)?, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::Index(index) => value.get(index),
        })?;
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn leaves(node: &Node, path: &Path, visit: &mut impl FnMut(&Path, &str)) {
    match &node.kind {
        Kind::Map(map) => map.iter().for_each(|(key, entry)| leaves(&entry.value, &path.key(key), visit)),
        Kind::Seq(items) => {
            items.iter().enumerate().for_each(|(index, item)| leaves(item, &path.index(index), visit));
        }
        Kind::Scalar { text, .. } => visit(path, text),
        Kind::Null => {}
    }
}
