//! The house rules, executed.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_yaml::Value;
use stackgen::codes;
use stackgen::components::WORDS;
use stackgen::diagnostic::Severity;
use support::literals::{self, Literal};
use support::{root, slashed};

#[test]
fn the_root_holds_what_was_agreed() {
    let agreed = [
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE",
        "README.md",
        "README.zh-CN.md",
        "benches",
        "deny.toml",
        "examples",
        "fuzz",
        "packaging",
        "profiles",
        "src",
        "templates",
        "tests",
    ];
    let mut names: Vec<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    names.sort();
    assert_eq!(names, agreed);
}

/// The floors of the house, from the ground. What stands on one line may use each other; everything else uses only what
/// is below it. `components` and `plan` still lean on each other by their types.
const FLOORS: &[&[&str]] = &[
    &["words", "source", "parallel", "world", "yaml"],
    &["diagnostic"],
    &["codes"],
    &["products"],
    &["secrets"],
    &["leaks"],
    &["tree"],
    &["k8s"],
    &["written"],
    &["components", "plan", "template"],
    &["draft"],
    &["render"],
    &["verify"],
    // Above `verify`, whose table of kinds says how lists are merged.
    &["own"],
    &["write", "inventory"],
    // Above `verify`, because it asks whether a rule of that name is known.
    &["load"],
    &["quiet", "alternatives"],
    &["explain"],
    &["cli", "lib", "main"],
];

#[test]
fn no_floor_uses_one_above_it() {
    let floor = |name: &str| FLOORS.iter().position(|names| names.contains(&name));
    let src = root().join("src");
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in files(&src, "rs") {
        let inside = path.strip_prefix(&src).unwrap();
        let name = inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        let here = floor(name).unwrap_or_else(|| panic!("src/{name} stands on no floor"));
        let text = fs::read_to_string(&path).unwrap();
        // Tests may look at the house from outside.
        let text = if inside.iter().any(|part| part == "tests" || part == "tests.rs") { "" } else { &text };
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for used in code.split("crate::").skip(1) {
            let used: String = used
                .chars()
                .take_while(|c| c.is_ascii_lowercase() || *c == '_' || c.is_ascii_digit())
                .collect();
            let Some(there) = floor(&used) else { continue };
            seen += 1;
            if there > here {
                wrong.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert!(seen > 500, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Families of rules do not know each other: what two of them need is a fact or a shape, and those know no rule.
#[test]
fn no_family_of_rules_uses_another() {
    let verify = root().join("src/verify");
    let families: BTreeSet<String> = fs::read_dir(verify.join("rules"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        // Who tells a mistake where two rules could: it asks rules by their codes.
        .filter(|name| !["mod", "README", "elsewhere"].contains(&name.as_str()))
        .collect();
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in files(&verify, "rs") {
        let inside: Vec<&str> =
            path.strip_prefix(&verify).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
        let own = match inside.as_slice() {
            // The table of all families.
            ["rules", "mod.rs"] | ["mod.rs"] => continue,
            ["rules", family, ..] => Some(family.trim_end_matches(".rs")),
            _ => None,
        };
        if inside.last().is_some_and(|name| *name == "tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let up = "super::"
            .repeat(inside.len() - usize::from(own.is_some()) - usize::from(inside.ends_with(&["mod.rs"])));
        for line in text.lines().map(str::trim_start).filter(|line| line.starts_with("use ")) {
            seen += 1;
            let used =
                line.split_once("rules::").or_else(|| own.and(line.split_once(&up))).map(|(_, used)| used);
            let used = used.unwrap_or_default().trim_start_matches('{');
            let name: String = used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if families.contains(&name) && own != Some(name.as_str()) {
                wrong.push(format!("{}: {line}", inside.join("/")));
            }
        }
    }
    assert!(seen > 500 && families.len() > 12, "{seen} {families:?}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What `src/products` says of a product stands nowhere else in `src`: whoever knows it there reads it there.
///
/// What counts is read from those files: a port's number, and a text that can be nothing but a name: one without blanks
/// that has a `_`, `-` or `.` between letters or a capital inside (variables, keys, images, files), or begins with `/` and
/// has a second one (paths). A plain word such as `port` is anybody's. It must not be a literal of another file, nor a word of
/// a text there, put into it as `{NAME}`. Only sentences in a `const`, such as the reasons of rules, may spell it out.
#[test]
fn what_is_true_of_a_product_stands_once() {
    let src = root().join("src");
    let products = src.join("products");
    let of = |path: &Path| literals::of(&fs::read_to_string(path).unwrap());
    let declared: BTreeSet<String> = files(&products, "rs")
        .iter()
        .flat_map(|path| of(path))
        .filter(|own| if own.quoted { is_a_name(&own.text) } else { own.before.ends_with(": Port = ") })
        .map(|own| own.text)
        .collect();
    assert!(declared.len() > 200, "{declared:?}");
    let mut wrong = Vec::new();
    for path in files(&src, "rs").iter().filter(|path| !path.starts_with(&products) && !is_a_test(path)) {
        for own in of(path).iter().filter(|own| !is_a_sentence(own)) {
            let word = words(&own.text).find(|word| declared.contains(*word));
            let place = path.strip_prefix(&src).unwrap().display();
            wrong.extend(word.map(|word| format!("{place}:{} says `{word}`", own.line)));
        }
    }
    assert!(wrong.is_empty(), "read it from src/products instead: {wrong:#?}");
}

/// What a text says, without the constants that are put into it: `{NAME}`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let ends = |part: &str| part.ends_with('{') && !part.ends_with("{{");
    let mut constant = false;
    text.split_inclusive(|c: char| !is_of_a_name(c)).filter_map(move |part| {
        let word = part.trim_end_matches(|c: char| !is_of_a_name(c));
        let put = std::mem::replace(&mut constant, ends(part)) && part.ends_with('}');
        (!put && !word.is_empty()).then(|| word.trim_end_matches('.'))
    })
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./".contains(c)
}

fn is_a_name(text: &str) -> bool {
    let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    let camel = text.starts_with(|c: char| c.is_ascii_lowercase()) && inner.contains(char::is_uppercase);
    text.chars().all(is_of_a_name)
        && text.contains(char::is_alphabetic)
        && (camel || inner.contains(['_', '-', '.']) || text.starts_with('/') && inner.contains('/'))
}

/// A sentence of a table, and what names a file of ours to the compiler.
fn is_a_sentence(own: &Literal) -> bool {
    own.fixed && own.text.contains(' ')
        || own.before.ends_with("include_str!(")
        || own.before.ends_with("template!(")
}

/// A file of tests alone: `tests.rs`, and whatever else is only built for them.
fn is_a_test(path: &Path) -> bool {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    if inside.iter().any(|part| part == "tests" || part == "tests.rs") {
        return true;
    }
    let name = path.file_stem().unwrap().to_str().unwrap();
    let folder = path.parent().unwrap();
    let above = [folder.join("mod.rs"), folder.with_extension("rs")];
    above.iter().any(|path| {
        fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("#[cfg(test)]\nmod {name};")))
    })
}

#[test]
fn every_word_has_templates_cases_and_something_to_say() {
    for word in WORDS {
        assert!(root().join("templates").join(word.name).join("defaults.yaml").exists(), "{}", word.name);
        assert!(root().join("tests/cases").join(word.name).is_dir(), "tests/cases/{} is missing", word.name);
        assert!(!word.about.is_empty() && !word.offers.is_empty(), "{} says nothing", word.name);
    }
}

#[test]
fn every_template_is_drawn_by_somebody() {
    let source: String =
        files(&root().join("src"), "rs").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for path in files(&root().join("templates"), "j2") {
        let name = slashed(path.strip_prefix(root().join("templates")).unwrap());
        assert!(source.contains(&format!("\"{name}\"")), "templates/{name} is drawn by nobody");
    }
}

#[test]
fn every_setting_says_what_it_is() {
    for word in WORDS {
        let schema = (word.schema)().to_value();
        for (key, field) in schema["properties"].as_object().unwrap() {
            assert!(field["description"].is_string(), "{}.{key} has no description", word.name);
        }
    }
}

/// `BLESS=1 cargo test --test house` writes the table.
#[test]
fn the_table_of_rules_is_what_the_program_prints() {
    let path = root().join("src/verify/rules/README.md");
    let head = "# Rules\n\nWritten by `BLESS=1 cargo test --test house` from `stackgen rules`. A new rule is a row and a function in a file of its \
                family, with a folder below `tests/rules`.\n\n";
    let wanted = format!("{head}{}", stackgen::explain::rules());
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &wanted).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), wanted, "run BLESS=1 cargo test --test house");
}

#[test]
fn every_rule_says_why_and_what_to_do() {
    for rule in stackgen::verify::all() {
        let code = rule.code;
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(code.chars().all(kebab) && code.len() <= 48, "{code}");
        for (what, text) in [("promise", rule.promise), ("why", rule.why), ("fix", rule.fix)] {
            // What to do about a schema is said field by field.
            let told = !text.is_empty() || (what == "fix" && matches!(code, "schema" | "label-fits"));
            assert!(told, "{code} has no {what}");
            assert!(!text.ends_with('.'), "{code}: its {what} ends in a full stop");
        }
    }
    for check in codes::all() {
        let code = check.code;
        for (what, text) in [("promise", check.promise), ("why", check.why), ("fix", check.fix)] {
            assert!(
                !text.is_empty() && !text.ends_with('.'),
                "{code}: its {what} is empty or ends in a full stop"
            );
        }
    }
}

/// What makes a complaint with a code of its own, and what hands one on.
const CONSTRUCTORS: &[(&str, Severity)] = &[
    ("Diagnostic::error(", Severity::Error),
    ("Diagnostic::warning(", Severity::Warning),
    ("names::database(", Severity::Error),
    ("names::used_database(", Severity::Error),
    ("names::account(", Severity::Error),
    ("names::host(", Severity::Error),
    ("names::jvm_option(", Severity::Error),
];
/// Their code is that of who asks: a rule's, or the word that is handed on.
const HAND_ON: &[&str] = &["components/names.rs", "verify/rule.rs"];

#[test]
fn every_code_stands_in_one_table_and_is_told() {
    let rules: BTreeSet<&str> = stackgen::verify::all().map(|rule| rule.code).collect();
    let checks: BTreeMap<&str, Severity> = codes::all().map(|check| (check.code, check.severity)).collect();
    assert_eq!(checks.len(), codes::all().count(), "a code stands twice in src/codes");
    let both: Vec<&&str> = rules.iter().filter(|code| checks.contains_key(*code)).collect();
    assert!(both.is_empty(), "a rule has them already: {both:?}");
    let mut told: BTreeMap<String, Severity> = BTreeMap::new();
    for (place, code, severity) in literals() {
        let mildest = told.entry(code.clone()).or_insert(severity);
        *mildest = severity.max(*mildest);
        let known = rules.contains(code.as_str()) || checks.contains_key(code.as_str());
        assert!(known, "src/{place}: `{code}` stands neither on a rule nor in src/codes");
    }
    for (code, severity) in checks {
        let Some(mildest) = told.get(code) else { panic!("nothing is told as `{code}`: remove its row") };
        assert_eq!(*mildest, severity, "{code}: its row says otherwise than who tells it");
    }
}

/// Every code that is given to a constructor: where, and how severe.
fn literals() -> Vec<(String, String, Severity)> {
    let src = root().join("src");
    let mut found = Vec::new();
    for path in files(&src, "rs") {
        let place = slashed(path.strip_prefix(&src).unwrap());
        if place.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "hostile.rs")) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (constructor, severity) in CONSTRUCTORS {
            for given in code.split(constructor).skip(1) {
                let literal = given.trim_start().strip_prefix('"').and_then(|rest| rest.split_once('"'));
                match literal {
                    Some((code, _)) => found.push((place.clone(), code.to_owned(), *severity)),
                    None => {
                        assert!(HAND_ON.contains(&place.as_str()), "src/{place}: a code that is no literal");
                    }
                }
            }
        }
    }
    assert!(found.len() > 250, "{}", found.len());
    found
}

#[test]
fn files_are_short() {
    for path in files(&root().join("src"), "rs") {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        assert!(lines <= 300, "{} has {lines} lines", path.display());
    }
}

#[test]
fn nothing_is_left_for_later() {
    for path in files(&root().join("src"), "rs") {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["todo!", "unimplemented!", "dbg!", "HACK", "FIXME"] {
            assert!(!text.contains(word), "{} contains {word}", path.display());
        }
    }
}

#[test]
fn what_github_reads_is_yaml_and_names_our_versions() {
    for path in files(&root().join(".github"), "yml") {
        let text = fs::read_to_string(&path).unwrap();
        let read = serde_yaml::from_str::<Value>(&text).map(|read| read.is_mapping());
        assert!(matches!(read, Ok(true)), "{}: {read:?}", path.display());
        // A tag can be moved to other code; a commit cannot.
        for action in
            text.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("uses: "))
        {
            let pin = action.split_once('@').and_then(|(_, pin)| pin.split(' ').next()).unwrap_or_default();
            let is_commit = pin.len() == 40 && pin.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_commit || action.starts_with("./"), "{}: {action}", path.display());
        }
    }
    let (ci, release) = (workflow("ci"), workflow("release"));
    let oldest = env!("CARGO_PKG_RUST_VERSION");
    assert_eq!(ci["env"]["MSRV"], oldest);
    assert_eq!(ci["env"]["RUST"], release["env"]["RUST"]);
    for (name, wanted) in [
        ("README.md", format!("Rust ({oldest} or later)")),
        (".github/SECURITY.md", format!("{}/security/advisories/new", env!("CARGO_PKG_REPOSITORY"))),
        (
            ".github/ISSUE_TEMPLATE/config.yml",
            format!("{}/security/advisories/new", env!("CARGO_PKG_REPOSITORY")),
        ),
    ] {
        assert!(fs::read_to_string(root().join(name)).unwrap().contains(&wanted), "{name}: {wanted}");
    }
}

#[test]
fn what_is_released_is_what_packages_name() {
    let release = workflow("release");
    let built = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_sequence().unwrap();
    let built: Vec<&str> = built.iter().map(|one| one["target"].as_str().unwrap()).collect();
    assert!(built.len() >= 5);
    let text = |name: &str| fs::read_to_string(root().join(name)).unwrap();
    let (brew, krew, deny) =
        (text("packaging/stackgen.rb"), text("packaging/stackgen.yaml"), text("deny.toml"));
    for target in &built {
        // Homebrew is not for Windows.
        let places = if target.contains("windows") { vec![&krew] } else { vec![&brew, &krew] };
        for place in places {
            let archive = format!(
                "{}/releases/download/v{{{{VERSION}}}}/stackgen-v{{{{VERSION}}}}-{target}.",
                env!("CARGO_PKG_REPOSITORY")
            );
            assert!(place.contains(&archive), "{archive} is missing in {place}");
            assert!(place.contains(&format!("{{{{SHA256_{target}}}}}")), "{target} has no sum in {place}");
        }
        assert!(deny.contains(&format!("\"{target}\"")), "deny.toml does not look at {target}");
    }
    assert_eq!(krew.matches("{{SHA256_").count(), built.len());
    let plugin: Value = serde_yaml::from_str(&krew).unwrap();
    assert_eq!(plugin["metadata"]["name"], "stackgen");
}

fn workflow(name: &str) -> Value {
    let path = root().join(".github/workflows").join(name).with_extension("yml");
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The six worked examples name files that are there: who follows them finds what is meant.
#[test]
fn worked_examples_name_what_exists() {
    let text = fs::read_to_string(root().join("src/README.md")).unwrap();
    let (_, examples) = text.split_once("## Worked examples").unwrap();
    let examples = examples.split("\n## ").next().unwrap();
    let titles: Vec<&str> = examples.lines().filter(|line| line.starts_with("**A new ")).collect();
    assert_eq!(titles.len(), 6, "{titles:#?}");
    let paths: Vec<&str> = examples.split('`').skip(1).step_by(2).filter(|word| word.contains('/')).collect();
    assert!(paths.len() > 20, "{paths:?}");
    let missing: Vec<_> = paths.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "src/README.md names what is not there: {missing:#?}");
}
