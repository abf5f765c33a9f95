//! Source lines are shown with complaints; secrets that stand in them are not.

/// Keys whose values are secrets, in lower case. What a user calls a variable counts too: `DB_PASSWORD`.
const SECRET: &[&str] = &["passw", "pwd", "token", "secret", "gossipkey", "identity", "credential", "apikey"];
/// Keys that contain such a word and name an object.
const NAMES: &[&str] = &["tlssecret", "pullsecrets"];

/// The text with the value of every secret key covered, byte for byte, so that places stay true.
pub(super) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(line).collect()
}

fn line(line: &str) -> String {
    let mut out = line.to_owned();
    let mut from = 0;
    while let Some(found) = line[from..].find([':', '=']) {
        let at = from + found;
        from = at + 1;
        if let Some((start, end)) = is_secret(key(&line[..at])).then(|| value(line, at + 1)).flatten() {
            out.replace_range(start..end, &"*".repeat(end - start));
            from = end;
        }
    }
    out
}

/// The word before a `:` or `=`.
fn key(before: &str) -> &str {
    let before = before.trim_end().trim_end_matches(['"', '\'']);
    let start = before.rfind(|c: char| !(c.is_alphanumeric() || "_-".contains(c))).map_or(0, |at| at + 1);
    before.get(start..).unwrap_or_default()
}

fn is_secret(key: &str) -> bool {
    let key = key.to_lowercase();
    SECRET.iter().any(|word| key.contains(word)) && !NAMES.contains(&key.as_str())
}

/// Where the scalar behind a key stands; none for a mapping, a list, an alias or nothing.
fn value(line: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + line[from..].len() - line[from..].trim_start().len();
    let rest = line[start..].trim_end();
    let first = rest.chars().next()?;
    let length = match first {
        '{' | '[' | '*' | '&' | '|' | '>' | '#' | ',' | '}' | '/' => return None,
        '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
        _ => rest.find([',', '}', ']']).into_iter().chain(rest.find(" #")).min().unwrap_or(rest.len()),
    };
    Some((start, start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_covered_and_nothing_else() {
        for (text, wanted) in [
            ("  password: hunter2\n", "  password: *******\n"),
            ("redis: {rootPassword: hunter2, mode: x}", "redis: {rootPassword: *******, mode: x}"),
            ("  token: \"a, b\" # why", "  token: ****** # why"),
            ("    DB_PASSWORD: 'x y'", "    DB_PASSWORD: *****"),
            ("redis.password=hunter2", "redis.password=*******"),
            ("  password: pässwört", "  password: **********"),
            ("  password: {secret: {name: a, key: token}}", "  password: {secret: {name: a, key: token}}"),
            ("  token: {env: TOKEN}", "  token: {env: TOKEN}"),
            ("tlsSecret: im-tls", "tlsSecret: im-tls"),
            ("  users: {im: {password: im-dev}}", "  users: {im: {password: ******}}"),
            ("  url: http://a:b", "  url: http://a:b"),
        ] {
            assert_eq!(masked(text), wanted, "{text}");
            assert_eq!(masked(text).len(), text.len(), "{text}");
        }
    }
}
