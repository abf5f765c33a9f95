//! `${{ … }}`: expressions over what the components offer.
//!
//! It collides neither with Spring's `${…}`, nor Kubernetes' `$(…)`, nor Consul's and Go's `{{ … }}`.
//! An unknown name is a complaint that lists the names that exist. What an expression may do is bounded: `bounds`.

mod bounds;
mod known;

use minijinja::value::Value;
use minijinja::{Error, ErrorKind};
use std::fmt::Write as _;

use self::known::Known;
pub(super) use self::known::LISTED;
use self::known::unknown;
use super::offer::Offers;
use crate::components;
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
                Diagnostic::error("reference-syntax", "`${{` without a closing `}}`")
                    .at(path)
                    .help("use `${{ name.fact }}`, for example `${{ mysql.primary }}`")
            })?;
            out.push_str(&self.value(&inside[..close], path)?);
            if out.len() > bounds::BYTES {
                return Err(Diagnostic::error("reference-limit", "its references expand to too much text")
                    .at(path)
                    .because(format!(
                        "the limit is {} bytes, which is also that of a ConfigMap",
                        bounds::BYTES
                    )));
            }
            rest = &inside[close + CLOSE.len()..];
        }
        out.push_str(rest);
        Ok(out)
    }

    fn value(&self, expression: &str, path: &Path) -> Result<String, Diagnostic> {
        let environment = bounds::environment();
        let offers = self.known.get_or_init(|| Value::from_object(Known::all(self)));
        let text = rewritten(expression, offers).map_err(|why| {
            // It is not repeated: it is long, or hard to read.
            Diagnostic::error("reference-limit", why).at(path)
        })?;
        let context = minijinja::context! { offers };
        let complain = |error: &Error| complaint(expression, error, path);
        let value = environment
            .compile_expression(&text)
            .and_then(|compiled| compiled.eval(context))
            .map_err(|error| complain(&error))?;
        if value.is_undefined() || value.is_none() {
            let why = unknown("", expression.trim(), self.names());
            let error = Error::new(ErrorKind::UndefinedError, why);
            return Err(complain(&error));
        }
        if let Some(error) =
            value.as_object().and_then(|object| object.downcast_ref::<Known>().map(Known::whole))
        {
            return Err(complain(&error));
        }
        if bounds::size(&value) > bounds::BYTES {
            let why = format!("it expands to more than {} bytes", bounds::BYTES);
            return Err(complain(&Error::new(ErrorKind::InvalidOperation, why)));
        }
        Ok(value.to_string())
    }
}

/// `mysql.primary` becomes `offers["mysql"]["primary"]`, `redis/session.host` and `apps.user-service.url` likewise, so
/// that `/` and `-` in names are not arithmetic. All else is left to the expression, within limits: text is nowhere
/// multiplied, and nothing is nested so deep that the reader of it would run out of stack.
fn rewritten(expression: &str, offers: &Value) -> Result<String, String> {
    if expression.len() > bounds::LENGTH {
        return Err(format!("an expression of more than {} characters", bounds::LENGTH));
    }
    let mut out = String::with_capacity(expression.len() + 16);
    let mut rest = expression;
    let (mut depth, mut times, mut numbers) = (0_usize, false, true);
    while let Some(first) = rest.chars().next() {
        if first == '"' || first == '\'' {
            let end = end_of_text(rest, first);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            numbers = false;
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end =
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_-./".contains(c))).unwrap_or(rest.len());
            let name = rest[..end].trim_end_matches(['.', '-', '/']);
            numbers &= push_name(&mut out, name, offers);
            rest = &rest[name.len()..];
        } else {
            match first {
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                '*' => times = true,
                _ => {}
            }
            numbers &= !matches!(first, '[' | '{' | '|');
            if depth > bounds::DEPTH {
                return Err(format!("an expression nested deeper than {} levels", bounds::DEPTH));
            }
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    if times && !numbers {
        return Err(
            "`*` is only for numbers: the expression must not contain text, lists or filters".to_owned()
        );
    }
    Ok(out)
}

/// One behind the quote that closes a text.
fn end_of_text(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        match sign {
            '\\' if !escaped => escaped = true,
            sign if sign == quote && !escaped => return at + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// Writes a name as a way to what is offered, and says whether that is a number.
fn push_name(out: &mut String, name: &str, offers: &Value) -> bool {
    let mut steps = name.split('.');
    let first = steps.next().unwrap_or_default();
    let word = first.split('/').next().unwrap_or_default();
    // `word.fact` and `word/name.fact` only: filters, literals and operators are written without dots or slashes.
    if components::word(word).is_none() && !name.contains(['.', '/']) {
        out.push_str(name);
        return true;
    }
    let _ = write!(out, "offers[{first:?}]");
    let mut value = offers.get_attr(first).unwrap_or_default();
    for step in steps {
        let _ = write!(out, "[{step:?}]");
        value = value.get_attr(step).unwrap_or_default();
    }
    value.is_number()
}

fn complaint(expression: &str, error: &Error, path: &Path) -> Diagnostic {
    let why = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    Diagnostic::error("unknown-reference", format!("`${{{{{expression}}}}}` cannot be resolved"))
        .at(path)
        .because(why)
        .maybe_help(match error.kind() {
            ErrorKind::UnknownFilter => Some(format!("the filters are {}", words::listed(bounds::names()))),
            ErrorKind::UnknownFunction => Some("only filters are supported, not functions".to_owned()),
            _ => None,
        })
}

#[cfg(test)]
mod hostile;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::{APPS, Key};
    use crate::plan::offer::Offer;

    pub(super) fn offers() -> Offers {
        let mut offers = Offers::default();
        offers.add(Offer::new(&Key::parse("mysql")).fact("primary", "mysql.x:3306").fact("port", 3306));
        offers.add(Offer::new(&Key::parse("redis/session")).fact("host", "redis-session.x"));
        let app = Key::own(APPS, Some("user-service".to_owned()));
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
