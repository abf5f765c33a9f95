//! Addresses that users write: a host with or without a port, one to an entry.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::diagnostic::{Diagnostic, Path};
use crate::k8s::{Endpoint, Peers};

/// What is wrong with an address: a phrase, the reason, and what to write instead.
type Wrong = (String, String, String);

const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// An address of a list, or one alone; with `port` where it says none. One that `complaint` refuses is taken as it is.
pub(in super::super) fn endpoint(text: &str, port: u16) -> Endpoint {
    read(text, port).unwrap_or_else(|_| Endpoint::new(text, port))
}

/// All of a list.
pub(in super::super) fn endpoints(list: &[String], port: u16) -> Peers {
    Peers(list.iter().map(|text| endpoint(text, port)).collect())
}

/// A host with its port in a key of its own, in itself, or in none of both.
pub(in super::super) fn host_and_port(host: &str, own: Option<u16>, port: u16) -> Endpoint {
    let read = endpoint(host, port);
    Endpoint { port: own.unwrap_or(read.port), ..read }
}

/// What is wrong with an address.
pub(in super::super) fn complaint(text: &str, path: &Path) -> Option<Diagnostic> {
    let (title, why, help) = read(text, 1).err()?;
    Some(Diagnostic::error("external-address", title).at(path).because(why).help(help))
}

/// What is wrong with the addresses of a list.
pub(in super::super) fn complaints(list: &[String], port: u16, path: &Path) -> Vec<Diagnostic> {
    if list.is_empty() {
        let title = format!("`{path}` lists no address");
        return vec![
            Diagnostic::error("external-address", title).at(path).help("list at least one: `[HOST:PORT]`"),
        ];
    }
    let mut known: Vec<Endpoint> = Vec::new();
    let mut found = Vec::new();
    for (index, text) in list.iter().enumerate() {
        let (at, address) = (path.index(index), endpoint(text, port));
        if let Some(complaint) = complaint(text, &at) {
            found.push(complaint);
        } else if known.contains(&address) {
            let title = format!("`{address}` is listed twice");
            found.push(Diagnostic::error("external-address", title).at(at).help("remove one of the two"));
        } else {
            known.push(address);
        }
    }
    found
}

/// What is wrong with a host below the key `name`, and with a port below `port` beside it.
pub(in super::super) fn pair_complaint(
    (name, host): (&str, &str),
    port: Option<u16>,
    path: &Path,
) -> Option<Diagnostic> {
    let error = |title: String| Diagnostic::error("external-address", title).at(path.key("port"));
    if let Some(complaint) = complaint(host, &path.key(name)) {
        return Some(complaint);
    }
    // A port of its own is taken whatever is meant where there is none.
    let own = (endpoint(host, 1) == endpoint(host, 2)).then(|| endpoint(host, 1).port);
    match (own, port) {
        (_, Some(0)) => Some(error("0 is not a port".to_owned()).help("use a number from 1 to 65535")),
        (Some(own), Some(_)) => Some(
            error(format!("`{host}` has the port {own} already")).help("remove `port`, or the one in it"),
        ),
        _ => None,
    }
}

fn read(text: &str, port: u16) -> Result<Endpoint, Wrong> {
    whole(text)?;
    let (host, number) = parted(text)?;
    let port = match number {
        None => port,
        Some(number) => match number.parse() {
            Ok(port) if port > 0 && number.chars().all(|c| c.is_ascii_digit()) => port,
            _ => return Err(no_port(text, number)),
        },
    };
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return match inner.parse::<Ipv6Addr>() {
            Ok(_) => Ok(Endpoint::new(inner, port)),
            Err(_) => Err(no_host(text, "what stands in brackets is no IPv6 address")),
        };
    }
    named(text, host)?;
    Ok(Endpoint::new(host, port))
}

/// One address, and nothing around it.
fn whole(text: &str) -> Result<(), Wrong> {
    const ONE: &str = "an address is a host, or a host and a port: `db.example.com:3306`";
    let wrong = |title: String, help: String| Err((title, ONE.to_owned(), help));
    if text.is_empty() {
        return wrong("an empty address".to_owned(), "write the address, or remove the entry".to_owned());
    }
    if let Some((_, rest)) = text.split_once("://") {
        let bare = rest.split(['/', '?', '#', ' ', ',']).next().unwrap_or_default();
        let bare = bare.rsplit('@').next().unwrap_or_default();
        return wrong(format!("`{text}` is a URL"), format!("write host and port alone: `{bare}`"));
    }
    if let Some(mark) = text.chars().find(|c| ",;".contains(*c)) {
        let all: Vec<&str> = text.split([',', ';']).map(str::trim).filter(|one| !one.is_empty()).collect();
        let title = format!("`{text}` is several addresses in one, parted by `{mark}`");
        return wrong(title, format!("write a list: `[{}]`", all.join(", ")));
    }
    if text.contains(char::is_whitespace) {
        let all: Vec<&str> = text.split_whitespace().collect();
        let help = match all.as_slice() {
            [] => "write the address, or remove the entry".to_owned(),
            [one] => format!("write `{one}`"),
            more => format!("write a list: `[{}]`", more.join(", ")),
        };
        return wrong(format!("`{text}` contains a blank"), help);
    }
    if let Some((before, _)) = text.split_once('/') {
        return wrong(format!("`{text}` contains a path"), format!("write host and port alone: `{before}`"));
    }
    Ok(())
}

/// Host and port, as they are written.
fn parted(text: &str) -> Result<(&str, Option<&str>), Wrong> {
    if text.parse::<Ipv6Addr>().is_ok() {
        let why = "without brackets nobody can tell where it ends and a port begins".to_owned();
        return Err((
            format!("`{text}` is an IPv6 address without brackets"),
            why,
            format!("write `[{text}]`"),
        ));
    }
    if text.starts_with('[') {
        let Some((host, rest)) = text.split_once(']') else {
            return Err(no_host(text, "the bracket of an IPv6 address is not closed"));
        };
        let host = &text[..=host.len()];
        return match rest.strip_prefix(':') {
            Some(number) => Ok((host, Some(number))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(no_host(text, "only `:` and a port may follow the bracket of an IPv6 address")),
        };
    }
    Ok(text.rsplit_once(':').map_or((text, None), |(host, number)| (host, Some(number))))
}

/// A DNS name, or an IPv4 address.
fn named(text: &str, host: &str) -> Result<(), Wrong> {
    let name = host.strip_suffix('.').unwrap_or(host);
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let label = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && label.chars().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > LONGEST_NAME || !name.split('.').all(label) {
        return Err(no_host(text, "a host is a DNS name or an address"));
    }
    // What ends in a number is an address to everybody who reads it.
    let number = name.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit()));
    if number && name.parse::<Ipv4Addr>().is_err() {
        return Err(no_host(text, "an IPv4 address has four numbers from 0 to 255"));
    }
    Ok(())
}

fn no_host(text: &str, why: &str) -> Wrong {
    let help = "use a name such as `db.example.com`, or an address such as `10.0.0.1` or `[fd00::1]`";
    (format!("`{text}` has no valid host"), why.to_owned(), help.to_owned())
}

fn no_port(text: &str, number: &str) -> Wrong {
    let title = format!("`{text}` has no valid port");
    (
        title,
        format!("`{number}` is no number from 1 to 65535"),
        "write `HOST:PORT`, or the host alone".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_or_refused() {
        for (text, wanted) in [
            ("db.corp.example", "db.corp.example:7"),
            ("db:3306", "db:3306"),
            ("10.0.0.1", "10.0.0.1:7"),
            ("10.0.0.1:3307", "10.0.0.1:3307"),
            ("[fd00::1]", "[fd00::1]:7"),
            ("[fd00::1]:3306", "[fd00::1]:3306"),
            ("mysql.data.svc.cluster.local", "mysql.data.svc.cluster.local:7"),
            ("db.example.com.", "db.example.com.:7"),
            ("my_db", "my_db:7"),
        ] {
            assert_eq!(read(text, 7).map(|read| read.to_string()), Ok(wanted.to_owned()), "{text}");
        }
        for (text, wanted) in [
            ("", "an empty address"),
            ("http://db:1/x", "`http://db:1/x` is a URL"),
            ("a:1,b:2", "`a:1,b:2` is several addresses in one, parted by `,`"),
            ("a:1;b:2", "`a:1;b:2` is several addresses in one, parted by `;`"),
            ("a:1 b:2", "`a:1 b:2` contains a blank"),
            (" a", "` a` contains a blank"),
            ("db/x", "`db/x` contains a path"),
            ("fd00::1", "`fd00::1` is an IPv6 address without brackets"),
            ("[fd00::1", "`[fd00::1` has no valid host"),
            ("[fd00::1]x", "`[fd00::1]x` has no valid host"),
            ("[10.0.0.1]", "`[10.0.0.1]` has no valid host"),
            ("db:0", "`db:0` has no valid port"),
            ("db:65536", "`db:65536` has no valid port"),
            ("db:+1", "`db:+1` has no valid port"),
            ("db:", "`db:` has no valid port"),
            (":1", "`:1` has no valid host"),
            ("10.0.0.300", "`10.0.0.300` has no valid host"),
            ("10.0.1", "`10.0.1` has no valid host"),
            ("-db", "`-db` has no valid host"),
            ("a..b", "`a..b` has no valid host"),
            ("user@db", "`user@db` has no valid host"),
        ] {
            assert_eq!(read(text, 7).map_err(|(title, ..)| title), Err(wanted.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_list_has_each_address_once() {
        let list = ["db:7".to_owned(), "db".to_owned()];
        let told: Vec<String> =
            complaints(&list, 7, &Path::root()).into_iter().map(|one| one.title).collect();
        assert_eq!(told, ["`db:7` is listed twice"]);
        assert_eq!(complaints(&[], 7, &Path::root().key("nodes")).len(), 1);
    }

    #[test]
    fn a_port_stands_once() {
        for (host, port, wanted) in [
            ("db", None, 0),
            ("db:2", None, 0),
            ("db", Some(3), 0),
            ("db:2", Some(3), 1),
            ("db", Some(0), 1),
            ("d b", Some(0), 1),
        ] {
            assert_eq!(
                usize::from(pair_complaint(("host", host), port, &Path::root()).is_some()),
                wanted,
                "{host} {port:?}"
            );
        }
        assert_eq!(host_and_port("db", Some(3), 7).port, 3);
        assert_eq!(host_and_port("db:2", None, 7).port, 2);
    }
}
