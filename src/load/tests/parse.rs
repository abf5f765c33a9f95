//! What is read, and where it was written.

use super::{complaints, node, shown, sources, written};
use crate::tree::node::{Kind, Node};
use crate::tree::parse;

#[test]
fn documents_are_read_as_written() {
    for (text, wanted) in [
        ("a: 1\nb: two\nc: \"3\"\n", "{a: 1, b: two, c: \"3\"}"),
        ("a:\nb: ~\nc: null\nd: \"null\"\ne: ''\n", "{a: null, b: null, c: null, d: \"null\", e: \"\"}"),
        ("a: [x, {y: z}, 1.30]\n", "{a: [x, {y: z}, 1.30]}"),
        ("a:\n- x\n-\n- - y\n", "{a: [x, null, [y]]}"),
        ("a: |\n  x\n  y\n", "{a: \"x\\ny\\n\"}"),
        ("a: >-\n  x\n  y\n", "{a: \"x y\"}"),
        ("\u{feff}a: b\r\nc:\r\n  - d\r\n", "{a: b, c: [d]}"),
        ("---\na: b\n...\n", "{a: b}"),
        ("a: b\n---\n", "{a: b}"),
        ("%YAML 1.2\n---\na: b\n", "{a: b}"),
        ("8080: x\ntrue: y\n", "{8080: x, true: y}"),
        (
            "a: !!str 5\nb: !!int 5\nc: !!float 1\nd: !!str\ne: ! 7\nf: !!null ''\n",
            "{a: \"5\", b: 5, c: 1, d: \"\", e: \"7\", f: null}",
        ),
        ("a: !!map {}\nb: !!seq []\nc: !!bool true\nd: !!int \"5\"\n", "{a: {}, b: [], c: true, d: 5}"),
        ("a: &x {k: 1}\nb: *x\nc: [*x]\n", "{a: {k: 1}, b: {k: 1}, c: [{k: 1}]}"),
        ("a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}"),
        ("a: &k key\nb: {*k : v}\n", "{a: key, b: {key: v}}"),
        ("x: &x {a: 1, b: 2}\ny:\n  b: 3\n  <<: *x\n  c: 4\n", "{x: {a: 1, b: 2}, y: {b: 3, c: 4, a: 1}}"),
        (
            "x: &x {a: 1}\ny: &y {a: 2, b: 2}\nz:\n  <<: [*x, *y]\n",
            "{x: {a: 1}, y: {a: 2, b: 2}, z: {a: 1, b: 2}}",
        ),
        ("a: {\"<<\": 1}\n", "{a: {<<: 1}}"),
        ("a: ${{ mysql.primary }}\n", "{a: ${{ mysql.primary }}}"),
    ] {
        assert_eq!(shown(&node(text)), wanted, "{text:?}");
    }
}

#[test]
fn places_are_bytes_of_the_text() {
    let text = "\u{feff}ключ: \"знач ü\"\r\nliste:\r\n  - höh\r\n  - {k: [v]}\r\nblock: |\r\n  ää\r\n  b\r\n\r\nlast: x\r\n";
    let root = node(text);
    let map = root.as_map().unwrap();
    let at = |key: &str| (written(text, map[key].key), written(text, map[key].value.place));
    assert_eq!(at("ключ"), ("ключ", "\"знач ü\""));
    assert_eq!(at("liste"), ("liste", "- höh\r\n  - {k: [v]}"));
    assert_eq!(at("block"), ("block", "ää\r\n  b"));
    assert_eq!(at("last"), ("last", "x"));
    let Kind::Seq(items) = &map["liste"].value.kind else { panic!("a list") };
    assert_eq!(written(text, items[0].place), "höh");
    assert_eq!(written(text, items[1].place), "{k: [v]}");
    assert_eq!(written(text, root.place), text.trim_start_matches('\u{feff}').trim_end());
}

#[test]
fn aliases_keep_the_place_of_the_anchor() {
    let text = "a: &x {k: 1}\nb: *x\nc:\n  <<: *x\n";
    let root = node(text);
    let map = root.as_map().unwrap();
    assert_eq!(written(text, map["b"].value.place), "{k: 1}");
    assert_eq!(map["c"].value.as_map().unwrap()["k"].key.start, 7);
}

#[test]
fn several_documents_are_read_when_asked_for() {
    let (sources, id) = sources("a: 1\n---\n- x\n---\n# nothing\n---\nb\n");
    let nodes = parse::documents(&sources, id).unwrap();
    assert_eq!(nodes.iter().map(shown).collect::<Vec<_>>(), ["{a: 1}", "[x]", "b"]);
}

/// A chain of anchors, each ten times the one before.
fn laughs(levels: usize) -> String {
    let level = |n: usize| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(","));
    let head = "a0: &a0 [lol, lol]\n".to_owned();
    (1..levels).fold(head, |text, n| text + &level(n))
}

#[test]
fn limits_hold() {
    let deep = |open: &str, close: &str, levels: usize| {
        format!("a: {}x{}\n", open.repeat(levels), close.repeat(levels))
    };
    let indented: String = (0..70).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
    let nested = |count: usize| {
        (1..count).fold("a0: &a0 [x]\n".to_owned(), |text, n| text + &format!("a{n}: &a{n} [*a{}]\n", n - 1))
    };
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1_000_000), "*a,".repeat(900));
    for (text, wanted) in [
        (deep("[", "]", 63), ""),
        (deep("[", "]", 64), "nested deeper than 64 levels"),
        (deep("{a: ", "}", 400), "nested"),
        (deep("[", "]", 5000), "nested"),
        (indented, "nested deeper than 64 levels"),
        (nested(62), ""),
        (nested(80), "nested deeper than 64 levels"),
        (laughs(4), ""),
        (laughs(9), "more than 1000000 values"),
        (long, "more than 1000000 values"),
        (format!("a: &a x\nb: [{}]\n", "*a,".repeat(1000)), ""),
        (format!("a: &a x\nb: [{}]\n", "*a,".repeat(1001)), "more than 1000 aliases"),
        (format!("a: [{}]\n", "x,".repeat(1_000_001)), "more than 1000000 values"),
    ] {
        let told = complaints(&text).join("\n");
        assert!(
            told.contains(wanted) && told.is_empty() == wanted.is_empty(),
            "{}… said {told}",
            &text[..40]
        );
        assert!(told.is_empty() || told.starts_with("yaml-limit"), "{told}");
    }
}

#[test]
fn a_place_leads_back_through_the_tree() {
    let text = "a:\n  b:\n    - c: 1\n";
    let root: Node = node(text);
    let path = crate::diagnostic::Path::root().key("a").key("b").index(0).key("c");
    assert_eq!(written(text, root.place_of(&path)), "1");
}

#[test]
fn a_flood_of_complaints_ends() {
    assert_eq!(complaints(&"a: 1\n".repeat(100_000)).len(), 100);
}
