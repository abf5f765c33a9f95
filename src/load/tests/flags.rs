//! `--set` is the last layer, over all others, and creates nothing.

use std::sync::Arc;

use proptest::prelude::*;

use crate::diagnostic::{At, Diagnostics};
use crate::load::source::{Layer, Sources};
use crate::load::stack::{Asked, Stack, sources};
use crate::world::Nothing;

fn asked(files: &[String], set: &[String], profile: &str) -> (Sources, Result<Stack, Diagnostics>) {
    let mut texts = Sources::new();
    let files = files.iter().map(|text| texts.add("stack.yaml", text.as_str(), Layer::File)).collect();
    let asked = Asked {
        files,
        set: set.to_vec(),
        profile: Some(profile.to_owned()),
        kubernetes: None,
        namespace: None,
    };
    let stack = sources(&mut texts, &asked, Arc::new(Nothing));
    (texts, stack)
}

const HEAD: &str = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: s, namespace: s}\n";

fn files() -> Vec<String> {
    let apps = "apps: {orders: {image: \"x/a:1\", replicas: 1}, user-service: {image: \"x/b:1\"}}\n";
    let first = format!("{HEAD}redis: {{config: {{hz: 1}}}}\nredis/session: {{}}\n{apps}");
    let section = "profiles: {dev: {redis: {config: {hz: 3}}, apps: {orders: {replicas: 3}}}}\n";
    vec![first, format!("{section}redis: {{config: {{hz: 2}}}}\napps: {{orders: {{replicas: 2}}}}\n")]
}

proptest! {
    /// The last flag for a path is what comes out, whatever files, sections and profiles say.
    #[test]
    fn a_flag_has_the_last_word(numbers in prop::collection::vec(4..99u32, 1..4), dev in any::<bool>()) {
        let paths = ["redis.config.hz", "apps.orders.replicas"];
        let set: Vec<String> = numbers
            .iter()
            .flat_map(|number| paths.map(|path| format!("{path}={number}")))
            .collect();
        let (_, stack) = asked(&files(), &set, if dev { "dev" } else { "prod" });
        let stack = stack.map_err(|told| TestCaseError::fail(format!("{told:?}")))?;
        for path in paths {
            let path = path.split('.').map(|key| crate::diagnostic::Step::Key(key.to_owned())).collect();
            let last = numbers.last().map(ToString::to_string);
            prop_assert_eq!(stack.tree.at(&path).and_then(|node| node.as_text()).map(str::to_owned), last);
        }
    }

    /// Where a component or an app is named as no file names it, the flag is refused at that name.
    #[test]
    fn a_flag_creates_nothing(name in "[a-z]{3,12}", which in 0..3usize) {
        let (path, at) = match which {
            0 => (format!("apps.{name}.image=x/c:2"), "apps.".len()),
            1 => (format!("redis/{name}.masters=3"), 0),
            _ => (format!("apps={{{name}: {{image: x}}}}"), "apps={".len()),
        };
        prop_assume!(!["orders", "session"].contains(&name.as_str()));
        let (texts, stack) = asked(&files(), std::slice::from_ref(&path), "dev");
        let Err(complaints) = stack else { return Err(TestCaseError::fail(path)) };
        let places = complaints.iter().map(|one| match &one.at {
            At::Place(place) => (one.code, texts.line_column(*place)),
            _ => (one.code, (0, 0)),
        });
        prop_assert_eq!(places.collect::<Vec<_>>(), [("bad-set", (1, at + 1))]);
    }
}

#[test]
fn flags_are_answered_with_what_was_meant() {
    for (flag, wanted) in [
        ("apps.ordres.image=x", "did you mean `apps.orders`?"),
        ("orders.image=x", "did you mean `apps.orders`?"),
        ("session.masters=3", "did you mean `redis/session`?"),
        ("redis/sesion.masters=3", "did you mean `redis/session`?"),
        ("apps.orders.imgae=x", "did you mean `image`?"),
        ("apps.replicas=3", "name the app: `apps.NAME.replicas`"),
        ("apps.orders.replicas=3,minReadySeconds=2", "write a flag for each"),
        ("apps.orders.env.A=1,apps.orders.env.B=2", "write a flag for each"),
        ("apps.orders.image=x/b:2,redis.config.hz=5", "write a flag for each"),
        ("redis.config.a.b=1", "quote it: `--set 'redis.config.\"a.b\"=…'`"),
        ("apps.orders.image=", "`apps.orders.image=null` to remove the key"),
    ] {
        let (_, stack) = asked(&files(), &[flag.to_owned()], "dev");
        let Err(complaints) = stack else { panic!("{flag} is accepted") };
        let help = complaints.iter().flat_map(|one| one.help.clone()).collect::<Vec<_>>().join("; ");
        assert!(help.contains(wanted), "{flag}: {help}");
        assert_eq!(complaints.iter().count(), 1, "{flag}: {complaints:?}");
    }
}

#[test]
fn texts_with_commas_and_equals_are_texts() {
    for flag in [
        "apps.orders.env.URL=jdbc:mysql://a:3306,b:3306/d?useSSL=false,x=y&z=1",
        "apps.orders.env.DN=CN=x,OU=y,DC=z",
        "apps.orders.env.COLOR=#fff",
        "apps.orders.env.TEXT=a: b, c",
        "apps.orders.uses=[redis, redis/session]",
        "apps.orders.labels.\"example.com/a\"=x",
        "apps.orders.labels.example\\.com/a=x",
        "redis.config.save=",
        "apps.orders.env.EMPTY=\"\"",
        "apps.orders={replicas: 3, env: {A: b}}",
    ] {
        let (_, stack) = asked(&files(), &[flag.to_owned()], "dev");
        assert!(stack.is_ok(), "{flag}: {:?}", stack.err());
    }
}
