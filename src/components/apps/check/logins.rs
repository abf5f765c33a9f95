//! Passwords of the app itself that everybody knows, where everybody can come in.

use super::super::settings::App;
use crate::components::common::EnvSource;
use crate::components::secret::SecretSource;
use crate::components::{Instance, public};
use crate::diagnostic::{Diagnostic, Path};
use crate::leaks;
use crate::plan::site::Site;
use crate::tree::de::ScalarOr;

/// Words in the name of a variable that guards the app's own door.
const OWN: &[&str] =
    &["admin", "api", "app", "auth", "basic", "jwt", "login", "security", "session", "signing", "user"];
/// Words of other servers, which the app only calls: its door is not theirs.
const OTHERS: &[&str] = &[
    "cache",
    "consul",
    "database",
    "datasource",
    "db",
    "druid",
    "elastic",
    "es",
    "hikari",
    "jdbc",
    "kafka",
    "ldap",
    "mail",
    "minio",
    "mongo",
    "mongodb",
    "mq",
    "mysql",
    "nacos",
    "oss",
    "postgres",
    "rabbit",
    "rabbitmq",
    "redis",
    "rocketmq",
    "s3",
    "shardingsphere",
    "smtp",
    "sql",
    "zookeeper",
];

/// All of them together, at the first door that is open.
pub(super) fn check(me: &Instance<App>, site: &Site) -> Option<Diagnostic> {
    let page = me.ingress.as_ref().map(|_| me.path.key("ingress"));
    let door = public::door(&me.service, &me.path.key("service")).or(page)?;
    let config =
        me.config.iter().map(|(name, text)| ("config", name, Some(SecretSource::Plain(text.clone()))));
    let env = me.common.env.iter().map(|(name, value)| ("env", name, source(value)));
    let known = config.chain(env).filter_map(|(key, name, source)| {
        let path = me.path.key(key).key(name);
        let value = match source? {
            SecretSource::Plain(text) => text.to_string(),
            source => source.value(site, &path).ok().flatten()?,
        };
        (is_own(name) && leaks::is_secret(name, &value) && public::is_known(&value)).then_some(path)
    });
    let known: Vec<Path> = known.collect();
    (!known.is_empty()).then(|| public::complaint(&known, &door))
}

fn source(value: &ScalarOr<EnvSource>) -> Option<SecretSource> {
    match value {
        ScalarOr::Scalar(text) => Some(SecretSource::Plain(text.clone())),
        ScalarOr::Other(EnvSource::Env(name)) => Some(SecretSource::Variable(name.clone())),
        ScalarOr::Other(EnvSource::File(path)) => Some(SecretSource::File(path.clone())),
        ScalarOr::Other(_) => None,
    }
}

/// Does the variable guard the app, and not a server that it calls?
fn is_own(name: &str) -> bool {
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let any = |list: &[&str]| words.iter().any(|word| list.contains(word));
    !any(OTHERS) && (any(OWN) || words.len() == 1)
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn passwords_of_others_are_not_the_apps_own() {
        for name in ["ADMIN_PASSWORD", "SPRING_SECURITY_USER_PASSWORD", "JWT_SECRET", "PASSWORD"] {
            assert!(is_own(name), "{name}");
        }
        for name in ["SPRING_DATASOURCE_PASSWORD", "MYSQL_USER_PASSWORD", "REDIS_AUTH", "PAY_PARTNER_TOKEN"] {
            assert!(!is_own(name), "{name}");
        }
    }
}
