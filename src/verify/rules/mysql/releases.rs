//! Which MySQL it is: a release that gets fixes, from a line that stays the same.

use std::collections::BTreeSet;

use super::servers::{self, Flavour, Server};
use crate::products::mysql::NACOS_IMAGE;
use crate::verify::{Finding, Grade, Rule, Set};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-release-is-supported",
        grade: Grade::WARNING,
        promise: "a MySQL server is from a supported release line",
        why: "5.7 ended in 2023, 8.0 in 2026, other lines before 8.4 earlier; their images are no longer rebuilt",
        fix: "use `mysql:8.4.11` for new data; existing data upgrades one line at a time, and cannot be downgraded",
        source: "docker-library/mysql, removed lines; Oracle Lifetime Support Policy",
        check: |set| once(set, ended),
    },
    Rule {
        code: "mysql-tag-names-release-line",
        grade: Grade::PROD,
        promise: "the tag of a MySQL image pins a release line",
        why: "such a tag moves from one line to the next: options and syntax change under a running system, and \
              data cannot be downgraded",
        fix: "pin at least the line (`mysql:8.4`), preferably the release (`mysql:8.4.11`)",
        source: "Docker Official Images: `mysql:8` was 8.0 and is 8.4, `mysql:lts` was 8.4 and is 9.7",
        check: |set| once(set, moving),
    },
];

/// Of all servers of one image, the first is told: they are changed together.
fn once<'a>(set: &Set<'a>, check: impl Fn(&Server<'_, 'a>) -> Option<Finding<'a>>) -> Vec<Finding<'a>> {
    let mut seen = BTreeSet::new();
    let servers = servers::all(set);
    servers
        .iter()
        .filter(|server| seen.insert(server.container.image.to_string()))
        .filter_map(check)
        .collect()
}

/// Is it MySQL that it counts, in the image of somebody who builds what MySQL releases?
fn counts_mysql(server: &Server<'_, '_>) -> bool {
    server.flavour != Flavour::Other || server.container.image.is(NACOS_IMAGE)
}

fn ended<'a>(server: &Server<'_, 'a>) -> Option<Finding<'a>> {
    let version = server.version().filter(|version| version.surely_before(&[8, 4]))?;
    let finding = server.container.finding("/image", format!("MySQL {version} gets no more fixes"));
    let finding = match server.container.image.is(NACOS_IMAGE) {
        true => finding.help(
            "use a MySQL of a supported line, and apply the schema of your Nacos version to it: other images bring no tables",
        ),
        false => finding,
    };
    counts_mysql(server).then(|| finding.word(version.to_string()))
}

fn moving<'a>(server: &Server<'_, 'a>) -> Option<Finding<'a>> {
    let image = &server.container.image;
    let tag = image.tag().filter(|_| image.digest().is_none() && counts_mysql(server))?;
    let first = tag.split('-').next().unwrap_or_default();
    let major = !first.is_empty() && first.chars().all(|c| c.is_ascii_digit());
    let broken = major || matches!(first, "lts" | "innovation");
    let title = format!("`{tag}` moves to another release line over time");
    broken.then(|| server.container.finding("/image", title).word(tag))
}
