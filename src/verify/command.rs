//! What a container starts: its command line taken apart, through `sh -c` and through scripts that it mounts.
//!
//! Words in, commands out. Never guesses: what a shell or the cluster would put in stays as it stands, `$NAME`.

use super::pods::Container;

/// One word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Without its quotes.
    pub text: String,
    /// The field of the container in which it stands, as a pointer below it: `/args/0`. Empty inside of a mounted script.
    pub at: String,
}

impl Word {
    /// Is something put in that cannot be known?
    pub fn is_open(&self) -> bool {
        self.text.contains(['$', '`'])
    }

    /// The last part of a path.
    pub fn base(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }
}

/// The simple commands of a container, in their order.
#[derive(Clone, Debug, Default)]
pub struct Commands {
    /// Each with its words; none when the image decides.
    pub all: Vec<Vec<Word>>,
    /// Is there a script, so that more may happen than can be seen?
    pub scripted: bool,
}

impl Commands {
    /// What the container starts.
    pub fn of(container: &Container<'_>) -> Self {
        let words: Vec<Word> = container.written().into_iter().map(|(at, text)| Word { text, at }).collect();
        let Some(first) = words.first() else { return Self::default() };
        if !is_shell(first) {
            let scripted = first.text.ends_with(".sh");
            let script = script_text(container, &words);
            return Self { all: std::iter::once(words).chain(script).collect(), scripted };
        }
        let flags = words.iter().skip(1).take_while(|word| word.text.starts_with('-')).count();
        let inline = words.get(flags).filter(|flag| flags > 0 && flag.text.ends_with('c'));
        match (inline, words.get(flags + 1)) {
            (Some(_), Some(script)) => {
                let all = commands(&script.text, &script.at);
                let telling = all.iter().filter(|command| !is_harmless(command)).count();
                Self { all, scripted: telling > 1 }
            }
            (None, Some(script)) if script.text.ends_with(".sh") => {
                let inner = script_text(container, &words);
                Self { all: std::iter::once(words).chain(inner).collect(), scripted: true }
            }
            _ => Self { all: vec![words], scripted: false },
        }
    }

    /// The first command with such a program, and the place of the program in it.
    pub fn running(&self, programs: &[&str]) -> Option<(&[Word], usize)> {
        self.all.iter().find_map(|command| {
            let at = command.iter().position(|word| programs.contains(&word.base()))?;
            Some((command.as_slice(), at))
        })
    }
}

/// The commands of the first script of the container's that the words name.
fn script_text(container: &Container<'_>, words: &[Word]) -> Vec<Vec<Word>> {
    let named = words.iter().take(3).filter_map(|word| container.file(&word.text)?.plain());
    named
        .filter(|text| text.starts_with("#!") || text.contains('\n'))
        .take(1)
        .flat_map(|text| commands(text, ""))
        .collect()
}

fn is_shell(word: &Word) -> bool {
    matches!(word.base(), "sh" | "bash" | "ash" | "dash")
}

/// Commands that change nothing about those that follow.
fn is_harmless(command: &[Word]) -> bool {
    const HARMLESS: &[&str] =
        &["set", "umask", "sleep", "echo", "ulimit", "sysctl", "mkdir", "chown", "chmod", "trap", "cd"];
    command.first().is_none_or(|word| HARMLESS.contains(&word.base()))
}

/// Words before a command that are no part of it.
const BEFORE: &[&str] =
    &["exec", "if", "then", "else", "elif", "while", "until", "do", "!", "{", "(", "nohup", "command"];

/// The simple commands of a shell script.
pub fn commands(script: &str, at: &str) -> Vec<Vec<Word>> {
    let mut found: Vec<Vec<Word>> = Vec::new();
    let mut current: Vec<Word> = Vec::new();
    for token in tokens(script) {
        match token {
            Some(text) => current.push(Word { text, at: at.to_owned() }),
            None => found.push(std::mem::take(&mut current)),
        }
    }
    found.push(current);
    let is_before = |word: &Word| {
        let name = word.text.split_once('=').map_or("", |(name, _)| name);
        let assigns = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        BEFORE.contains(&word.text.as_str()) || assigns
    };
    for command in &mut found {
        let start = command.iter().position(|word| !is_before(word)).unwrap_or(command.len());
        command.drain(..start);
    }
    found.retain(|command| !command.is_empty());
    found
}

/// The words of a script; `None` where a command ends.
fn tokens(script: &str) -> Vec<Option<String>> {
    let mut found = Vec::new();
    let (mut word, mut inside) = (String::new(), false);
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\n') | None => {}
                Some(next) => (inside, ()) = (true, word.push(next)),
            },
            '\'' => {
                inside = true;
                word.extend(chars.by_ref().take_while(|c| *c != '\''));
            }
            '"' => {
                inside = true;
                quoted(&mut chars, &mut word);
            }
            '$' if chars.peek() == Some(&'(') => {
                inside = true;
                word.push('$');
                nested(&mut chars, &mut word);
            }
            '#' if !inside => while chars.next_if(|c| *c != '\n').is_some() {},
            '&' if word.ends_with('>') => word.push('&'),
            ';' | '&' | '|' | '\n' => {
                found.extend(inside.then(|| Some(std::mem::take(&mut word))));
                found.push(None);
                inside = false;
            }
            c if c.is_whitespace() => {
                found.extend(inside.then(|| Some(std::mem::take(&mut word))));
                inside = false;
            }
            c => (inside, ()) = (true, word.push(c)),
        }
    }
    found.extend(inside.then_some(Some(word)));
    found
}

type Chars<'s> = std::iter::Peekable<std::str::Chars<'s>>;

/// Up to the closing `"`.
fn quoted(chars: &mut Chars<'_>, word: &mut String) {
    while let Some(c) = chars.next() {
        match c {
            '"' => return,
            '\\' => word.extend(chars.next()),
            '$' if chars.peek() == Some(&'(') => {
                word.push('$');
                nested(chars, word);
            }
            c => word.push(c),
        }
    }
}

/// From `(` up to the `)` that closes it, as it stands.
fn nested(chars: &mut Chars<'_>, word: &mut String) {
    let mut depth = 0_usize;
    for c in chars.by_ref() {
        word.push(c);
        match c {
            '(' => depth += 1,
            ')' if depth <= 1 => return,
            ')' => depth -= 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_taken_apart() {
        let all = commands(
            "set -e # all\nA=1 exec redis-server '/c.conf' --requirepass \"$PW\" && x $(a; b)\\\n y; sh mqbroker -n a:1;b:2",
            "/args/0",
        );
        let texts: Vec<Vec<&str>> =
            all.iter().map(|command| command.iter().map(|word| word.text.as_str()).collect()).collect();
        assert_eq!(
            texts,
            [
                vec!["set", "-e"],
                vec!["redis-server", "/c.conf", "--requirepass", "$PW"],
                vec!["x", "$(a; b)", "y"],
                vec!["sh", "mqbroker", "-n", "a:1"],
                vec!["b:2"],
            ]
        );
    }

    #[test]
    fn what_is_not_closed_ends_with_the_script() {
        assert_eq!(commands("a 'b", "").len(), 1);
        assert_eq!(commands("a \"b$(c", "").len(), 1);
        assert!(commands(";;\\", "").is_empty());
    }
}
