//! The words of a stack: its keys, and the values that are one of a list. By the product's own reader and schema, so
//! nothing here knows what a component is called.

use std::collections::BTreeMap;

use stackgen::components::Key;
use stackgen::diagnostic::Path;
use stackgen::load::vocabulary;
use stackgen::source::{Place, SourceId};
use stackgen::tree::node::{Kind, Node};
use stackgen::tree::parse;

use super::run::Run;

/// A word of a stack file.
pub struct Word {
    /// Where in the stack.
    pub path: Path,
    /// Without what users choose: `redis` of `redis/session`.
    pub text: String,
    /// Where in the file, quotes included.
    pub place: Place,
    /// A key, or else a value.
    pub is_key: bool,
    /// The words that are known there; none for a word that users choose.
    pub known: Vec<String>,
}

/// The words of a run's files, each place once.
pub fn words(run: &Run) -> Vec<Word> {
    let sources = run.sources(None);
    let mut found = BTreeMap::new();
    for number in 0..run.files.len() {
        let file = parse::document(&sources, SourceId(number as u32)).unwrap();
        collect(&file, &Path::root(), &mut found);
    }
    found.into_values().collect()
}

fn collect(node: &Node, path: &Path, found: &mut BTreeMap<Place, Word>) {
    match &node.kind {
        Kind::Map(map) => {
            let known = vocabulary::keys_at(path);
            for (key, entry) in map {
                let path = path.key(key);
                found.entry(entry.key).or_insert_with(|| self::key(&path, key, entry.key, &known));
                collect(&entry.value, &path, found);
            }
        }
        Kind::Seq(items) => {
            items.iter().enumerate().for_each(|(index, item)| collect(item, &path.index(index), found));
        }
        Kind::Scalar { text, .. } => {
            let known = vocabulary::words_at(path);
            if known.contains(text) {
                let (path, text, place) = (path.clone(), text.clone(), node.place);
                found.entry(place).or_insert(Word { path, text, place, is_key: false, known });
            }
        }
        Kind::Null => {}
    }
}

fn key(path: &Path, key: &str, place: Place, known: &[String]) -> Word {
    let word = Key::parse(key).word;
    let is_known = known.contains(&word);
    let known = if is_known { known.to_vec() } else { Vec::new() };
    let text = if is_known { word } else { key.to_owned() };
    Word { path: path.clone(), text, place, is_key: true, known }
}
