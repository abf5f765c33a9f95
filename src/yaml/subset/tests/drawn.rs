//! Manifests as templates draw them, and damaged ones, read by both readers.

use super::agrees;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A piece of a manifest as a template would draw it. The numbers choose comments, empty lines and indentation.
#[derive(Clone, Debug)]
enum Piece {
    Scalar(String),
    Literal(&'static str, Vec<String>),
    Map(Vec<(String, Piece, u8)>),
    List(Vec<(Piece, u8)>),
}

fn text() -> impl Strategy<Value = String> {
    let hazard = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    prop_oneof![any::<String>(), "[ -~\n]{0,12}"].prop_map(move |text| text.replace(hazard, "é"))
}

fn flow() -> impl Strategy<Value = Value> {
    let float = any::<f64>().prop_filter_map("finite", |f| f.is_finite().then(|| json!(f)));
    let numbers = prop_oneof![any::<i64>().prop_map(Value::from), any::<u64>().prop_map(Value::from), float];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        numbers,
        text().prop_map(Value::from)
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        let pairs = vec((text(), inner.clone()), 0..3);
        prop_oneof![
            vec(inner, 0..3).prop_map(Value::from),
            pairs.prop_map(|pairs| Value::Object(pairs.into_iter().collect()))
        ]
    })
}

fn piece() -> impl Strategy<Value = Piece> {
    let words = [
        "apps/v1",
        "StatefulSet",
        "8080",
        "true",
        "null",
        "500m",
        "10Gi",
        "10.0.0.1",
        "a b",
        "-1.5",
        "/data",
        "-c",
    ];
    let lines = vec("( {0,3}[a-z#:-][ -~]{0,8}| {0,4})", 0..4);
    let literal = (proptest::sample::select(vec!["|", "|-", "|+"]), "[a-z#-][ -~]{0,8}", lines);
    let leaf = prop_oneof![
        flow().prop_map(|value| Piece::Scalar(value.to_string())),
        proptest::sample::select(words.to_vec()).prop_map(|word| Piece::Scalar(word.to_owned())),
        Just(Piece::Scalar(String::new())),
        literal.prop_map(|(head, first, mut lines)| {
            lines.insert(0, first);
            Piece::Literal(head, lines)
        }),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key =
            prop_oneof!["[A-Za-z_./$][A-Za-z0-9_./$-]{0,8}", text().prop_map(|key| json!(key).to_string())];
        prop_oneof![
            vec((key, inner.clone(), any::<u8>()), 1..4).prop_map(Piece::Map),
            vec((inner, any::<u8>()), 1..4).prop_map(Piece::List),
        ]
    })
}

fn draw(piece: &Piece, column: usize, style: u8, out: &mut String) {
    match piece {
        Piece::Scalar(text) => {
            let comment = if style & 1 == 0 { "" } else { "  # a: \"b" };
            let _ = writeln!(out, " {text}{comment}");
        }
        Piece::Literal(head, lines) => {
            let _ = writeln!(out, " {head}");
            let deeper = column + 1 + usize::from(style & 3);
            for line in lines {
                let _ = writeln!(out, "{:deeper$}{line}", "");
            }
        }
        Piece::Map(entries) => {
            let mut seen = BTreeSet::new();
            for (key, value, style) in entries {
                let name = serde_json::from_str(key).unwrap_or(key.clone());
                if !seen.insert(name) {
                    continue;
                }
                between(*style, column, out);
                let _ = write!(out, "{key}:");
                below(value, column, *style, out);
            }
        }
        Piece::List(items) => {
            for (item, style) in items {
                between(*style, column, out);
                out.push('-');
                behind_dash(item, column, *style, out);
            }
        }
    }
}

/// Draws an item; a container may start on the line of its dash.
fn behind_dash(item: &Piece, column: usize, style: u8, out: &mut String) {
    match item {
        Piece::Map(_) | Piece::List(_) if style & 4 == 0 => {
            out.push_str(" \u{1}");
            draw(item, column + 2, style, out);
        }
        _ => below(item, column, style | 8, out),
    }
}

/// Goes to the column of an entry, unless it stands right behind a dash, which a mark shows.
fn between(style: u8, column: usize, out: &mut String) {
    if out.ends_with('\u{1}') {
        out.pop();
        return;
    }
    let gap =
        ["", "\n", "# c: |\n", "   # - d\n\n"].get(usize::from(style >> 4)).copied().unwrap_or_default();
    let _ = write!(out, "{gap}{:column$}", "");
}

/// Draws containers below their key or dash; a list may stay at the column of its key.
fn below(piece: &Piece, column: usize, style: u8, out: &mut String) {
    let deeper = match piece {
        Piece::List(_) if style & 8 == 0 => column,
        Piece::Map(_) | Piece::List(_) => column + 1 + usize::from(style & 3),
        _ => return draw(piece, column, style, out),
    };
    out.push('\n');
    draw(piece, deeper, style, out);
}

fn manifests() -> impl Strategy<Value = String> {
    let root = piece().prop_filter("a container", |piece| matches!(piece, Piece::Map(_) | Piece::List(_)));
    vec(root, 1..3).prop_map(|roots| {
        let mut out = String::new();
        for root in &roots {
            draw(root, 0, 0, &mut out);
            out.push_str("---\n");
        }
        out
    })
}

/// Changes a line: cuts it, indents it, repeats it, drops it, or puts something hostile into it.
fn mutate(text: &str, (line, place, how): (usize, usize, usize)) -> String {
    const HOSTILE: [&str; 20] = [
        " ", "  ", "\t", "\n", ":", ": ", "- ", "#", " #", "\"", "'", "|", ">", "&a ", "{", "]", ",", "\\",
        "0", "---\n",
    ];
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let at = line % lines.len();
    let spot = (0..=lines[at].len())
        .rev()
        .find(|i| *i <= place % (lines[at].len() + 1) && lines[at].is_char_boundary(*i));
    let (head, tail) = lines[at].split_at(spot.unwrap_or(0));
    match how % 32 {
        0..5 => lines[at] = head.to_owned(),
        5..9 => lines[at] = tail.to_owned(),
        9 => lines.insert(at, lines[at].clone()),
        10 => drop(lines.remove(at)),
        11 => lines[at] = format!(" {head}{tail}"),
        other => lines[at] = format!("{head}{}{tail}", HOSTILE[other - 12]),
    }
    lines.join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn drawn_manifests_are_read(text in manifests()) {
        prop_assert!(agrees(&text), "not read:\n{text}");
    }

    #[test]
    fn damaged_manifests_agree(text in manifests(), hits in vec(any::<(usize, usize, usize)>(), 1..4)) {
        agrees(&hits.into_iter().fold(text, |text, hit| mutate(&text, hit)));
    }

    #[test]
    fn any_text_agrees(text in "[ab01 \n:\\-|#\"{}\\[\\],+]{0,24}", lines in vec("( {0,3}(- ){0,2}(a|b|\"a\")?(: ?)?(|-)?([a1]|\"b\"|\\[\\]|# c)?\n){1,6}", 1..3)) {
        agrees(&text);
        agrees(&lines.concat());
    }
}
