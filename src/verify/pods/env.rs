//! The variables of a container, as its process would see them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Text;
use super::files;
use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::verify::{Finding, Set};

/// One variable.
#[derive(Clone, Debug)]
pub struct Var<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its value, with `$(NAME)` expanded.
    pub value: Text<'a>,
    /// The object in which the value is written: the workload, or the ConfigMap or Secret that it comes from.
    pub object: &'a Object,
    place: Place<'a>,
    /// As written in the workload, nothing expanded.
    written: Option<&'a str>,
}

#[derive(Clone, Debug)]
enum Place<'a> {
    /// `env[i]` of the container.
    Env(usize),
    /// `envFrom[i]`, of an object that is not in the set.
    EnvFrom(usize),
    /// A key below `data` or `stringData`.
    Key(&'static str, &'a str),
}

impl<'a> Var<'a> {
    /// The value's place in `object`; `container` is the path of the container that has it.
    pub fn field(&self, container: &Path) -> Path {
        match &self.place {
            Place::Env(index) => {
                let variable = container.key("env").index(*index);
                if matches!(self.value, Text::Unknown) { variable } else { variable.key("value") }
            }
            Place::EnvFrom(index) => container.key("envFrom").index(*index),
            Place::Key(map, key) => Path::root().key(*map).key(*key),
        }
    }

    /// Is the value written in the workload itself?
    pub fn is_inline(&self) -> bool {
        matches!(self.place, Place::Env(_)) && matches!(self.value, Text::Plain(_))
    }
}

/// So few are found sooner without an index.
const MANY: usize = 64;

/// All variables of a container; a later one of the same name wins, as in Kubernetes.
#[derive(Clone, Debug, Default)]
pub struct Env<'a> {
    vars: Vec<Var<'a>>,
    /// Where the last one of each name stands, when there are many.
    last: BTreeMap<Cow<'a, str>, usize>,
    container: Path,
}

impl<'a> Env<'a> {
    /// The variables of what has `env` and `envFrom` as a container has them, and stands at `path` of the object.
    pub(in crate::verify) fn new(
        container: &'a Map<String, Value>,
        path: Path,
        object: &'a Object,
        set: &Set<'a>,
    ) -> Self {
        let mut env = Self { vars: Vec::new(), last: BTreeMap::new(), container: path };
        let listed = |key| container.get(key).and_then(Value::as_array).into_iter().flatten().enumerate();
        for (index, source) in listed("envFrom") {
            env.add_all(index, source, object, set);
        }
        for (index, entry) in listed("env") {
            let Some(name) = entry.get("name").and_then(Value::as_str) else { continue };
            let var = match entry.get("valueFrom") {
                Some(from) => from_key(name, from, index, object, set),
                None => {
                    let text = entry.get("value").and_then(Value::as_str).unwrap_or_default();
                    let (value, place) = (env.expand(text), Place::Env(index));
                    Var { name: name.into(), value, object, place, written: Some(text) }
                }
            };
            env.push(var);
        }
        env
    }

    fn push(&mut self, var: Var<'a>) {
        let index = self.vars.len();
        if index == MANY {
            self.last = self.vars.iter().enumerate().map(|(index, var)| (var.name.clone(), index)).collect();
        }
        if index >= MANY {
            self.last.insert(var.name.clone(), index);
        }
        self.vars.push(var);
    }

    fn add_all(&mut self, index: usize, source: &'a Value, object: &'a Object, set: &Set<'a>) {
        let prefix = source.get("prefix").and_then(Value::as_str).unwrap_or_default();
        for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
            let Some(name) = source.get(field).and_then(|from| from.get("name")?.as_str()) else { continue };
            let Some(from) = set.beside(object, kind, name) else {
                let (name, place) = (Cow::Borrowed(""), Place::EnvFrom(index));
                self.push(Var { name, value: Text::Unknown, object, place, written: None });
                continue;
            };
            for (map, key, value) in files::entries(from) {
                let name = if prefix.is_empty() { key.into() } else { format!("{prefix}{key}").into() };
                let place = Place::Key(map, key);
                self.push(Var { name, value, object: from, place, written: None });
            }
        }
    }

    /// `$(NAME)` of what was defined before; `$$(NAME)` is an escape. Unknown names stay as they stand.
    pub(in crate::verify) fn expand(&self, text: &'a str) -> Text<'a> {
        if !text.contains("$(") {
            return Text::Plain(text.into());
        }
        let (mut out, mut secret, mut rest) = (String::with_capacity(text.len()), false, text);
        while let Some(at) = rest.find("$(") {
            let end = rest[at..].find(')').map(|end| at + end);
            let escaped = rest[..at].ends_with('$');
            let known = end.filter(|_| !escaped).and_then(|end| self.get(&rest[at + 2..end]));
            match (known.map(|var| &var.value), end) {
                (Some(Text::Unknown), _) => return Text::Unknown,
                (Some(value), Some(end)) => {
                    out.push_str(&rest[..at]);
                    out.push_str(value.known().unwrap_or_default());
                    secret |= matches!(value, Text::Secret(_));
                    rest = &rest[end + 1..];
                }
                _ => {
                    out.push_str(rest[..at].strip_suffix('$').filter(|_| escaped).unwrap_or(&rest[..at]));
                    out.push_str("$(");
                    rest = &rest[at + 2..];
                }
            }
        }
        out.push_str(rest);
        if secret { Text::Secret(out.into()) } else { Text::Plain(out.into()) }
    }

    /// A variable's value for everybody to read, with what only the cluster knows left as it is written:
    /// `PLAINTEXT://$(POD_NAME).shop:9092`. Nothing when all of it is unknown, or some of it a secret.
    pub fn rough(&self, name: &str) -> Option<Cow<'_, str>> {
        let var = self.get(name)?;
        match &var.value {
            Text::Plain(text) => Some(Cow::Borrowed(text)),
            Text::Secret(_) => None,
            Text::Unknown => self.roughly(var.written?),
        }
    }

    fn roughly(&self, written: &str) -> Option<Cow<'_, str>> {
        let (mut out, mut rest) = (String::with_capacity(written.len()), written);
        while let Some((before, behind)) = rest.split_once("$(") {
            let Some((name, after)) = behind.split_once(')') else { break };
            out.push_str(before);
            match self.get(name).map(|var| &var.value) {
                Some(Text::Plain(text)) => out.push_str(text),
                Some(Text::Secret(_)) => return None,
                Some(Text::Unknown) | None => {
                    out.push_str("$(");
                    out.push_str(name);
                    out.push(')');
                }
            }
            rest = after;
        }
        out.push_str(rest);
        Some(Cow::Owned(out))
    }

    /// The variable that the process would see under that name.
    pub fn get(&self, name: &str) -> Option<&Var<'a>> {
        if self.last.is_empty() {
            return self.vars.iter().rev().find(|var| var.name == name);
        }
        self.last.get(name).map(|index| &self.vars[*index])
    }

    /// Is it set, to whatever?
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The value under that name, when it is known; secrets too, so never print it unseen.
    pub fn known(&self, name: &str) -> Option<&str> {
        self.get(name)?.value.known()
    }

    /// Could variables come from an object that is not in the set, so that absence proves nothing?
    pub fn is_open(&self) -> bool {
        self.vars.iter().any(|var| matches!(var.place, Place::EnvFrom(_)))
    }

    /// Is it certain that no variable of that name is set (or that it is set to nothing)?
    pub fn lacks(&self, name: &str) -> bool {
        match self.get(name) {
            Some(var) => var.value.known().is_some_and(str::is_empty),
            None => !self.is_open(),
        }
    }

    /// All variables, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Var<'a>> {
        self.vars.iter().filter(|var| !var.name.is_empty())
    }

    /// Something is wrong with a variable: at its value, in whatever object that is written.
    pub fn finding(&self, var: &Var<'a>, title: impl Into<String>) -> Finding<'a> {
        Finding::new(var.object, title).at(var.field(&self.container))
    }
}

fn from_key<'a>(name: &'a str, from: &'a Value, index: usize, object: &'a Object, set: &Set<'a>) -> Var<'a> {
    let mut var =
        Var { name: name.into(), value: Text::Unknown, object, place: Place::Env(index), written: None };
    for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
        let Some(reference) = from.get(field) else { continue };
        let text = |key: &str| reference.get(key).and_then(Value::as_str).unwrap_or_default();
        let Some(target) = set.beside(object, kind, text("name")) else { continue };
        if let Some((map, key, value)) = files::entries(target).find(|(_, key, _)| *key == text("key")) {
            (var.value, var.object, var.place) = (value, target, Place::Key(map, key));
        }
    }
    var
}
