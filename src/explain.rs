//! What a key is: its type, its value by default and per profile, its sub-keys. Settings describe themselves; nothing is
//! written twice.

use std::fmt::Write as _;

use schemars::Schema;
use serde_json::Value;

use crate::codes::{self, Check};
use crate::components::external::EXTERNAL;
use crate::components::{self, Key, WORDS};
use crate::diagnostic::{Diagnostic, Path, Severity, Step};
use crate::load::profile;
use crate::source::{Layer, Sources};
use crate::tree::node::{Entry, Kind, Node};
use crate::tree::{merge, parse, subschema};
use crate::verify;
use crate::words;
use crate::world::Nothing;

/// The table of all components, as the README has it.
pub fn components() -> String {
    let mut text = String::from("| word | what it is | offers | uses |\n|---|---|---|---|\n");
    for word in WORDS {
        let _ = writeln!(text, "| `{}` | {} | {} | {} |", word.name, word.about, word.offers, word.uses);
    }
    text
}

/// What stands at `redis`, `redis.storage` or `apps.*.scale`.
pub fn path(text: &str) -> Result<String, Diagnostic> {
    let mut steps: Vec<Step> = text.split('.').map(|step| Step::Key(step.to_owned())).collect();
    let word = match steps.first() {
        Some(Step::Key(first)) => Key::parse(first).word,
        _ => String::new(),
    };
    let Some(row) = components::word(&word) else {
        return Err(unknown(text, &word, WORDS.iter().map(|word| word.name)));
    };
    // `apps.<name>.scale` and `apps.scale` mean the same here.
    let schema = (row.schema)();
    let named = word == components::APPS && steps.len() > 1 && {
        let rest: Path = steps[1..2].iter().cloned().collect();
        subschema::field_at(&schema, &rest).is_none()
    };
    steps.drain(..if named { 2 } else { 1 });
    let path: Path = steps.into_iter().collect();
    let Some(field) = subschema::field_at(&schema, &path) else {
        let parent: Path = path.steps().iter().take(path.steps().len() - 1).cloned().collect();
        let last = text.rsplit('.').next().unwrap_or_default();
        return Err(unknown(text, last, subschema::keys_at(&schema, &parent)));
    };
    let values = Values::of(row)?;
    let mut out = described(text, row.about, field, &schema, &path, &values);
    if let ([Step::Key(key)], Some(beside)) = (path.steps(), row.beside)
        && key == EXTERNAL
    {
        let _ = writeln!(out, "  {}", counting(beside));
    }
    Ok(out)
}

/// What may stand beside `external`.
fn counting(beside: &[&str]) -> String {
    match beside {
        [] => "Beside it no other key counts: all are about what is drawn.".to_owned(),
        some => {
            let known = words::listed(some).replace(" or ", " and ");
            format!("Beside it count {known}; all other keys are about what is drawn.")
        }
    }
}

/// All codes, a table for each family: those of rules, then those of the stack itself.
pub fn rules() -> String {
    let mut text = String::new();
    for (family, tables) in verify::FAMILIES {
        head(&mut text, family);
        for rule in tables.iter().flat_map(|table| table.iter()) {
            let _ = writeln!(text, "| `{}` | {} | {} |", rule.code, severity(rule), rule.promise);
        }
    }
    for (family, checks) in codes::FAMILIES {
        head(&mut text, &format!("of the stack itself: {family}"));
        for check in *checks {
            let _ = writeln!(text, "| `{}` | {} | {} |", check.code, word(check.severity), check.promise);
        }
    }
    text
}

fn head(text: &mut String, family: &str) {
    let blank = if text.is_empty() { "" } else { "\n" };
    let _ = write!(text, "{blank}## {family}\n\n| code | severity | promise |\n|---|---|---|\n");
}

/// Everything about one code.
pub fn code(code: &str) -> Result<String, Diagnostic> {
    if let Some(rule) = verify::rule(code) {
        return Ok(of_rule(rule));
    }
    if let Some(check) = codes::check(code) {
        return Ok(of_check(check));
    }
    let near = words::closest(code, verify::codes());
    Err(Diagnostic::error("unknown-rule", format!("unknown rule `{code}`"))
        .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
        .help("`stackgen rules` lists them all"))
}

fn of_check(check: &Check) -> String {
    let Check { code, promise, why, fix, .. } = check;
    let severity = word(check.severity);
    let waived = match check.severity {
        Severity::Warning => format!(
            "to waive it for a reason, declare it in the stack:\n  waive: [{{rule: {code}, object: COMPONENT, reason: <reason>}}]"
        ),
        Severity::Error => "it cannot be waived: with this error there is nothing to render".to_owned(),
    };
    format!("{code} ({severity})\n\n  {promise}\n\nwhy: {why}\n\nfix: {fix}\n\n{waived}\n")
}

fn of_rule(rule: &verify::Rule) -> String {
    let code = rule.code;
    let mut text = format!("{} ({})\n\n  {}\n", rule.code, severity(rule), rule.promise);
    for (title, said) in [("why", rule.why), ("fix", rule.fix), ("source", rule.source)] {
        if !said.is_empty() {
            let _ = write!(text, "\n{title}: {said}\n");
        }
    }
    let _ = write!(
        text,
        "\nto waive it for a reason, annotate the object:\n  waive.stackgen.io/{code}: <reason>\nor declare it in the stack:\n  waive: [{{rule: {code}, object: KIND/NAME, reason: <reason>}}]\n"
    );
    text
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

fn severity(rule: &verify::Rule) -> &'static str {
    match (rule.grade.severity, rule.grade.strict) {
        (Severity::Warning, true) => "warning, error in prod",
        (severity, _) => word(severity),
    }
}

fn unknown<'a>(text: &str, last: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    Diagnostic::error("unknown-key", format!("unknown key `{text}`"))
        .because(format!("the keys here are {}", words::listed(&known)))
        .maybe_help(words::closest(last, known).map(|near| format!("did you mean `{near}`?")))
}

/// The values of a component in each embedded profile, without a stack.
struct Values {
    /// `default`, `dev`, `prod`.
    columns: Vec<(&'static str, Node)>,
}

impl Values {
    fn of(word: &components::Word) -> Result<Self, Diagnostic> {
        let broken =
            |_| Diagnostic::error("defaults", format!("the defaults of `{}` cannot be read", word.name));
        let mut sources = Sources::new();
        let id = sources.add("defaults.yaml", word.defaults, Layer::Defaults);
        let defaults = parse::document(&sources, id).map_err(broken)?;
        let mut columns = Vec::new();
        for (name, _) in profile::PROFILES {
            let (layers, _) = profile::layers(&mut sources, name, None, &Nothing).map_err(broken)?;
            let own = layers.as_map().and_then(|map| map.get(word.name)).map(|entry| entry.value.clone());
            let merged = match own {
                Some(own) => merge::layers(defaults.clone(), own),
                None => defaults.clone(),
            };
            columns.push((*name, merged));
        }
        columns.insert(0, ("default", defaults));
        Ok(Self { columns })
    }

    /// The value at a path in each column, as it is written.
    fn at(&self, path: &Path) -> Vec<(&'static str, String)> {
        self.columns
            .iter()
            .filter_map(|(name, node)| {
                let node = path.steps().iter().try_fold(node, |node, step| match step {
                    Step::Key(key) => node.as_map()?.get(key).map(|entry| &entry.value),
                    Step::Index(_) => None,
                })?;
                Some((*name, written(node)))
            })
            .collect()
    }
}

/// On one line, as a stack file could have it.
fn written(node: &Node) -> String {
    match &node.kind {
        Kind::Null => "null".to_owned(),
        Kind::Scalar { text, .. } => text.clone(),
        Kind::Seq(items) => format!("[{}]", items.iter().map(written).collect::<Vec<_>>().join(", ")),
        Kind::Map(map) => {
            let entry = |(key, entry): (&String, &Entry)| format!("{key}: {}", written(&entry.value));
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn described(
    text: &str,
    about: &str,
    field: &Value,
    schema: &Schema,
    path: &Path,
    values: &Values,
) -> String {
    let mut out = String::new();
    let root = path.steps().is_empty();
    let description = if root { about.to_owned() } else { description(field) };
    let _ = writeln!(out, "{text}: {}", kind(schema, field));
    let _ = writeln!(out, "  {description}");
    let known = subschema::alternatives(schema.as_value(), field);
    let mut choices: Vec<(&str, String)> = Vec::new();
    for one in &known {
        choices.extend(subschema::words(one).into_iter().map(|word| (word, self::description(one))));
    }
    for (word, meaning) in choices {
        let _ = writeln!(out, "    {word}: {meaning}");
    }
    if !root {
        for (column, value) in compressed(values.at(path)) {
            let _ = writeln!(out, "  {column}: {value}");
        }
    }
    keys(&mut out, schema, path, values);
    out
}

/// The sub-keys, one to a line, with their values.
fn keys(out: &mut String, schema: &Schema, path: &Path, values: &Values) {
    let names = subschema::keys_at(schema, path);
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    for name in names {
        let here = path.key(name);
        let field = subschema::field_at(schema, &here).unwrap_or(&Value::Null);
        let text = match description(field) {
            text if text.is_empty() => choice(schema, path, name),
            text => text,
        };
        let shown: Vec<String> = compressed(values.at(&here))
            .into_iter()
            .map(|(column, value)| format!("{column} {value}"))
            .collect();
        let shown = if shown.is_empty() { String::new() } else { format!(" ({})", shown.join("; ")) };
        let _ = writeln!(out, "  {name:width$}  {text}{shown}");
    }
}

/// Only `default` when all columns say the same.
fn compressed(values: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    match values.first().cloned() {
        Some(("default", first)) => {
            let differ = |(name, value): &(&str, String)| *name == "default" || *value != first;
            values.into_iter().filter(differ).collect()
        }
        _ => values,
    }
}

/// On one line: descriptions are doc comments, which are broken into lines.
fn description(field: &Value) -> String {
    field.get("description").and_then(Value::as_str).unwrap_or_default().replace('\n', " ")
}

/// What is said of the alternative that has this key: `{env: …}` of a secret.
fn choice(schema: &Schema, path: &Path, key: &str) -> String {
    let Some(here) = subschema::key_at(schema, path) else { return String::new() };
    let found = subschema::alternatives(schema.as_value(), here)
        .into_iter()
        .find(|one| subschema::properties(one).any(|known| known == key));
    found.map(description).unwrap_or_default()
}

fn kind(schema: &Schema, field: &Value) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for one in subschema::alternatives(schema.as_value(), field) {
        for kind in subschema::types(one) {
            if kind != "null" && !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    if kinds.is_empty() { "any".to_owned() } else { kinds.join(" or ") }
}
