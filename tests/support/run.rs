//! A case through the library, without a process: what it reads, and what it hands over.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use stackgen::diagnostic::Diagnostics;
use stackgen::load::Asked;
use stackgen::source::{Layer, Place, SourceId, Sources};
use stackgen::world::{Named, World};

use super::Case;

/// A case's texts and flags.
pub struct Run {
    /// The case's name.
    pub name: String,
    /// Its stack files: name and text.
    pub files: Vec<(String, String)>,
    set: Vec<String>,
    profile: Option<String>,
    namespace: Option<String>,
    world: Arc<Table>,
}

impl Run {
    /// Reads what the case's command names; nothing of a case without a stack.
    pub fn of(case: &Case) -> Option<Self> {
        let behind = |flags: [&str; 2]| {
            let pairs = case.arguments.windows(2).filter(move |pair| flags.contains(&pair[0].as_str()));
            pairs.map(|pair| pair[1].clone()).collect::<Vec<String>>()
        };
        let mut names = behind(["-f", "--file"]);
        if names.is_empty() {
            names.push("stack.yaml".to_owned());
        }
        let file = |name: String| Some((name.clone(), std::fs::read_to_string(case.folder.join(name)).ok()?));
        Some(Self {
            name: case.name.clone(),
            files: names.into_iter().map(file).collect::<Option<_>>()?,
            set: behind(["--set", "--set"]),
            profile: behind(["-p", "--profile"]).pop(),
            namespace: behind(["-n", "--namespace"]).pop(),
            world: Arc::new(Table {
                variables: case.env.iter().cloned().collect(),
                folder: case.folder.clone(),
            }),
        })
    }

    /// The texts as sources, with another word at one place.
    pub fn sources(&self, change: Option<(Place, &str)>) -> Sources {
        let mut sources = Sources::new();
        for (number, (name, text)) in self.files.iter().enumerate() {
            let mut text = text.clone();
            if let Some((place, word)) = change.filter(|(place, _)| place.source.0 as usize == number) {
                text.replace_range(place.start as usize..place.end as usize, word);
            }
            sources.add(name, text, Layer::File);
        }
        sources
    }

    /// What the product says to the texts: errors, or when there are none, warnings.
    pub fn said(&self, mut sources: Sources) -> Diagnostics {
        self.told(&mut sources)
    }

    /// The same, with the texts kept: those of the run beside those of the case.
    pub fn told(&self, sources: &mut Sources) -> Diagnostics {
        let asked = Asked {
            files: (0..self.files.len()).map(|number| SourceId(number as u32)).collect(),
            set: self.set.clone(),
            profile: self.profile.clone(),
            kubernetes: None,
            namespace: self.namespace.clone(),
        };
        match stackgen::generate(sources, &asked, self.world.clone()) {
            Ok((_, warnings)) => warnings,
            Err(complaints) => complaints,
        }
    }
}

/// Variables from the case's table, files from its folder.
struct Table {
    variables: BTreeMap<String, String>,
    folder: PathBuf,
}

impl World for Table {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn file(&self, path: &str, _: Option<&str>) -> Result<Named, String> {
        let text = std::fs::read_to_string(self.folder.join(path)).map_err(|error| error.to_string())?;
        Ok(Named { name: path.to_owned(), text })
    }

    /// Patterns are for who walks folders: `tests/cli.rs` and the cases do.
    fn files(&self, pattern: &str, _: Option<&str>) -> Result<Vec<String>, String> {
        Ok(vec![pattern.to_owned()])
    }
}
