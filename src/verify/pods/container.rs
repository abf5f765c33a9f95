//! One container, as rules see it.

use serde_json::{Map, Value};

use super::Text;
use super::env::Env;
use super::files::{self, File};
use super::product::{self, Product};
use super::spring::Settings;
use super::storage::{self, Mount};
use crate::diagnostic::Path;
use crate::k8s::{Image, Object, Quantity, Version};
use crate::verify::{Finding, Set};

/// One container of a workload's pods.
#[derive(Debug)]
pub struct Container<'a> {
    /// The workload.
    pub workload: &'a Object,
    /// Its own fields.
    pub fields: &'a Map<String, Value>,
    /// Its name.
    pub name: &'a str,
    /// Does it run before the others? (A sidecar with `restartPolicy: Always` counts as one that stays.)
    pub init: bool,
    /// Its image, taken apart.
    pub image: Image,
    /// What runs in it.
    pub product: Product,
    /// The product's version, when the image's tag tells.
    pub version: Option<Version>,
    /// Its variables.
    pub env: Env<'a>,
    /// The files from ConfigMaps and Secrets of the set.
    pub files: Vec<File<'a>>,
    /// What flags and files say to a Spring app; nothing for other products.
    pub(super) settings: Settings<'a>,
    list: &'static str,
    index: usize,
    spec: &'a Map<String, Value>,
}

/// A port that a container declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// `containerPort`.
    pub number: u64,
    /// `TCP` when left out.
    pub protocol: &'a str,
}

/// A probe of a container.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// `startupProbe`, `livenessProbe` or `readinessProbe`.
    pub kind: &'static str,
    /// Its fields.
    pub fields: &'a Value,
}

impl<'a> Probe<'a> {
    /// A field with a number, or its default.
    pub fn number(&self, field: &str, default: u64) -> u64 {
        self.fields.get(field).and_then(Value::as_u64).unwrap_or(default)
    }

    /// The path of an `httpGet`.
    pub fn http_path(&self) -> Option<&'a str> {
        let get = self.fields.get("httpGet")?;
        Some(get.get("path").and_then(Value::as_str).unwrap_or("/"))
    }

    /// The port of `httpGet`, `tcpSocket` or `grpc`: a number or a name.
    pub fn port(&self) -> Option<&'a Value> {
        ["httpGet", "tcpSocket", "grpc"].into_iter().find_map(|kind| self.fields.get(kind)?.get("port"))
    }

    /// The command of an `exec`, its words joined by blanks.
    pub fn command(&self) -> Option<String> {
        let words = self.fields.pointer("/exec/command")?.as_array()?;
        Some(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
    }

    /// Seconds from the start until the kubelet gives up on it: the first try is made after the delay, and the last one that
    /// may fail ends it.
    pub fn budget(&self) -> u64 {
        let more = self.number("failureThreshold", 3).saturating_sub(1);
        let tries = self.number("periodSeconds", 10).saturating_mul(more);
        self.number("initialDelaySeconds", 0).saturating_add(tries)
    }
}

/// Numbers and texts of a list of maps.
fn listed<'a>(map: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a Value> {
    map.get(key).and_then(Value::as_array).into_iter().flatten()
}

impl<'a> Container<'a> {
    fn new(
        workload: &'a Object,
        spec: &'a Map<String, Value>,
        (list, index): (&'static str, usize),
        fields: &'a Map<String, Value>,
        set: &Set<'a>,
    ) -> Self {
        let text = |key| fields.get(key).and_then(Value::as_str).unwrap_or_default();
        let image = Image::parse(text("image"));
        let version = image.tag().and_then(Version::parse);
        let stays = text("restartPolicy") == "Always";
        let mut container = Self {
            workload,
            fields,
            name: text("name"),
            init: list == "initContainers" && !stays,
            image,
            product: Product::Other,
            version,
            env: Env::default(),
            files: files::mounted(fields, spec, workload, set),
            settings: Settings::default(),
            list,
            index,
            spec,
        };
        container.env = Env::new(fields, container.field(""), workload, set);
        container.product = product::of(&container);
        // Of an image that says nothing the settings may be Spring's all the same.
        if matches!(container.product, Product::Java | Product::Other) {
            container.settings = Settings::of(&container);
        }
        container
    }

    /// The path of one of its fields: `field("/livenessProbe/periodSeconds")`; of itself with nothing.
    pub fn field(&self, pointer: &str) -> Path {
        let (spec, list, index) = (self.workload.pod_spec_pointer(), self.list, self.index);
        Path::from(format!("{spec}/{list}/{index}{pointer}").as_str())
    }

    /// Something is wrong with one of its fields, named by a JSON pointer below the container.
    pub fn finding(&self, pointer: &str, title: impl Into<String>) -> Finding<'a> {
        Finding::new(self.workload, title).at(self.field(pointer))
    }

    /// A text field: `text("/resources/limits/memory")`.
    pub fn at(&self, pointer: &str) -> Option<&'a Value> {
        let mut steps = pointer.split('/').skip(1);
        let first = self.fields.get(steps.next()?)?;
        steps.try_fold(first, |value, step| match value {
            Value::Array(items) => items.get(step.parse::<usize>().ok()?),
            value => value.get(step),
        })
    }

    /// `command` and `args` with variables expanded; what cannot be known is left out.
    pub fn words(&self) -> Vec<String> {
        let all = listed(self.fields, "command").chain(listed(self.fields, "args")).filter_map(Value::as_str);
        all.filter_map(|word| self.expanded(word)).collect()
    }

    /// `command` and `args` with their places, each a pointer below the container; `$(NAME)` of what cannot be known, or is a
    /// secret, stays as it stands.
    pub fn written(&self) -> Vec<(String, String)> {
        let placed = |list: &'static str| {
            let texts = listed(self.fields, list).enumerate();
            texts.filter_map(move |(index, word)| Some((format!("/{list}/{index}"), word.as_str()?)))
        };
        let all = placed("command").chain(placed("args"));
        all.map(|(at, word)| (at, self.expanded(word).unwrap_or_else(|| word.to_owned()))).collect()
    }

    /// The field of the pod, such as `status.podIP`, that a variable holds.
    pub fn pod_field(&self, variable: &str) -> Option<&'a str> {
        let all = listed(self.fields, "env");
        let named = all.filter(|entry| entry.get("name").and_then(Value::as_str) == Some(variable));
        named.last()?.get("valueFrom")?.get("fieldRef")?.get("fieldPath")?.as_str()
    }

    fn expanded(&self, word: &'a str) -> Option<String> {
        match self.env.expand(word) {
            Text::Plain(text) => Some(text.into_owned()),
            Text::Secret(_) | Text::Unknown => None,
        }
    }

    /// The words of `command` and `args` as one line, to look for names in.
    pub fn line(&self) -> String {
        self.words().join(" ")
    }

    /// Does it replace the image's entrypoint?
    pub fn has_command(&self) -> bool {
        listed(self.fields, "command").next().is_some()
    }

    /// The ports it declares.
    pub fn ports(&self) -> impl Iterator<Item = Port<'a>> + use<'a> {
        listed(self.fields, "ports").filter_map(|port| {
            let text = |key| port.get(key).and_then(Value::as_str);
            let number = port.get("containerPort")?.as_u64()?;
            Some(Port { name: text("name"), number, protocol: text("protocol").unwrap_or("TCP") })
        })
    }

    /// The number of a port given by number or by name.
    pub fn port_number(&self, port: &Value) -> Option<u64> {
        match port {
            Value::Number(number) => number.as_u64(),
            Value::String(name) => match name.parse() {
                Ok(number) => Some(number),
                Err(_) => self.ports().find(|port| port.name == Some(name)).map(|port| port.number),
            },
            _ => None,
        }
    }

    /// Its probes.
    pub fn probes(&self) -> impl Iterator<Item = Probe<'a>> + use<'a> {
        let fields = self.fields;
        ["startupProbe", "livenessProbe", "readinessProbe"].into_iter().filter_map(|kind| {
            Some(Probe { kind, fields: fields.get(kind).filter(|probe| probe.is_object())? })
        })
    }

    /// The probe of that kind.
    pub fn probe(&self, kind: &str) -> Option<Probe<'a>> {
        self.probes().find(|probe| probe.kind == kind)
    }

    /// `resources.limits.memory` in bytes.
    pub fn memory_limit(&self) -> Option<u64> {
        let text = self.at("/resources/limits/memory")?;
        let text = text.as_str().map_or_else(|| text.to_string(), str::to_owned);
        Quantity::parse(&text).ok().map(|quantity| quantity.whole())
    }

    /// The file at that path, from a ConfigMap or Secret of the set.
    pub fn file(&self, path: &str) -> Option<&File<'a>> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The mount that a path lies in; `None` when it is the container's own layer, gone with it.
    pub fn mount(&self, path: &str) -> Option<Mount<'a>> {
        storage::mount(self.fields, self.spec, &self.claims(), path)
    }

    /// All of its mounts.
    pub fn mounts(&self) -> Vec<Mount<'a>> {
        storage::all(self.fields, self.spec, &self.claims()).collect()
    }

    fn claims(&self) -> Vec<&'a str> {
        let templates = self.workload.at("/spec/volumeClaimTemplates").and_then(Value::as_array);
        templates
            .into_iter()
            .flatten()
            .filter_map(|claim| claim.get("metadata")?.get("name")?.as_str())
            .collect()
    }
}

/// All containers of a pod's spec, init containers first.
pub(super) fn all<'a>(
    workload: &'a Object,
    spec: &'a Map<String, Value>,
    set: &Set<'a>,
) -> Vec<Container<'a>> {
    ["initContainers", "containers"]
        .into_iter()
        .flat_map(|list| listed(spec, list).enumerate().map(move |(index, fields)| ((list, index), fields)))
        .filter_map(|(at, fields)| Some(Container::new(workload, spec, at, fields.as_object()?, set)))
        .collect()
}
