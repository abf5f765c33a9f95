//! What a broker would silently ignore, or read as something else.

use std::collections::BTreeSet;

use super::conf::{Broker, Setting};
use crate::components::rocketmq::keys;
use crate::products::rocketmq::{ASYNC_MASTER, SYNC_MASTER, key};
use crate::verify::{Finding, Grade, Rule, Set};
use crate::words::listed;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "rocketmq-broker-keys-are-known",
        grade: Grade::ERROR,
        promise: "every key of broker.conf is read by brokers",
        why: "a broker silently ignores an unknown key and uses the default",
        fix: "remove it, or correct the key",
        source: "apache/rocketmq MixAll.properties2Object; setters of 4.9.8, 5.1.4 and 5.3.3",
        check: key_known,
    },
    Rule {
        code: "rocketmq-broker-values-are-valid",
        grade: Grade::ERROR,
        promise: "every value of broker.conf can be parsed by the broker",
        why: "the broker silently uses its default, or `false`: trailing spaces belong to the value, and `SLAVE ` \
              becomes a second master before 5.2",
        fix: "write `key=value`, numbers without units, and no trailing spaces",
        source: "apache/rocketmq MixAll.properties2Object",
        check: value_read,
    },
    Rule {
        code: "rocketmq-acl-is-read",
        grade: Grade::ERROR,
        promise: "access control of RocketMQ is enabled by a key that its version reads",
        why: "5.3.3 removed the code that reads `aclEnable`, but kept the key: anyone can connect",
        fix: "write `authenticationEnabled=true` with `authenticationMetadataProvider`, and `authorizationEnabled=true`",
        source: "apache/rocketmq 5.3.3: no caller of BrokerConfig.isAclEnable",
        check: acl_is_read,
    },
    Rule {
        code: "rocketmq-auth-is-complete",
        grade: Grade::ERROR,
        promise: "authentication and authorization of RocketMQ have a provider, and a version that supports them",
        why: "before 5.3 the switch is ignored and anyone can connect; without the provider every request is \
              refused",
        fix: "`authenticationMetadataProvider=org.apache.rocketmq.auth.authentication.provider.LocalAuthenticationMetadataProvider`, \
              `authorizationMetadataProvider=org.apache.rocketmq.auth.authorization.provider.LocalAuthorizationMetadataProvider`",
        source: "apache/rocketmq docs, access control 2.0; auth module of 5.3.3",
        check: auth_is_complete,
    },
];

/// Keys whose values are one of a few words. Source: BrokerRole, FlushDiskType.
const WORDS: &[(&str, &[&str])] = &[
    (key::BROKER_ROLE, &[ASYNC_MASTER, SYNC_MASTER, "SLAVE"]),
    (key::FLUSH_DISK_TYPE, &["SYNC_FLUSH", "ASYNC_FLUSH"]),
];

/// Keys that are read in another way than the others. Source: BrokerStartup.properties2SystemEnv.
const ALSO: &[&str] = &["rmqAddressServerDomain", "rmqAddressServerSubGroup"];

fn per_line<'a>(
    set: &Set<'a>,
    check: impl Fn(&Broker<'_, 'a>, &Setting<'a>) -> Option<Finding<'a>>,
) -> Vec<Finding<'a>> {
    let (mut findings, mut seen) = (Vec::new(), BTreeSet::new());
    for broker in Broker::all(set) {
        // Several brokers may share a file.
        if broker.file.is_some_and(|file| seen.insert((&raw const *file.object, file.key))) {
            findings.extend(broker.settings.iter().filter_map(|line| check(&broker, line)));
        }
    }
    findings
}

fn key_known<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    per_line(set, |broker, line| {
        let key = line.key.as_str();
        // What is known of keys begins with 4.9.
        let old = broker.version().is_some_and(|version| version.surely_before(&[4, 9]));
        if old || keys::kind(key).is_some() || ALSO.contains(&key) {
            return None;
        }
        let finding = line.finding(format!("`{key}` is not a key that brokers read"));
        match keys::meant(key) {
            Some(near) => Some(finding.help(format!("did you mean `{near}`?"))),
            // It may have come later than what is known here.
            None if broker.version().is_some_and(|version| version.at_least(&[5, 3, 4])) => None,
            None => Some(finding.warns()),
        }
    })
}

fn value_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    per_line(set, |broker, line| {
        let kind = keys::kind(&line.key)?;
        let (key, value) = (&line.key, line.value());
        if key == key::HA_LISTEN_PORT
            && broker.version().is_some_and(|version| version.surely_before(&[5]))
            && value.parse().ok() != broker.port().checked_add(1)
        {
            let title =
                format!("`{key}` is not read before 5.0: the port is {}", broker.port().saturating_add(1));
            return Some(line.finding(title).warns());
        }
        if value.contains('$') {
            return None;
        }
        let words = WORDS.iter().find(|(known, _)| *known == key);
        if let Some((_, words)) = words.filter(|(_, words)| !words.contains(&value)) {
            return Some(line.finding(format!("`{key}` must be one of {}", listed(*words))));
        }
        if let Err(wanted) = crate::products::value::read(kind, value) {
            return Some(line.finding(format!("`{key}` must be {wanted}")));
        }
        // Since 5.2 texts are trimmed.
        let trims = kind == "text" && broker.version().is_none_or(|version| version.at_least(&[5, 2]));
        let blank = line.raw.len() > value.len() && !trims;
        blank.then(|| line.finding(format!("the value of `{key}` has trailing spaces")))
    })
}

fn acl_is_read<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    per_line(set, |broker, line| {
        let version = broker.version().filter(|version| version.at_least(&[5, 3, 3]))?;
        let on = line.key == key::ACL_ENABLE && line.value().eq_ignore_ascii_case("true");
        (on && !broker.is_on(key::AUTHENTICATION_ENABLED))
            .then(|| line.finding(format!("`{}` has no effect in {version}: anyone can connect", line.key)))
    })
}

/// Switches, and the provider that each needs.
const PROVIDERS: &[(&str, &str)] = &[
    (key::AUTHENTICATION_ENABLED, key::AUTHENTICATION_METADATA_PROVIDER),
    (key::AUTHORIZATION_ENABLED, key::AUTHORIZATION_METADATA_PROVIDER),
];

fn auth_is_complete<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    per_line(set, |broker, line| {
        let (switch, provider) = PROVIDERS.iter().find(|(switch, _)| *switch == line.key)?;
        if !line.value().eq_ignore_ascii_case("true") {
            return None;
        }
        if let Some(version) = broker.version().filter(|version| version.surely_before(&[5, 3])) {
            return Some(line.finding(format!("{version} does not support `{switch}`: anyone can connect")));
        }
        broker
            .value(provider)
            .is_none_or(str::is_empty)
            .then(|| line.finding(format!("`{switch}` without `{provider}`: every request is refused")))
    })
}
