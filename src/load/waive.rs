//! The stack's `waive`: rules that it breaks for a reason.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::codes;
use crate::diagnostic::{Diagnostic, Diagnostics, Path, Severity};
use crate::verify;
use crate::written::Waiver;

/// One rule that is broken for a reason.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Waive {
    /// The code, as `stackgen rules` prints it.
    rule: String,
    /// `kind/name` of the objects that may break it, or the component where it is not about an object (`redis/session`,
    /// `apps/web`), with `*` for anything; all of them when left out.
    #[serde(default)]
    object: Option<String>,
    /// Why that is right here.
    reason: String,
}

/// All of them; those that name no rule or no reason are told.
pub(super) fn waivers(all: Vec<Waive>, complaints: &mut Diagnostics) -> Vec<Waiver> {
    let mut waivers: Vec<Waiver> = Vec::new();
    for (index, Waive { rule, object, reason }) in all.into_iter().enumerate() {
        let path = Path::root().key("waive").index(index);
        let unknown = verify::unknown_rule(&rule);
        complaints.extend(unknown.map(|title| {
            Diagnostic::error("unknown-rule", title)
                .at(path.key("rule"))
                .help("`stackgen rules` lists them all")
        }));
        complaints.extend(not_waivable(&rule).map(|complaint| complaint.at(path.key("rule"))));
        if reason.trim().is_empty() {
            complaints.push(
                Diagnostic::error("waiver-has-reason", format!("the waiver of `{rule}` gives no reason"))
                    .at(path.key("reason"))
                    .because("without one, a decision cannot be told from an oversight"),
            );
        }
        let same = |other: &&Waiver| (&other.code, &other.object) == (&rule, &object);
        if let Some(first) = waivers.iter().find(same) {
            complaints.push(
                Diagnostic::error(
                    "waived-twice",
                    format!("`{rule}` is waived both here and by `{}`", first.path),
                )
                .at(path.key("rule"))
                .because("removing only one of them would have no effect")
                .help("remove one of them"),
            );
        }
        waivers.push(Waiver { code: rule, object, path });
    }
    waivers
}

/// Errors of the stack itself: there would be nothing to render.
fn not_waivable(code: &str) -> Option<Diagnostic> {
    let check = codes::check(code).filter(|check| check.severity == Severity::Error)?;
    let complaint = Diagnostic::error("not-waivable", format!("`{code}` cannot be waived"));
    Some(complaint.because("with this error there is nothing to render").help(check.fix))
}
