//! Names of what a run makes for itself, beside or in what it writes: nobody can foresee them, and nobody makes one by
//! chance, so that what an interrupted run left is told from all else.

use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io;

use super::list;
use super::place::Place;

/// So many letters are chance, and as many prove that it is a name of ours.
const HALF: usize = 8;

/// How the names beside something begin: `.out.stackgen-`; those in a folder begin with `.stackgen-`.
pub(super) fn prefix(name: Option<&OsStr>) -> OsString {
    let Some(name) = name else { return ".stackgen-".into() };
    // It stands in a line of the list, and must fit with what we add.
    let fits = |text: &&str| text.len() <= 200 && !text.contains(|c: char| c.is_control() || c == '\\');
    match name.to_str().filter(fits) {
        Some(text) => format!(".{text}.stackgen-").into(),
        None => format!(".{}.stackgen-", &list::sum(name.as_encoded_bytes())[..16]).into(),
    }
}

/// Is it a name that `fresh` gave?
pub(super) fn is_own(name: &OsStr, beginning: &OsStr) -> bool {
    let rest = name.as_encoded_bytes().strip_prefix(beginning.as_encoded_bytes());
    rest.and_then(|rest| std::str::from_utf8(rest).ok()).is_some_and(|rest| {
        rest.len() == 2 * HALF && rest.is_ascii() && rest[HALF..] == proof(beginning, &rest[..HALF])
    })
}

fn proof(beginning: &OsStr, chance: &str) -> String {
    let mut text = list::sum(&[beginning.as_encoded_bytes(), chance.as_bytes()].concat());
    text.truncate(HALF);
    text
}

/// Makes something under a name that nothing has. `make` must refuse what exists already.
pub(super) fn fresh<T>(
    parent: &Place,
    beginning: &OsStr,
    make: impl Fn(&Place) -> io::Result<T>,
) -> io::Result<(Place, T)> {
    for _ in 0..1000 {
        let chance = format!("{:016x}", RandomState::new().build_hasher().finish());
        let mut name = beginning.to_owned();
        name.push(&chance[..HALF]);
        name.push(proof(beginning, &chance[..HALF]));
        let place = parent.join(name);
        match make(&place) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return Ok((place, made?)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_fits_and_is_known_again(name in "[^/\\x00]{1,80}", other in "[a-z0-9]{0,20}") {
            let beginning = prefix(Some(OsStr::new(&name)));
            let (place, ()) = fresh(&Place::new("", ""), &beginning, |_| Ok(())).unwrap();
            let made = place.file_name().unwrap();
            prop_assert!(made.len() < 255 && !made.to_str().unwrap().contains(['/', '\\', '\n']));
            prop_assert!(is_own(made, &beginning));
            let mut planted = beginning.clone();
            planted.push(other);
            prop_assert!(!is_own(&planted, &beginning));
        }
    }
}
