//! Paths as URIs, for SARIF.

use std::fmt::Write as _;

/// A path as a URI: relative as it was given, `file://` when it begins at the root or a drive.
pub(super) fn of(path: &str) -> String {
    let path = path.replace('\\', "/");
    let drive = path.starts_with(|c: char| c.is_ascii_alphabetic()) && path[1..].starts_with(":/");
    let mut uri = match (path.starts_with('/'), drive) {
        (true, _) => "file://".to_owned(),
        (_, true) => "file:///".to_owned(),
        _ => String::new(),
    };
    for (at, byte) in path.bytes().enumerate() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            b':' if drive && at == 1 => uri.push(':'),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri() {
        for (path, wanted) in [
            ("a/stack.yaml", "a/stack.yaml"),
            ("./my stack.yaml", "./my%20stack.yaml"),
            ("a\\b.yaml", "a/b.yaml"),
            ("a:b#c?.yaml", "a%3Ab%23c%3F.yaml"),
            ("茶/%.yaml", "%E8%8C%B6/%25.yaml"),
            ("/srv/stack.yaml", "file:///srv/stack.yaml"),
            ("C:\\srv\\stack.yaml", "file:///C:/srv/stack.yaml"),
            ("<stdin>", "%3Cstdin%3E"),
            ("", ""),
        ] {
            assert_eq!(of(path), wanted, "{path}");
        }
    }
}
