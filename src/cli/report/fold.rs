//! What people are spared: the same said again for each container, and one rule for each of many objects. Machines get all.

use std::collections::BTreeMap;

use stackgen::diagnostic::Severity;
use stackgen::words::counted;

use super::shown::Shown;

/// A complaint as people see it, with a line for those that it stands for.
pub(super) struct Folded<'s, 'a> {
    pub(super) complaint: &'s Shown<'a>,
    pub(super) also: Vec<String>,
}

/// So many findings of a rule are shown as a whole; an error more often than a warning, for each of them is work.
fn most(severity: Severity) -> usize {
    match severity {
        Severity::Error => 20,
        Severity::Warning => 1,
    }
}

/// So many others are named.
const NAMED: usize = 3;

/// So many containers are named of which the same is said.
const CONTAINERS: usize = 8;

/// Every complaint by itself.
pub(super) fn all<'s, 'a>(shown: &'s [Shown<'a>]) -> Vec<Folded<'s, 'a>> {
    shown.iter().map(|complaint| Folded { complaint, also: Vec::new() }).collect()
}

/// The first ones of each rule, with what they stand for.
pub(super) fn folded<'s, 'a>(shown: &'s [Shown<'a>]) -> Vec<Folded<'s, 'a>> {
    let joined = joined(shown);
    let mut by_rule: BTreeMap<(&str, Severity), Vec<usize>> = BTreeMap::new();
    // A mistake in a stack or a text is work each time; of objects, one says how to mend all of them.
    for (at, one) in joined.iter().enumerate().filter(|(_, one)| one.complaint.object.is_some()) {
        by_rule.entry((one.complaint.code, one.complaint.severity)).or_default().push(at);
    }
    let mut also: BTreeMap<usize, String> = BTreeMap::new();
    let mut shown = vec![true; joined.len()];
    for ((_, severity), all) in by_rule {
        let (first, rest) = all.split_at(most(severity).min(all.len()));
        // One more that is shown costs no more than the line that would stand for it.
        if let [_, _, ..] = rest
            && let Some(last) = first.last()
        {
            rest.iter().for_each(|at| shown[*at] = false);
            let rest: Vec<&Shown<'_>> = rest.iter().map(|at| joined[*at].complaint).collect();
            also.insert(*last, others(&rest));
        }
    }
    let kept = joined.into_iter().zip(shown).enumerate().filter(|(_, (_, shown))| *shown);
    kept.map(|(at, (mut one, _))| {
        one.also.extend(also.remove(&at));
        one
    })
    .collect()
}

/// `17 more findings of this rule, …: Deployment/a (a.yaml:3), …`
fn others(rest: &[&Shown<'_>]) -> String {
    let named: Vec<String> = rest.iter().take(NAMED).map(|one| called(one)).collect();
    let more = if rest.len() > NAMED { ", …" } else { "" };
    let times = counted(rest.len(), "more finding");
    format!("{times} of this rule, which `--all` shows: {}{more}", named.join(", "))
}

fn called(one: &Shown<'_>) -> String {
    let place = one.spot.as_ref().map(|spot| format!("{}:{}", spot.file, spot.line));
    match (&one.object, place) {
        (Some(object), Some(place)) => format!("{object} ({place})"),
        (Some(object), None) => object.to_string(),
        (None, Some(place)) => place,
        (None, None) => one.title.to_string(),
    }
}

/// One complaint for all containers of an object of which the same is said.
fn joined<'s, 'a>(shown: &'s [Shown<'a>]) -> Vec<Folded<'s, 'a>> {
    let mut known: BTreeMap<_, usize> = BTreeMap::new();
    let mut all: Vec<(&'s Shown<'a>, Vec<&'s Shown<'a>>)> = Vec::new();
    for one in shown {
        match said(one).map(|said| *known.entry(said).or_insert(all.len())).filter(|at| *at < all.len()) {
            Some(at) => all[at].1.push(one),
            None => all.push((one, Vec::new())),
        }
    }
    let with_also = |(complaint, same): (&'s Shown<'a>, Vec<&'s Shown<'a>>)| {
        let names: Vec<String> =
            same.iter().take(CONTAINERS).map(|other| difference(complaint, other)).collect();
        let more = if same.len() > CONTAINERS { ", …" } else { "" };
        let also = (!names.is_empty())
            .then(|| format!("the same for {} more: {}{more}", same.len(), names.join(", ")));
        Folded { complaint, also: also.into_iter().collect() }
    };
    all.into_iter().map(with_also).collect()
}

/// What is said of a container, whichever of the object's it is.
fn said<'s>(one: &'s Shown<'_>) -> Option<impl Ord + use<'s>> {
    let field = one.field.as_deref()?;
    let (before, rest) = field.split_once("ontainers[")?;
    let (_, behind) = rest.split_once(']')?;
    let file = one.spot.as_ref().map(|spot| &*spot.file);
    let title: Vec<&str> = one.title.split('`').step_by(2).collect();
    let help: Vec<&str> = one.help.iter().map(|help| &**help).collect();
    Some((
        one.code,
        one.severity,
        file,
        one.object.as_deref(),
        before.trim_end_matches("initC"),
        behind,
        title,
        help,
    ))
}

/// The words in which a complaint differs from one that says the same.
fn difference(one: &Shown<'_>, other: &Shown<'_>) -> String {
    let words = |complaint: &Shown<'_>| -> Vec<String> {
        complaint.title.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let differing = words(one).into_iter().zip(words(other)).filter(|(one, other)| one != other);
    let named: Vec<String> = differing.map(|(_, word)| format!("`{word}`")).collect();
    match named.as_slice() {
        [] => other.field.as_ref().map(ToString::to_string).unwrap_or_default(),
        named => named.join(" and "),
    }
}
