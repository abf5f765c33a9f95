//! Start scripts, as far as they can be read without running them: what they assign, what they write into a properties
//! file, which server they become. A value that the shell would compute keeps its `$`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::verify::command::simple;
use crate::verify::pods::Container;

/// What a container runs in place of, or around, its image's own start.
#[derive(Debug, Default)]
pub(in crate::verify) struct Startup {
    /// The command, its arguments and the scripts of the set that they name.
    pub text: String,
    /// Its commands, each as words without their quotes.
    pub commands: Vec<Vec<String>>,
    /// Variables and all that is assigned to them.
    assigned: BTreeMap<String, Vec<String>>,
}

/// Names in a script that say that texts are changed on their way.
const EDITORS: &[&str] = &["sed ", "envsubst", "perl ", "awk ", "python", "eval ", "source ", "tr "];

impl Startup {
    /// What the container runs.
    pub(in crate::verify) fn of(container: &Container<'_>) -> Self {
        let listed = |key: &str| container.fields.get(key).and_then(Value::as_array).into_iter().flatten();
        let words: Vec<&str> = listed("command").chain(listed("args")).filter_map(Value::as_str).collect();
        let named = container.files.iter().filter(|file| {
            let named = |word: &&str| word.split_whitespace().any(|part| part == file.path);
            words.iter().any(named) && !file.path.ends_with(".properties")
        });
        let scripts = named.filter_map(|file| file.plain());
        let text = words.iter().copied().chain(scripts).collect::<Vec<_>>().join("\n");
        Self::read(text, &words)
    }

    fn read(text: String, words: &[&str]) -> Self {
        let shell =
            words.iter().any(|word| word.contains(char::is_whitespace)) || text.lines().count() > words.len();
        let commands = match shell {
            true => simple(&text).into_iter().map(|command| command.words).collect(),
            false => vec![words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()],
        };
        let mut assigned: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for command in &commands {
            let quiet =
                |word: &&String| matches!(word.as_str(), "export" | "then" | "else" | "do" | "local" | "{");
            let leading = command.iter().skip_while(quiet).map_while(|word| assignment(word));
            for (name, value) in leading {
                assigned.entry(name.to_owned()).or_default().push(value.to_owned());
            }
        }
        Self { text, commands, assigned }
    }

    /// Nothing but what the image does by itself.
    pub(in crate::verify) fn is_plain(&self) -> bool {
        self.text.is_empty()
    }

    /// Does it say that word anywhere?
    pub(in crate::verify) fn says(&self, word: &str) -> bool {
        self.text.contains(word)
    }

    /// May what it reads become something else on its way?
    pub(in crate::verify) fn edits(&self) -> bool {
        EDITORS.iter().any(|editor| self.text.contains(editor)) || self.text.contains("\n. /")
    }

    /// What it leaves in a variable: a value, or nothing where that depends.
    pub(in crate::verify) fn variable(&self, name: &str) -> Option<Option<String>> {
        let values = self.assigned.get(name)?;
        let [value] = values.as_slice() else { return Some(None) };
        Some(Some(value.clone()))
    }

    /// All that it assigns to the variable that a text is: `$listeners`.
    pub(in crate::verify) fn choices(&self, text: &str) -> &[String] {
        self.assigned.get(variable(text)).map_or(&[], Vec::as_slice)
    }

    /// The names that it assigns.
    pub(in crate::verify) fn names(&self) -> impl Iterator<Item = &str> {
        self.assigned.keys().map(String::as_str)
    }

    /// `key=value` that it writes with `echo` or gives with `--override`, in their order, as written.
    pub(in crate::verify) fn written(&self) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for command in &self.commands {
            let says =
                command.iter().position(|word| matches!(word.as_str(), "echo" | "printf" | "--override"));
            for word in says.into_iter().flat_map(|at| &command[at..]) {
                let word = word.trim_end_matches("\\n");
                let Some((key, value)) = word.split_once('=') else { continue };
                let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
                if !key.is_empty() && key.chars().all(fits) && !key.starts_with('-') {
                    found.push((key.to_owned(), value.to_owned()));
                }
            }
        }
        found
    }

    /// A text of the script with the variables in it, where they have one value.
    pub(in crate::verify) fn resolved(&self, text: &str, container: &Container<'_>, depth: u8) -> String {
        let (mut out, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find('$') {
            let (before, behind) = (&rest[..at], &rest[at + 1..]);
            out.push_str(before);
            let braced = behind.strip_prefix('{').and_then(|inner| inner.split_once('}'));
            let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
            let (name, after) = braced.unwrap_or((&behind[..end], &behind[end..]));
            let value = match self.assigned.get(name).map(Vec::as_slice) {
                Some([value]) if depth > 0 => Some(self.resolved(value, container, depth - 1)),
                Some(_) => None,
                None => container.env.rough(name).map(|value| value.into_owned()),
            };
            match value {
                Some(value) => {
                    out.push_str(&value);
                    rest = after;
                }
                None => {
                    out.push('$');
                    rest = behind;
                }
            }
        }
        out.push_str(rest);
        out
    }
}

/// The name of the variable that a text is; nothing when it is more than that.
pub(in crate::verify) fn variable(text: &str) -> &str {
    let name = text.strip_prefix('$').unwrap_or_default();
    name.strip_prefix('{').and_then(|name| name.strip_suffix('}')).unwrap_or(name)
}

fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!name.is_empty() && name.chars().all(fits)).then_some((name, value))
}

/// What a pod's ordinal has to be added to, to be this expression: `${HOSTNAME##*-}` is 0, `$((1 + ${POD_NAME##*-}))` is 1.
pub(in crate::verify) fn above_ordinal(text: &str) -> Option<u64> {
    let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '"').collect();
    let is_ordinal = |text: &str| {
        let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix("##*-}"));
        inner.is_some_and(|name| matches!(name, "HOSTNAME" | "POD_NAME" | "MY_POD_NAME" | "hostname"))
    };
    if is_ordinal(&text) {
        return Some(0);
    }
    let sum = text.strip_prefix("$((")?.strip_suffix("))")?;
    let (first, second) = sum.split_once('+').unwrap_or((sum, "0"));
    match (is_ordinal(first), is_ordinal(second)) {
        (true, false) => second.parse().ok(),
        (false, true) => first.parse().ok(),
        _ => None,
    }
}

/// What a text is that should be a number and surely is none: a name or an address of the pod's, or other words. What a shell
/// makes of it is not known.
pub(in crate::verify) fn no_number(container: &Container<'_>, text: &str) -> Option<String> {
    let text = text.trim();
    let inner = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close);
    let name = inner("$(", ")").or_else(|| inner("${", "}")).or_else(|| text.strip_prefix('$'));
    match name {
        Some("hostname" | "HOSTNAME") => Some("the pod's name".to_owned()),
        Some(name) => of_pod(container, name).map(str::to_owned),
        None if text.is_empty() || text.contains(['$', '`', '{', '<', '%', '@']) => None,
        None => text.parse::<i64>().is_err().then(|| format!("`{text}`")),
    }
}

/// What a variable holds that the downward API fills with a word: `the pod's name`.
pub(in crate::verify) fn of_pod(container: &Container<'_>, variable: &str) -> Option<&'static str> {
    match container.pod_field(variable)? {
        "metadata.name" => Some("the pod's name"),
        "metadata.namespace" => Some("the pod's namespace"),
        "metadata.uid" => Some("the pod's uid"),
        "spec.nodeName" => Some("the node's name"),
        "spec.serviceAccountName" => Some("the service account's name"),
        "status.podIP" | "status.podIPs" | "status.hostIP" => Some("an address"),
        _ => None,
    }
}

/// Is the variable the pod's index, as the downward API tells it?
pub(in crate::verify) fn is_pod_index(container: &Container<'_>, name: &str) -> bool {
    let mut env = container.fields.get("env").and_then(Value::as_array).into_iter().flatten();
    let found = env.rfind(|entry| entry.get("name").and_then(Value::as_str) == Some(name));
    let path = found.and_then(|entry| entry.pointer("/valueFrom/fieldRef/fieldPath")?.as_str());
    path == Some("metadata.labels['apps.kubernetes.io/pod-index']")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_taken_apart() {
        let text = "export A=1 B='x y'; # no C=3\n{ echo \"node.id=$id\"\n} > $f\nid=$((1 + ${HOSTNAME##*-}))\nexec run";
        let read = Startup::read(text.to_owned(), &[text]);
        assert_eq!(read.variable("B"), Some(Some("x y".to_owned())));
        assert_eq!(read.variable("C"), None);
        assert_eq!(read.variable("id").flatten().and_then(|id| above_ordinal(&id)), Some(1));
        assert_eq!(read.commands[1], ["{", "echo", "node.id=$id"]);
    }

    #[test]
    fn ordinals_are_understood() {
        for (text, wanted) in [
            ("${HOSTNAME##*-}", Some(0)),
            ("$((${HOSTNAME##*-}+1))", Some(1)),
            ("$(( 100 + ${POD_NAME##*-} ))", Some(100)),
            ("$(hostname | grep -o '[0-9]*')", None),
            ("7", None),
        ] {
            assert_eq!(above_ordinal(text), wanted, "{text}");
        }
    }
}
