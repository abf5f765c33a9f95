//! The names of a stack's `profiles.<name>` sections: those of the embedded profiles, and of files.

use super::layers::{PROFILES, no_mapping};
use super::profile;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{Place, Sources};
use crate::tree::node::{Kind, Map};
use crate::words;
use crate::world::World;

/// Where a profile that is a file is looked for, besides the folder of the chosen one.
const FOLDERS: &[&str] = &["", "profiles/"];

/// Is a profile of that name a file of the user's?
pub(super) fn is_file(profile: &str) -> bool {
    profile.contains(['/', '.'])
}

/// How a profile is called in the stack: `staging` for `./profiles/staging.yaml`.
pub(super) fn stem(profile: &str) -> &str {
    let file = profile.rsplit('/').next().unwrap_or(profile);
    let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml")).unwrap_or(file);
    if is_file(profile) && !stem.is_empty() { stem } else { profile }
}

/// A misspelt profile would be passed over without a word, and so would what is no mapping, and one of two sections for
/// the same profile. What may be a file that this run does not see is a warning.
pub(super) fn known(
    sections: &Map,
    chosen: &str,
    around: (&Sources, &dyn World),
) -> Result<Diagnostics, Diagnostics> {
    let mut names: Vec<&str> = profile::PROFILES.iter().map(|(name, _)| *name).collect();
    if is_file(chosen) && !names.contains(&stem(chosen)) {
        names.push(stem(chosen));
    }
    let mut complaints = Diagnostics::new();
    for (name, entry) in sections {
        if !matches!(entry.value.kind, Kind::Map(_) | Kind::Null) {
            complaints.push(no_mapping(&format!("{PROFILES}.{name}"), &entry.value));
        }
        if name != chosen && is_file(chosen) && name == stem(chosen) && sections.contains_key(chosen) {
            complaints.push(
                Diagnostic::error("unknown-profile", format!("two sections for `{chosen}`"))
                    .at(entry.key)
                    .because(format!("`{name}` and `{chosen}` both refer to it"))
                    .help("merge them into one"),
            );
        }
        if !is_file(name) && !names.contains(&name.as_str()) && !exists(name, chosen, around, entry.key) {
            complaints.push(unknown(name, &names).at(entry.key));
        }
    }
    if complaints.refuse() { Err(complaints) } else { Ok(complaints) }
}

fn unknown(name: &str, names: &[&str]) -> Diagnostic {
    let listed = format!(
        "the embedded profiles are {}",
        words::listed(profile::PROFILES.iter().map(|(name, _)| name))
    );
    let title = format!("unknown profile `{name}`");
    match words::closest(name, names.iter().copied()) {
        Some(near) => Diagnostic::error("unknown-profile", title)
            .because(listed)
            .help(format!("did you mean `{near}`?")),
        None => Diagnostic::warning("unknown-profile", title)
            .because(listed)
            .because(format!("only a run with `-p PATH/{name}.yaml` would use this section"))
            .help("rename the section to a profile's name, or remove it"),
    }
}

/// Is there a file that the name stands for?
fn exists(name: &str, chosen: &str, around: (&Sources, &dyn World), place: Place) -> bool {
    let (sources, world) = around;
    let stack = sources.of(place.source).name.as_str();
    let folders = FOLDERS.iter().map(|folder| (*folder, Some(stack)));
    // A profile that the command line names is looked for from the working folder.
    let beside = chosen.rfind('/').map(|slash| (&chosen[..=slash], None));
    folders.chain(beside).any(|(folder, named_by)| {
        [".yaml", ".yml"]
            .iter()
            .any(|ending| world.file(&format!("{folder}{name}{ending}"), named_by).is_ok())
    })
}
