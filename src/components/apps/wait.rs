//! Waiting for what an app uses: an init container that asks until somebody answers. Apps do not wait for apps, for
//! two that wait for each other would never start.

use serde_json::{Value, json};

use super::either::SomeOf;
use super::settings::App;
use super::wiring;
use crate::components::{APPS, Instance, Key};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::k8s::Endpoint;
use crate::plan::env;
use crate::plan::offer::Offers;

/// `redis=host:port,host:port`: one of them must answer, for a cluster works without its last member.
pub(super) fn targets(me: &Instance<App>, offers: &Offers) -> Result<Vec<String>, Diagnostics> {
    let (names, path) = match &me.wait_for {
        SomeOf::All(false) => return Ok(Vec::new()),
        SomeOf::All(true) => (&me.uses, me.path.key("uses")),
        SomeOf::These(names) => (names, me.path.key("waitFor")),
    };
    let everything = matches!(me.wait_for, SomeOf::All(true));
    let mut complaints = Diagnostics::new();
    let mut targets = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let (key, here) = (Key::named(name), path.index(index));
        if key.word == APPS {
            if !everything {
                complaints.push(waits_for_app(name).at(&here));
            }
            continue;
        }
        let Some(offer) = complaints.keep(offers.of(&key, &here)) else { continue };
        if !offer.endpoints.is_empty() {
            let addresses: Vec<String> = offer.endpoints.iter().map(Endpoint::to_string).collect();
            targets.push(format!("{key}={}", addresses.join(",")));
        } else if !everything {
            complaints.push(
                Diagnostic::error("nothing-to-wait-for", format!("`{key}` has no address to wait for"))
                    .at(&here),
            );
        }
    }
    complaints.or(targets)
}

fn waits_for_app(name: &str) -> Diagnostic {
    Diagnostic::error("waits-for-app", format!("apps cannot wait for apps such as `{name}`"))
        .because(
            "two apps that wait for each other would never start, and a restart would wait for a rollout",
        )
        .help("let the app retry, or wait for a component that both of them use")
}

/// The environment of the init container: targets may name fields of the pod.
pub(super) fn environment(targets: &[String]) -> Option<Value> {
    let fields = wiring::fields(targets);
    (!fields.is_empty()).then(|| json!(env::variables(fields)))
}
