//! apps

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
pub(super) struct App {}

impl Component for App {
    const WORD: &'static str = "apps";
    const ABOUT: &'static str = "";
    const OFFERS: &'static str = "";
    const USES: &'static str = "";
    const DEFAULTS: &'static str = include_str!("../../templates/apps/defaults.yaml");

    fn offers(me: &Instance<Self>, _site: &Site, _asked: &[Need]) -> Result<Offer, Diagnostics> {
        Ok(Offer::new(&me.key))
    }

    fn parts(_me: &Instance<Self>, _site: &Site, _offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
        Ok(Vec::new())
    }
}
