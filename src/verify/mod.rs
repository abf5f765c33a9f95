//! Proven: drafts become a manifest. Every promise is checked on every object, all complaints at once.
//!
//! **Invariant:** only this module makes a `Manifest`, and only a `Manifest` can be written. Guard: its private field.

mod asked;
mod assumed;
pub mod command;
pub mod dns;
mod instead;
pub(crate) mod order;
mod origin;
pub mod pods;
pub mod rule;
mod rules;
pub mod schema;
mod selecting;
pub mod set;
mod shapes;
pub mod texts;
mod told;
pub mod topology;
mod waiver;

use crate::diagnostic::{Diagnostic, Diagnostics, Path, Severity};
use crate::draft::{Draft, Drafts, Origin};
use crate::k8s::Object;
use crate::parallel;
use crate::words::{self, glob};
use crate::written::Wanted;
pub(crate) use asked::Asked;
pub use assumed::Assumed;
pub use rule::{Finding, Grade, Rule};
pub(crate) use rules::{DUPLICATE, identity};
pub use rules::{FAMILIES, all, rule};
use schema::Minor;
pub use set::{Around, Set};
pub(crate) use waiver::{codes, has_note, unknown as unknown_rule};

/// An object that kept every promise.
#[derive(Clone, Debug)]
pub struct Proven {
    /// The object.
    pub object: Object,
    /// Where it comes from.
    pub origin: Origin,
    /// The entries of the stack's `patches` that changed it.
    pub patches: Vec<Path>,
}

/// Objects that kept every promise, in the documented order.
#[derive(Clone, Debug)]
pub struct Manifest {
    proven: Vec<Proven>,
    profile: String,
    demands: Vec<String>,
}

impl Manifest {
    /// The objects.
    pub fn objects(&self) -> &[Proven] {
        &self.proven
    }

    /// How many objects there are, and for which profile.
    pub fn summary(&self) -> String {
        format!("{}, profile {}", words::counted(self.proven.len(), "object"), self.profile)
    }

    /// As it was drawn for that profile.
    #[must_use]
    pub(crate) fn of_profile(self, profile: &str) -> Self {
        Self { profile: profile.to_owned(), ..self }
    }

    /// With what must exist that nobody here makes.
    #[must_use]
    pub(crate) fn demanding(self, demands: Vec<String>) -> Self {
        Self { demands, ..self }
    }

    /// What must exist outside of the stack for it to work: a sentence each.
    pub fn demands(&self) -> &[String] {
        &self.demands
    }

    /// Only those whose `kind/name` matches one of the patterns (`*` stands for anything; case does not matter).
    #[must_use]
    pub fn only(mut self, patterns: &[String]) -> Self {
        let matches = |id: &str| {
            let id = id.to_lowercase();
            patterns.iter().any(|pattern| glob(&pattern.to_lowercase(), &id))
        };
        if !patterns.is_empty() {
            self.proven.retain(|proven| matches(&proven.object.id()));
        }
        self
    }
}

/// Fewer objects than this are proven sooner than a thread is up.
const WORTHWHILE: usize = 256;

/// Every broken promise of a set, told by `place`, which knows where the object was written; waived ones left out, and
/// waivers that waive nothing told.
pub fn complaints<'a>(
    set: &Set<'a>,
    wanted: Wanted<'_>,
    place: impl FnMut(Diagnostic, &Finding<'a>) -> Diagnostic,
) -> Diagnostics {
    complaints_and(set, wanted, Vec::new(), place)
}

/// The same, with findings about what is defined in several files, which only who read them knows.
pub(crate) fn complaints_and<'a>(
    set: &Set<'a>,
    wanted: Wanted<'_>,
    mut twice: Vec<Finding<'a>>,
    mut place: impl FnMut(Diagnostic, &Finding<'a>) -> Diagnostic,
) -> Diagnostics {
    let rules: Vec<&Rule> = all().collect();
    let worthwhile = if set.objects.len() < WORTHWHILE { usize::MAX } else { 0 };
    // Whatever many rules ask for is made before they start: they would wait for each other.
    set.pods();
    set.dns();
    set.dead_addresses();
    let found = parallel::map(&rules, worthwhile, |rule| (rule.check)(set));
    let mut waivers = waiver::Waivers::new(set, wanted.waivers);
    let mut complaints = Diagnostics::new();
    for (rule, findings) in rules.iter().zip(found) {
        let more = if rule.code == DUPLICATE { std::mem::take(&mut twice) } else { Vec::new() };
        let told = findings.into_iter().chain(more).filter(|finding| set.judges(finding.object));
        for finding in told.filter(|finding| !waivers.waive(rule.code, finding)) {
            let raised = (wanted.strict && rule.grade.strict) || wanted.raises(rule.code);
            let severity = finding.severity.unwrap_or(rule.grade.severity);
            let severity = if raised { Severity::Error } else { severity };
            complaints.push(place(rule.diagnostic(&finding, severity), &finding));
        }
    }
    complaints.extend(waivers.complaints(&mut place));
    complaints
}

/// Checks every promise. The manifest, with warnings; or all complaints.
pub fn drafts(mut drafts: Drafts<'_>) -> Result<(Manifest, Diagnostics), Diagnostics> {
    let around = Around {
        external: std::mem::take(&mut drafts.external),
        assumed: Assumed::default(),
        domain: drafts.domain.clone(),
        namespace: drafts.namespace.clone(),
        minor: Minor::nearest(&drafts.kubernetes),
    };
    let own = drafts.all.iter().map(|draft| &draft.object);
    let set = Set::new(own.chain(&drafts.beside).collect(), &around).judging(drafts.all.len());
    let complaints = complaints(&set, drafts.wanted, |complaint, finding| {
        match drafts.all.iter().find(|draft| std::ptr::eq(&raw const draft.object, finding.object)) {
            Some(draft) => {
                let origin = origin::of(finding, draft, drafts.tree);
                let instead = instead::of(finding, complaint.code, &origin);
                let complaint = match &draft.origin {
                    Origin::Drawn { template, .. } => {
                        complaint.because(format!("rendered from templates/{template}"))
                    }
                    Origin::Written(_) => complaint,
                };
                // Better than what the rule says to everybody.
                let help = instead.map_or_else(|| complaint.help.clone(), |instead| vec![instead]);
                Diagnostic { help, ..complaint }.at(origin)
            }
            None => complaint,
        }
    });
    let complaints = instead::once(complaints);
    if complaints.refuse() {
        return Err(complaints);
    }
    drop(set);
    order::objects(&mut drafts.all);
    drafts.all.iter_mut().for_each(order::keys);
    let proven =
        |draft: Draft| Proven { patches: draft.patches(), object: draft.object, origin: draft.origin };
    let proven = drafts.all.into_iter().map(proven).collect();
    Ok((Manifest { proven, profile: String::new(), demands: Vec::new() }, complaints))
}
