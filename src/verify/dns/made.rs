//! What operators make of custom resources.

use crate::k8s::Object;

/// The Services that an operator makes of a custom resource, by what follows its name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Made {
    /// These and no others.
    Exactly(&'static [&'static str]),
    /// Nothing is known: whatever goes on with a dash may be there.
    Whatever,
}

impl Made {
    pub(super) fn by(object: &Object) -> Self {
        let api = object.text("/apiVersion").unwrap_or_default();
        match (api.split('/').next(), object.kind(), object.text("/spec/type")) {
            // Source: nacos-operator, pkg/service/operator/Kind.go.
            (Some("nacos.io"), "Nacos", Some("cluster")) => Self::Exactly(&["-headless", "-client"]),
            (Some("nacos.io"), "Nacos", _) => Self::Exactly(&[""]),
            _ => Self::Whatever,
        }
    }

    pub(super) fn has(self, rest: &str) -> bool {
        match self {
            Self::Exactly(all) => all.contains(&rest),
            Self::Whatever => rest.is_empty() || rest.starts_with('-'),
        }
    }
}
