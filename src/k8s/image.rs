//! Container images: normalised, pulled through a mirror where there is one.

use std::fmt;

/// `registry/path:tag@digest`, split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    registry: Option<String>,
    path: String,
    tag: Option<String>,
    digest: Option<String>,
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
    /// images get their `library/`. An image that already lives below the mirror stays as it is.
    #[must_use]
    pub fn through(mut self, mirror: Option<&str>) -> Self {
        let Some(mirror) = mirror.map(|mirror| mirror.trim_end_matches('/')) else { return self };
        let here = self.registry.as_deref().map(|registry| format!("{registry}/{}", self.path));
        if here.is_some_and(|here| here.starts_with(&format!("{mirror}/"))) {
            return self;
        }
        let official = self.registry.as_deref().is_none_or(|registry| registry == "docker.io");
        if official && !self.path.contains('/') {
            self.path = format!("library/{}", self.path);
        }
        self.registry = Some(mirror.to_owned());
        self
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
        for (image, mirror, wanted) in [
            ("redis:7.2", None, "redis:7.2"),
            ("redis:7.2", Some("harbor.cloud.io"), "harbor.cloud.io/library/redis:7.2"),
            ("nacos/nacos-server", Some("harbor.cloud.io"), "harbor.cloud.io/nacos/nacos-server:v1"),
            ("quay.io/a/b:2", Some("harbor.cloud.io/proxy/"), "harbor.cloud.io/proxy/a/b:2"),
            ("harbor.cloud.io/x/y:1", Some("harbor.cloud.io"), "harbor.cloud.io/x/y:1"),
            ("localhost:5000/x@sha256:ab", None, "localhost:5000/x@sha256:ab"),
        ] {
            assert_eq!(Image::parse(image).or_tag("v1").through(mirror).to_string(), wanted);
        }
    }
}
