//! kafka

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Component, Instance};
use crate::diagnostic::Diagnostics;
use crate::plan::offer::{Need, Offer, Offers};
use crate::plan::part::Part;
use crate::plan::site::Site;

/// Settings.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Kafka {}

impl Component for Kafka {
    const WORD: &'static str = "kafka";
    const ABOUT: &'static str = "";
    const OFFERS: &'static str = "";
    const USES: &'static str = "";
    const DEFAULTS: &'static str = include_str!("../../templates/kafka/defaults.yaml");

    fn offers(me: &Instance<Self>, _site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        Ok(Offer::new(&me.key))
    }

    fn parts(_me: &Instance<Self>, _site: &Site, _offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        Ok(Vec::new())
    }
}
