//! Container images: normalised, pulled through a mirror where there is one.

use std::fmt;

use super::address::is_subdomain;

/// `registry/path:tag@digest`, split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    registry: Option<String>,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
}

/// Where images come from that name no registry.
const DOCKER_HUB: &str = "docker.io";

/// Where a cluster pulls images from instead of from where they are.
#[derive(Clone, Debug, Default)]
pub struct Mirrors<'a> {
    /// The mirror of every registry that `named` does not have.
    pub all: Option<&'a str>,
    /// Mirrors of single registries or of folders in them: `quay.io` or `ghcr.io/shop`, and what stands there instead.
    /// One that leads to itself is pulled directly.
    pub named: Vec<(&'a str, &'a str)>,
}

impl Mirrors<'_> {
    /// The image as the cluster pulls it. Of several folders that an image lies in, the deepest counts.
    #[must_use]
    pub fn of(&self, image: Image) -> Image {
        let whole = format!("{}/{}", image.registry.as_deref().unwrap_or(DOCKER_HUB), image.full_path());
        let below = |folder: &str| whole.strip_prefix(folder)?.strip_prefix('/').map(str::to_owned);
        let named = self.named.iter().filter_map(|(from, to)| Some((from, to, below(from)?)));
        match named.max_by_key(|(from, ..)| from.len()) {
            Some((from, to, _)) if from == to => image,
            Some((_, to, rest)) => Image { registry: Some((*to).to_owned()), path: rest, ..image },
            None => match self.all {
                Some(mirror) => image.through(mirror),
                None => image,
            },
        }
    }
}

/// `harbor.cloud.io:8443` of `harbor.cloud.io:8443/proxy`.
fn host_of(mirror: &str) -> &str {
    mirror.split('/').next().unwrap_or(mirror)
}

/// Is it a registry or a folder in one: a host, perhaps with a port, and words of a path?
///
/// Source: distribution/reference: `domain`, `path-component`.
pub fn is_registry(text: &str) -> bool {
    let mut parts = text.split('/');
    let host = parts.next().unwrap_or_default();
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let separates = |c: char| matches!(c, '.' | '_' | '-');
    let word = |part: &str| {
        part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || separates(c))
            && part.starts_with(|c| !separates(c))
            && part.ends_with(|c| !separates(c))
    };
    is_subdomain(&name.to_ascii_lowercase()) && port.parse::<u16>().is_ok() && parts.all(word)
}

impl Image {
    /// Splits a reference the way container runtimes do.
    ///
    /// Source: distribution/reference: the first part is a registry only when it is `localhost` or has a `.` or `:`.
    pub fn parse(text: &str) -> Self {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.to_owned())),
            None => (text, None),
        };
        let slash = rest.rfind('/').map_or(0, |slash| slash + 1);
        let (rest, tag) = match rest[slash..].find(':') {
            Some(colon) => (&rest[..slash + colon], Some(rest[slash + colon + 1..].to_owned())),
            None => (rest, None),
        };
        let (registry, path) = match rest.split_once('/') {
            Some((first, path)) if first == "localhost" || first.contains(['.', ':']) => {
                (Some(first.to_owned()), path.to_owned())
            }
            _ => (None, rest.to_owned()),
        };
        Self { registry, path, tag, digest }
    }

    /// With this tag, unless it has one (or a digest) of its own.
    #[must_use]
    pub fn or_tag(mut self, tag: &str) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some(tag.to_owned());
        }
        self
    }

    /// Pulled through `mirror` (`harbor.cloud.io`, `harbor.cloud.io/proxy`): the registry is replaced, official
    /// images get their `library/`. An image that already comes from the mirror's host stays as it is: a registry of
    /// one's own is often the mirror and the home of one's own images at once.
    #[must_use]
    fn through(self, mirror: &str) -> Self {
        let mirror = mirror.trim_end_matches('/');
        if self.registry.as_deref() == Some(host_of(mirror)) {
            return self;
        }
        let path = self.full_path();
        Self { registry: Some(mirror.to_owned()), path, ..self }
    }

    /// The path with the `library/` that a runtime adds to the images of Docker Hub that have one word.
    fn full_path(&self) -> String {
        let official = self.registry.as_deref().is_none_or(|registry| registry == DOCKER_HUB);
        if official && !self.path.contains('/') {
            format!("library/{}", self.path)
        } else {
            self.path.clone()
        }
    }

    /// Is it `apache/kafka`, from whatever registry and mirror?
    pub fn is(&self, path: &str) -> bool {
        self.path == path || self.path.strip_suffix(path).is_some_and(|front| front.ends_with('/'))
    }

    /// `apache/kafka`: the name without registry, tag and digest.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The registry, when it is named.
    pub fn registry(&self) -> Option<&str> {
        self.registry.as_deref()
    }

    /// The digest, when it is pinned to one.
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The tag, when there is one.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        f.write_str(&self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_pulled_through_the_mirror() {
        let named = vec![
            ("quay.io", "harbor.cloud.io/quay"),
            ("ghcr.io/shop", "ghcr.io/shop"),
            ("ghcr.io", "harbor.cloud.io/ghcr"),
            ("docker.io/nacos", "registry.cn/nacos"),
        ];
        for (image, mirror, named, wanted) in [
            ("redis:7.2", None, &vec![], "redis:7.2"),
            ("redis:7.2", Some("harbor.cloud.io"), &vec![], "harbor.cloud.io/library/redis:7.2"),
            ("nacos/nacos-server", Some("harbor.cloud.io"), &vec![], "harbor.cloud.io/nacos/nacos-server:v1"),
            ("quay.io/a/b:2", Some("harbor.cloud.io/proxy/"), &vec![], "harbor.cloud.io/proxy/a/b:2"),
            ("harbor.cloud.io/x/y:1", Some("harbor.cloud.io"), &vec![], "harbor.cloud.io/x/y:1"),
            ("harbor.cloud.io/team/y:1", Some("harbor.cloud.io/proxy"), &vec![], "harbor.cloud.io/team/y:1"),
            ("localhost:5000/x@sha256:ab", None, &vec![], "localhost:5000/x@sha256:ab"),
            ("quay.io/a/b:2", Some("harbor.cloud.io/hub"), &named, "harbor.cloud.io/quay/a/b:2"),
            ("quay.io.example/a:2", None, &named, "quay.io.example/a:2"),
            ("ghcr.io/shop/orders:1", Some("harbor.cloud.io/hub"), &named, "ghcr.io/shop/orders:1"),
            ("ghcr.io/shops/orders:1", None, &named, "harbor.cloud.io/ghcr/shops/orders:1"),
            ("nacos/nacos-server", None, &named, "registry.cn/nacos/nacos-server:v1"),
            ("redis:7.2", Some("harbor.cloud.io/hub"), &named, "harbor.cloud.io/hub/library/redis:7.2"),
        ] {
            let mirrors = Mirrors { all: mirror, named: named.clone() };
            assert_eq!(mirrors.of(Image::parse(image).or_tag("v1")).to_string(), wanted);
        }
    }

    #[test]
    fn a_registry_is_a_host_and_a_path() {
        for fine in ["harbor.cloud.io", "localhost:5000", "harbor.cloud.io/proxy/a_b", "10.0.0.1:80/x"] {
            assert!(is_registry(fine), "{fine}");
        }
        for odd in
            ["https://harbor.cloud.io", "", "harbor.cloud.io/", "a b", "h/x:1", "h:x", "h/UP", "-h", "h//x"]
        {
            assert!(!is_registry(odd), "{odd}");
        }
    }
}
