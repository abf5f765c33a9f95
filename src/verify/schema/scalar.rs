//! Scalars as the API server reads them.

/// Is it a quantity: `500m`, `2Gi`, `1.5`, `1e3`, `-1`?
///
/// Source: k8s.io/apimachinery, api/resource/quantity.go: a sign, digits with at most one point, then a suffix of
/// `n u m k M G T P E`, `Ki Mi Gi Ti Pi Ei`, or a decimal exponent.
pub(super) fn is_quantity(text: &str) -> bool {
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let (digits, suffix) = number.split_at(end);
    let has_digits = digits.bytes().any(|byte| byte.is_ascii_digit());
    has_digits && digits.matches('.').count() <= 1 && (is_unit(suffix) || is_exponent(suffix))
}

fn is_unit(suffix: &str) -> bool {
    match suffix.strip_suffix('i') {
        Some(binary) => matches!(binary, "K" | "M" | "G" | "T" | "P" | "E"),
        None => matches!(suffix, "" | "n" | "u" | "m" | "k" | "M" | "G" | "T" | "P" | "E"),
    }
}

fn is_exponent(suffix: &str) -> bool {
    let Some(exponent) = suffix.strip_prefix(['e', 'E']) else { return false };
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A quantity in billionths, rounded up as the API server does; nothing where it is none, or one beyond all reason.
pub(super) fn billionths(text: &str) -> Option<i128> {
    if !is_quantity(text) {
        return None;
    }
    let number = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let (digits, suffix) = number.split_at(end);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let amount: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let (binary, power) = factor(suffix)?;
    let amount = amount.checked_mul(1 << binary)?;
    let power = power.checked_add(9)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let tens = 10i128.checked_pow(power.unsigned_abs())?;
    let amount = if power < 0 { amount.checked_add(tens - 1)? / tens } else { amount.checked_mul(tens)? };
    Some(if text.starts_with('-') { -amount } else { amount })
}

/// What a suffix multiplies with: a power of two, and one of ten.
fn factor(suffix: &str) -> Option<(u32, i32)> {
    let tens = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
    let twos = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    if let Some(at) = twos.iter().position(|unit| *unit == suffix) {
        return Some((10 * (u32::try_from(at).ok()? + 1), 0));
    }
    if let Some(at) = tens.iter().position(|unit| *unit == suffix) {
        return Some((0, 3 * (i32::try_from(at).ok()? - 3)));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    Some((0, exponent.strip_prefix('+').unwrap_or(exponent).parse().ok()?))
}

/// What was most likely meant by something that is no quantity: `2GB`, `2gb` and `2 GiB` are `2Gi`.
pub(super) fn nearest_quantity(text: &str) -> Option<String> {
    let compact: String = text.split_whitespace().collect();
    if is_quantity(&compact) {
        return Some(compact);
    }
    let end = compact.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (digits, unit) = compact.split_at(end);
    let first = unit.chars().next()?.to_ascii_uppercase();
    let unit = match unit.get(1..)?.to_ascii_lowercase().as_str() {
        // Written small or with an i, people mean memory in powers of two.
        "" | "b" | "i" | "ib" if "KMGTPE".contains(first) => format!("{first}i"),
        _ => return None,
    };
    let nearest = format!("{digits}{unit}");
    is_quantity(&nearest).then_some(nearest)
}

/// Is it base64 with padding? Line breaks are passed over.
///
/// Source: Go's encoding/base64, which encoding/json reads `[]byte` with.
pub(super) fn is_base64(text: &str) -> bool {
    use base64::Engine as _;
    let compact: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    base64::engine::general_purpose::STANDARD.decode(compact).is_ok()
}

/// Does it look like RFC 3339: `2026-01-31T08:00:00Z`, with a fraction or an offset?
pub(super) fn is_time(text: &str) -> bool {
    let pattern = b"dddd-dd-ddTdd:dd:dd";
    let bytes = text.as_bytes();
    let same = |(have, want): (&u8, &u8)| if *want == b'd' { have.is_ascii_digit() } else { have == want };
    if bytes.len() <= pattern.len() || !bytes.iter().zip(pattern).all(same) {
        return false;
    }
    let rest = &text[pattern.len()..];
    let zone =
        rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    zone == "Z" || (zone.len() == 6 && zone.starts_with(['+', '-']) && zone.as_bytes()[3] == b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_those_of_the_api_server() {
        for text in [
            "0", "500m", "2Gi", "1.5", ".5", "1.", "1e3", "1E3", "1E", "2Ei", "-1", "+1k", "100n", "3u",
            "1e-3",
        ] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", "m", ".", "1gb", "2GB", "1..2", "1 Gi", "1mi", "2K", "ten", "1e", "1.5.0", "0x10"] {
            assert!(!is_quantity(text), "{text}");
        }
    }

    #[test]
    fn quantities_are_counted_in_billionths() {
        for (text, wanted) in [
            ("0", Some(0)),
            ("1", Some(1_000_000_000)),
            ("500m", Some(500_000_000)),
            ("1.5", Some(1_500_000_000)),
            ("-1", Some(-1_000_000_000)),
            ("-0.5", Some(-500_000_000)),
            ("1n", Some(1)),
            ("0.1n", Some(1)),
            (".5", Some(500_000_000)),
            ("1e3", Some(1_000_000_000_000)),
            ("1e-3", Some(1_000_000)),
            ("1Ki", Some(1_024_000_000_000)),
            ("0.5Ki", Some(512_000_000_000)),
            ("1Ei", Some((1 << 60) * 1_000_000_000)),
            ("1e60", None),
            ("none", None),
        ] {
            assert_eq!(billionths(text), wanted, "{text}");
        }
    }

    #[test]
    fn near_misses_are_understood() {
        for (text, wanted) in [
            ("2GB", Some("2Gi")),
            ("512mb", Some("512Mi")),
            ("2 Gi", Some("2Gi")),
            ("500 m", Some("500m")),
            ("1g", Some("1Gi")),
            ("2K", Some("2Ki")),
            ("two", None),
            ("5x", None),
        ] {
            assert_eq!(nearest_quantity(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn times_and_bytes() {
        assert!(is_time("2026-01-31T08:00:00Z") && is_time("2026-01-31T08:00:00.5+01:00"));
        assert!(!is_time("2026-01-31") && !is_time("2026-01-31 08:00:00") && !is_time("2026-01-31T08:00:00"));
        assert!(is_base64("YWJj\nZA==") && is_base64("") && !is_base64("YWJjZA") && !is_base64("a b"));
    }
}
