//! What only schemas of custom resources ask for, in words. All else is told as for Kubernetes' own kinds.

use serde_json::{Number, Value};

use super::super::fault::{self, Fault};
use super::super::walk::Trail;
use super::schema::Schema;
use crate::diagnostic::Path;
use crate::words;

/// An alternative, and what is wrong with a value beside it.
pub(super) struct Tried<'s> {
    pub(super) schema: Schema<'s>,
    pub(super) faults: Vec<Fault>,
    /// Is there something in it that cannot be judged?
    pub(super) unsure: bool,
}

impl Tried<'_> {
    /// Does the value fit for sure?
    pub(super) fn fits(&self) -> bool {
        self.faults.is_empty() && !self.unsure
    }
}

/// A value as it is written, without quotes.
pub(super) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) fn no_match(text: &str, pattern: &str, trail: Trail<'_>) -> Fault {
    let path = trail.path();
    let title = if text.is_empty() {
        format!("`{path}` must match `{pattern}`, not be empty")
    } else {
        let found = fault::found(&path, &Value::from(text));
        format!("`{path}` must match `{pattern}`, which {found} does not")
    };
    Fault::new(path, title)
}

pub(super) fn out_of_bounds(number: &Number, word: &str, limit: &str, trail: Trail<'_>) -> Fault {
    let path = trail.path();
    let title = format!("`{path}` must be {word} {limit}, not {number}");
    Fault::new(path, title)
}

pub(super) fn too_few(count: usize, least: usize, noun: &str, trail: Trail<'_>) -> Fault {
    let holder = Holder(trail.path());
    let title = match count {
        0 if least == 1 => format!("{holder} must not be empty"),
        _ => format!("{holder} must have at least {}, not {count}", words::counted(least, noun)),
    };
    Fault::new(holder.0, title)
}

pub(super) fn too_many(count: usize, most: usize, noun: &str, trail: Trail<'_>) -> Fault {
    let holder = Holder(trail.path());
    let title = format!("{holder} must have at most {}, not {count}", words::counted(most, noun));
    Fault::new(holder.0, title)
}

/// Two items that must differ: wholly, or in these keys.
pub(super) fn twice(keys: &[&str], first: usize, second: usize, trail: Trail<'_>) -> Fault {
    let [first, second] = [first, second].map(|index| Trail::Index(&trail, index).path());
    let title = match keys {
        [] => format!("`{second}` duplicates `{first}`"),
        keys => format!("`{second}` has the same {} as `{first}`", together(keys)),
    };
    Fault::new(second, title)
}

/// None of the alternatives of `anyOf` or `oneOf`, of which there is at least one.
pub(super) fn none_fits(tried: &[Tried<'_>], trail: Trail<'_>) -> Vec<Fault> {
    if let [only] = tried {
        return only.faults.clone();
    }
    let holder = Holder(trail.path());
    let demanded: Option<Vec<Vec<&str>>> = tried.iter().map(|each| each.schema.only_requires()).collect();
    if let Some(demanded) = demanded {
        let title = format!("{holder} must have {}", either(&demanded));
        return vec![Fault::new(holder.0, title)];
    }
    let nearest = tried.iter().map(|each| &each.faults).min_by_key(|faults| faults.len());
    let help = nearest.and_then(|faults| faults.first()).map(|fault| format!("the closest: {}", fault.title));
    let title = format!("{holder} matches none of the {} forms that its schema allows", tried.len());
    vec![Fault::new(holder.0, title).maybe_help(help)]
}

/// More than one of the alternatives of `oneOf`.
pub(super) fn several_fit(fitting: &[Schema<'_>], trail: Trail<'_>) -> Fault {
    let holder = Holder(trail.path());
    let demanded: Option<Vec<Vec<&str>>> = fitting.iter().map(|each| each.only_requires()).collect();
    let title = match demanded {
        Some(demanded) if demanded.len() == 2 => {
            format!("{holder} must have {}, not both", either(&demanded))
        }
        Some(demanded) => format!("{holder} must have only one of {}", either(&demanded)),
        None => format!("{holder} matches {} forms of its schema, which allows only one", fitting.len()),
    };
    Fault::new(holder.0, title)
}

/// What `not` says.
pub(super) fn ruled_out(value: &Value, not: Schema<'_>, trail: Trail<'_>) -> Fault {
    let holder = Holder(trail.path());
    let title = match not.only_requires().as_deref() {
        Some([one]) => format!("{holder} must not have `{one}`"),
        Some(several) => format!("{holder} must not have {} at once", together(several)),
        None if value.is_object() || value.is_array() => {
            format!("{holder} has a form that its schema excludes")
        }
        None => format!("{holder} must not be {}", fault::found(&holder.0, value)),
    };
    Fault::new(holder.0, title)
}

/// `` `a` or `b` ``; with a comma where it would be read wrongly: `` `a`, or `b` and `c` ``
fn either(demanded: &[Vec<&str>]) -> String {
    if demanded.iter().all(|names| names.len() == 1) {
        return words::listed(demanded.iter().flatten());
    }
    let each: Vec<String> = demanded.iter().map(|names| together(names)).collect();
    each.join(", or ")
}

/// `` `a` and `b` ``
fn together(names: &[&str]) -> String {
    format!("`{}`", names.join("` and `"))
}

/// A path, or the object when it is the whole of it.
struct Holder(Path);

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.steps().is_empty() { f.write_str("the object") } else { write!(f, "`{}`", self.0) }
    }
}
