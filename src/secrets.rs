//! What nobody shall read in what we print: names of secrets, and where in a text they stand. A text in, stretches out.
//!
//! Where the text can be read, its tree decides; what cannot be read is covered line by line, rather too much than too little.

mod formats;
mod known;
mod lines;
pub(crate) mod names;
pub(crate) mod public;
mod texts;
mod tree;
mod walk;

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::source::{Layer, Source};
pub use known::{Known, without_repeated};
use tree::Tree;

/// The secrets of a text.
#[derive(Default)]
pub struct Secrets {
    /// Where they stand, in the order of the text.
    found: Vec<walk::Found>,
    /// How far each of them and those before it reach.
    reach: Vec<usize>,
}

/// Might a key or a variable of that name hold a secret?
pub fn is_suspicious(name: &str) -> bool {
    names::is_suspicious(name)
}

impl Secrets {
    /// Those of a text that complaints are about.
    pub fn of(source: &Source) -> Self {
        if source.layer == Layer::Set { Self::of_flag(&source.text) } else { Self::of_text(&source.text) }
    }

    /// Those of a YAML text, or of what was meant to be one.
    pub fn of_text(text: &str) -> Self {
        let mut secrets = Self::default();
        for part in documents(text) {
            secrets.read(text, part);
        }
        secrets.sorted()
    }

    /// Those of `path=value`.
    pub fn of_flag(text: &str) -> Self {
        let mut secrets = Self::default();
        let Some(value) = text.find('=').map(|at| at + 1) else { return Self::of_text(text) };
        let steps = text[..value - 1].split(['.', '[', ']', '"', '\'', ' ']);
        if steps.filter(|step| !step.is_empty()).any(names::is_suspicious) {
            let written = text[value..].to_owned();
            secrets.found.push(walk::Found { at: value..text.len(), meant: Some(written) });
        } else {
            secrets.read(text, value..text.len());
            secrets.add(texts::in_text(text));
        }
        secrets.sorted()
    }

    fn sorted(mut self) -> Self {
        self.found.sort_by_key(|found| found.at.start);
        let furthest = |reach: &mut usize, found: &walk::Found| {
            *reach = found.at.end.max(*reach);
            Some(*reach)
        };
        self.reach = self.found.iter().scan(0, furthest).collect();
        self
    }

    fn read(&mut self, text: &str, part: Range<usize>) {
        let tree = Tree::read(text, part.clone());
        self.found.extend(walk::secrets(text, &tree));
        if let Some(unread) = tree.unread {
            // The key that led into the mistake may stand on the line of what was read last.
            let start =
                text[part.start..unread].rfind('\n').map_or(part.start, |newline| part.start + newline + 1);
            self.add(lines::in_stretch(text, &part, start));
        }
        self.add(in_comments(text, part));
    }

    fn add(&mut self, stretches: Vec<Range<usize>>) {
        self.found.extend(stretches.into_iter().map(|at| walk::Found { at, meant: None }));
    }

    /// The text with all of it covered, byte for byte, so that places stay true. Lines and their indentation stay.
    pub fn covered(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for walk::Found { at, .. } in &self.found {
            cover(&mut bytes, at.clone());
            cover(&mut bytes, beside(text, at.end));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Keeps in mind what they say.
    pub fn tell(&self, text: &str, known: &mut Known) {
        for walk::Found { at, meant } in &self.found {
            known.add(text.get(at.clone()).unwrap_or_default());
            meant.iter().for_each(|meant| known.add(meant));
            // `data` of a Secret: what it is once it has arrived.
            let arrived = meant.as_ref().and_then(|meant| STANDARD.decode(meant.trim()).ok());
            arrived.and_then(|bytes| String::from_utf8(bytes).ok()).iter().for_each(|text| known.add(text));
        }
    }

    /// Keeps in mind what a variable or a file said: one line is a secret as a whole, and of more lines what looks like one.
    pub fn tell_answer(text: &str, known: &mut Known) {
        if text.trim_end().contains('\n') {
            Self::of_text(text).tell(text, known);
        } else {
            known.add(text);
        }
    }

    /// What is covered between two bytes, as it is written and as it is meant, with and without its quotes and signs.
    pub fn between(&self, text: &str, part: &Range<usize>) -> Vec<String> {
        let mut found = Vec::new();
        let near = self.reach.partition_point(|reach| *reach <= part.start);
        let last = self.found.partition_point(|found| found.at.start < part.end);
        let within = self.found.get(near..last).into_iter().flatten();
        for walk::Found { at, meant } in within.filter(|found| part.start < found.at.end) {
            let written = text.get(at.clone()).unwrap_or_default();
            for said in [Some(written), meant.as_deref()].into_iter().flatten() {
                let bare = said.trim().trim_matches(['"', '\'', ' ', '}', ']', ',']);
                let word = bare.trim_start_matches(['*', '&', '!', '@', '%', '`', '|', '>', '[', '{']);
                let parts = said.split(|c: char| !c.is_alphanumeric()).filter(|part| part.len() > 3);
                found.extend([said.trim(), bare, word].into_iter().chain(parts).map(str::to_owned));
            }
        }
        found.retain(|one| one.len() > 1 && !names::is_suspicious(one));
        found.sort_by_key(|one| std::cmp::Reverse(one.len()));
        found.dedup();
        found
    }
}

/// How far behind a secret a comment may begin.
const BESIDE: usize = 200;

/// The comment on the line of a secret: it is about it, or an older one.
fn beside(text: &str, end: usize) -> Range<usize> {
    let rest = text.as_bytes().get(end..).unwrap_or_default();
    let near = &rest[..rest.len().min(BESIDE)];
    let line = near.iter().position(|byte| *byte == b'\n').map_or(near, |newline| &near[..newline]);
    match line.windows(2).position(|two| two[0].is_ascii_whitespace() && two[1] == b'#') {
        Some(at) => {
            let length = rest[at..].iter().position(|byte| *byte == b'\n').unwrap_or(rest.len() - at);
            end + at + 2..end + at + length
        }
        None => end..end,
    }
}

/// Line ends and what lines begin with stay.
fn cover(bytes: &mut [u8], at: Range<usize>) {
    for line in bytes.get_mut(at).unwrap_or_default().split_mut(|byte| *byte == b'\n') {
        let written = line.trim_ascii();
        let (length, blanks) = (written.len(), line.len() - line.trim_ascii_start().len());
        line[blanks..blanks + length].fill(b'*');
    }
}

/// Comments may hold what was there before.
fn in_comments(text: &str, part: Range<usize>) -> Vec<Range<usize>> {
    let (mut found, mut start) = (Vec::new(), part.start);
    for line in text[part].split_inclusive('\n') {
        if line.trim_start().starts_with('#') {
            let inside = texts::in_text(line).into_iter();
            found.extend(inside.map(|one| start + one.start..start + one.end));
        }
        start += line.len();
    }
    found
}

/// Stretches between lines `---`, each of which can be read by itself.
fn documents(text: &str) -> Vec<Range<usize>> {
    let (mut parts, mut start) = (Vec::new(), 0);
    for (at, _) in text.match_indices("\n---") {
        if text.as_bytes().get(at + 4).is_none_or(u8::is_ascii_whitespace) {
            parts.push(start..at + 1);
            start = at + 1;
        }
    }
    parts.push(start..text.len());
    parts
}
