//! Secrets that are none: everybody knows them.

use super::secrets::is_program;
use crate::diagnostic::Path;
use crate::leaks::{self, plain};
use crate::secrets::public;
use crate::verify::pods::{Container, Product, Var, entries};
use crate::verify::rules::elsewhere::Elsewhere;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[Rule {
    code: "secrets-are-not-public",
    grade: Grade::PROD,
    promise: "no password or token is publicly known: a product default, a value from its documentation, or its \
              own name",
    why: "such values are tried first, by people and by malware, and a port exposed by mistake is then open to \
          anyone",
    fix: "generate one: `openssl rand -base64 24`",
    source: "default accounts in the documentation and images of Nacos, MySQL, RabbitMQ, RocketMQ, MinIO",
    check: are_not_public,
}];

/// Does everybody know `value`, or is it what it is called?
pub(super) fn is_known(name: &str, value: &str) -> bool {
    public::is_known(value) || plain(value.trim()) == plain(name)
}

fn are_not_public<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for container in set.pods().iter().flat_map(|pod| &pod.containers) {
        for var in container.env.iter().filter(|var| var.is_inline() && !is_judged_elsewhere(container, var))
        {
            let public = var
                .value
                .plain()
                .is_some_and(|value| leaks::is_secret(&var.name, value) && is_known(&var.name, value));
            if public {
                findings.push(container.env.finding(var, told(&var.name)));
            }
        }
    }
    // Where a door stands open, too.
    let elsewhere = Elsewhere::of(set, &["shardingsphere-has-strong-password"]);
    for object in set.of_kind("Secret").iter().chain(set.of_kind("ConfigMap")).copied() {
        for (map, key, text) in entries(object) {
            let Some(text) = text.known() else { continue };
            let field = Path::root().key(map).key(key);
            let at = |title: String| Finding::new(object, title).at(field.clone());
            if leaks::is_secret(key, text) {
                if is_known(key, text) {
                    findings.push(at(told(key)));
                }
                continue;
            }
            if is_program(key) || elsewhere.says(object, &field) {
                continue;
            }
            let leaks = leaks::in_text(text).into_iter();
            let public = leaks
                .filter(|leak| text.get(leak.value.clone()).is_some_and(|value| is_known(leak.name, value)));
            findings.extend(public.map(|leak| at(format!("{} in `{key}`", told(leak.name))).word(leak.lead)));
        }
    }
    findings
}

fn told(name: &str) -> String {
    format!("`{name}` is a publicly known secret")
}

/// Nacos' own keys have a rule that knows what they open.
fn is_judged_elsewhere(container: &Container<'_>, var: &Var<'_>) -> bool {
    container.product == Product::Nacos && var.name.starts_with("NACOS_AUTH_")
}
