//! Where the fields of objects were written.
//!
//! The trees with places were thrown away once the objects were made of them; those of documents that are complained about
//! are made again, each once.

use std::collections::BTreeMap;

use super::{Chunk, Manifests, Origin, WORTHWHILE};
use crate::diagnostic::Path;
use crate::k8s::Object;
use crate::parallel;
use crate::source::{Place, SourceId, Sources};
use crate::tree::node::Node;
use crate::tree::{fast, parse};

/// What is asked of `places`: a field of one of the objects, or the piece of its text that is meant.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    /// One of the objects that were read.
    pub object: &'a Object,
    /// Its field; the root for the object as a whole.
    pub field: &'a Path,
    /// A piece of the field's text.
    pub word: Option<&'a str>,
}

impl Manifests {
    /// Where each of these was written, in their order. Every document is read again once, however much is asked of it.
    pub fn places(&self, sources: &Sources, asked: &[Spot<'_>]) -> Vec<Option<Place>> {
        let mut by_chunk: BTreeMap<(SourceId, usize), (Chunk, Vec<Wanted<'_>>)> = BTreeMap::new();
        for (number, spot) in asked.iter().enumerate() {
            if let Some(origin) = self.origin(spot.object) {
                let chunk = origin.chunk;
                let (_, wanted) =
                    by_chunk.entry((chunk.source, chunk.start)).or_insert_with(|| (chunk, Vec::new()));
                wanted.push(Wanted { number, origin, spot: *spot });
            }
        }
        let by_chunk: Vec<(Chunk, Vec<Wanted<'_>>)> = by_chunk.into_values().collect();
        let found = parallel::map(&by_chunk, WORTHWHILE, |(chunk, wanted)| in_chunk(*chunk, wanted, sources));
        let mut places = vec![None; asked.len()];
        found.into_iter().flatten().for_each(|(number, place)| places[number] = Some(place));
        places
    }

    /// The text that one of the objects stands in.
    pub fn source_of(&self, object: &Object) -> Option<SourceId> {
        self.origin(object).map(|origin| origin.chunk.source)
    }

    /// Where one of the objects comes from: they lie side by side, so that its address says which it is.
    fn origin(&self, object: &Object) -> Option<&Origin> {
        let first = self.objects.first()?.address();
        let index = object.address().checked_sub(first)? / size_of::<Object>();
        self.objects.get(index).filter(|found| found.address() == object.address())?;
        self.origins.get(index)
    }
}

/// One of the things that are asked of a chunk.
struct Wanted<'a> {
    /// Which of all things.
    number: usize,
    origin: &'a Origin,
    spot: Spot<'a>,
}

impl Chunk {
    /// Its documents with their places, as `read` counted them.
    fn nodes(self, sources: &Sources) -> Vec<Node> {
        self.if_plain(sources)
            .and_then(|text| fast::nodes(text, self.source, self.start))
            .filter(|nodes| nodes.len() == 1)
            .unwrap_or_else(|| parse::part_of(sources, self.source, self.start, self.end).0)
    }
}

/// The places that are wanted of a chunk, by their numbers.
fn in_chunk(chunk: Chunk, wanted: &[Wanted<'_>], sources: &Sources) -> Vec<(usize, Place)> {
    let nodes = chunk.nodes(sources);
    let mut places = Vec::new();
    let mut words: BTreeMap<Place, Vec<(usize, &str)>> = BTreeMap::new();
    for Wanted { number, origin, spot } in wanted {
        let Some(document) = nodes.get(origin.document) else { continue };
        let name = Path::from("/metadata/name");
        let field = if spot.field.steps().is_empty() { &name } else { spot.field };
        let place = document.place_of(&origin.path.joined(field));
        match spot.word {
            Some(word) => words.entry(place).or_default().push((*number, word)),
            None => places.push((*number, first_line(place, sources))),
        }
    }
    for (place, words) in words {
        let narrowed = sources.narrowed_to_each(place, words.iter().map(|(_, word)| *word));
        places.extend(words.iter().map(|(number, _)| *number).zip(narrowed));
    }
    places
}

/// A whole item of a list is shown by its first line.
fn first_line(place: Place, sources: &Sources) -> Place {
    let text = &sources.of(place.source).text;
    let written = text.get(place.start as usize..place.end as usize).unwrap_or_default();
    let length = written.find('\n').map_or(written.len(), |newline| written[..newline].trim_end().len());
    Place { end: place.start + u32::try_from(length).unwrap_or(0), ..place }
}
