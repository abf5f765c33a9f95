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
        base(&self.text)
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
        if !is_shell(&first.text) {
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

/// The last part of a path: the name of a program without its folder.
pub fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or_default()
}

/// Does the word start a shell?
pub fn is_shell(word: &str) -> bool {
    matches!(base(word), "sh" | "bash" | "ash" | "dash")
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

/// The simple commands of a shell script, without what only says when they run.
fn commands(script: &str, at: &str) -> Vec<Vec<Word>> {
    let is_before = |word: &String| {
        let name = word.split_once('=').map_or("", |(name, _)| name);
        let assigns = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        BEFORE.contains(&word.as_str()) || assigns
    };
    let words = simple(script).into_iter().map(|command| {
        let words = command.words.into_iter().skip_while(is_before);
        words.map(|text| Word { text, at: at.to_owned() }).collect()
    });
    words.filter(|words: &Vec<Word>| !words.is_empty()).collect()
}

/// How a command comes after the one before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Joint {
    /// Whatever became of the one before: the first of all, or behind `;`, `&` or a new line.
    #[default]
    Then,
    /// Only when the one before went well: `&&`.
    And,
    /// Only when the one before failed: `||`.
    Or,
    /// It reads what the one before writes: `|`.
    Pipe,
}

/// One simple command of a script, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simple {
    /// How it comes after the one before.
    pub joint: Joint,
    /// Its words, without their quotes; `$(…)` and `${…}` are one word, whatever is in them.
    pub words: Vec<String>,
}

/// The simple commands of a shell script, quotes and comments understood.
pub fn simple(script: &str) -> Vec<Simple> {
    let mut reader = Reader::default();
    let mut letters = script.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(next) => reader.word().push(next),
            },
            '\'' => reader.word().extend(letters.by_ref().take_while(|c| *c != '\'')),
            '"' => quoted(&mut letters, reader.word()),
            '$' => substituted(&mut letters, reader.word()),
            '#' if reader.word.is_none() => while letters.next_if(|c| *c != '\n').is_some() {},
            '&' if reader.word.as_deref().is_some_and(|word| word.ends_with('>')) => reader.word().push('&'),
            '&' | '|' | ';' | '\n' => {
                let twice = letters.next_if_eq(&letter).is_some();
                reader.end_command(match (letter, twice) {
                    ('&', true) => Joint::And,
                    ('|', true) => Joint::Or,
                    ('|', false) => Joint::Pipe,
                    _ => Joint::Then,
                });
            }
            letter if letter.is_whitespace() => reader.end_word(),
            letter => reader.word().push(letter),
        }
    }
    reader.end_command(Joint::Then);
    reader.commands
}

/// What was read of a script so far.
#[derive(Default)]
struct Reader {
    commands: Vec<Simple>,
    words: Vec<String>,
    word: Option<String>,
    joint: Joint,
}

impl Reader {
    fn word(&mut self) -> &mut String {
        self.word.get_or_insert_default()
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self, next: Joint) {
        self.end_word();
        let words = std::mem::take(&mut self.words);
        if !words.is_empty() {
            self.commands.push(Simple { joint: self.joint, words });
        }
        self.joint = next;
    }
}

type Letters<'s> = std::iter::Peekable<std::str::Chars<'s>>;

/// Up to the closing `"`.
fn quoted(letters: &mut Letters<'_>, word: &mut String) {
    while let Some(letter) = letters.next() {
        match letter {
            '"' => return,
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(next @ ('$' | '`' | '"' | '\\')) => word.push(next),
                Some(next) => word.extend(['\\', next]),
            },
            '$' => substituted(letters, word),
            letter => word.push(letter),
        }
    }
}

/// What stands behind a `$`, as it stands: all of `$(…)` and `${…}`.
fn substituted(letters: &mut Letters<'_>, word: &mut String) {
    word.push('$');
    let (open, close) = match letters.peek() {
        Some('(') => ('(', ')'),
        Some('{') => ('{', '}'),
        _ => return,
    };
    let mut depth = 0_usize;
    for letter in letters.by_ref() {
        word.push(letter);
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth -= 1;
            if depth == 0 {
                return;
            }
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
    fn commands_know_how_they_come_after_each_other() {
        let all = simple("a 'b c' && d \"\\$x \\n\" || e >&2 | f ${G:-h i}\nj");
        let told: Vec<_> = all
            .iter()
            .map(|command| (command.joint, command.words.last().map_or("", String::as_str)))
            .collect();
        assert_eq!(
            told,
            [
                (Joint::Then, "b c"),
                (Joint::And, "$x \\n"),
                (Joint::Or, ">&2"),
                (Joint::Pipe, "${G:-h i}"),
                (Joint::Then, "j"),
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
