//! The options of a JVM, from the variables and the command line that give it some.

use serde_json::Value;

use super::{Container, Var};
use crate::products::jvm::{OPTIONS, UNDERSCORE_JAVA_OPTIONS};
use crate::verify::{Finding, texts};

/// A text with options.
pub(in crate::verify) struct Piece<'a> {
    pub(in crate::verify) text: String,
    at: Finding<'a>,
}

/// An option that a JVM gets.
pub(in crate::verify) struct Given<'a> {
    /// As it stands: `-Xmx2g`.
    pub(in crate::verify) word: String,
    /// What stands behind the flag: `2g`.
    pub(in crate::verify) value: String,
    at: Finding<'a>,
}

impl<'a> Given<'a> {
    /// Something is wrong with it.
    pub(in crate::verify) fn finding(&self, title: impl Into<String>) -> Finding<'a> {
        Finding { title: title.into(), ..self.at.clone() }.word(self.word.clone())
    }
}

/// All texts with options, the weakest first.
pub(in crate::verify) fn pieces<'a>(container: &Container<'a>) -> Vec<Piece<'a>> {
    let variables = OPTIONS.iter().filter_map(|name| {
        let var = container.env.get(name)?;
        Some(piece(container, var, var.value.plain()?))
    });
    // HotSpot lets this one win over its command line.
    let last = container.env.get(UNDERSCORE_JAVA_OPTIONS).into_iter();
    let last = last.filter_map(|var| Some(piece(container, var, var.value.plain()?)));
    variables.chain(words(container)).chain(last).collect()
}

fn piece<'a>(container: &Container<'a>, var: &Var<'a>, text: &str) -> Piece<'a> {
    Piece { text: text.to_owned(), at: container.env.finding(var, "") }
}

/// The words of the command line as they are written, each with its place.
pub(in crate::verify) fn words<'s, 'a>(
    container: &'s Container<'a>,
) -> impl Iterator<Item = Piece<'a>> + use<'s, 'a> {
    ["command", "args"].into_iter().flat_map(move |list| {
        let all = container.fields.get(list).and_then(Value::as_array).into_iter().flatten().enumerate();
        all.filter_map(move |(index, word)| {
            let at = container.finding(&format!("/{list}/{index}"), "");
            Some(Piece { text: word.as_str()?.to_owned(), at })
        })
    })
}

/// The flag as the JVM takes it: the last one of the strongest text.
pub(in crate::verify) fn last<'a>(pieces: &[Piece<'a>], flag: &str) -> Option<Given<'a>> {
    pieces.iter().rev().find_map(|piece| {
        let value = texts::flag(&piece.text, flag)?.trim_matches(['"', '\'']).to_owned();
        Some(Given { word: format!("{flag}{value}"), value, at: piece.at.clone() })
    })
}

impl<'a> Piece<'a> {
    /// Something is wrong with the text as a whole, or a word of it.
    pub(in crate::verify) fn finding(&self) -> Finding<'a> {
        self.at.clone()
    }
}
