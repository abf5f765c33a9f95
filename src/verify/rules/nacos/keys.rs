//! The keys of a Nacos server: the token that it signs logins with, the identity that servers know each other by.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::auth::{KEY, TOKEN, VALUE, certified, properties};
use super::servers::{Server, servers};
use super::settings::{Told, all_of};
use crate::diagnostic::{Path, Step};
use crate::products::nacos::releases::OWN_KEYS;
use crate::products::nacos::{PUBLIC_IDENTITIES, PUBLIC_TOKEN_START, PUBLIC_TOKENS};
use crate::verify::pods::{Text, Var};
use crate::verify::{Finding, Grade, Rule, Set, topology};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-token-is-long-enough",
        grade: Grade::ERROR,
        promise: "the token of a Nacos server is Base64 of at least 32 bytes",
        why: "the server exits at startup with \"the length of secret key must great than or equal 32 bytes\"",
        fix: "generate one with `openssl rand -base64 48`, and put it in `stringData` of a Secret",
        source: "alibaba/nacos NacosJwtParser and Base64Decode",
        check: token_is_long_enough,
    },
    Rule {
        code: "nacos-auth-keys-are-not-public",
        grade: Grade::PROD,
        promise: "no Nacos server uses a token or an identity from the public documentation",
        why: "anyone who knows the token can sign logins for any user, and anyone who knows the identity can act \
              as a server: scanners try both",
        fix: "generate your own: `openssl rand -base64 48` for the token, `openssl rand -hex 16` for the \
              identity's value",
        source: "nacos.io announcement on token.secret.key (2023-03); CVE-2021-29441",
        check: keys_are_not_public,
    },
    Rule {
        code: "nacos-keys-stay-out-of-the-log",
        grade: Grade::WARNING,
        promise: "no Nacos server writes its token and its identity to the log",
        why: "the start script of 3.x runs `set -x` and then tests the variables, so the shell prints their \
              values; anyone who can read the logs can sign logins",
        fix: "start it with `command: [bash, -c]` and `args: [\"exec bash <(sed '/^set -x/d' bin/docker-startup.sh)\"]`",
        source: "nacos-docker docker-startup.sh, 3.0.0 to 3.2.3",
        check: keys_stay_out_of_the_log,
    },
];

/// The token that a server has, and a finding about it whose title only says which.
fn token<'s, 'a>(server: &'s Server<'a>) -> Option<(&'s str, Finding<'a>)> {
    if certified(server) {
        let text = server.object.text("/spec/certification/token").filter(|text| !text.is_empty())?;
        return Some((text, Finding::new(server.object, "the token").at("/spec/certification/token")));
    }
    let told = server.told(TOKEN, properties(TOKEN));
    Some((told.value()?, finding(server, &told, "the token")))
}

/// About what was told. A file is not shown: the secret stands in it.
fn finding<'a>(server: &Server<'a>, told: &Told<'_, 'a>, what: &str) -> Finding<'a> {
    match told {
        Told::In(file, _) => Finding::new(file.object, format!("{what} in `{}`", file.key)),
        told => server.finding(told, what),
    }
}

fn token_is_long_enough<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in servers(set) {
        let newest = server.is_newest();
        if !(server.at_least(&[3]) || newest || server.asks_for_login() == Some(true)) {
            continue;
        }
        let found = token(&server).filter(|(text, _)| !is_public_token(text));
        let fault = found.and_then(|(text, finding)| Some((fault(text)?, finding)));
        let binary = || server.env.get(TOKEN).filter(|var| is_binary(var));
        let mut finding = match (fault, binary()) {
            (Some((fault, finding)), _) => Finding { title: format!("{} {fault}", finding.title), ..finding },
            (None, Some(var)) => {
                let title = "the token is not text after Kubernetes has decoded it";
                let help = "a token is itself Base64: put it in `stringData`, or encode it once more";
                server.env.finding(var, title).help(help)
            }
            (None, None) => continue,
        };
        if newest && server.asks_for_login() != Some(true) {
            finding = finding.warns();
        }
        findings.push(finding);
    }
    findings
}

/// What is wrong with a token, without saying it. Blanks around it do no harm.
fn fault(token: &str) -> Option<String> {
    let body = token.trim().trim_end_matches('=');
    if body.chars().any(|c| !c.is_ascii_alphanumeric() && c != '+' && c != '/') {
        return Some("has characters that Base64 does not allow".to_owned());
    }
    let bytes = body.len().saturating_mul(3) / 4;
    (bytes < 32).then(|| format!("decodes to {bytes} bytes, at least 32 are required"))
}

/// Is it a value of a Secret's `data` that is no text when it is decoded?
fn is_binary(var: &Var<'_>) -> bool {
    let path = var.field(&Path::root());
    let [Step::Key(map), Step::Key(key)] = path.steps() else { return false };
    let text = var.object.fields().get(map).and_then(|data| data.get(key)).and_then(Value::as_str);
    var.value == Text::Unknown
        && map == "data"
        && text
            .and_then(|text| STANDARD.decode(text.trim()).ok())
            .is_some_and(|bytes| String::from_utf8(bytes).is_err())
}

fn is_public_token(token: &str) -> bool {
    PUBLIC_TOKENS.contains(&token) || token.starts_with(PUBLIC_TOKEN_START)
}

fn keys_are_not_public<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in servers(set) {
        if !server.at_least(&[3]) && server.asks_for_login() != Some(true) {
            continue;
        }
        let exposed = set.pod_of(server.object).is_some_and(|pod| !topology::exposed(set, pod).is_empty());
        let mut told =
            |finding: Finding<'a>| findings.push(if exposed { finding.refuses() } else { finding });
        let public = |finding: Finding<'a>| {
            let title = format!("{} is published in the documentation", finding.title);
            Finding { title, ..finding }
        };
        if let Some((_, finding)) = token(&server).filter(|(text, _)| is_public_token(text)) {
            told(public(finding));
        }
        let identity = server.told(VALUE, properties(VALUE));
        if identity.value().is_some_and(|text| PUBLIC_IDENTITIES.contains(&text)) {
            told(public(finding(&server, &identity, "the identity's value")));
        }
        if let Some(finding) = defaults(&server) {
            told(finding);
        }
    }
    findings
}

/// Until 2.2.0.1 the image fills in what everybody knows.
fn defaults<'a>(server: &Server<'a>) -> Option<Finding<'a>> {
    if !server.is_official() || !server.before(OWN_KEYS) {
        return None;
    }
    if certified(server) && server.object.text("/spec/certification/token").is_none_or(str::is_empty) {
        let title = "nacos-operator sets a default token that is published in the documentation";
        return Some(Finding::new(server.object, title).at("/spec/certification"));
    }
    let untold = |name: &&str| matches!(server.told(name, properties(name)), Told::Nothing);
    let missing: Vec<&str> = [TOKEN, VALUE].into_iter().filter(untold).collect();
    let missing: Vec<&str> =
        missing.into_iter().filter(|name| *name != TOKEN || !certified(server)).collect();
    let title = format!(
        "without {}, {} uses the value published in the documentation",
        all_of(&missing),
        server.named()
    );
    (!missing.is_empty()).then(|| server.missing(title))
}

fn keys_stay_out_of_the_log<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let all = servers(set);
    let loud = all.iter().filter(|server| {
        let given = [TOKEN, KEY, VALUE].iter().any(|name| server.env.has(name));
        server.is_official() && server.at_least(&[3]) && given && server.runs_start_script()
    });
    let title = |server: &Server<'_>| {
        format!("the start script of {} writes token and identity to the log", server.named())
    };
    loud.map(|server| server.of_image(title(server))).collect()
}
