//! Secrets that a stack writes out: what to write instead, at the place where it was written; and each told once, however
//! many objects it was drawn into.

use std::collections::BTreeSet;

use super::Finding;
use crate::components::APPS;
use crate::diagnostic::{At, Diagnostics, Path, Step};

const CODES: &[&str] = &["secrets-stay-out-of-workloads", "secrets-stay-out-of-configmaps"];

/// What to write there.
pub(super) fn of(finding: &Finding<'_>, code: &str, origin: &Path) -> Option<String> {
    if !CODES.contains(&code) || finding.help.is_some() {
        return None;
    }
    let keys: Vec<&str> = origin
        .steps()
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Index(_) => None,
        })
        .collect();
    let word = keys.first()?.split('/').next()?;
    let own = if word == APPS { keys.get(2..)? } else { keys.get(1..)? };
    let name = own.get(1).copied().unwrap_or("NAME");
    let sources = "`{secret: {name: …, key: …}}`, `{env: NAME}` or `{file: path}`";
    Some(match (word, *own.first()?) {
        (_, "env") => format!("use {sources} instead of the text: it is stored in a Secret"),
        (APPS, "config") => format!("put `{name}` in `env`, where it can be {sources}"),
        (APPS, "files") => {
            "write `${NAME}` in the file, and set `NAME` in `env` as `{secret: {name: …, key: …}}`; or keep the \
             whole file in a Secret, and mount it with `volumes`"
                .to_owned()
        }
        (APPS, "command" | "args") => {
            format!("write `$(NAME)`, and set `NAME` in `env` as {sources}")
        }
        ("redis", "config") => "remove it: the component's `password` is that of all servers, and is stored in a \
                                Secret".to_owned(),
        ("nacos", "config") => {
            format!("write `{name}: $(NAME)`, and set `NAME` in `env` as {sources}")
        }
        ("mysql", "config") => {
            "remove it: `rootPassword`, `replicationPassword` and `users` are stored in Secrets; other mysqld \
             options cannot be"
                .to_owned()
        }
        ("kafka", "config") => format!(
            "write `{name}: ${{env:NAME}}`, set `NAME` in `env` as {sources}, and let Kafka read it: \
             `config.providers: env`, `config.providers.env.class: \
             org.apache.kafka.common.config.provider.EnvVarConfigProvider`"
        ),
        ("zookeeper", "config") => {
            "keep it in a file: ZooKeeper takes the password of a key store from `ssl.keyStore.passwordPath`".to_owned()
        }
        (_, "annotations" | "podAnnotations" | "labels" | "service" | "ingress") => {
            "remove it, and let the annotation refer to a Secret instead".to_owned()
        }
        _ => return None,
    })
}

/// Without those of which the same is said about the same place.
pub(super) fn once(complaints: Diagnostics) -> Diagnostics {
    let mut told = BTreeSet::new();
    let new = complaints.into_iter().filter(|complaint| match &complaint.at {
        At::Path(path) if CODES.contains(&complaint.code) => {
            let object = complaint.object.as_deref().unwrap_or_default();
            let said = complaint.title.strip_prefix(object).unwrap_or(&complaint.title).to_owned();
            told.insert((path.to_string(), said))
        }
        _ => true,
    });
    new.collect()
}
