//! Secrets as a stack file may give them, and as Kubernetes gets them. A value is never printed by us: not in
//! complaints, not by `Debug`.

use std::fmt;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::address::is_subdomain;
use crate::plan::site::Site;
use crate::tree::de::{Scalar, ScalarOr};

/// Where a secret value comes from.
#[derive(Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(from = "ScalarOr<SecretForm>")]
#[schemars(with = "ScalarOr<SecretForm>")]
pub enum SecretSource {
    /// A key of an existing Secret; no Secret is rendered.
    Existing(SecretName),
    /// An environment variable of the run.
    Variable(String),
    /// A file read at render time, without its last line break.
    File(String),
    /// A plain string: accepted in dev, refused where the profile forbids plain-text secrets.
    Plain(Scalar),
}

/// A secret that is not in the stack file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SecretForm {
    /// A key of an existing Secret: `{secret: {name: mysql-root, key: password}}`. No Secret is rendered.
    Secret(SecretName),
    /// An environment variable of the run: `{env: NAME}`.
    Env(String),
    /// A file read at render time, without its last line break: `{file: path}`.
    File(String),
}

/// An existing Secret's name and key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretName {
    /// Its name, in the stack's namespace.
    #[serde(deserialize_with = "object")]
    #[schemars(extend("x-exists" = "Secret"))]
    pub name: String,
    /// The key in it; the default key for that value when left out.
    #[serde(default, deserialize_with = "data_key")]
    pub key: Option<String>,
}

/// Such a Secret can exist, and its name breaks out of nothing that it is written into.
fn object<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    if is_subdomain(&name) {
        return Ok(name);
    }
    Err(D::Error::custom(
        "not a valid name of a Secret: use lower-case letters, digits, `-` and `.`, as in \
                          `mysql-root`",
    ))
}

/// As the API server takes it below `data`.
fn data_key<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let key = Option::<String>::deserialize(from)?;
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let fits = |key: &String| {
        (1..=253).contains(&key.len()) && key.chars().all(inner) && !key.starts_with("..") && key != "."
    };
    match key {
        Some(key) if !fits(&key) => Err(D::Error::custom(
            "not a valid key of a Secret: use letters, digits, `-`, `_` and `.`, as in `password`",
        )),
        key => Ok(key),
    }
}

impl From<ScalarOr<SecretForm>> for SecretSource {
    fn from(written: ScalarOr<SecretForm>) -> Self {
        match written {
            ScalarOr::Scalar(text) => Self::Plain(text),
            ScalarOr::Other(SecretForm::Secret(name)) => Self::Existing(name),
            ScalarOr::Other(SecretForm::Env(name)) => Self::Variable(name),
            ScalarOr::Other(SecretForm::File(path)) => Self::File(path),
        }
    }
}

impl fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Existing(secret) => write!(f, "secret {}", secret.name),
            Self::Variable(name) => write!(f, "env {name}"),
            Self::File(path) => write!(f, "file {path}"),
            Self::Plain(_) => f.write_str("***"),
        }
    }
}

/// A key of a Secret: what containers refer to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SecretKey {
    /// The Secret.
    pub name: String,
    /// The key in it.
    pub key: String,
}

impl SecretKey {
    /// How scripts name it when its value cannot be used.
    pub fn called(&self) -> String {
        format!("key {} of Secret {}", self.key, self.name)
    }
}

impl SecretSource {
    /// What to refer to: the existing Secret, or `key` in the Secret `own` that its owner emits.
    pub fn key_in(&self, own: &str, key: &str) -> SecretKey {
        match self {
            Self::Existing(secret) => SecretKey {
                name: secret.name.clone(),
                key: secret.key.clone().unwrap_or_else(|| key.to_owned()),
            },
            _ => SecretKey { name: own.to_owned(), key: key.to_owned() },
        }
    }

    /// The value itself; `None` for an existing Secret, which only the cluster knows.
    pub fn value(&self, site: &Site, path: &Path) -> Result<Option<String>, Diagnostic> {
        match self {
            Self::Existing(_) => Ok(None),
            Self::Variable(env) => match site.world.variable(env) {
                Some(value) if !value.is_empty() => Ok(Some(value)),
                found => Err(unset(env, found.is_some(), path)),
            },
            Self::File(file) => site
                .file(file, &path.key("file"))
                .map_err(|why| format!("cannot read `{file}`: {why}"))
                .map(|text| without_last_line_break(&text).to_owned())
                .and_then(
                    |text| if text.is_empty() { Err(format!("`{file}` is empty")) } else { Ok(Some(text)) },
                )
                .map_err(|why| Diagnostic::error("secret-file", why).at(path)),
            Self::Plain(_) if !site.policy.plain_secrets => Err(plain(path)),
            Self::Plain(value) => Ok(Some(value.to_string())),
        }
    }
}

/// A setting whose name says that it holds a secret, among those that are written into a ConfigMap.
pub fn in_config_map(key: &str, at: &Path, help: &str) -> Diagnostic {
    Diagnostic::error("secret-in-config", format!("`{key}` would put a secret into a ConfigMap"))
        .at(at)
        .because("anyone who can read ConfigMaps, or the repository of the output, would have it")
        .help(help)
}

/// Editors write one, on Windows of two characters.
fn without_last_line_break(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

fn unset(name: &str, empty: bool, path: &Path) -> Diagnostic {
    let state = if empty { "is empty" } else { "is not set" };
    Diagnostic::error("secret-variable", format!("environment variable `{name}` {state}"))
        .at(path)
        .because(format!("`{path}` takes its value from it when the stack is rendered"))
        .help(format!(
            "run `{name}=… stackgen render …`, or name an existing Secret: `{{secret: {{name: …, key: …}}}}`"
        ))
}

fn plain(path: &Path) -> Diagnostic {
    Diagnostic::error("plain-secret", format!("`{path}` is a secret in plain text"))
        .at(path)
        .because("this profile forbids it: a stack file is in a repository, and so is its history")
        .help("use `{env: NAME}`, `{file: path}` or `{secret: {name: …, key: …}}`")
}
