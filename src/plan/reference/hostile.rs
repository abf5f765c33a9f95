//! Expressions of somebody who means no good: they end at once, with little memory, and say which limit they met.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::bounds;
use super::tests::offers;
use crate::diagnostic::{Diagnostic, Path};

/// As small as the stack of a thread is; longer than a debug build needs on a busy machine.
#[expect(clippy::disallowed_methods, reason = "what is tested is the time it takes")]
fn evaluated(text: String) -> Result<String, Diagnostic> {
    let began = Instant::now();
    let evaluate = move || offers().replaced(&text, &Path::root());
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(evaluate).unwrap();
    let result = thread.join().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "it takes {:?}", began.elapsed());
    result
}

#[test]
fn what_grows_without_bound_is_refused() {
    let nested = |filter: &str| format!("${{{{ \"aaaaaaaaaaaaaaaaaaaa\"{} }}}}", filter.repeat(20));
    for (text, wanted) in [
        ("${{ \"%1000000000d\"|format(1) }}".to_owned(), " is unknown"),
        ("${{ [1]|batch(1000000000, 0) }}".to_owned(), " is unknown"),
        ("${{ [1]|slice(1000000000) }}".to_owned(), " is unknown"),
        ("${{ \"a\"|indent(1000000000, true) }}".to_owned(), " is unknown"),
        ("${{ range(100000)|join }}".to_owned(), " is unknown"),
        ("${{ debug() }}".to_owned(), " is unknown"),
        ("${{ dict(a=1) }}".to_owned(), " is unknown"),
        ("${{ \"a\" * 90000000 }}".to_owned(), "`*` is only for numbers"),
        ("${{ mysql.primary * 90000000 }}".to_owned(), "`*` is only for numbers"),
        ("${{ (mysql.port|string) * 90000000 }}".to_owned(), "`*` is only for numbers"),
        ("${{ [1] * 90000000 }}".to_owned(), "`*` is only for numbers"),
        (nested("|replace('a', 'aaaaaaaaaaaaaaaa')"), "`replace` would produce too much"),
        (nested("|replace('', 'aaaaaaaaaaaaaaaa')"), "`replace` would produce too much"),
        (nested("|join('aaaaaaaaaaaaaaaaaaaa')"), "`join` would produce too much"),
        (nested("|tojson"), "`tojson` would produce too much"),
        (nested("|list|join('aaaaaaaaaaaaaaaa')"), "would produce too much"),
        (format!("${{{{ {}1{} }}}}", "(".repeat(400), ")".repeat(400)), "nested deeper"),
        (format!("${{{{ {}1{} }}}}", "[".repeat(400), "]".repeat(400)), "nested deeper"),
        (format!("${{{{ 1{} }}}}", "+1".repeat(5000)), "more than 1000 characters"),
        (format!("${{{{ 1{} }}}}", "~mysql.primary".repeat(5000)), "more than 1000 characters"),
    ] {
        let complaint = evaluated(text.clone()).expect_err(&text);
        let said = [complaint.title.as_str()].into_iter().chain(complaint.because.iter().map(String::as_str));
        let said = said.collect::<Vec<_>>().join("; ");
        assert!(said.contains(wanted), "{text}: {said}");
        assert!(said.len() < 2_000, "{said}");
    }
}

#[test]
fn what_is_long_and_harmless_is_evaluated() {
    for (text, wanted) in [
        (format!("${{{{ 1{} }}}}", "+1".repeat(400)), Some("401")),
        (format!("${{{{ {}true }}}}", "not ".repeat(100)), None),
        (format!("${{{{ {}1 }}}}", "- ".repeat(400)), None),
        (format!("${{{{ {}1 }}}}", "1 if true else ".repeat(60)), Some("1")),
        (format!("${{{{ 'a'{} }}}}", "|upper".repeat(100)), Some("A")),
        ("${{ mysql.port * 2 + 1 }}".to_owned(), Some("6613")),
        ("${{ 'a*b' }}".to_owned(), None),
        ("${{ [mysql.port, 1]|map('string')|join(',') }}".to_owned(), Some("3306,1")),
        ("${{ 'a \\\" b' ~ \"'\" }}".to_owned(), Some("a \" b'")),
        ("${{ mysql.port if mysql.port is number else 'none' }}".to_owned(), Some("3306")),
    ] {
        let found = evaluated(text.clone());
        if let Some(wanted) = wanted {
            assert_eq!(found.map_err(|complaint| complaint.because), Ok(wanted.to_owned()), "{text}");
        }
    }
}

/// Expressions of everything that is allowed, one in the other.
fn expression() -> impl Strategy<Value = String> {
    let texts = ["'a'", "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'", "''", "'\\u{df}\\u{149}'"];
    let names = ["mysql.primary", "mysql.port", "apps", "mysql", "true", "none", "999999999", "1.5", "[]"];
    let leaf = prop::sample::select([texts.as_slice(), names.as_slice()].concat()).prop_map(str::to_owned);
    let filters: Vec<&str> = bounds::names();
    leaf.prop_recursive(8, 64, 3, move |inner| {
        let filter = prop::sample::select(filters.clone());
        let operator =
            prop::sample::select(vec!["~", "+", "*", "**", "-", "//", "%", "in", "==", "and", "or", "<"]);
        prop_oneof![
            (inner.clone(), filter.clone()).prop_map(|(a, filter)| format!("({a})|{filter}")),
            (inner.clone(), filter.clone(), inner.clone()).prop_map(|(a, f, b)| format!("({a})|{f}({b})")),
            (inner.clone(), filter, inner.clone(), inner.clone())
                .prop_map(|(a, filter, b, c)| format!("({a})|{filter}({b}, {c})")),
            (inner.clone(), operator, inner.clone())
                .prop_map(|(a, operator, b)| format!("({a}) {operator} ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}, {b}, {a}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a} if {b} else {b})")),
        ]
    })
}

proptest! {
    /// Whatever is put together, there is an answer, in time, and it is not long.
    #[test]
    fn every_expression_ends(expression in expression()) {
        match evaluated(format!("${{{{ {expression} }}}}")) {
            Ok(text) => prop_assert!(text.len() <= bounds::BYTES),
            Err(complaint) => prop_assert!(!complaint.title.is_empty()),
        }
    }
}
