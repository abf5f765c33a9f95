//! Flags.

use super::shown;
use crate::diagnostic::{At, Path};
use crate::load::set::{SetType, parse};
use crate::source::Sources;

fn other(_: &Path) -> SetType {
    SetType::Other
}

#[test]
fn flags_become_trees() {
    for (flag, kind, wanted) in [
        ("redis/session.masters=3", SetType::Other, "{redis/session: {masters: 3}}"),
        ("redis.version=7.2", SetType::Text, "{redis: {version: \"7.2\"}}"),
        ("redis.version=7.2", SetType::Other, "{redis: {version: 7.2}}"),
        ("a=b=c", SetType::Text, "{a: \"b=c\"}"),
        ("a=b=c", SetType::Other, "{a: b=c}"),
        ("a=", SetType::Text, "{a: \"\"}"),
        ("a=null", SetType::Other, "{a: null}"),
        ("a=null", SetType::Text, "{a: null}"),
        ("a=[x, 1]", SetType::Other, "{a: [x, 1]}"),
        ("a={b: {c: d}}", SetType::Other, "{a: {b: {c: d}}}"),
        (
            "apps.a.labels.\"example.com/team\"=x",
            SetType::Other,
            "{apps: {a: {labels: {example.com/team: x}}}}",
        ),
        ("\"a=b\".c=1", SetType::Other, "{a=b: {c: 1}}"),
        ("a.b\\.c.d=1", SetType::Other, "{a: {b.c: {d: 1}}}"),
        ("a=null", SetType::TextOr, "{a: null}"),
        ("a=#fff", SetType::TextOr, "{a: \"#fff\"}"),
        ("a=b: c #d", SetType::TextOr, "{a: \"b: c #d\"}"),
        ("a=*x", SetType::TextOr, "{a: \"*x\"}"),
        ("a={env: X}", SetType::TextOr, "{a: {env: X}}"),
        ("a=\"{x\"", SetType::TextOr, "{a: \"{x\"}"),
        ("a=jdbc:mysql://h:3306/d?x=1,y=2", SetType::TextOr, "{a: \"jdbc:mysql://h:3306/d?x=1,y=2\"}"),
    ] {
        let node =
            parse(flag, &mut Sources::new(), &|_| kind).unwrap_or_else(|told| panic!("{flag}: {told:?}"));
        assert_eq!(shown(&node.tree), wanted, "{flag}");
    }
}

#[test]
fn the_schema_is_asked_about_the_path() {
    let asked = std::cell::RefCell::new(String::new());
    let type_at = |path: &Path| {
        *asked.borrow_mut() = path.to_string();
        SetType::Text
    };
    parse("a.\"b.c\".d=1", &mut Sources::new(), &type_at).unwrap();
    assert_eq!(*asked.borrow(), "a.\"b.c\".d");
}

#[test]
fn bad_flags_are_refused_with_their_place() {
    for (flag, wanted) in [
        ("redis.masters", "1 `--set redis.masters` has no `=`; use `--set redis.masters=VALUE`"),
        ("=3", "1 an empty key in the path; use `--set word.key=VALUE`"),
        ("", "1 an empty key in the path; use `--set word.key=VALUE`"),
        ("ä..b=3", "3 an empty key in the path; use `--set word.key=VALUE`"),
        ("a.=3", "3 an empty key in the path; use `--set word.key=VALUE`"),
        (
            "apps.orders.uses[0]=x",
            "17 a path cannot refer to a list item; a list is replaced as a whole; set the whole list: `--set 'apps.orders.uses=[a, b]'`",
        ),
        (
            "a.\"b=3",
            "3 a quote is opened but not closed; in a shell, put the whole flag in single quotes: `--set 'a.\"b.c\"=d'`",
        ),
        ("a.\"b\"c=3", "6 text after a quoted key; write `.` or `=` after the quote"),
        ("a=", "2 no value after `=`; to remove the key use `a=null`"),
        ("a=#fff", "3 a comment is not a value; if it is text, write it in quotes: `a='\"#…\"'`"),
        ("a=[1", "3 `[` is opened but not closed; close it, or quote it if it is text"),
        ("ä.b=@x", "5 a value cannot start with `@`; write it in quotes: \"@x\""),
        (
            "a=*x",
            "3 unknown alias `*x`: there is no `&x` above it; if it is text, write it in quotes: \"*x\"",
        ),
    ] {
        let mut sources = Sources::new();
        let Err(told) = parse(flag, &mut sources, &other) else { panic!("{flag}: read") };
        let complaint = told.iter().next().unwrap();
        let At::Place(place) = complaint.at else { panic!("{flag}: no place") };
        let mut words = vec![complaint.title.as_str()];
        words.extend(complaint.because.iter().chain(&complaint.help).map(String::as_str));
        assert_eq!(format!("{} {}", sources.line_column(place).1, words.join("; ")), wanted, "{flag}");
    }
}

#[test]
fn no_flag_nests_deeper_than_a_text_may() {
    let deep = "a.".repeat(100_000) + "a=1";
    let Err(told) = parse(&deep, &mut Sources::new(), &other) else { panic!("read") };
    assert_eq!(told.iter().next().unwrap().title, "more than 64 nested keys");
}
