//! Bare words in, a value out, or `None` when readers disagree about it.
//!
//! Never happens here: YAML 1.1's octals, sexagesimals, dates and `yes`; they are neither numbers nor strings here.

use serde_json::{Number, Value};

/// Words that YAML 1.1 takes for booleans, or for null or a boolean when they are in another case.
const DISPUTED: [&str; 9] = ["y", "n", "on", "no", "yes", "off", "true", "false", "null"];

/// Resolves the bare words of a block value.
pub(super) fn value(words: &str) -> Option<Value> {
    let first = *words.as_bytes().first()?;
    match first {
        b'0'..=b'9' | b'-' | b't' | b'f' | b'n' => json(words).or_else(|| string(words)),
        _ => string(words),
    }
}

/// Do readers agree about the words of a block value?
pub(crate) fn is_agreed(words: &str) -> bool {
    match words.as_bytes().first() {
        Some(b'0'..=b'9' | b'-' | b't' | b'f' | b'n') => json(words).is_some() || is_string(words),
        _ => is_string(words),
    }
}

/// Resolves what JSON writes without quotes: numbers, booleans and null.
pub(super) fn json(word: &str) -> Option<Value> {
    match word {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        "null" => Some(Value::Null),
        _ => number(word).map(Value::Number),
    }
}

/// Reads a number which is one in JSON and has the same value to every reader.
fn number(word: &str) -> Option<Number> {
    let unsigned = word.strip_prefix('-').unwrap_or(word);
    let (digits, rest) = split_digits(unsigned);
    // Minus zero is an integer to YAML and a float to JSON.
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) || word == "-0" {
        return None;
    }
    if rest.is_empty() {
        return match word.parse::<u64>() {
            Ok(positive) => Some(positive.into()),
            Err(_) => word.parse::<i64>().ok().map(Number::from),
        };
    }
    if !is_fraction(rest) {
        return None;
    }
    // Too large for a float: a string to `serde_yaml`.
    Number::from_f64(word.parse().ok()?)
}

/// Is it what may follow the digits of a JSON number: `.5`, `e3`, `.5e-3`?
fn is_fraction(rest: &str) -> bool {
    let (point, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("0", rest),
    };
    let power = match rest.strip_prefix(['e', 'E']) {
        Some(rest) => split_digits(rest.strip_prefix(['+', '-']).unwrap_or(rest)),
        None => ("0", rest),
    };
    !point.is_empty() && !power.0.is_empty() && power.1.is_empty()
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

fn string(words: &str) -> Option<Value> {
    is_string(words).then(|| Value::String(words.to_owned()))
}

/// Does every reader take the words for a string?
fn is_string(words: &str) -> bool {
    match words.as_bytes() {
        [b'0'..=b'9', ..] => is_no_number(words),
        [b'-', b'a'..=b'z' | b'A'..=b'Z', ..] | [b'-', b'-', b'a'..=b'z' | b'A'..=b'Z', ..] => true,
        [b'.', b'/', ..] | [b'/' | b'$' | b'_', ..] => true,
        [b'a'..=b'z' | b'A'..=b'Z', ..] => {
            words.len() > 5 || !DISPUTED.iter().any(|word| word.eq_ignore_ascii_case(words))
        }
        _ => false,
    }
}

/// `500m`, `10Gi` and `10.0.0.1` start with a digit, yet have a letter or a second dot that no number and no date has.
fn is_no_number(words: &str) -> bool {
    let bytes = words.as_bytes();
    let letter = |b: &u8| matches!(b | 0x20, b'g'..=b'n' | b'p'..=b's' | b'u'..=b'w' | b'y');
    let dotted = bytes.iter().all(|b| b.is_ascii_digit() || *b == b'.');
    bytes.iter().any(letter) || (dotted && bytes.iter().filter(|b| **b == b'.').count() > 1)
}
