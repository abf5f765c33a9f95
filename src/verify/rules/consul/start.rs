//! How a container starts its agent: through the image's entrypoint, directly, or from a script; and with which flags.
//!
//! A container in, its command line out. What a script makes at run time stays unknown.
//!
//! Source: docker-entrypoint.sh of hashicorp/consul and hashicorp/docker-consul; Consul's command line reference.

use serde_json::Value;

use crate::verify::command::{base, is_shell, simple};
use crate::verify::pods::{Container, Text};

/// What starts the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The image's entrypoint, which adds the data and config folders and changes to Consul's user.
    Entrypoint,
    /// The entrypoint, with `consul agent` written out: nothing is added.
    Wrapped,
    /// The command, in the entrypoint's stead.
    Direct,
    /// A script of somebody's.
    Script,
    /// The entrypoint of an image that is not HashiCorp's.
    Foreign,
}

/// One flag of `consul agent`.
#[derive(Clone, Debug)]
pub(super) struct Flag {
    /// Its name, without dashes.
    pub(super) name: String,
    /// Its value; a switch is `true`.
    pub(super) value: Text<'static>,
    /// Where it stands, below the container.
    pub(super) at: String,
    /// The flag as written, in the text of a script.
    pub(super) word: Option<String>,
}

/// The command line of an agent.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) start: Start,
    pub(super) flags: Vec<Flag>,
    /// Does it do more than can be seen: a script with other commands in it?
    pub(super) open: bool,
}

/// Flags without a value of their own.
const SWITCHES: &[&str] = &[
    "bootstrap",
    "dev",
    "disable-host-node-id",
    "disable-keyring-file",
    "enable-local-script-checks",
    "enable-script-checks",
    "log-json",
    "non-voting-server",
    "read-replica",
    "rejoin",
    "server",
    "syslog",
    "ui",
];

/// A word of the command line: its place and what stands there.
struct Word<'a> {
    at: String,
    raw: &'a str,
}

/// The agent that a container starts; none when it starts something else.
pub(super) fn line(container: &Container<'_>) -> Option<Line> {
    let command = words(container, "command");
    let args = words(container, "args");
    if command.first().is_some_and(|word| is_shell(word.raw)) {
        return scripted(&command, &args);
    }
    let all: Vec<Word<'_>> = command.into_iter().chain(args).collect();
    if !container.has_command() {
        return entrypoint(container, &all);
    }
    if all.first().is_some_and(|word| base(word.raw) == "docker-entrypoint.sh") {
        return entrypoint(container, all.get(1..).unwrap_or_default());
    }
    let at = all.windows(2).position(|pair| base(pair[0].raw) == "consul" && pair[1].raw == "agent")?;
    let flags = flags(container, all.get(at + 2..).unwrap_or_default());
    let wrapped = all[..at].iter().any(|word| base(word.raw) == "docker-entrypoint.sh");
    Some(Line { start: if wrapped { Start::Wrapped } else { Start::Direct }, flags, open: false })
}

fn entrypoint(container: &Container<'_>, words: &[Word<'_>]) -> Option<Line> {
    let official = is_official(container);
    match words {
        [] if official => {
            let flag = |name: &str, value: &'static str| Flag {
                name: name.to_owned(),
                value: Text::Plain(value.into()),
                at: "/image".to_owned(),
                word: None,
            };
            let flags = vec![flag("dev", "true"), flag("client", "0.0.0.0")];
            Some(Line { start: Start::Entrypoint, flags, open: false })
        }
        [first, rest @ ..] if official && first.raw == "agent" => {
            Some(Line { start: Start::Entrypoint, flags: flags(container, rest), open: false })
        }
        [first, second, rest @ ..] if official && base(first.raw) == "consul" && second.raw == "agent" => {
            // The entrypoint knows the bare word only; by its path the binary runs as it is.
            let start = if first.raw == "consul" { Start::Wrapped } else { Start::Direct };
            Some(Line { start, flags: flags(container, rest), open: false })
        }
        rest if !official => Some(Line { start: Start::Foreign, flags: flags(container, rest), open: true }),
        _ => None,
    }
}

fn scripted(command: &[Word<'_>], args: &[Word<'_>]) -> Option<Line> {
    let mut all = command.iter().chain(args);
    let script = all
        .find(|word| word.raw.contains("consul agent") || word.raw.contains("docker-entrypoint.sh agent"))?;
    let text = script.raw;
    let (at, length) = ["consul agent", "docker-entrypoint.sh agent"]
        .into_iter()
        .find_map(|start| Some((text.find(start)?, start.len())))?;
    let before = text[..at].trim();
    // Whatever stands before it may write what the agent reads.
    let plain = ["", "exec", "/bin/", "exec /bin/", "exec docker-entrypoint.sh", "exec /usr/local/bin/"];
    let flags = script_flags(&text[at + length..], &script.at);
    Some(Line { start: Start::Script, flags, open: !plain.contains(&before) })
}

/// The flags up to the end of the command.
fn script_flags(text: &str, at: &str) -> Vec<Flag> {
    let words = simple(text).into_iter().next().map(|command| command.words).unwrap_or_default();
    let mut words = words.into_iter().take_while(|word| !word.contains('>')).peekable();
    let mut flags = Vec::new();
    while let Some(word) = words.next() {
        let Some(body) = word.strip_prefix('-') else { continue };
        let body = body.trim_start_matches('-');
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None if SWITCHES.contains(&body) => (body, "true".to_owned()),
            None => (body, words.next_if(|next| !next.starts_with('-')).unwrap_or_default()),
        };
        let value = if value.contains(['$', '`']) { Text::Unknown } else { Text::Plain(value.into()) };
        // A whole value could be a secret: the place is found by the name alone.
        let word = Some(format!("-{name}"));
        flags.push(Flag { name: name.to_owned(), value, at: at.to_owned(), word });
    }
    flags
}

fn flags(container: &Container<'_>, words: &[Word<'_>]) -> Vec<Flag> {
    let mut flags = Vec::new();
    let mut rest = words.iter().peekable();
    while let Some(word) = rest.next() {
        let Some(body) = word.raw.strip_prefix('-') else { continue };
        let body = body.strip_prefix('-').unwrap_or(body);
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, value),
            None if SWITCHES.contains(&body) => (body, "true"),
            None => (body, rest.next_if(|next| !next.raw.starts_with('-')).map_or("", |next| next.raw)),
        };
        let value = match container.env.expand(value) {
            Text::Plain(text) => Text::Plain(text.into_owned().into()),
            Text::Secret(text) => Text::Secret(text.into_owned().into()),
            Text::Unknown => Text::Unknown,
        };
        flags.push(Flag { name: name.to_owned(), value, at: word.at.clone(), word: None });
    }
    flags
}

fn words<'a>(container: &Container<'a>, list: &str) -> Vec<Word<'a>> {
    let items = container.fields.get(list).and_then(Value::as_array).into_iter().flatten().enumerate();
    items
        .filter_map(|(index, item)| Some(Word { at: format!("/{list}/{index}"), raw: item.as_str()? }))
        .collect()
}

/// HashiCorp's own image, or the one that Docker built from it until 1.15.
pub(super) fn is_official(container: &Container<'_>) -> bool {
    let image = &container.image;
    ["hashicorp/consul", "hashicorp/consul-enterprise", "library/consul"].iter().any(|path| image.is(path))
        || image.path() == "consul"
}
