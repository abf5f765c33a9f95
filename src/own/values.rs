//! Trees as values, with `${{ … }}` replaced.

use serde_json::{Map, Value};

use crate::diagnostic::{Diagnostics, Path};
use crate::plan::offer::Offers;
use crate::tree::kubectl;
use crate::tree::node::{Kind, Node};

const REFERENCE: &str = "${{";

/// A value as kubectl reads it. What cannot be replaced is told, and stays as it is written.
pub(super) fn read(node: &Node, path: &Path, offers: &Offers, told: &mut Diagnostics) -> Value {
    match &node.kind {
        Kind::Scalar { text, plain } if text.contains(REFERENCE) => {
            match told.keep(offers.replaced(text, path)) {
                // Without quotes it is whatever it says: `port: ${{ mysql.port }}` is a number.
                Some(text) if *plain => kubectl::plain(&text),
                Some(text) => text.into(),
                None => text.clone().into(),
            }
        }
        Kind::Seq(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, item)| read(item, &path.index(index), offers, told)).collect()
        }
        Kind::Map(map) => {
            let entries = map.iter();
            let read = |(key, entry): (&String, &crate::tree::node::Entry)| {
                (key.clone(), read(&entry.value, &path.key(key), offers, told))
            };
            entries.map(read).collect::<Map<String, Value>>().into()
        }
        _ => kubectl::value(node),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::components::Key;
    use crate::plan::offer::Offer;
    use crate::source::{Layer, Sources};
    use crate::tree::parse;

    #[test]
    fn a_reference_without_quotes_is_what_it_says() {
        let mut offers = Offers::default();
        offers.add(Offer::new(&Key::parse("redis")).fact("port", 6379).fact("host", "redis.shop"));
        let text = "a: ${{ redis.port }}\nb: \"${{ redis.port }}\"\nc: ${{ redis.host }}:${{ redis.port }}\nd: [yes, 0644, \"${{ redis.nothing }}\"]";
        let mut sources = Sources::new();
        let id = sources.add("stack.yaml", text, Layer::File);
        let node = parse::document(&sources, id).unwrap();
        let mut told = Diagnostics::new();
        let value = read(&node, &Path::root(), &offers, &mut told);
        let wanted = json!({
            "a": 6379, "b": "6379", "c": "redis.shop:6379", "d": [true, 420, "${{ redis.nothing }}"],
        });
        assert_eq!(value, wanted);
        assert_eq!(told.iter().map(|one| one.code).collect::<Vec<_>>(), ["unknown-reference"]);
    }
}
