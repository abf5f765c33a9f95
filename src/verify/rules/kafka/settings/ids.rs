//! The number of a node, and what stands where it should.

use super::{From, Node};
use crate::products::kafka::key;
use crate::verify::shapes::startup;

/// A broker's number, before there were roles.
pub(in super::super) const BROKER_ID: &str = "broker.id";

impl Node<'_, '_> {
    /// What the pod's ordinal is added to, to be its id.
    pub(in super::super) fn ids_above(&self) -> Option<u64> {
        let key = self.id_key();
        if let Some(From::Var(var)) = self.settings.get(key).map(|setting| &setting.from)
            && startup::is_pod_index(self.container, &var.name)
        {
            return Some(0);
        }
        startup::above_ordinal(self.rough(key)?)
    }

    /// What a setting is that should be a number and surely is none.
    pub(in super::super) fn no_number(&self, key: &str) -> Option<String> {
        let setting = self.settings.get(key)?;
        match (&setting.value, &setting.from) {
            // A script that edits files puts something in its place.
            (_, From::Line(..)) if self.startup.edits() => None,
            (Some(text), _) => startup::no_number(self.container, text),
            (None, From::Var(var)) if self.startup.variable(&var.name).is_none() => {
                startup::of_pod(self.container, &var.name).map(str::to_owned)
            }
            _ => None,
        }
    }

    /// The value as it is written, where a script or the cluster puts something in.
    pub(in super::super) fn written(&self, key: &str) -> Option<String> {
        let setting = self.settings.get(key)?;
        match (&setting.value, &setting.from) {
            (Some(text), _) => Some(text.clone()),
            (None, From::Line(_, line)) => Some(line.split_once('=')?.1.trim().to_owned()),
            (None, From::Var(var)) if self.startup.variable(&var.name).is_none() => {
                Some(format!("$({})", var.name))
            }
            _ => None,
        }
    }

    /// `node.id`, or `broker.id` where that is set alone.
    pub(in super::super) fn id_key(&self) -> &'static str {
        if self.has(key::NODE_ID) { key::NODE_ID } else { BROKER_ID }
    }
}
