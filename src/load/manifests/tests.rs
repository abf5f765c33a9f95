use super::*;
use crate::source::Layer;

fn read_text(text: &str) -> (Manifests, Diagnostics, Sources) {
    let mut sources = Sources::new();
    let id = sources.add("a.yaml", text, Layer::File);
    let (manifests, complaints) = read(&sources, &[id], &BTreeSet::new());
    (manifests, complaints, sources)
}

#[test]
fn scalars_mean_what_they_mean_to_kubectl() {
    for (text, wanted) in [
        ("yes", Value::Bool(true)),
        ("Off", Value::Bool(false)),
        ("0644", 420.into()),
        ("1_000", 1000.into()),
        ("1.5", Value::from(1.5)),
        ("12:30:45", "12:30:45".into()),
        ("1.2.3", "1.2.3".into()),
        ("~", Value::Null),
        ("nacos", "nacos".into()),
        ("-", "-".into()),
    ] {
        assert_eq!(plain(text), wanted, "{text}");
    }
}

#[test]
fn documents_lists_and_json_are_read_and_found_again() {
    let text = "---\nkind: A\nmetadata: {name: a}\n---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {kind: B, metadata: {name: b}, spec: {x: 1}}\n--- \n{\"kind\": \"C\", \"metadata\": {\"name\": \"c\"}}\n";
    let (manifests, complaints, sources) = read_text(text);
    assert!(complaints.is_empty(), "{complaints:?}");
    let ids: Vec<String> = manifests.objects.iter().map(Object::id).collect();
    assert_eq!(ids, ["A/a", "B/b", "C/c"]);
    let (x, root) = (Path::from("/spec/x"), Path::root());
    let spot = |object: usize, field, word| Spot { object: &manifests.objects[object], field, word };
    let places =
        manifests.places(&sources, &[spot(2, &root, None), spot(1, &x, None), spot(0, &root, Some("a"))]);
    let lines: Vec<_> = places.into_iter().map(|place| sources.line_column(place.unwrap())).collect();
    assert_eq!(lines, [(12, 36), (10, 44), (3, 18)]);
}

#[test]
fn nothing_is_never_a_success() {
    for text in ["", "---\n", "# only words\n", "a: b\n", "kind: A\n", "- a\n", "kind: List\nitems: []\n"] {
        let (manifests, complaints, _) = read_text(text);
        assert!(manifests.objects.is_empty() && complaints.refuse(), "{text}");
    }
}
