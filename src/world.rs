//! What the program may ask the outside for: variables and files that a stack names. `cli` answers; tests answer
//! from a table. Nothing else reaches outside.

/// Answers for `{env: NAME}` and `{file: path}`.
pub trait World: Send + Sync {
    /// The value of an environment variable, when it is set.
    fn variable(&self, name: &str) -> Option<String>;

    /// The text of a file, relative to the stack file that names it; the error is a phrase for people.
    fn file(&self, path: &str) -> Result<String, String>;
}

/// A world without variables and files.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nothing;

impl World for Nothing {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
    fn file(&self, _: &str) -> Result<String, String> {
        Err("there are no files here".to_owned())
    }
}
