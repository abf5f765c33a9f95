//! One thing to draw: a template and the values it is drawn with.

use std::sync::Arc;

use serde::Serialize;

use super::role::Role;
use crate::components::Key;

/// A template of ours, embedded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Template {
    /// Below `templates/`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Embeds `templates/<name>`; a missing file is a compile error.
#[macro_export]
macro_rules! template {
    ($name:literal) => {
        $crate::plan::part::Template {
            name: $name,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $name)),
        }
    };
}

/// One or few objects to draw.
#[derive(Clone, Debug)]
pub struct Part {
    /// The shape.
    pub template: Template,
    /// The values, as the template calls them.
    pub context: minijinja::Value,
    /// Text files to draw with the same values, or with some of their own before them; the template finds them as
    /// `files`.
    pub files: Vec<(String, Template, Option<minijinja::Value>)>,
    /// Templates that the template includes: they see the same values.
    pub included: Vec<Template>,
    /// Whose pods it is about: labels, selector and everything that pods get without asking. `pod` in the template.
    pub role: Arc<Role>,
    /// Which component asked for it.
    pub owner: Key,
}

impl Part {
    /// A template with its values.
    pub fn new(template: Template, role: &Arc<Role>, context: impl Serialize) -> Self {
        Self {
            template,
            context: minijinja::Value::from(minijinja::value::Serde(context)),
            files: Vec::new(),
            included: Vec::new(),
            role: Arc::clone(role),
            owner: role.owner.clone(),
        }
    }

    /// With a template that its own includes by name.
    #[must_use]
    pub fn including(mut self, template: Template) -> Self {
        self.included.push(template);
        self
    }

    /// With a text file, drawn from a template of its own with the same values. The file's ending decides how values
    /// are written in it (see templates/README.md).
    #[must_use]
    pub fn file(mut self, name: impl Into<String>, template: Template) -> Self {
        self.files.push((name.into(), template, None));
        self
    }

    /// With a text file that has values of its own: one of several that are drawn from one template.
    #[must_use]
    pub fn file_of(mut self, name: impl Into<String>, template: Template, values: impl Serialize) -> Self {
        let values = minijinja::Value::from(minijinja::value::Serde(values));
        self.files.push((name.into(), template, Some(values)));
        self
    }
}
