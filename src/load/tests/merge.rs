//! Who wins.

use super::{node, shown};
use crate::source::{Place, SourceId};
use crate::tree::merge::{layers, without_nulls};
use crate::tree::node::{Kind, Node};

#[test]
fn maps_merge_lists_replace_null_removes() {
    for (base, top, wanted) in [
        ("{a: 1, b: 2}", "{b: 3, c: 4}", "{a: 1, b: 3, c: 4}"),
        ("{a: {x: 1, y: 2}}", "{a: {y: 3, z: 4}}", "{a: {x: 1, y: 3, z: 4}}"),
        ("{a: [1, 2]}", "{a: [3]}", "{a: [3]}"),
        ("{a: 1, b: 2}", "{a: null}", "{b: 2}"),
        ("{a: {x: 1}}", "{a: {x: ~}}", "{a: {}}"),
        ("{a: 1}", "{b: null}", "{a: 1}"),
        ("{a: 1}", "{b: {c: null, d: 1}}", "{a: 1, b: {d: 1}}"),
        ("{a: 1}", "{a: {b: null}}", "{a: {}}"),
        ("{a: {x: 1}}", "{a: 2}", "{a: 2}"),
        ("{a: null, b: {c: null}}", "{d: 1}", "{b: {}, d: 1}"),
        ("{a: 1}", "{b: [null, {c: null}]}", "{a: 1, b: [null, {c: null}]}"),
        ("{b: 1, a: 1}", "{c: 1, a: 2, b: 2}", "{b: 2, a: 2, c: 1}"),
    ] {
        assert_eq!(shown(&layers(node(base), node(top))), wanted, "{base} < {top}");
    }
    assert_eq!(shown(&without_nulls(node("{a: {b: null, c: {d: null}}, e: null}"))), "{a: {c: {}}}");
}

#[test]
fn an_empty_layer_takes_nothing_away() {
    let place = Place { source: SourceId(1), start: 0, end: 0 };
    assert_eq!(shown(&layers(node("{a: 1}"), Node { kind: Kind::Null, place })), "{a: 1}");
}

#[test]
fn winners_keep_their_places() {
    let mut sources = crate::source::Sources::new();
    let base = sources.add("base", "a: {x: 1, y: 2}\nb: 1\n", crate::source::Layer::Defaults);
    let top = sources.add("top", "a: {y: 3}\n", crate::source::Layer::File);
    let read = |id| crate::tree::parse::document(&sources, id).unwrap();
    let merged = layers(read(base), read(top));
    let a = &merged.as_map().unwrap()["a"];
    let sources_of = |key: &str| {
        let entry = &a.value.as_map().unwrap()[key];
        (entry.key.source, entry.value.place.source)
    };
    assert_eq!((a.key.source, a.value.place.source), (top, top));
    assert_eq!(sources_of("x"), (base, base));
    assert_eq!(sources_of("y"), (top, top));
    assert_eq!(merged.as_map().unwrap()["b"].key.source, base);
}
