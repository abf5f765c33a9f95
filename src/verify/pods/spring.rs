//! The settings of a Spring app, as far as manifests tell: variables by relaxed binding, mounted config files, `-D` flags and
//! arguments, in Spring's order. What the jar brings along is unknown, so that absence proves nothing.
//!
//! Source: Spring Boot documentation, Externalized Configuration; SystemEnvironmentPropertyMapper.

use std::collections::BTreeSet;

use serde::Deserialize as _;
use serde_json::Value;

use super::{Container, File, Text, Var, options};
use crate::leaks::plain;
use crate::products::spring::SPRING_PROFILES_ACTIVE;
use crate::verify::{Finding, texts};

/// One setting where it is strongest.
#[derive(Clone, Debug)]
pub(in crate::verify) struct Setting<'a> {
    /// Its name as it is written there.
    pub(in crate::verify) name: String,
    /// Its value, placeholders resolved; lists joined by `,`.
    pub(in crate::verify) value: Text<'a>,
    at: Finding<'a>,
}

impl<'a> Setting<'a> {
    /// Something is wrong with it.
    pub(in crate::verify) fn finding(&self, title: impl Into<String>) -> Finding<'a> {
        Finding { title: title.into(), ..self.at.clone() }
    }

    /// The value, when anybody may see it.
    pub(in crate::verify) fn plain(&self) -> Option<&str> {
        self.value.plain()
    }
}

/// What a container's flags and files say, taken apart once: name without joints, setting; the strongest last.
#[derive(Debug, Default)]
pub(super) struct Settings<'a> {
    /// Names of the variables without joints, in the order of the variables.
    variables: Vec<String>,
    flags: Vec<(String, Setting<'a>)>,
    files: Vec<(String, Setting<'a>)>,
}

impl<'a> Settings<'a> {
    pub(super) fn of(container: &Container<'a>) -> Self {
        let variables = container.env.iter().map(|var| plain(&var.name)).collect();
        Self { variables, flags: flags(container), files: files(container) }
    }
}

/// The settings of one container.
pub(in crate::verify) struct Spring<'s, 'a> {
    container: &'s Container<'a>,
    variables: &'s [String],
    flags: &'s [(String, Setting<'a>)],
    files: &'s [(String, Setting<'a>)],
}

/// Deeper placeholders are not followed.
const DEEP: usize = 4;

impl<'s, 'a> Spring<'s, 'a> {
    /// The settings that this container's app gets; those of other products are not looked for.
    pub(in crate::verify) fn of(container: &'s Container<'a>) -> Self {
        let Settings { variables, flags, files } = &container.settings;
        Self { container, variables, flags, files }
    }

    /// The setting of that name: `server.port`.
    pub(in crate::verify) fn get(&self, name: &str) -> Option<Setting<'a>> {
        let mut found = self.raw(name)?;
        if let Some(text) = found.value.known().filter(|text| text.contains("${")) {
            let resolved = self.resolve(text, DEEP);
            found.value = match (resolved, &found.value) {
                (None, _) => Text::Unknown,
                (Some(text), Text::Secret(_)) => Text::Secret(text.into()),
                (Some(text), _) => Text::Plain(text.into()),
            };
        }
        Some(found)
    }

    /// The known value of that name that anybody may see.
    pub(in crate::verify) fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.plain().map(str::to_owned)
    }

    /// A port of that name.
    pub(in crate::verify) fn port(&self, name: &str) -> Option<u64> {
        self.text(name)?.trim().parse().ok()
    }

    /// Settings that are called like a host, each with the number of the port that is called like it, and where that stands:
    /// `spring.data.redis.host` and `spring.data.redis.port`, `DB_HOST` and `DB_PORT`.
    pub(in crate::verify) fn hosts_with_ports(&self) -> Vec<(Setting<'a>, u64, Setting<'a>)> {
        let all = self.flags.iter().chain(self.files).map(|(name, _)| name.as_str());
        let names = all.chain(self.variables.iter().map(String::as_str));
        // The same name may stand in several places, of which one counts.
        let fronts: BTreeSet<&str> = names.filter_map(|name| name.strip_suffix("host")).collect();
        let pair = |front: &str| {
            let port = self.get(&format!("{front}port"))?;
            let number = port.plain()?.trim().parse().ok()?;
            Some((self.get(&format!("{front}host"))?, number, port))
        };
        fronts.into_iter().filter(|front| !front.is_empty()).filter_map(pair).collect()
    }

    /// Is there any setting below that prefix: `spring.cloud.consul.`?
    pub(in crate::verify) fn has_below(&self, prefix: &str) -> bool {
        let prefix = plain(prefix);
        let starts = |entry: &(String, Setting<'a>)| entry.0.starts_with(&prefix);
        self.flags.iter().any(starts)
            || self.files.iter().any(starts)
            || self.variables().any(|(name, _)| name.starts_with(&prefix))
    }

    fn variables(&self) -> impl Iterator<Item = (&'s str, &'s Var<'a>)> {
        self.variables.iter().map(String::as_str).zip(self.container.env.iter())
    }

    fn raw(&self, name: &str) -> Option<Setting<'a>> {
        let name = plain(name);
        let strongest = |list: &[(String, Setting<'a>)]| {
            list.iter().rev().find(|(known, _)| *known == name).map(|(_, setting)| setting.clone())
        };
        let variable = || {
            let (_, var) = self.variables().filter(|(known, _)| *known == name).last()?;
            let at = self.container.env.finding(var, "");
            Some(Setting { name: var.name.to_string(), value: var.value.clone(), at })
        };
        strongest(self.flags).or_else(variable).or_else(|| strongest(self.files))
    }

    /// `text` with its placeholders replaced; none when one cannot be known.
    fn resolve(&self, text: &str, depth: usize) -> Option<String> {
        let Some((range, name, default)) = placeholders(text).next() else { return Some(text.to_owned()) };
        let depth = depth.checked_sub(1)?;
        let value = match self.raw(name).map(|setting| setting.value) {
            Some(value) => value.known()?.to_owned(),
            None if self.container.env.is_open() => return None,
            None => default?.to_owned(),
        };
        self.resolve(&format!("{}{value}{}", &text[..range.start], &text[range.end..]), depth)
    }
}

/// The `${name:default}`s of a text.
fn placeholders(text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, &str, Option<&str>)> {
    text.match_indices("${").filter_map(|(at, _)| {
        let end = at + text[at..].find('}')?;
        let inner = &text[at + 2..end];
        let (name, default) =
            inner.split_once(':').map_or((inner, None), |(name, default)| (name, Some(default)));
        Some((at..end + 1, name.trim(), default))
    })
}

/// `-Dname=value` wherever a JVM gets options, `--name=value` behind the jar.
fn flags<'a>(container: &Container<'a>) -> Vec<(String, Setting<'a>)> {
    let mut found = Vec::new();
    let pieces = options::pieces(container);
    for start in ["-D", "--"] {
        for piece in &pieces {
            for word in piece.text.split_whitespace() {
                let bare = word.trim_matches(['"', '\'']);
                let Some((name, value)) = bare.strip_prefix(start).and_then(|rest| rest.split_once('='))
                else {
                    continue;
                };
                let value =
                    if value.contains("$") { Text::Unknown } else { Text::Plain(value.to_owned().into()) };
                let at = piece.finding().word(bare);
                found.push((plain(name), Setting { name: name.to_owned(), value, at }));
            }
        }
    }
    found
}

/// The entries of all mounted config files that Spring reads, the strongest last.
fn files<'a>(container: &Container<'a>) -> Vec<(String, Setting<'a>)> {
    let profiles = container.env.known(SPRING_PROFILES_ACTIVE).filter(|profiles| !profiles.contains('$'));
    let active = |profile: &str| profiles.is_none_or(|all| all.split(',').any(|one| one.trim() == profile));
    let mut ranked: Vec<(u8, &File<'a>)> = container
        .files
        .iter()
        .filter_map(|file| {
            let (stem, ending) = file.name().rsplit_once('.')?;
            if !matches!(ending, "yaml" | "yml" | "properties") {
                return None;
            }
            let rank = match stem.split_once('-') {
                None if stem == "bootstrap" => 0,
                Some(("bootstrap", profile)) if active(profile) => 1,
                None if stem == "application" => 2,
                Some(("application", profile)) if active(profile) => 3,
                _ => return None,
            };
            Some((rank, file))
        })
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().flat_map(|(_, file)| entries(file, &active)).collect()
}

fn entries<'a>(file: &File<'a>, active: &dyn Fn(&str) -> bool) -> Vec<(String, Setting<'a>)> {
    let Some(text) = file.text.known() else { return Vec::new() };
    let secret = file.plain().is_none();
    let mut found = Vec::new();
    let mut add = |name: String, value: String, word: String| {
        let at = file.finding("").word(word);
        let value = if secret { Text::Secret(value.into()) } else { Text::Plain(value.into()) };
        found.push((plain(&name), Setting { name, value, at }));
    };
    if file.name().ends_with(".properties") {
        texts::properties(text)
            .for_each(|(_, name, value)| add(name.to_owned(), value.to_owned(), name.to_owned()));
        return found;
    }
    for document in serde_yaml::Deserializer::from_str(text) {
        let Ok(document) = Value::deserialize(document) else { break };
        let profile = ["/spring/config/activate/on-profile", "/spring/profiles"]
            .into_iter()
            .find_map(|pointer| document.pointer(pointer)?.as_str());
        if profile.is_none_or(active) {
            flatten("", &document, &mut add);
        }
    }
    found
}

/// Every leaf of a YAML document, its keys joined by dots.
fn flatten(prefix: &str, value: &Value, add: &mut dyn FnMut(String, String, String)) {
    let last = || prefix.rsplit('.').next().unwrap_or_default().to_owned();
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&name, value, add);
            }
        }
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().filter_map(scalar).collect();
            if texts.len() == items.len() {
                add(prefix.to_owned(), texts.join(","), last());
            }
        }
        leaf => {
            let Some(text) = scalar(leaf) else { return };
            // A long value is found for certain; a short one may stand anywhere.
            let word = if text.len() > 4 { text.clone() } else { last() };
            add(prefix.to_owned(), text, word);
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
