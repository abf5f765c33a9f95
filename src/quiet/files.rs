//! Patterns of files, as ignore files have them.

use crate::words;

/// A pattern: `*` stands for anything but `/`, `**` for any folders. One that fits a folder fits all that is in it, and one
/// without a `/` before its end fits in any folder.
#[derive(Clone, Debug)]
pub struct Files {
    parts: Vec<String>,
}

impl Files {
    /// The pattern that a text says.
    pub fn new(pattern: &str) -> Self {
        let plain = pattern.strip_prefix("./").unwrap_or(pattern);
        // What is in a folder fits as the folder itself does.
        let inside = plain.strip_suffix("/**");
        let plain = inside.unwrap_or(plain).trim_end_matches('/');
        let anywhere = (inside.is_none() && !plain.contains('/')).then_some("**");
        let own = plain.split('/').filter(|part| !part.is_empty());
        Self { parts: anywhere.into_iter().chain(own).map(str::to_owned).collect() }
    }

    /// Does it fit a path with `/` between its names, or a folder above it?
    pub fn has(&self, path: &str) -> bool {
        // Which beginnings of the pattern fit what was looked at so far.
        let mut fits = vec![false; self.parts.len() + 1];
        fits[0] = true;
        self.skip_empty(&mut fits);
        for name in path.split('/') {
            let mut next = vec![false; fits.len()];
            for (at, part) in self.parts.iter().enumerate().filter(|(at, _)| fits[*at]) {
                match part.as_str() {
                    "**" => next[at] = true,
                    part if words::glob(part, name) => next[at + 1] = true,
                    _ => {}
                }
            }
            self.skip_empty(&mut next);
            if next[self.parts.len()] {
                return true;
            }
            fits = next;
        }
        false
    }

    /// `**` stands for no folder too.
    fn skip_empty(&self, fits: &mut [bool]) {
        for (at, part) in self.parts.iter().enumerate() {
            if fits[at] && part == "**" {
                fits[at + 1] = true;
            }
        }
    }
}
