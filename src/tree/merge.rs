//! Layers: maps merge, lists and scalars replace, null removes. Every winner keeps its place.
//!
//! **Invariant:** what comes out has no null under any key. Lists are values as a whole: what is in them stays as it
//! is written, nulls included.

use indexmap::map::Entry as Slot;

use super::node::{Kind, Map, Node};

/// Lays `top` over `base`.
#[must_use]
pub fn layers(base: Node, top: Node) -> Node {
    overlay(without_nulls(base), top)
}

/// Lays one stack file over another: as `layers`, but null stays, for there are layers below that it has to remove
/// something from.
#[must_use]
pub fn stacked(base: Node, top: Node) -> Node {
    match (base.kind, top.kind) {
        (Kind::Map(mut base), Kind::Map(top_map)) => {
            for (key, entry) in top_map {
                match base.entry(key) {
                    Slot::Occupied(mut known) => {
                        let known = known.get_mut();
                        known.key = entry.key;
                        replace(&mut known.value, |base| stacked(base, entry.value));
                    }
                    Slot::Vacant(free) => {
                        free.insert(entry);
                    }
                }
            }
            Node { kind: Kind::Map(base), place: top.place }
        }
        (_, kind) => Node { kind, place: top.place },
    }
}

/// Removes every key that leads to null.
#[must_use]
pub fn without_nulls(node: Node) -> Node {
    let kind = match node.kind {
        Kind::Map(mut map) => {
            map.retain(|_, entry| !matches!(entry.value.kind, Kind::Null));
            for entry in map.values_mut() {
                if matches!(entry.value.kind, Kind::Map(_)) {
                    replace(&mut entry.value, without_nulls);
                }
            }
            Kind::Map(map)
        }
        other => other,
    };
    Node { kind, place: node.place }
}

fn overlay(base: Node, top: Node) -> Node {
    match (base.kind, top.kind) {
        (Kind::Map(base), Kind::Map(top_map)) => {
            Node { kind: Kind::Map(maps(base, top_map)), place: top.place }
        }
        // A layer that says nothing takes nothing away.
        (kind, Kind::Null) => Node { kind, place: base.place },
        (_, kind) => without_nulls(Node { kind, place: top.place }),
    }
}

fn maps(mut base: Map, top: Map) -> Map {
    let mut removed = false;
    for (key, mut entry) in top {
        if matches!(entry.value.kind, Kind::Null) {
            // Marked now and taken out together: one by one, each would move all that follow.
            removed |= base.get_mut(&key).map(|known| known.value.kind = Kind::Null).is_some();
            continue;
        }
        match base.entry(key) {
            Slot::Occupied(mut known) => {
                let known = known.get_mut();
                known.key = entry.key;
                replace(&mut known.value, |base| overlay(base, entry.value));
            }
            Slot::Vacant(free) => {
                replace(&mut entry.value, without_nulls);
                free.insert(entry);
            }
        }
    }
    if removed {
        base.retain(|_, entry| !matches!(entry.value.kind, Kind::Null));
    }
    base
}

/// Lets a node be made into another one where it stands.
fn replace(node: &mut Node, change: impl FnOnce(Node) -> Node) {
    let place = node.place;
    *node = change(std::mem::replace(node, Node { kind: Kind::Null, place }));
}
