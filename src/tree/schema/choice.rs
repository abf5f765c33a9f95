//! `anyOf` and `oneOf`: which alternative the writer most likely meant.

use serde_json::Value;

use super::{Spot, Walk, fit, owned, wanted};
use crate::diagnostic::Diagnostic;
use crate::tree::fault::{Fault, Wanted, found, meant};
use crate::tree::node::{Kind, Map};
use crate::tree::subschema::{alternatives, properties, resolved, types, words};

impl<'s> Walk<'s> {
    /// The complaints of the alternative that was meant; none when one fits.
    pub(super) fn choose(&self, choices: &'s [Value], spot: &Spot<'_>) -> Vec<Diagnostic> {
        let all: Vec<&Value> = choices.iter().flat_map(|choice| alternatives(self.root, choice)).collect();
        if choices.iter().any(|choice| self.check(choice, spot).is_empty()) {
            return Vec::new();
        }
        match &spot.node.kind {
            Kind::Map(map) => self.choose_for_map(&all, map, spot),
            Kind::Scalar { .. } => self.choose_for_scalar(&all, spot),
            _ => self.closest(&all, spot),
        }
    }

    fn choose_for_scalar(&self, all: &[&'s Value], spot: &Spot<'_>) -> Vec<Diagnostic> {
        // A plain type beside the words accepts more than they do.
        let open: Vec<&Value> =
            all.iter().copied().filter(|one| words(one).is_empty() && is_scalar(one)).collect();
        match (open.as_slice(), names(all)) {
            ([], Some(names)) => match spot.node.as_text() {
                Some(tag) if names.contains(&tag) => {
                    spot.refuse(Fault::Custom(format!("`{tag}` needs a value: `{{{tag}: …}}`")))
                }
                Some(text) => {
                    spot.refuse(Fault::UnknownValue { value: text.to_owned(), known: owned(&names) })
                }
                None => Vec::new(),
            },
            ([one], _) => self.check(one, spot),
            _ => self.mismatch(all, spot),
        }
    }

    fn choose_for_map(&self, all: &[&'s Value], map: &Map, spot: &Spot<'_>) -> Vec<Diagnostic> {
        let objects: Vec<&Value> = all.iter().copied().filter(|one| types(one).contains(&"object")).collect();
        if let [one] = objects.as_slice() {
            return self.check(one, spot);
        }
        if let Some(names) = objects.iter().map(|one| tag(one)).collect::<Option<Vec<&str>>>()
            && !objects.is_empty()
        {
            let mut entries =
                map.iter().filter(|(_, entry)| !(self.is_layer && matches!(entry.value.kind, Kind::Null)));
            return match (entries.next(), entries.next()) {
                (None, _) if self.is_layer => Vec::new(),
                (Some((key, entry)), None) => match objects.iter().find(|one| tag(one) == Some(key)) {
                    Some(meant) => self.check(meant, spot),
                    None => {
                        let known = self::names(all).map_or_else(|| owned(&names), |all| owned(&all));
                        vec![Fault::UnknownValue { value: key.clone(), known }.at(spot.path, entry.key)]
                    }
                },
                _ => spot.refuse(Fault::one_key(&names)),
            };
        }
        self.by_discriminator(&objects, map, spot).unwrap_or_else(|| self.closest(all, spot))
    }

    /// `mode: cluster` decides between structs that each fix another `mode`.
    fn by_discriminator(&self, objects: &[&'s Value], map: &Map, spot: &Spot<'_>) -> Option<Vec<Diagnostic>> {
        let first = objects.first()?;
        let fixed = |one: &'s Value, key: &str| one.get("properties")?.get(key)?.get("const")?.as_str();
        let key = properties(first).find(|key| objects.iter().all(|one| fixed(one, key).is_some()))?;
        let Some(entry) = map.get(key) else {
            if self.is_layer {
                return Some(Vec::new());
            }
            return Some(spot.refuse(Fault::MissingKey(key.to_owned())));
        };
        let meant = objects.iter().find(|one| fixed(one, key) == entry.value.as_text());
        if let Some(meant) = meant {
            return Some(self.check(meant, spot));
        }
        let known: Vec<&str> = objects.iter().filter_map(|one| fixed(one, key)).collect();
        let path = spot.path.key(key);
        let spot = Spot { node: &entry.value, path: &path, place: crate::tree::fault::shown(entry) };
        Some(match entry.value.as_text() {
            Some(text) => spot.refuse(Fault::UnknownValue { value: text.to_owned(), known: owned(&known) }),
            None => spot.mismatch(&Wanted::OneOf(owned(&known))),
        })
    }

    /// The alternative of the right kind with the fewest complaints.
    fn closest(&self, all: &[&'s Value], spot: &Spot<'_>) -> Vec<Diagnostic> {
        let kind = |one: &&&Value| fit(&types(one), spot.node);
        let best = all.iter().filter(kind).map(|one| self.check(one, spot)).min_by_key(Vec::len);
        best.unwrap_or_else(|| self.mismatch(all, spot))
    }

    fn mismatch(&self, all: &[&Value], spot: &Spot<'_>) -> Vec<Diagnostic> {
        if let Some(names) = names(all) {
            return spot.mismatch(&Wanted::OneOf(owned(&names)));
        }
        let mut nouns: Vec<String> = Vec::new();
        for one in all.iter().map(|one| resolved(self.root, one)) {
            let noun = wanted(&types(one), &words(one)).to_string();
            if types(one) != ["null"] && !types(one).is_empty() && !nouns.contains(&noun) {
                nouns.push(noun);
            }
        }
        let or = if nouns.iter().any(|noun| noun.contains(" or ")) { ", or " } else { " or " };
        let wanted = Wanted::Other(nouns.join(or));
        let known: Vec<String> = all.iter().flat_map(|one| owned(&words(one))).collect();
        match spot.node.as_text().and_then(|text| meant(text, &known)) {
            Some(help) => spot.refuse(Fault::Mismatch {
                wanted: wanted.to_string(),
                found: found(spot.node),
                help: Some(help),
            }),
            None => spot.mismatch(&wanted),
        }
    }
}

fn is_scalar(schema: &Value) -> bool {
    types(schema).iter().any(|kind| matches!(*kind, "string" | "integer" | "number" | "boolean"))
}

/// The words and tags of an enum, when the alternatives are nothing else (and perhaps null).
fn names<'a>(all: &[&'a Value]) -> Option<Vec<&'a str>> {
    let mut names = Vec::new();
    for one in all.iter().filter(|one| types(one) != ["null"]) {
        let words = words(one);
        match tag(one) {
            Some(tag) => names.push(tag),
            None if !words.is_empty() => names.extend(words),
            None => return None,
        }
    }
    (!names.is_empty()).then_some(names)
}

/// The one key of a mapping that stands for a variant.
fn tag(schema: &Value) -> Option<&str> {
    let mut all = properties(schema);
    let one = all.next().filter(|_| all.next().is_none())?;
    let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
    let required = schema.get("required").and_then(Value::as_array)?;
    (closed && required.len() == 1 && required[0] == one).then_some(one)
}
