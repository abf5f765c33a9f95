//! What a container does before it is stopped, as far as its hook tells.

use serde_json::Value;

use crate::verify::pods::Container;

/// A call to the container's own HTTP port.
#[derive(Debug, PartialEq)]
pub(super) struct Call {
    /// As it stands, up to the path's end.
    pub(super) url: String,
    pub(super) port: u64,
    pub(super) path: String,
}

/// The script or command of `preStop`, and the place of its longest word, which is the script.
pub(super) fn command<'a>(container: &Container<'a>) -> Option<(String, String)> {
    let words = container.at("/lifecycle/preStop/exec/command")?.as_array()?;
    let texts = || words.iter().enumerate().filter_map(|(index, word)| Some((index, word.as_str()?)));
    let (index, _) = texts().max_by_key(|(_, word)| word.len())?;
    let joined = texts().map(|(_, word)| word).collect::<Vec<_>>().join(" ");
    Some((joined, format!("/lifecycle/preStop/exec/command/{index}")))
}

/// Seconds that the hook sleeps; none when there is no hook, or one whose length cannot be read.
pub(super) fn seconds(container: &Container<'_>) -> Option<u64> {
    if let Some(seconds) = container.at("/lifecycle/preStop/sleep/seconds").and_then(Value::as_u64) {
        return Some(seconds);
    }
    let (script, _) = command(container)?;
    let words: Vec<&str> = script.split(|c: char| c.is_whitespace() || ";&|(){}\"'".contains(c)).collect();
    // How often a loop turns is unknown.
    if words.iter().any(|word| matches!(*word, "while" | "until" | "for")) {
        return None;
    }
    let slept = words.windows(2).filter(|pair| pair[0] == "sleep" || pair[0].ends_with("/sleep"));
    slept
        .map(|pair| pair[1].trim_end_matches('s').parse::<u64>().ok())
        .try_fold(0_u64, |sum, seconds| Some(sum.saturating_add(seconds?)))
}

/// The calls to itself in a script.
pub(super) fn calls(script: &str) -> Vec<Call> {
    let mut found = Vec::new();
    for host in ["127.0.0.1", "localhost", "0.0.0.0", "$POD_IP", "${POD_IP}", "$(POD_IP)"] {
        for (at, _) in script.match_indices(host) {
            let rest = &script[at + host.len()..];
            let end = rest.find(|c: char| c.is_whitespace() || "\"'?;&|)".contains(c)).unwrap_or(rest.len());
            let (port, path) = rest[..end].split_at(rest[..end].find('/').unwrap_or(end));
            let port = match port.strip_prefix(':') {
                Some(digits) => digits.parse().ok(),
                None => port.is_empty().then_some(80),
            };
            if let Some(port) = port.filter(|_| !path.is_empty()) {
                found.push(Call { url: format!("{host}{}", &rest[..end]), port, path: path.to_owned() });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_from_scripts() {
        let one = calls("curl -X POST 'http://127.0.0.1:9081/actuator/nacos-deregister' && sleep 40");
        assert_eq!(one.len(), 1);
        assert_eq!((one[0].port, one[0].path.as_str()), (9081, "/actuator/nacos-deregister"));
        assert_eq!(calls("curl http://localhost/x?a=b")[0].path, "/x");
        assert_eq!(calls("curl http://localhost:$PORT/x; sleep 5"), []);
    }
}
