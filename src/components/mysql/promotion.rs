//! Which server of a pair is written to, as far as the stack says it.

use super::{Mysql, topology};
use crate::components::Instance;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::words;

/// Replicas that are to be written to, and are not there.
pub(super) fn complaints(me: &Instance<Mysql>) -> Diagnostics {
    let path = me.path.key("primary");
    me.primary.iter().filter_map(|(shard, name)| Some(wrong(me, shard, name)?.at(path.key(shard)))).collect()
}

fn wrong(me: &Instance<Mysql>, shard: &str, name: &str) -> Option<Diagnostic> {
    let error = |title: String| Diagnostic::error("mysql-primary", title);
    let shards: Vec<String> = (0..me.shards).map(|number| number.to_string()).collect();
    if !shards.iter().any(|number| number == shard) {
        let help = format!("the shards are {}, as in `primary: {{0: replica-0}}`", words::listed(&shards));
        return Some(error(format!("there is no shard `{shard}`")).help(help));
    }
    if me.replicas == 0 {
        let why = "each shard has one server, which is its primary";
        return Some(error(format!("there is no `{name}` to write to")).because(why).help(
            "remove `primary`, or keep `replicas: 1` or more until the first server is the primary again",
        ));
    }
    let known = topology::ordinal(name).is_some_and(|ordinal| ordinal < me.replicas);
    let names: Vec<String> = (0..me.replicas).map(|ordinal| format!("replica-{ordinal}")).collect();
    (!known).then(|| {
        let near = words::closest(name, names.iter().map(String::as_str));
        error(format!("`{name}` is no replica of shard {shard}"))
            .because(format!("the replicas are {}", words::listed(&names)))
            .maybe_help(near.map(|near| format!("did you mean `{near}`?")))
    })
}
