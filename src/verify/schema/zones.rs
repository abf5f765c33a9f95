//! The names of time zones, which are facts of IANA's database: `zones.txt`.

use crate::words;

/// All names, `Asia/Shanghai` as well as `UTC`.
fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = include_str!("zones.txt").lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| {
        let mut words = line.split(' ');
        let area = words.next().unwrap_or_default();
        words.map(move |place| (if area == "." { "" } else { area }, place))
    })
}

/// Does the API server find that zone? Names are told apart by their case.
pub(super) fn is_zone(name: &str) -> bool {
    // Where a server has the two other sets of files, it has them below these folders.
    if name.starts_with("posix/") || name.starts_with("right/") {
        return true;
    }
    let (area, place) = name.rsplit_once('/').unwrap_or(("", name));
    !name.starts_with('/') && names().any(|known| known == (area, place))
}

/// What was most likely meant. `UTC+8` is none of them, and no other number is meant.
pub(super) fn nearest(name: &str) -> Option<String> {
    let all: Vec<String> = names().map(|(area, place)| full(area, place)).collect();
    let near = words::closest(name, all.iter().map(String::as_str))?;
    let told = near.eq_ignore_ascii_case(name) || !name.contains(|c: char| c.is_ascii_digit());
    told.then(|| near.to_owned())
}

fn full(area: &str, place: &str) -> String {
    if area.is_empty() { place.to_owned() } else { format!("{area}/{place}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_told_by_name_and_case() {
        for name in
            ["UTC", "Asia/Shanghai", "America/Argentina/Buenos_Aires", "Etc/GMT+8", "EST5EDT", "GB-Eire"]
        {
            assert!(is_zone(name), "{name}");
        }
        for name in ["", "Local", "asia/shanghai", "Asia/Shanghi", "Asia", "Asia/", "/UTC", "GMT+8", "utc"] {
            assert!(!is_zone(name), "{name}");
        }
        assert_eq!(nearest("asia/shanghai").as_deref(), Some("Asia/Shanghai"));
        assert_eq!(nearest("Asia/Shanghi").as_deref(), Some("Asia/Shanghai"));
        assert_eq!(nearest("Mars/Olympus_Mons"), None);
        assert_eq!(nearest("UTC+8"), None);
    }
}
