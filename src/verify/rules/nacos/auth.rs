//! Who may talk to a Nacos server: what it must be given, and whom it lets in.

use serde_json::Value;

use super::servers::{Server, servers};
use super::settings::{Told, all_of, is_true};
use crate::products::nacos::releases::{KEYS_OPTIONAL, OWN_KEYS};
use crate::products::nacos::{
    NACOS_AUTH_ENABLE, NACOS_AUTH_IDENTITY_KEY, NACOS_AUTH_IDENTITY_VALUE, NACOS_AUTH_TOKEN, key,
};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const TOKEN: &str = NACOS_AUTH_TOKEN;
pub(super) const KEY: &str = NACOS_AUTH_IDENTITY_KEY;
pub(super) const VALUE: &str = NACOS_AUTH_IDENTITY_VALUE;
const AGENT: &str = "NACOS_AUTH_USER_AGENT_AUTH_WHITE_ENABLE";

/// The properties that a variable fills.
pub(super) fn properties(variable: &str) -> &'static [&'static str] {
    match variable {
        TOKEN => &[key::TOKEN, "nacos.core.auth.default.token.secret.key"],
        KEY => &["nacos.core.auth.server.identity.key"],
        _ => &["nacos.core.auth.server.identity.value"],
    }
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-auth-keys-are-set",
        grade: Grade::ERROR,
        promise: "every Nacos server has the token and the identity that its version requires",
        why: "3.x logs \"env NACOS_AUTH_TOKEN must be set\" and exits with 255, even with auth off; 2.2.1 cannot \
              resolve its placeholders; later 2.x with auth on exits at startup because of an empty key",
        fix: "set `NACOS_AUTH_TOKEN`, `NACOS_AUTH_IDENTITY_KEY` and `NACOS_AUTH_IDENTITY_VALUE` from a Secret, \
              the same for all members; generate a token with `openssl rand -base64 48`",
        source: "nacos-docker docker-startup.sh of 3.0.0, application.properties of 2.2.1; alibaba/nacos#10185",
        check: keys_are_set,
    },
    Rule {
        code: "nacos-requires-login",
        grade: Grade::PROD,
        promise: "every Nacos server requires a login",
        why: "anyone who can reach port 8848 can read and change all configuration and all instances",
        fix: "set `NACOS_AUTH_ENABLE` to `true`, with a token and an identity, and create a user for clients",
        source: "alibaba/nacos AuthConfigs; nacos-docker README",
        check: asks_for_a_login,
    },
];

fn keys_are_set<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    servers(set).iter().filter(|server| server.is_official()).filter_map(unset).collect()
}

fn unset<'a>(server: &Server<'a>) -> Option<Finding<'a>> {
    let by_operator = |name: &str| name == TOKEN && certified(server);
    let untold =
        |name: &str| !by_operator(name) && matches!(server.told(name, properties(name)), Told::Nothing);
    let (three, newest) = (server.at_least(&[3]), server.is_newest());
    let missing: Vec<&str> = if three || newest {
        // The start script looks at the variables, whatever the properties say.
        [TOKEN, KEY, VALUE].into_iter().filter(|name| !by_operator(name) && server.lacks(name)).collect()
    } else if server.at_least(OWN_KEYS) && server.before(KEYS_OPTIONAL) {
        [TOKEN, KEY, VALUE].into_iter().filter(|name| untold(name) && server.never_has(name)).collect()
    } else if server.at_least(KEYS_OPTIONAL)
        && server.asks_for_login() == Some(true)
        && !has_other_logins(server)
    {
        let members = server.is_alone() == Some(false);
        let wanted = [(TOKEN, true), (KEY, members), (VALUE, members)];
        wanted.into_iter().filter(|(name, wanted)| *wanted && untold(name)).map(|(name, _)| name).collect()
    } else {
        Vec::new()
    };
    let first = missing.first()?;
    let names = all_of(&missing);
    let title = match server.version.as_ref().filter(|_| !newest) {
        Some(version) => format!("Nacos {version} does not start without {names}"),
        None => format!(
            "without {names}, the newest Nacos does not start, and the image has no version in its tag"
        ),
    };
    let finding = match missing.iter().find_map(|name| server.env.get(name)) {
        Some(empty) => server.env.finding(empty, title),
        None => server.missing(title),
    };
    let finding = match missing.as_slice() {
        [_] if *first == TOKEN => {
            finding.help("generate one with `openssl rand -base64 48`, and set it from a Secret")
        }
        _ => finding,
    };
    Some(if newest { finding.warns() } else { finding })
}

/// Does nacos-operator hand on a token, its own where there is none?
pub(super) fn certified(server: &Server<'_>) -> bool {
    server.operated && server.object.at("/spec/certification/enabled") == Some(&Value::Bool(true))
}

/// Logins that somebody's plugin looks after.
fn has_other_logins(server: &Server<'_>) -> bool {
    match server.told("NACOS_AUTH_SYSTEM_TYPE", &["nacos.core.auth.system.type"]) {
        Told::Nothing => false,
        told => !matches!(told.value(), Some("nacos" | "ldap")),
    }
}

fn asks_for_a_login<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in servers(set) {
        let told = match server.told_by(NACOS_AUTH_ENABLE) {
            Told::Nothing => server.told(NACOS_AUTH_ENABLE, &[key::AUTH_ENABLED]),
            told => told,
        };
        let said = told.value().is_some();
        match server.asks_for_login() {
            Some(false) if said || server.is_official() => {
                let title = if server.at_least(&[3]) || server.is_newest() {
                    "authentication is off for clients: anyone can read and change the configuration"
                } else {
                    "authentication is off: anyone can read and change everything"
                };
                findings.push(match server.object.at("/spec/certification/enabled") {
                    Some(_) if server.operated => {
                        Finding::new(server.object, title).at("/spec/certification/enabled")
                    }
                    _ => server.finding(&told, title),
                });
            }
            Some(true) if server.before(&[3]) => {
                let agent = server.told_by(AGENT);
                if agent.value().is_some_and(is_true) {
                    let title = "any request with `User-Agent: Nacos-Server` bypasses the login";
                    let help = format!("remove `{AGENT}`: servers authenticate each other by their identity");
                    findings.push(server.finding(&agent, title).help(help));
                }
            }
            _ => {}
        }
    }
    findings
}
