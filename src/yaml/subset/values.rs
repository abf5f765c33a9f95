//! `serde_json` values, without places: drawn text, and manifests that nobody complains about.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{Key, Make, documents, plain};

/// Every document of a text that is not empty; `None` where the text is not within the subset.
pub(crate) fn values(text: &str) -> Option<Vec<Value>> {
    documents(text, &mut Values(plain::value))
}

/// The same, where `meaning` says what words without quotes are, once it is sure that readers agree about their type.
pub(crate) fn values_by(text: &str, meaning: fn(&str) -> Value) -> Option<Vec<Value>> {
    documents(text, &mut Values(|words: &str| plain::is_agreed(words).then(|| meaning(words))))
}

struct Values<F>(F);

impl<F: Fn(&str) -> Option<Value>> Make for Values<F> {
    type Out = Value;

    fn plain(&mut self, words: &str, _: Range<usize>) -> Option<Value> {
        self.0(words)
    }

    fn text(&mut self, text: String, _: Range<usize>) -> Value {
        Value::String(text)
    }

    fn null(&mut self, _: usize) -> Value {
        Value::Null
    }

    fn list(&mut self, items: Vec<Value>, _: Range<usize>) -> Value {
        Value::Array(items)
    }

    fn map(&mut self, pairs: impl ExactSizeIterator<Item = (Key, Value)>, _: Range<usize>) -> Option<Value> {
        let length = pairs.len();
        let map: Map<String, Value> = pairs.map(|(key, value)| (key.text, value)).collect();
        (map.len() == length).then_some(Value::Object(map))
    }
}
