//! The texts and numbers that stand in a Rust file, without what is a comment or a test.

/// A text or a number.
pub struct Literal {
    /// As it is read: a text without its quotes, a number without `_`.
    pub text: String,
    /// The line it begins in.
    pub line: usize,
    /// A text.
    pub quoted: bool,
    /// It stands in a `const` or a `static`, where no sentence can be made of other constants.
    pub fixed: bool,
    /// The code of its line before it.
    pub before: String,
}

/// All literals of a file, up to its tests.
pub fn of(source: &str) -> Vec<Literal> {
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut reader =
        Reader { rest: code, line: 1, before: String::new(), fixed: None, depth: 0, found: Vec::new() };
    while !reader.rest.is_empty() {
        reader.step();
    }
    reader.found
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    before: String,
    /// How deep the `const` is that we are in.
    fixed: Option<i32>,
    depth: i32,
    found: Vec<Literal>,
}

impl Reader<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        if rest.starts_with("//") {
            return self.skip(rest.find('\n').unwrap_or(rest.len()));
        }
        if let Some((start, end)) = quoted(rest) {
            let text = unwrapped(&rest[start..start + end]);
            self.keep(text, true);
            let closing =
                rest[start + end..].find(|c| c != '"' && c != '#').unwrap_or(rest.len() - start - end);
            return self.skip(start + end + closing);
        }
        if let Some(length) = letter(rest) {
            return self.skip(length);
        }
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if word == 0 {
            return self.sign(rest.chars().next().unwrap_or_default());
        }
        let own = &rest[..word];
        if own.starts_with(|c: char| c.is_ascii_digit()) {
            self.keep(own.replace('_', ""), false);
        } else if matches!(own, "const" | "static")
            && !self.before.ends_with('\'')
            && !rest[word..].starts_with(" fn")
        {
            self.fixed = self.fixed.or(Some(self.depth));
        }
        self.skip(word);
    }

    fn sign(&mut self, sign: char) {
        match sign {
            '(' | '[' | '{' => self.depth += 1,
            ')' | ']' | '}' => self.depth -= 1,
            _ => {}
        }
        if self.fixed.is_some_and(|depth| self.depth < depth || sign == ';' && self.depth == depth) {
            self.fixed = None;
        }
        self.skip(sign.len_utf8());
    }

    fn keep(&mut self, text: String, quoted: bool) {
        let (line, fixed, before) = (self.line, self.fixed.is_some(), self.before.clone());
        self.found.push(Literal { text, line, quoted, fixed, before });
    }

    fn skip(&mut self, length: usize) {
        let (read, rest) = self.rest.split_at(length);
        self.line += read.matches('\n').count();
        if read.contains('\n') {
            self.before.clear();
        }
        self.before.push_str(read.rsplit('\n').next().unwrap_or_default());
        self.rest = rest;
    }
}

/// Where the text begins that stands at the start, and how long it is.
fn quoted(rest: &str) -> Option<(usize, usize)> {
    if let Some(raw) = rest.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let closing = format!("\"{}", "#".repeat(hashes));
        let inner = raw[hashes..].strip_prefix('"')?;
        return Some((hashes + 2, inner.find(&closing)?));
    }
    let inner = rest.strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some((1, end))
}

/// How long the character is that stands at the start, if one does: a lifetime is none.
fn letter(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('\'')?;
    match inner.strip_prefix('\\') {
        Some(escaped) => Some(3 + escaped.char_indices().skip(1).find(|(_, c)| *c == '\'')?.0),
        None => {
            let own = inner.chars().next()?.len_utf8();
            inner[own..].starts_with('\'').then_some(own + 2)
        }
    }
}

/// Without the ends of lines that a text is broken at.
fn unwrapped(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |all, line| all + line.trim_start())
}
