//! How a patch becomes one with a value: Kubernetes' own merge keys, which stand beside the fields in the table.

use super::table::{Definition, Shape, table};
use crate::k8s::Object;

/// A place in the schema of a kind. Of what we have no schema of nothing is known below: its lists are replaced, as the
/// API server does with custom resources.
#[derive(Clone, Copy)]
pub(crate) struct Spot(Known);

#[derive(Clone, Copy)]
enum Known {
    Nothing,
    Defined(usize),
    Shape(&'static Shape),
}

/// How the value of a field takes a patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Merging {
    /// Entries of the list are the same when this key of theirs is; empty for a list of scalars, which is merged. Other
    /// lists are replaced.
    pub(crate) by: Option<&'static str>,
    /// What the patch does not name goes away: the ways to make a volume, or to roll a Deployment, exclude each other.
    pub(crate) retains: bool,
}

impl Spot {
    /// The object itself.
    pub(crate) fn of(object: &Object) -> Self {
        let api = object.text("/apiVersion").unwrap_or_default();
        let found = table().find(&format!("{api}/{}", object.kind()));
        Self(found.map_or(Known::Nothing, Known::Defined))
    }

    /// A field of it, or what a key of a map leads to, and how that takes a patch.
    pub(crate) fn field(self, name: &str) -> (Self, Merging) {
        let unknown = (Self(Known::Nothing), Merging::default());
        match self.0 {
            Known::Defined(index) => {
                let Definition::Fields(fields) = table().definition(index) else { return unknown };
                // Several of a name differ in their shape, not in how they are merged.
                let found = fields.iter().rfind(|field| field.name == name);
                found.map_or(unknown, |field| (Self::shaped(&field.shape), field.merging))
            }
            Known::Shape(Shape::Map(inner)) => (Self::shaped(inner), Merging::default()),
            _ => unknown,
        }
    }

    /// An entry of the list.
    pub(crate) fn entry(self) -> Self {
        match self.0 {
            Known::Shape(Shape::List(inner)) => Self::shaped(inner),
            _ => Self(Known::Nothing),
        }
    }

    fn shaped(shape: &'static Shape) -> Self {
        Self(match shape {
            Shape::Defined(index) => Known::Defined(*index),
            other => Known::Shape(other),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_table_knows_how_lists_are_merged() {
        let object = json!({ "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "a" } });
        let root = Spot::of(&Object::new(object).unwrap());
        let spec = root.field("spec").0;
        assert!(spec.field("strategy").1.retains);
        let pod = spec.field("template").0.field("spec").0;
        let (containers, merging) = pod.field("containers");
        assert_eq!(merging.by, Some("name"));
        assert_eq!(containers.entry().field("ports").1.by, Some("containerPort"));
        assert_eq!(containers.entry().field("args").1, Merging::default());
        assert_eq!(pod.field("volumes").1, Merging { by: Some("name"), retains: true });
        assert_eq!(root.field("metadata").0.field("finalizers").1.by, Some(""));
    }
}
