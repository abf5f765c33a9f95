//! Settings that a Spring app does not read as they were meant.

use crate::products::spring::key;
use crate::verify::pods::Container;
use crate::verify::pods::spring::{Setting, Spring};
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "spring-redis-has-one-prefix",
        grade: Grade::ERROR,
        promise: "an app's Redis settings all start with `spring.redis`, or all with `spring.data.redis`",
        why: "Spring Boot 2 reads only the first prefix, 3 and later only the second; the other is silently \
              ignored: the app connects to `localhost:6379`, or without a password",
        fix: "use `SPRING_DATA_REDIS_` for all of them from Spring Boot 3.0 on, `SPRING_REDIS_` before",
        source: "Spring Boot 3.0 Migration Guide, Redis properties; @ConfigurationProperties at v2.7.0 and v3.0.0",
        check: |set| one_prefix(set, "spring.redis", "spring.data.redis"),
    },
    Rule {
        code: "spring-mongo-has-one-prefix",
        grade: Grade::ERROR,
        promise: "an app's MongoDB settings all start with `spring.data.mongodb`, or all with `spring.mongodb`",
        why: "Spring Boot up to 3 reads only the first prefix, 4 and later only the second; the other is silently \
              ignored: the app connects to `localhost:27017`, or without a password",
        fix: "use `SPRING_MONGODB_` for all of them from Spring Boot 4.0 on, `SPRING_DATA_MONGODB_` before",
        source: "Spring Boot, MongoProperties at v3.5.0 and v4.0.0",
        check: |set| one_prefix(set, "spring.data.mongodb", "spring.mongodb"),
    },
    Rule {
        code: "spring-config-location-keeps-classpath",
        grade: Grade::WARNING,
        promise: "`spring.config.location` includes the files in the jar",
        why: "it replaces all default locations: the jar's own `application.yaml` is no longer read",
        fix: "use `SPRING_CONFIG_ADDITIONAL_LOCATION`, or put `classpath:/` first",
        source: "Spring Boot documentation, Externalized Configuration: External Application Properties",
        check: config_location_adds,
    },
    Rule {
        code: "spring-config-folder-ends-in-slash",
        grade: Grade::ERROR,
        promise: "a directory in Spring's config locations ends with `/`",
        why: "Spring treats anything else as a file, and the app exits with `Unable to load config data … no file \
              extension`",
        fix: "append a `/`",
        source: "Spring Boot documentation, Externalized Configuration; StandardConfigDataLocationResolver",
        check: config_folder_ends_in_slash,
    },
];

/// What connects to a server. Settings of repositories and the like have kept their prefix.
const CONNECTING: &[&str] = &[
    "host",
    "port",
    "url",
    "uri",
    "username",
    "password",
    "database",
    "cluster.nodes",
    "sentinel.master",
    "sentinel.nodes",
];

fn one_prefix<'a>(set: &Set<'a>, one: &str, other: &str) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        let spring = Spring::of(container);
        if !(spring.has_below(one) && spring.has_below(other)) {
            continue;
        }
        let get = |prefix: &str| -> Vec<Option<Setting<'a>>> {
            CONNECTING.iter().map(|key| spring.get(&format!("{prefix}.{key}"))).collect()
        };
        let pairs: Vec<_> = get(one).into_iter().zip(get(other)).collect();
        let only_one = pairs.iter().find_map(|pair| pair.0.as_ref().filter(|_| pair.1.is_none()));
        let only_other = pairs.iter().find_map(|pair| pair.1.as_ref().filter(|_| pair.0.is_none()));
        if let (Some(first), Some(second)) = (only_one, only_other) {
            let title =
                format!("no version of Spring Boot reads both `{}` and `{}`", first.name, second.name);
            findings.push(second.finding(title));
        }
    }
    findings
}

const LOCATION: &str = "spring.config.location";
const ADDITIONAL: &str = key::MORE_FILES;

fn config_location_adds<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let locations = super::all(set).filter_map(|(_, container)| Spring::of(container).get(LOCATION));
    locations
        .filter(|setting| setting.plain().is_some_and(|text| !text.is_empty() && !text.contains("classpath")))
        .map(|setting| setting.finding(format!("`{}` leaves out the files in the jar", setting.name)))
        .collect()
}

fn config_folder_ends_in_slash<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for (_, container) in super::all(set) {
        let spring = Spring::of(container);
        for setting in [LOCATION, ADDITIONAL].into_iter().filter_map(|name| spring.get(name)) {
            let text = setting.plain().unwrap_or_default();
            for location in text.split([',', ';']) {
                let path = location.trim().trim_start_matches("optional:").trim_start_matches("file:");
                if is_mounted_folder(container, path) {
                    findings.push(
                        setting
                            .finding(format!("`{path}` is a directory and does not end with `/`"))
                            .word(location.trim()),
                    );
                }
            }
        }
    }
    findings
}

/// Is the path one of the container's mounts, with files of the set below it?
fn is_mounted_folder(container: &Container<'_>, path: &str) -> bool {
    let mounted = container
        .mounts()
        .iter()
        .any(|mount| mount.path.trim_end_matches('/') == path && mount.sub_path.is_none());
    path.starts_with('/') && !path.ends_with('/') && mounted && container.file(path).is_none()
}
