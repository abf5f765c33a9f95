//! The Nacos servers of a set: containers that start one, and resources that have nacos-operator start some.

use serde_json::{Map, Value};

use crate::diagnostic::Path;
use crate::k8s::{Image, Object, Version};
use crate::products::nacos::{IMAGE, INIT_FOLDER, JAR, OPERATOR_API, PROPERTIES_FILE};
use crate::verify::pods::{Container, Env, File, Pod, Product, Text};
use crate::verify::{Finding, Set};

/// A Nacos server.
pub(super) struct Server<'a> {
    /// The workload, or the resource.
    pub(super) object: &'a Object,
    /// The fields of the container, or the resource's `spec`.
    pub(super) fields: &'a Map<String, Value>,
    /// Where they stand.
    pub(super) at: Path,
    /// Its variables.
    pub(super) env: Env<'a>,
    /// Its image.
    pub(super) image: Image,
    /// The version that its tag names.
    pub(super) version: Option<Version>,
    /// The resource makes it.
    pub(super) operated: bool,
    /// A start script of somebody's, in one line.
    pub(super) script: Option<String>,
    pub(super) own: Own<'a>,
}

/// The properties that the server starts with.
pub(super) enum Own<'a> {
    /// The image's, which are filled from variables.
    Image,
    /// A file in its place.
    File(File<'a>),
    /// Something that we do not see.
    Unseen,
}

/// All servers: containers that start one, and resources of nacos-operator.
pub(super) fn servers<'a>(set: &Set<'a>) -> Vec<Server<'a>> {
    let pods = set.pods_with(Product::Nacos);
    let of_pods = pods.flat_map(|pod| starting(pod).map(|container| Server::of_container(pod, container)));
    of_pods.chain(resources(set).map(|object| Server::of_resource(object, set))).collect()
}

/// The containers of a pod that start a server and go on. A Job with the same image, or a shell of somebody's, is none.
pub(super) fn starting<'p, 'a>(pod: &'p Pod<'a>) -> impl Iterator<Item = &'p Container<'a>> {
    let lasting = !matches!(pod.workload.kind(), "Job" | "CronJob");
    pod.mains().filter(move |container| {
        lasting && container.product == Product::Nacos && {
            let line = container.line();
            !container.has_command() || line.contains("startup.sh") || line.contains(JAR)
        }
    })
}

/// The resources of nacos-operator.
pub(super) fn resources<'s, 'a>(set: &'s Set<'a>) -> impl Iterator<Item = &'a Object> + use<'s, 'a> {
    let ours =
        |object: &&&'a Object| object.text("/apiVersion").is_some_and(|api| api.starts_with(OPERATOR_API));
    set.of_kind("Nacos").iter().filter(ours).copied()
}

/// The version that a tag of the product's own image names; none for numbers that are no version of Nacos, such as dates.
pub(super) fn version(image: &Image) -> Option<Version> {
    let ours = matches!(image.path().rsplit('/').next(), Some(IMAGE | "nacos"));
    let named = image.tag().filter(|_| ours).and_then(Version::parse);
    named.filter(|version| (1..=3).contains(&version.major()))
}

/// Is it an earlier one, for certain? The tag `v2.2` may be any 2.2.x; a release has three numbers, or four.
pub(super) fn is_before(version: &Version, wanted: &[u32]) -> bool {
    if version.precision() >= 3 { version.before(wanted) } else { version.surely_before(wanted) }
}

static NOTHING: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);

impl<'a> Server<'a> {
    pub(super) fn of_container(pod: &Pod<'a>, container: &Container<'a>) -> Self {
        let script = container.has_command().then(|| container.line());
        Self {
            object: pod.workload,
            fields: container.fields,
            at: container.field(""),
            env: container.env.clone(),
            image: container.image.clone(),
            version: version(&container.image),
            operated: false,
            script,
            own: own(container),
        }
    }

    pub(super) fn of_resource(object: &'a Object, set: &Set<'a>) -> Self {
        let fields = object.at("/spec").and_then(Value::as_object).unwrap_or(&NOTHING);
        let image = Image::parse(object.text("/spec/image").unwrap_or_default());
        let at = Path::from("/spec");
        let version = version(&image);
        let early = version.as_ref().is_none_or(|version| version.before(&[2, 2]));
        let unseen = fields.contains_key("k8sWrapper") || early && fields.contains_key("config");
        Self {
            object,
            fields,
            env: Env::new(fields, at.clone(), object, set),
            at,
            image,
            version,
            operated: true,
            script: None,
            own: if unseen { Own::Unseen } else { Own::Image },
        }
    }

    /// `Nacos 2.0.4`, or only `Nacos`.
    pub(super) fn named(&self) -> String {
        self.version.as_ref().map_or_else(|| "Nacos".to_owned(), |version| format!("Nacos {version}"))
    }

    /// Is it that version or a later one, for certain?
    pub(super) fn at_least(&self, wanted: &[u32]) -> bool {
        self.version.as_ref().is_some_and(|version| version.at_least(wanted))
    }

    /// Is it an earlier one, for certain? The tag `v2.2` may be any 2.2.x.
    pub(super) fn before(&self, wanted: &[u32]) -> bool {
        self.version.as_ref().is_some_and(|version| is_before(version, wanted))
    }

    /// Does the tag mean the newest version: today, 3.x?
    pub(super) fn is_newest(&self) -> bool {
        self.image.digest().is_none()
            && matches!(self.image.tag(), None | Some("latest"))
            && !self.image.path().is_empty()
    }

    /// Is it the image of which we know what it reads? One that somebody made may bring settings along.
    pub(super) fn is_official(&self) -> bool {
        self.image.path().rsplit('/').next() == Some(IMAGE)
    }

    /// Something is wrong with its image, in particular the tag.
    pub(super) fn of_image(&self, title: impl Into<String>) -> Finding<'a> {
        let finding = Finding::new(self.object, title).at(self.at.key("image"));
        match self.image.tag() {
            Some(tag) => finding.word(tag),
            None => finding,
        }
    }
}

fn own<'a>(container: &Container<'a>) -> Own<'a> {
    if let Some(file) = container.file(PROPERTIES_FILE) {
        return if file.text == Text::Unknown { Own::Unseen } else { Own::File(file.clone()) };
    }
    let early = version(&container.image).is_none_or(|version| version.before(&[2, 2]));
    let hidden = container.mount(PROPERTIES_FILE).is_some()
        || early && container.mounts().iter().any(|mount| mount.path.starts_with(INIT_FOLDER));
    if hidden { Own::Unseen } else { Own::Image }
}
