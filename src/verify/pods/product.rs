//! What runs in a container: told by image, command, ports and variables, never by our own labels, so that it is known in
//! other people's manifests too.

use super::Container;
pub use crate::products::Product;
use crate::products::{SIGNS, jvm, spring};

pub(super) fn of(container: &Container<'_>) -> Product {
    let path = container.image.path();
    let tail = path.rsplit('/').next().unwrap_or_default();
    let line = container.line();
    // A shell in the product's own image that prepares something is not the product.
    let by_image = || SIGNS.iter().find(|(_, signs)| signs.images.contains(&tail));
    let by_command =
        || SIGNS.iter().find(|(_, signs)| signs.commands.iter().any(|word| has_word(&line, word)));
    let opens = |port| container.ports().any(|open| open.number == u64::from(port));
    let by_port = || {
        SIGNS.iter().find(|(_, signs)| {
            signs.port.is_some_and(opens) && signs.variables.iter().any(|name| container.env.has(name))
        })
    };
    // RocketMQ's image is all of its roles; elsewhere a command may only tell a role of the image's product.
    let found = by_command().or_else(by_image).or_else(by_port);
    match found {
        Some((product, _)) => *product,
        None if is_java(container, tail, &line) => Product::Java,
        None => Product::Other,
    }
}

fn is_java(container: &Container<'_>, tail: &str, line: &str) -> bool {
    jvm::VARIABLES.iter().any(|name| container.env.has(name))
        || container.env.has(spring::SPRING_PROFILES_ACTIVE)
        || jvm::IMAGES.contains(&tail)
        || has_word(line, "java")
        || container.env.iter().any(|var| spring::VARIABLES.iter().any(|start| var.name.starts_with(start)))
        || container.probes().any(|probe| probe.http_path().is_some_and(|path| path.contains("/actuator/")))
}

/// Is the word there, not as a part of another one? `mqbroker` is in `sh mqbroker -n`, not in `mqbroker-exporter`.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_none_or(|c| !part(c));
        let behind = line[at + word.len()..].chars().next().is_none_or(|c| !part(c));
        (before || word.starts_with('-')) && behind
    })
}
