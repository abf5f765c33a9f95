//! What is said about texts that are not YAML, or not ours.

use super::complaints;

const REFUSALS: &[(&str, &str)] = &[
    ("a:\n\t- b\n", "yaml-syntax 2:1 a tab instead of spaces; indent with spaces, two per level"),
    ("a: 1\nx:y\nc: d\n", "yaml-syntax 2:1 expected `key: value`; add a space after the colon: `x: y`"),
    ("a:b\nc: d\n", "yaml-syntax 1:1 expected `key: value`; add a space after the colon: `a: b`"),
    (
        "a:b\n",
        "not-a-mapping 1:1 the text must be a mapping, found string; add a space after the colon: `a: b`; write `key: value` lines",
    ),
    (
        "a: {{ x }}\n",
        "yaml-key 1:4 a value cannot start with `{{`: in YAML that is a mapping; write it in quotes: \"{{ x }}\"",
    ),
    (
        "a: {{x}}/y\n",
        "yaml-key 1:4 a value cannot start with `{{`: in YAML that is a mapping; write it in quotes: \"{{x}}/y\"",
    ),
    ("a: @x # c\n", "yaml-syntax 1:4 a value cannot start with `@`; write it in quotes: \"@x\""),
    ("a: [b, @c, d]\n", "yaml-syntax 1:8 a value cannot start with `@`; write it in quotes: \"@c\""),
    ("a: %x\n", "yaml-syntax 1:4 a value cannot start with `%`; write it in quotes: \"%x\""),
    ("a: `x`\n", "yaml-syntax 1:4 a value cannot start with ```; write it in quotes: \"`x`\""),
    ("a: *\n", "yaml-syntax 1:4 a value cannot start with `*`; write it in quotes: \"*\""),
    (
        "a: *.txt\n",
        "yaml-alias 1:4 unknown alias `*.txt`: there is no `&.txt` above it; if it is text, write it in quotes: \"*.txt\"",
    ),
    (
        "a: &name 1\nb: *nane\n",
        "yaml-alias 2:4 unknown alias `*nane`: there is no `&nane` above it; the anchors above it are `name`; did you mean `*name`?; if it is text, write it in quotes: \"*nane\"",
    ),
    (
        "a: &x\n  b: *x\n",
        "yaml-alias 2:6 `*x` refers to the value that contains it; write the value out here",
    ),
    (
        "a: \"x\nb: c\n",
        "yaml-syntax 1:4 a quote is opened but not closed; write `\"` at the end of the value",
    ),
    ("a: 'x\n", "yaml-syntax 1:4 a quote is opened but not closed; write `'` at the end of the value"),
    ("a: 'it's'\n", "yaml-syntax 1:8 text after the closing quote; double a `'` inside single quotes: `''`"),
    (
        "a: \"C:\\path\"\n",
        "yaml-syntax 1:7 `\\p` is not an escape in double quotes; write `\\\\` for a backslash, or use single quotes",
    ),
    (
        "a: x: y\n",
        "yaml-syntax 1:5 a second `: ` on one line; if it is text, write it in quotes: `a: \"x: y\"`",
    ),
    (
        "a: 1\n b: 2\n",
        "yaml-syntax 2:2 a key without a parent; `a: 1` already has a value: indent both lines alike",
    ),
    ("a: {b: 1\n", "yaml-syntax 1:4 `{` is opened but not closed; close it, or quote it if it is text"),
    ("a: [1}\n", "yaml-syntax 1:4 `[` is closed by `}`; close each bracket with its counterpart"),
    (
        "a: - b\n",
        "yaml-syntax 1:4 a list cannot start on the line of its key; start it on the next line, indented: `- item`",
    ),
    (
        "a:\n  - b\n c\n",
        "yaml-syntax 3:2 the indentation of this line matches no line above it; indent it like the lines it belongs to",
    ),
    (
        "a: \u{1}\n",
        "yaml-syntax 1:4 the character U+0001 is not allowed in YAML; remove it, or write it as an escape in double quotes",
    ),
    ("", "empty-document 1:1 the text is empty; write a mapping: `key: value`"),
    ("# only\n---\n", "empty-document 1:1 the text contains only comments; write a mapping: `key: value`"),
    ("- a\n", "not-a-mapping 1:3 the text must be a mapping, found list; write `key: value` lines"),
    (
        "a: b\n---\nc: d\n",
        "several-documents 3:1 a second document where only one is expected; put it in a separate file, and pass both files",
    ),
    (
        "é: 1\nb: 2\né: 3\n",
        "duplicate-key 3:1 `é` is defined twice; the first `é` is on line 1; keep one of them",
    ),
    (
        "a: {b: 1, b: 2}\n",
        "duplicate-key 1:11 `b` is defined twice; the first `b` is on line 1; keep one of them",
    ),
    ("? [a]\n: b\n", "yaml-key 1:4 a key must be text, found list; write the key as plain text"),
    ("? {a: b}\n: b\n", "yaml-key 1:4 a key must be text, found mapping; write the key as plain text"),
    ("~: b\n", "yaml-key 1:1 a key must be text, found null; write it in quotes: \"~\""),
    ("a: {: b}\n", "yaml-key 1:5 a `:` without a key before it; write `key: value`"),
    (
        "a: !vault x\n",
        "yaml-tag 1:4 unknown tag `!vault`; the tags here are `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!seq` and `!!map`; remove it; if the `!` is part of the text, write the text in quotes",
    ),
    ("a: !!int x\n", "yaml-tag 1:4 `!!int` does not match its value; remove the tag, or change the value"),
    ("a: !!str [x]\n", "yaml-tag 1:4 `!!str` does not match its value; remove the tag, or change the value"),
    (
        "<<: 1\n",
        "yaml-merge 1:5 `<<` merges mappings, found integer; write `<<: *name` or `<<: [*one, *other]`",
    ),
    (
        "x: &x {a: 1}\ny:\n  <<: *x\n  <<: *x\n",
        "duplicate-key 4:3 `<<` is defined twice; the first `<<` is on line 1; merge both at once: `<<: [*one, *other]`",
    ),
];

#[test]
fn refusals_name_the_place_and_the_remedy() {
    let mut wrong = Vec::new();
    for &(text, wanted) in REFUSALS {
        if complaints(text) != [wanted] {
            wrong.push(format!(
                "{text:?}\n  wanted {wanted}\n  said   {}",
                complaints(text).join("\n         ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn one_run_finds_them_all() {
    let text = "a: @x\nb: \"open\nc: 1\nd:\n\t- e\nc: 2\nc: 3\nf: *nope\ng: !x y\nh: [1\n";
    let places: Vec<String> =
        complaints(text).iter().map(|told| told.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    let wanted = [
        "yaml-syntax 1:4",
        "yaml-syntax 2:4",
        "yaml-syntax 5:1",
        "duplicate-key 7:1",
        "yaml-tag 9:4",
        "yaml-syntax 10:4",
    ];
    assert_eq!(places, wanted);
}

#[test]
fn tabs_are_told_once() {
    let told = complaints("a:\n\t- b\n\t- c\nd: 1\nd: 2\ne:\n\t- f\n");
    let wanted = [
        "yaml-syntax 2:1 a tab instead of spaces; indent with spaces, two per level; \
         2 lines below start with a tab too",
        "duplicate-key 5:1 `d` is defined twice; the first `d` is on line 4; keep one of them",
    ];
    assert_eq!(told, wanted);
}
