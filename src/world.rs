//! What the program may ask the outside for: variables and files that a stack names. `cli` answers; tests answer
//! from a table. Nothing else reaches outside.

/// A file that somebody named.
#[derive(Clone, Debug)]
pub struct Named {
    /// How complaints call it, and how `beside` calls it when it names others.
    pub name: String,
    /// What stands in it.
    pub text: String,
}

/// Answers for `{env: NAME}`, `{file: path}` and profiles that are files.
pub trait World: Send + Sync {
    /// The value of an environment variable, when it is set.
    fn variable(&self, name: &str) -> Option<String>;

    /// A file. A relative path is relative to the file that names it, `beside`; without one the command line names it,
    /// and it is relative to the working folder. The error is a phrase for people.
    fn file(&self, path: &str, beside: Option<&str>) -> Result<Named, String>;

    /// The files that a pattern fits, by name, as `file` takes them: `*` stands for anything in a name, `**` for any
    /// folders. The error is a phrase for people.
    fn files(&self, pattern: &str, beside: Option<&str>) -> Result<Vec<String>, String>;
}

/// A world without variables and files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl World for Nothing {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
    fn file(&self, _: &str, _: Option<&str>) -> Result<Named, String> {
        Err("there are no files here".to_owned())
    }
    fn files(&self, _: &str, _: Option<&str>) -> Result<Vec<String>, String> {
        Err("there are no files here".to_owned())
    }
}
