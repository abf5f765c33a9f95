//! Passwords that everybody knows, behind doors that everybody can reach: refused, whatever the profile.

use super::common::{Exposure, ServiceType};
use super::secret::SecretSource;
use crate::diagnostic::{Diagnostic, Path};
use crate::plan::site::Site;

/// What the profile `dev` brings, and what is tried first.
const PUBLIC: &[&str] = &[
    "123456",
    "admin",
    "changeme",
    "c3RhY2tnZW4gZGV2ZWxvcG1lbnQgb25seTogbm90IGZvciBhbnlib2R5IGVsc2U=",
    "for-development-only",
    "mysql",
    "mysql-dev",
    "nacos",
    "nacos-dev",
    "password",
    "redis",
    "replication",
    "root",
    "secret",
    "test",
];

/// Does everybody know the value? Not where only the cluster knows it.
pub(super) fn is_public(source: &SecretSource, path: &Path, site: &Site) -> bool {
    // A value that cannot be had is complained of when it is used.
    source.value(site, path).ok().flatten().is_some_and(|value| PUBLIC.contains(&value.as_str()))
}

/// The place of a Service that is reached from outside.
pub(super) fn door(service: &Exposure, path: &Path) -> Option<Path> {
    (service.kind != ServiceType::ClusterIP).then(|| path.key("type"))
}

/// Every public password, at the first door that is open.
pub(super) fn complaints<'a>(
    doors: impl IntoIterator<Item = Option<Path>>,
    secrets: impl IntoIterator<Item = (&'a SecretSource, Path)>,
    site: &Site,
) -> Vec<Diagnostic> {
    let Some(door) = doors.into_iter().flatten().next() else { return Vec::new() };
    let public = secrets.into_iter().filter(|(source, path)| is_public(source, path, site));
    public.map(|(_, path)| complaint(&path, &door)).collect()
}

/// What to say of a public password behind an open door.
pub(super) fn complaint(secret: &Path, door: &Path) -> Diagnostic {
    Diagnostic::error("public-password", format!("everybody knows `{secret}`, and here everybody can come in"))
        .at(door)
        .because("it stands in a profile of stackgen or in a product's documentation, and is tried first")
        .help("give it a value of its own: `{env: NAME}`, `{file: path}` or `{secret: {name: …, key: …}}`; or let nobody in from outside")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::PUBLIC;

    #[test]
    fn all_that_the_profiles_bring_is_known() {
        let keys = ["rootPassword", "replicationPassword", "password", "token", "identity"];
        let mut seen = 0;
        let mut waiting: Vec<Value> =
            [include_str!("../../profiles/dev.yaml"), include_str!("../../profiles/prod.yaml")]
                .map(|text| serde_yaml::from_str(text).unwrap())
                .to_vec();
        while let Some(value) = waiting.pop() {
            for (key, inner) in value.as_object().into_iter().flatten() {
                if let Some(text) = inner.as_str().filter(|_| keys.contains(&key.as_str())) {
                    assert!(PUBLIC.contains(&text), "{key}: {text}");
                    seen += 1;
                }
                waiting.push(inner.clone());
            }
        }
        assert!(seen >= 5, "{seen}");
    }
}
