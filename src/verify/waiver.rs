//! Promises that somebody has a reason to break: an annotation `waive.stackgen.io/<code>: <reason>` on an object, or an entry
//! of the stack's `waive`. A waiver needs a reason, and one that waives nothing is told.

use std::collections::BTreeMap;

use super::{Finding, Grade, Rule, Set, rules};
use crate::codes;
use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::Object;
use crate::words::{self, glob};
use crate::written::Waiver;

/// The annotation's name is this and a rule's code.
const ANNOTATION: &str = "waive.stackgen.io/";

/// Rules about waivers themselves; `complaints` finds what breaks them.
pub(super) const RULES: &[Rule] = &[UNUSED, UNREASONED];

const UNUSED: Rule = Rule {
    code: "waiver-used",
    grade: Grade::WARNING,
    promise: "every waiver is needed",
    why: "the problem is fixed or the object renamed; a leftover waiver would hide the next mistake",
    fix: "remove it",
    source: "house rule",
    check: |_| Vec::new(),
};

const UNREASONED: Rule = Rule {
    code: "waiver-has-reason",
    grade: Grade::ERROR,
    promise: "every waiver has a known rule and a reason",
    why: "without a reason, a decision cannot be told from an oversight",
    fix: "write `waive.stackgen.io/<code>: <reason>`",
    source: "house rule",
    check: |_| Vec::new(),
};

/// Entries of a stack's `waive`, found by their code and by what they name, with a note of which were used.
pub(super) struct Entries<'w> {
    all: Vec<(&'w Waiver, bool)>,
    /// Positions of those that name one object or component, by code and its name in lower case.
    by_id: BTreeMap<(&'w str, String), Vec<usize>>,
    /// Those of the others, by code.
    by_pattern: BTreeMap<&'w str, Vec<usize>>,
}

impl<'w> Entries<'w> {
    pub(super) fn of(waivers: impl Iterator<Item = &'w Waiver>) -> Self {
        let mut entries = Self { all: Vec::new(), by_id: BTreeMap::new(), by_pattern: BTreeMap::new() };
        for waiver in waivers {
            let code = waiver.code.as_str();
            let index = entries.all.len();
            match &waiver.object {
                Some(id) if !id.contains('*') => entries.by_id.entry((code, id.to_lowercase())).or_default(),
                _ => entries.by_pattern.entry(code).or_default(),
            }
            .push(index);
            entries.all.push((waiver, false));
        }
        entries
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Is a complaint waived that is about what is called so, in lower case?
    pub(super) fn waive(&mut self, code: &str, id: Option<String>) -> bool {
        let mut waived = false;
        for index in self.by_pattern.get(code).into_iter().flatten() {
            let (waiver, used) = &mut self.all[*index];
            let named = |pattern: &String| id.as_ref().is_some_and(|id| glob(&pattern.to_lowercase(), id));
            let fits = waiver.object.as_ref().is_none_or(named);
            *used |= fits;
            waived |= fits;
        }
        for index in id.and_then(|id| self.by_id.get(&(code, id))).into_iter().flatten() {
            self.all[*index].1 = true;
            waived = true;
        }
        waived
    }

    /// Those of which nothing was waived, when all complaints were there.
    pub(super) fn unused(&self) -> impl Iterator<Item = Diagnostic> {
        self.all.iter().filter(|(_, used)| !used).map(|(waiver, _)| {
            let title = format!("nothing violates `{}`, which is waived here", waiver.code);
            Diagnostic::warning("waiver-used", title).because(UNUSED.why).help(UNUSED.fix).at(&waiver.path)
        })
    }
}

/// All waivers of a run, with a note of which were used.
pub(super) struct Waivers<'a, 'w> {
    notes: Vec<Note<'a>>,
    /// Positions among the notes, by the address of the object and the code.
    by_object: BTreeMap<(usize, &'a str), Vec<usize>>,
    stack: Entries<'w>,
}

/// An annotation.
struct Note<'a> {
    object: &'a Object,
    key: &'a str,
    reason: &'a str,
    used: bool,
}

impl<'a, 'w> Waivers<'a, 'w> {
    pub(super) fn new(set: &Set<'a>, stack: &'w [Waiver]) -> Self {
        let mut notes = Vec::new();
        for object in &set.objects {
            let annotations = object.at("/metadata/annotations").and_then(|map| map.as_object());
            for (key, value) in
                annotations.into_iter().flatten().filter(|(key, _)| key.starts_with(ANNOTATION))
            {
                notes.push(Note {
                    object,
                    key,
                    reason: value.as_str().unwrap_or_default().trim(),
                    used: false,
                });
            }
        }
        let mut by_object: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (index, note) in notes.iter().enumerate() {
            by_object.entry((note.object.address(), note.code())).or_default().push(index);
        }
        // Those of the stack's own complaints were looked at before (`asked`).
        let stack = Entries::of(stack.iter().filter(|waiver| codes::check(&waiver.code).is_none()));
        Self { notes, by_object, stack }
    }

    /// Is this finding waived?
    pub(super) fn waive(&mut self, code: &str, finding: &Finding<'a>) -> bool {
        let mut waived = false;
        for index in self.by_object.get(&(finding.object.address(), code)).into_iter().flatten() {
            let note = &mut self.notes[*index];
            note.used = true;
            waived |= !note.reason.is_empty();
        }
        if !self.stack.is_empty() {
            waived |= self.stack.waive(code, Some(finding.object.id().to_lowercase()));
        }
        waived
    }

    /// What is wrong with the waivers.
    pub(super) fn complaints(
        self,
        place: &mut impl FnMut(Diagnostic, &Finding<'a>) -> Diagnostic,
    ) -> Vec<Diagnostic> {
        let mut all = Vec::new();
        for note in &self.notes {
            let field = Path::root().keys(&["metadata", "annotations", note.key]);
            let finding = |title: String| Finding::new(note.object, title).at(field.clone());
            let mut told = |rule: &Rule, finding: &Finding<'a>| {
                place(rule.diagnostic(finding, rule.grade.severity), finding)
            };
            if let Some(unknown) = unknown(note.code()).or_else(|| of_no_object(note.code())) {
                all.push(told(&UNREASONED, &finding(unknown)));
            } else if note.reason.is_empty() {
                all.push(told(&UNREASONED, &finding(format!("`{}` has no reason", note.key))));
            } else if !note.used {
                all.push(told(&UNUSED, &finding(format!("nothing here violates `{}`", note.code()))));
            }
        }
        all.extend(self.stack.unused());
        all
    }
}

impl<'a> Note<'a> {
    fn code(&self) -> &'a str {
        &self.key[ANNOTATION.len()..]
    }
}

/// Does the object say that it has a reason to break that rule?
pub(crate) fn has_note(object: &Object, code: &str) -> bool {
    let annotations = object.at("/metadata/annotations").and_then(|map| map.as_object());
    let reason = annotations.and_then(|map| map.get(&format!("{ANNOTATION}{code}"))?.as_str());
    reason.is_some_and(|reason| !reason.trim().is_empty())
}

/// A complaint about the stack itself has no object that could have an annotation.
fn of_no_object(code: &str) -> Option<String> {
    let check = codes::check(code)?;
    Some(format!("`{}` is not about an object: waive it in the stack", check.code))
}

/// All codes that there are.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    rules::all().map(|rule| rule.code).chain(codes::all().map(|check| check.code))
}

/// Says so when nothing here is told under that code.
pub(crate) fn unknown(code: &str) -> Option<String> {
    if rules::rule(code).is_some() || codes::check(code).is_some() {
        return None;
    }
    let near = words::closest(code, codes());
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Some(format!("unknown rule `{code}`{near}"))
}
