//! Passwords that everybody knows, behind doors that everybody can reach: refused, whatever the profile.

use super::common::{Exposure, ServiceType};
use super::secret::SecretSource;
use crate::diagnostic::{Diagnostic, Path};
use crate::plan::site::Site;
use crate::secrets::public;

/// Does everybody know the value?
pub(super) fn is_known(value: &str) -> bool {
    public::is_public(value)
}

/// Does everybody know what the secret holds? Not where only the cluster knows it.
pub(super) fn is_public(source: &SecretSource, path: &Path, site: &Site) -> bool {
    // A value that cannot be had is complained of when it is used.
    source.value(site, path).ok().flatten().is_some_and(|value| is_known(&value))
}

/// The place of a Service that is reached from outside.
pub(super) fn door(service: &Exposure, path: &Path) -> Option<Path> {
    (service.kind != ServiceType::ClusterIP).then(|| path.key("type"))
}

/// All public passwords together, at the first door that is open.
pub(super) fn complaints<'a>(
    doors: impl IntoIterator<Item = Option<Path>>,
    secrets: impl IntoIterator<Item = (&'a SecretSource, Path)>,
    site: &Site,
) -> Option<Diagnostic> {
    let door = doors.into_iter().flatten().next()?;
    let public = secrets.into_iter().filter(|(source, path)| is_public(source, path, site));
    let public: Vec<Path> = public.map(|(_, path)| path).collect();
    (!public.is_empty()).then(|| complaint(&public, &door))
}

/// What to say of public passwords behind an open door.
pub(super) fn complaint(secrets: &[Path], door: &Path) -> Diagnostic {
    let named: Vec<String> = secrets.iter().map(|secret| format!("`{secret}`")).collect();
    let (named, they, each) = match named.as_slice() {
        [all @ .., last] if !all.is_empty() => (format!("{} and {last}", all.join(", ")), "they are", "each"),
        _ => (named.concat(), "it is", "it"),
    };
    Diagnostic::error(
        "public-password",
        format!("publicly known and reachable from outside the cluster: {named}"),
    )
    .at(door)
    .because(format!(
        "{they} in a profile of stackgen or in a product's documentation, and such values are \
                          tried first"
    ))
    .help(format!(
        "set a value of your own for {each}: `{{env: NAME}}`, `{{file: path}}` or `{{secret: {{name: …, key: \
             …}}}}`; or do not expose it outside the cluster"
    ))
}
