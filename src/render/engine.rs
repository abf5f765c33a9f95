//! The template engine: strict undefined, every value escaped for its file, objects read back at once.

use anyhow::{Context, Result, anyhow};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde_json::Value as Json;

use super::dialect;
use crate::k8s::Object;
use crate::plan::part::{Part, Template};
use crate::yaml;
use crate::yaml::subset;

/// Deeper than any Kubernetes object; a guard for the recursive prune.
const DEPTH: usize = 64;

/// The templates of one run.
pub(super) struct Engine {
    environment: Environment<'static>,
}

impl Engine {
    /// An engine that knows the templates of these parts.
    pub(super) fn new(parts: &[Part]) -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?;
        environment.set_syntax(syntax);
        environment.set_auto_escape_callback(dialect::escape);
        environment.set_formatter(dialect::write);
        environment.add_filter("block", block);
        environment.add_filter("argument", |text: String| dialect::argument(&text));
        let mut templates: Vec<Template> = parts
            .iter()
            .flat_map(|part| {
                part.files
                    .iter()
                    .map(|(_, template, _)| *template)
                    .chain(part.included.iter().copied())
                    .chain([part.template])
            })
            .collect();
        templates.sort_unstable();
        templates.dedup();
        for Template { name, text } in templates {
            environment.add_template(name, text)?;
        }
        Ok(Self { environment })
    }

    /// The objects of one part.
    pub(super) fn draw(&self, part: &Part) -> Result<Vec<Object>> {
        let pod = Value::from(Serde(part.role.as_ref()));
        let values = minijinja::context! { pod => pod, ..part.context.clone() };
        let mut files = indexmap::IndexMap::with_capacity(part.files.len());
        for (name, template, own) in &part.files {
            let text = match own {
                None => self.text(*template, &values)?,
                Some(own) => {
                    self.text(*template, &minijinja::context! { ..own.clone(), ..values.clone() })?
                }
            };
            files.insert(name.clone(), text);
        }
        let values = minijinja::context! { files => Value::from(Serde(files)), ..values };
        let text = unbroken(self.text(part.template, &values)?);
        let documents = read(&text).with_context(|| format!("rendered text is not YAML:\n{text}"))?;
        documents
            .into_iter()
            .filter(|document| !document.is_null())
            .map(|mut document| {
                prune(&mut document, 0)?;
                Object::new(document).map_err(|_| anyhow!("a document without kind or name"))
            })
            .collect()
    }

    fn text(&self, template: Template, values: &Value) -> Result<String> {
        Ok(self.environment.get_template(template.name)?.render(values)?)
    }
}

/// What JSON leaves as it is and YAML 1.1 takes for the end of a line; it stands between double quotes only.
fn unbroken(text: String) -> String {
    if !text.contains(['\u{85}', '\u{2028}', '\u{2029}']) {
        return text;
    }
    text.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// `{{ value|block(4) }}` in a YAML file: the value in block style, its lines from the second on four columns in.
fn block(value: &Value, columns: usize) -> Result<Value, minijinja::Error> {
    let json = serde_json::to_value(value).map_err(|error| {
        minijinja::Error::new(minijinja::ErrorKind::BadSerialization, "no YAML").with_source(error)
    })?;
    let mut text = String::new();
    yaml::document(&json, &mut text);
    let margin = format!("\n{}", " ".repeat(columns));
    Ok(Value::from_safe_string(text.trim_end().replace('\n', &margin)))
}

/// The documents of a drawn text: by the fast reader, or by the full one.
fn read(text: &str) -> Result<Vec<Json>> {
    use serde::Deserialize;
    if let Some(documents) = subset::values(text) {
        return Ok(documents);
    }
    serde_yaml::Deserializer::from_str(text).map(|document| Ok(Json::deserialize(document)?)).collect()
}

/// Drops what a template left empty: `key: {{ none }}`, and annotations without entries.
fn prune(value: &mut Json, depth: usize) -> Result<()> {
    if depth > DEPTH {
        return Err(anyhow!("nested more than {DEPTH} levels deep"));
    }
    match value {
        Json::Object(map) => {
            map.retain(|key, value| match value {
                Json::Null => false,
                Json::Object(entries) => key != "annotations" || !entries.is_empty(),
                _ => true,
            });
            map.values_mut().try_for_each(|value| prune(value, depth + 1))
        }
        Json::Array(items) => items.iter_mut().try_for_each(|value| prune(value, depth + 1)),
        _ => Ok(()),
    }
}
