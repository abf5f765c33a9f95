//! Texts that containers read, taken apart: properties, options, command line flags, sizes.

/// The `key=value` lines of a properties, ini or env file, with their line numbers from 0. `:` separates too, where it
/// comes first; comments and `[sections]` are left out; blanks around both are trimmed.
pub fn properties(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    text.lines().enumerate().filter_map(|(number, line)| {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '!', ';', '[']) {
            return None;
        }
        let at = line.find(['=', ':'])?;
        Some((number, line[..at].trim(), line[at + 1..].trim()))
    })
}

/// The value of a key in a properties text; the last one wins.
pub fn property<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    properties(text).filter(|(_, known, _)| *known == key).last().map(|(_, _, value)| value)
}

/// The lines of a file whose keys and values stand side by side, as in redis.conf: line number, key, rest.
pub fn directives(text: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    text.lines().enumerate().filter_map(|(number, line)| {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        Some((number, key, value.trim()))
    })
}

/// Does a host name or address lead to whoever asks, and to nobody else?
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim().trim_start_matches('[').trim_end_matches(']');
    matches!(host, "localhost" | "::1") || host.starts_with("127.")
}

/// A text for a message; nothing of a secret's.
pub fn shown(text: &str, secret: bool) -> &str {
    if secret { "…" } else { text }
}

/// The last `-Xmx2g`, `-XX:MaxRAMPercentage=75` of some JVM options: what stands behind the flag.
pub fn flag<'t>(options: &'t str, flag: &str) -> Option<&'t str> {
    options
        .split_whitespace()
        .filter_map(|word| word.trim_matches(['"', '\'']).strip_prefix(flag))
        .next_back()
}

/// Bytes of `512m`, `2G`, `1g`, `1048576`: as the JVM and most servers read a size.
pub fn bytes(size: &str) -> Option<u64> {
    let digits = size.find(|c: char| !c.is_ascii_digit()).unwrap_or(size.len());
    let number: u64 = size[..digits].parse().ok()?;
    let shift = match size[digits..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" => 10,
        "m" | "mb" => 20,
        "g" | "gb" => 30,
        "t" | "tb" => 40,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

/// Mebibytes, as people write them: `512Mi`, `2Gi`.
pub fn mebibytes(bytes: u64) -> String {
    let mebibytes = bytes >> 20;
    if mebibytes > 0 && mebibytes.is_multiple_of(1024) {
        format!("{}Gi", mebibytes >> 10)
    } else {
        format!("{mebibytes}Mi")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_taken_apart() {
        let text = "# c\n a = 1 \nb:2\n[mysqld]\nurl=jdbc:x://h?a=b\na=3\n";
        let all: Vec<_> = properties(text).collect();
        assert_eq!(all, [(1, "a", "1"), (2, "b", "2"), (4, "url", "jdbc:x://h?a=b"), (5, "a", "3")]);
        assert_eq!(property(text, "a"), Some("3"));
        assert_eq!(
            directives("port 6379\nsave \"\"\n").collect::<Vec<_>>(),
            [(0, "port", "6379"), (1, "save", "\"\"")]
        );
    }

    #[test]
    fn sizes_are_read_as_the_jvm_reads_them() {
        assert_eq!(flag("-Xms1g '-Xmx2G' -Xmx512m", "-Xmx"), Some("512m"));
        assert_eq!(bytes("512m"), Some(512 << 20));
        assert_eq!(bytes("2G"), Some(2 << 30));
        assert_eq!(bytes("75%"), None);
        assert_eq!(bytes("99999999999t"), None);
        assert_eq!((mebibytes(2 << 30), mebibytes(1536 << 20)), ("2Gi".to_owned(), "1536Mi".to_owned()));
    }
}
