//! `${{ … }}`: expressions over what the components offer.
//!
//! It collides neither with Spring's `${…}`, nor Kubernetes' `$(…)`, nor Consul's and Go's `{{ … }}`.
//! An unknown name is a complaint that lists the names that exist.

use std::fmt::Write as _;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Serde, Value};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};

use super::offer::Offers;
use crate::components::{APPS, Key};
use crate::diagnostic::{Diagnostic, Path};
use crate::words;

const OPEN: &str = "${{";
const CLOSE: &str = "}}";

impl Offers {
    /// `text` with every `${{ … }}` replaced. `path` is where the text was written.
    pub fn replaced(&self, text: &str, path: &Path) -> Result<String, Diagnostic> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(open) = rest.find(OPEN) {
            out.push_str(&rest[..open]);
            let inside = &rest[open + OPEN.len()..];
            let close = inside.find(CLOSE).ok_or_else(|| {
                Diagnostic::error("reference-syntax", "`${{` without its `}}`")
                    .at(path)
                    .help("write `${{ name.fact }}`, for example `${{ mysql.primary }}`")
            })?;
            out.push_str(&self.value(&inside[..close], path)?);
            rest = &inside[close + CLOSE.len()..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, expression: &str, path: &Path) -> Result<String, Diagnostic> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let known = |word: &str| self.iter().any(|offer| offer.key.word == word);
        let text = rewritten(expression, &known);
        let offers = self.known.get_or_init(|| Value::from_object(Known::all(self)));
        let context = minijinja::context! { offers };
        let complain = |error: &Error| complaint(expression, error, path);
        let value = environment
            .compile_expression(&text)
            .and_then(|compiled| compiled.eval(context))
            .map_err(|error| complain(&error))?;
        if value.is_undefined() || value.is_none() {
            let known: Vec<String> = self.iter().map(|offer| offer.key.to_string()).collect();
            let error = Error::new(ErrorKind::UndefinedError, unknown("", expression.trim(), &known));
            return Err(complain(&error));
        }
        if let Some(error) =
            value.as_object().and_then(|object| object.downcast_ref::<Known>().map(Known::whole))
        {
            return Err(complain(&error));
        }
        Ok(value.to_string())
    }
}

/// `mysql.primary` becomes `offers["mysql"]["primary"]`, `redis/session.host` and `apps.user-service.url` likewise, so
/// that `/` and `-` in names are not arithmetic. All else is left to the expression.
fn rewritten(expression: &str, known: &dyn Fn(&str) -> bool) -> String {
    let mut out = String::with_capacity(expression.len() + 16);
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if first == '"' || first == '\'' {
            let end = rest[1..].find(first).map_or(rest.len(), |end| end + 2);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end =
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-./".contains(c))).unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches(['.', '-', '/']);
            push_name(&mut out, name, known);
            rest = &rest[name.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

fn push_name(out: &mut String, name: &str, known: &dyn Fn(&str) -> bool) {
    let mut steps = name.split('.');
    let first = steps.next().unwrap_or_default();
    let word = first.split('/').next().unwrap_or_default();
    // `word.fact` and `word/name.fact` only: filters, literals and operators are written without dots or slashes.
    if !known(word) && !name.contains(['.', '/']) {
        out.push_str(name);
        return;
    }
    let _ = write!(out, "offers[{first:?}]");
    for step in steps {
        let _ = write!(out, "[{step:?}]");
    }
}

/// A level of names that answers an unknown one with those it knows.
#[derive(Debug)]
struct Known {
    /// `mysql`, empty at the top.
    name: String,
    entries: Vec<(String, Value)>,
}

impl Known {
    fn all(offers: &Offers) -> Self {
        let mut entries: Vec<(String, Value)> = Vec::new();
        let mut apps: Vec<(String, Value)> = Vec::new();
        for offer in offers.iter() {
            let facts = offer
                .facts
                .iter()
                .map(|(name, fact)| (name.clone(), Value::from(Serde(fact.clone()))))
                .collect();
            let level = Value::from_object(Self { name: offer.key.to_string(), entries: facts });
            match &offer.key {
                Key { word, name: Some(name) } if word == APPS => apps.push((name.clone(), level)),
                key => entries.push((key.to_string(), level)),
            }
        }
        if !apps.is_empty() {
            entries
                .push((APPS.to_owned(), Value::from_object(Self { name: APPS.to_owned(), entries: apps })));
        }
        Self { name: String::new(), entries }
    }

    fn names(&self) -> Vec<String> {
        self.entries.iter().map(|(name, _)| name.clone()).collect()
    }

    /// What to say when somebody writes `${{ mysql }}` and means one of its facts.
    fn whole(&self) -> Error {
        let names = words::listed(self.names());
        Error::new(
            ErrorKind::InvalidOperation,
            format!("`{}` is not one value: it offers {names}", self.name),
        )
    }
}

impl Object for Known {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let wanted = key.as_str()?;
        let found = self.entries.iter().find(|(name, _)| name == wanted);
        Some(match found {
            Some((_, value)) => value.clone(),
            // An invalid value turns into its error wherever it is used.
            None => {
                Value::from(Error::new(ErrorKind::UndefinedError, unknown(&self.name, wanted, &self.names())))
            }
        })
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.names().into_iter().map(Value::from).collect())
    }
}

fn unknown(level: &str, wanted: &str, known: &[String]) -> String {
    let near = words::closest(wanted, known.iter().map(String::as_str));
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    let list = words::listed(known);
    if level.is_empty() {
        format!("unknown name `{wanted}`: this stack has {list}{hint}")
    } else {
        format!("`{level}` offers no `{wanted}`: it offers {list}{hint}")
    }
}

fn complaint(expression: &str, error: &Error, path: &Path) -> Diagnostic {
    let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    Diagnostic::error("unknown-reference", format!("`${{{{{expression}}}}}` cannot be resolved"))
        .at(path)
        .because(why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::offer::Offer;

    fn offers() -> Offers {
        let mut offers = Offers::default();
        offers.add(Offer::new(&Key::parse("mysql")).fact("primary", "mysql.x:3306").fact("port", 3306));
        offers.add(Offer::new(&Key::parse("redis/session")).fact("host", "redis-session.x"));
        let app = Key { word: APPS.to_owned(), name: Some("user-service".to_owned()) };
        offers.add(Offer::new(&app).fact("url", "http://user-service.x"));
        offers
    }

    #[test]
    fn names_are_replaced() {
        for (text, wanted) in [
            ("plain ${SPRING} $(K8S) {{ go }}", "plain ${SPRING} $(K8S) {{ go }}"),
            ("jdbc:mysql://${{ mysql.primary }}/im", "jdbc:mysql://mysql.x:3306/im"),
            ("${{redis/session.host}}:${{ mysql.port + 1 }}", "redis-session.x:3307"),
            ("${{ apps.user-service.url }}/a", "http://user-service.x/a"),
            ("${{ mysql.primary | upper }}", "MYSQL.X:3306"),
        ] {
            assert_eq!(offers().replaced(text, &Path::root()).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn unknown_names_are_answered_with_the_known_ones() {
        for (text, wanted) in [
            (
                "${{ mysql.primry }}",
                "`mysql` offers no `primry`: it offers `primary` or `port`; did you mean `primary`?",
            ),
            ("${{ mysq.primary }}", "unknown name `mysq`: this stack has"),
            ("${{ redis/sesion.host }}", "did you mean `redis/session`?"),
            ("${{ apps.user-servce.url }}", "did you mean `user-service`?"),
            ("${{ mysql }}", "`mysql` is not one value"),
            ("${{ mysqll }}", "unknown name `mysqll`"),
        ] {
            let complaint = offers().replaced(text, &Path::root()).unwrap_err();
            assert!(complaint.because[0].contains(wanted), "{text}: {:?}", complaint.because);
        }
    }
}
