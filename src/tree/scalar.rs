//! What plain scalars mean: YAML 1.2's core schema, and where YAML 1.1 readers would see something else.

/// What a plain scalar means in YAML 1.2's core schema.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Meaning {
    /// `true`, `True`, `TRUE` and their opposites.
    Bool(bool),
    /// `12`, `0o17`, `0x1F`; numbers too large to hold are cut off at the largest one.
    Int(i128),
    /// `1.5`, `1e3`, `.inf`.
    Float(f64),
    /// Anything else.
    Text,
}

/// `null`, `~` or nothing.
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Resolves a plain scalar that is not null.
pub fn meaning(text: &str) -> Meaning {
    match text {
        "true" | "True" | "TRUE" => return Meaning::Bool(true),
        "false" | "False" | "FALSE" => return Meaning::Bool(false),
        _ => {}
    }
    if let Some(number) = int(text) {
        return Meaning::Int(number);
    }
    float(text).map_or(Meaning::Text, Meaning::Float)
}

/// Would some reader of YAML 1.1 or 1.2 take this plain scalar for a number?
pub fn is_number_to_someone(text: &str) -> bool {
    matches!(meaning(text), Meaning::Int(_) | Meaning::Float(_)) || is_old_number(text)
}

/// Is this plain scalar, which is not null, text to every reader of YAML? (`yes` and dates are text to us.)
pub fn is_text_to_all(text: &str) -> bool {
    !is_null(text) && !matches!(meaning(text), Meaning::Bool(_)) && !is_number_to_someone(text)
}

/// `0644`: 420 to YAML 1.1, 644 to YAML 1.2.
pub fn is_ambiguous_octal(text: &str) -> bool {
    let digits = unsigned(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The boolean that YAML 1.1 saw in `yes`, `off`, `y` …
pub fn old_bool(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "on" | "y" | "true" => Some(true),
        "no" | "off" | "n" | "false" => Some(false),
        _ => None,
    }
}

/// The boolean that Go's yaml.v2, and so kubectl, sees: only in these spellings.
pub fn go_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn int(text: &str) -> Option<i128> {
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let fits = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
            return fits.then(|| i128::from_str_radix(digits, radix).unwrap_or(i128::MAX));
        }
    }
    let digits = unsigned(text);
    let fits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let largest = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    fits.then(|| text.parse().unwrap_or(largest))
}

fn float(text: &str) -> Option<f64> {
    let number = unsigned(text);
    match number {
        ".inf" | ".Inf" | ".INF" if text.starts_with('-') => return Some(f64::NEG_INFINITY),
        ".inf" | ".Inf" | ".INF" => return Some(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" => return (number == text).then_some(f64::NAN),
        _ => {}
    }
    // Rust also reads `inf` and `nan`; YAML does not.
    let shaped = number.starts_with(|first: char| first == '.' || first.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    if shaped { text.parse().ok() } else { None }
}

/// `1_000`, `0b101` and `12:30:45` are numbers to YAML 1.1 only.
fn is_old_number(text: &str) -> bool {
    let number = unsigned(text);
    if !number.starts_with(|first: char| first == '.' || first.is_ascii_digit()) {
        return false;
    }
    let bare = number.replace('_', "");
    let binary = bare
        .strip_prefix("0b")
        .is_some_and(|bits| !bits.is_empty() && bits.bytes().all(|b| b == b'0' || b == b'1'));
    binary || is_sexagesimal(&bare) || (bare != number && (int(&bare).is_some() || float(&bare).is_some()))
}

fn is_sexagesimal(number: &str) -> bool {
    let whole = number.split_once('.').map_or(number, |(whole, _)| whole);
    let fraction = number.get(whole.len() + 1..).unwrap_or_default();
    let mut parts = whole.split(':');
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let first = parts.next().is_some_and(digits);
    let sixtieth =
        |part: &str| digits(part) && part.len() <= 2 && part.parse::<u8>().is_ok_and(|part| part < 60);
    first && whole.contains(':') && parts.all(sixtieth) && fraction.bytes().all(|byte| byte.is_ascii_digit())
}
