//! What the commands of hooks and probes do, as far as that can be read without running them.

use serde_json::Value;

use crate::verify::command::{Joint, Simple, base, is_shell, simple};

/// The commands of an `exec`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Script {
    /// In their order.
    pub(super) commands: Vec<Simple>,
    /// Which of the words of the `exec` holds the script: the one behind `sh -c`, or the first.
    pub(super) index: usize,
}

/// Words that make a script more than a list of commands.
const CONTROL: &[&str] = &["while", "until", "for", "if", "case", "function"];

impl Script {
    /// What an `exec` runs; nothing when it runs nothing.
    pub(super) fn of(exec: &Value) -> Option<Self> {
        let words: Vec<&str> = exec.get("command")?.as_array()?.iter().filter_map(Value::as_str).collect();
        let flag = |word: &&str| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c');
        if is_shell(words.first()?)
            && let Some(at) = words.iter().position(flag)
        {
            let index = at + 1;
            return Some(Self { commands: simple(words.get(index)?), index });
        }
        let words = words.into_iter().map(str::to_owned).collect();
        Some(Self { commands: vec![Simple { joint: Joint::Then, words }], index: 0 })
    }

    /// Does it branch or loop?
    pub(super) fn is_involved(&self) -> bool {
        let controls = |command: &Simple| {
            let first = command.words.first().map_or("", String::as_str);
            CONTROL.contains(&first) || first.ends_with("()") || first == "{" || first.starts_with('(')
        };
        self.commands.iter().any(controls)
    }

    /// The seconds that it sleeps for certain; `None` when that cannot be read.
    pub(super) fn sleeps(&self) -> Option<u64> {
        if self.is_involved() {
            return None;
        }
        let always = self.commands.iter().filter(|command| command.joint != Joint::Or);
        let slept = always.filter_map(Simple::sleep);
        slept.reduce(u64::saturating_add)
    }

    /// Commands that ask somebody over HTTP.
    pub(super) fn calls(&self) -> impl Iterator<Item = &Simple> {
        self.commands.iter().filter(|command| command.is_call())
    }
}

/// What a hook or a probe asks of a command.
impl Simple {
    fn name(&self) -> &str {
        base(self.words.first().map_or("", String::as_str))
    }

    /// Is it curl or wget?
    pub(super) fn is_call(&self) -> bool {
        matches!(self.name(), "curl" | "wget")
    }

    /// The seconds of a `sleep`.
    pub(super) fn sleep(&self) -> Option<u64> {
        if self.name() != "sleep" {
            return None;
        }
        let text = self.words.get(1)?;
        let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let factor = match unit {
            "m" => 60,
            "h" => 3600,
            _ if unit.is_empty() || unit == "s" || unit.starts_with('.') => 1,
            _ => return None,
        };
        digits.parse::<u64>().ok()?.checked_mul(factor)
    }

    /// The first of its words with `://` or a host and port in it.
    pub(super) fn url(&self) -> Option<&str> {
        let urls = self.words.iter().skip(1).filter(|word| !word.starts_with('-'));
        urls.map(String::as_str).find(|word| {
            word.contains("://") || word.starts_with("localhost") || word.starts_with("127.0.0.1")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn script(text: &str) -> Script {
        Script::of(&json!({ "command": ["/bin/sh", "-c", text] })).unwrap()
    }

    #[test]
    fn sleeps_are_added_up() {
        for (text, seconds) in [
            ("sleep 40", Some(40)),
            ("curl -X POST 'http://127.0.0.1:9081/a;b' && sleep 40", Some(40)),
            ("curl x || true; sleep 10; sleep 1m # sleep 7", Some(70)),
            ("nginx -s quit >/dev/null 2>&1; sleep 5.5s", Some(5)),
            ("curl x || sleep 40", None),
            ("sleep $DRAIN", None),
            ("while true; do sleep 1; done", None),
            ("nginx -s quit", None),
        ] {
            assert_eq!(script(text).sleeps(), seconds, "{text}");
        }
        assert_eq!(Script::of(&json!({ "command": ["sleep", "15"] })).unwrap().sleeps(), Some(15));
        assert_eq!(Script::of(&json!({ "command": [] })), None);
    }
}
