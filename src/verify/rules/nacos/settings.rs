//! How a server was told its settings: by variables, by options of Java, by a file of one's own. Facts for the rules beside
//! it; says nothing where only the cluster knows.

use serde_json::Value;

use super::servers::{Own, Server};
use crate::products::jvm::{JAVA_OPT, JAVA_OPT_EXT, JAVA_TOOL_OPTIONS};
use crate::products::nacos::{MODE, NACOS_AUTH_ENABLE, START_SCRIPT, key};
use crate::verify::pods::{File, Var};
use crate::verify::{Finding, texts};

/// What a server was told about one thing.
pub(super) enum Told<'s, 'a> {
    /// This, by a variable.
    By(&'s Var<'a>, &'s str),
    /// This, in a file of one's own.
    In(&'s File<'a>, &'s str),
    /// Nothing, for certain.
    Nothing,
    /// Only the cluster knows.
    Unknown,
}

impl<'s> Told<'s, '_> {
    /// The value, when it is known; it may be a secret.
    pub(super) fn value(&self) -> Option<&'s str> {
        match self {
            Self::By(_, text) | Self::In(_, text) => Some(text),
            Self::Nothing | Self::Unknown => None,
        }
    }
}

impl<'a> Server<'a> {
    /// Does it read the image's own properties, which are filled from variables?
    pub(super) fn reads_variables(&self) -> bool {
        matches!(self.own, Own::Image) && !self.mentions("spring.config")
    }

    /// Is it certain that no variable of that name comes from anywhere?
    pub(super) fn lacks(&self, variable: &str) -> bool {
        self.env.lacks(variable) && !self.script_sets(variable)
    }

    /// Likewise, where an empty text is a value too.
    pub(super) fn never_has(&self, variable: &str) -> bool {
        !self.env.has(variable) && self.lacks(variable)
    }

    /// Does it run the image's start script as it is?
    pub(super) fn runs_start_script(&self) -> bool {
        self.script.as_ref().is_none_or(|script| script.contains(START_SCRIPT) && !script.contains("sed "))
    }

    fn script_sets(&self, variable: &str) -> bool {
        let reads = |script: &str| {
            ["source ", ". /", "eval ", "envconsul", "vault"].iter().any(|word| script.contains(word))
        };
        self.script.as_ref().is_some_and(|script| script.contains(variable) || reads(script))
    }

    /// Do options of Java or of the program speak of this property, or could they?
    pub(super) fn mentions(&self, property: &str) -> bool {
        let in_options = [JAVA_OPT, JAVA_OPT_EXT, JAVA_TOOL_OPTIONS].iter().any(|name| {
            self.env.get(name).is_some_and(|var| var.value.known().is_none_or(|text| text.contains(property)))
        });
        in_options || self.script.as_ref().is_some_and(|script| script.contains(property))
    }

    /// What it was told by `variable`, or by one of the properties that the variable fills.
    pub(super) fn told<'s>(&'s self, variable: &str, properties: &[&str]) -> Told<'s, 'a> {
        let relaxed = |property: &str| property.replace('-', "").replace('.', "_").to_uppercase();
        let has = |name: &str| name != variable && self.env.has(name);
        if properties.iter().any(|property| self.mentions(property) || has(&relaxed(property))) {
            return Told::Unknown;
        }
        match &self.own {
            Own::Unseen => return Told::Unknown,
            Own::File(file) => match file_says(file, properties) {
                // Filled from the variable, as the image's own properties are.
                Some(text) if text.contains("${") && !text.contains(variable) => return Told::Unknown,
                Some(text) if text.contains("${") => {}
                Some(text) => return Told::In(file, text),
                None => return Told::Nothing,
            },
            Own::Image => {}
        }
        self.told_by(variable)
    }

    /// What the variable says, whatever the properties do with it.
    pub(super) fn told_by<'s>(&'s self, variable: &str) -> Told<'s, 'a> {
        match self.env.get(variable) {
            _ if self.lacks(variable) => Told::Nothing,
            Some(var) => match var.value.known() {
                Some(text) if !text.is_empty() => Told::By(var, text),
                _ => Told::Unknown,
            },
            None => Told::Unknown,
        }
    }

    /// Something is wrong with what it was told.
    pub(super) fn finding(&self, told: &Told<'_, 'a>, title: impl Into<String>) -> Finding<'a> {
        match told {
            Told::By(var, _) => self.env.finding(var, title),
            Told::In(file, _) => file.finding(title),
            Told::Nothing | Told::Unknown => self.missing(title),
        }
    }

    /// Something is missing among its variables.
    pub(super) fn missing(&self, title: impl Into<String>) -> Finding<'a> {
        let at = if self.fields.contains_key("env") { self.at.key("env") } else { self.at.clone() };
        Finding::new(self.object, title).at(at)
    }

    /// Does it run alone? None where that cannot be known.
    pub(super) fn is_alone(&self) -> Option<bool> {
        if self.operated {
            return Some(self.object.text("/spec/type").is_none_or(|kind| kind == "standalone"));
        }
        // The start script makes this option of Java of `MODE: standalone`, and somebody else may; files do not count.
        // Source: docker-startup.sh; Nacos `EnvUtil.getStandaloneMode`.
        let rewritten = |script: &String| !script.contains(START_SCRIPT) || script.contains(MODE);
        if self.mentions(key::STANDALONE) || self.script.as_ref().is_some_and(rewritten) {
            return None;
        }
        match self.told_by(MODE) {
            // Whatever is not this very word means cluster.
            Told::Nothing => Some(false),
            Told::Unknown => None,
            told => Some(told.value() == Some("standalone")),
        }
    }

    /// Does it ask clients for a login?
    pub(super) fn asks_for_login(&self) -> Option<bool> {
        if self.operated && self.object.at("/spec/certification/enabled") == Some(&Value::Bool(true)) {
            return Some(true);
        }
        // The start script makes an option of Java of the variable: it wins over every file.
        let told = match self.told_by(NACOS_AUTH_ENABLE) {
            Told::Nothing => self.told(NACOS_AUTH_ENABLE, &[key::AUTH_ENABLED]),
            told => told,
        };
        match told {
            Told::Nothing => Some(false),
            Told::Unknown => None,
            told => told.value().map(is_true),
        }
    }
}

/// As Spring reads a switch.
pub(super) fn is_true(text: &str) -> bool {
    matches!(text.trim().to_lowercase().as_str(), "true" | "on" | "yes" | "1")
}

fn file_says<'s>(file: &'s File<'_>, properties: &[&str]) -> Option<&'s str> {
    let text = file.text.known()?;
    properties.iter().find_map(|property| texts::property(text, property)).filter(|value| !value.is_empty())
}

/// `a`, `b` and `c`: all of them.
pub(super) fn all_of(names: &[&str]) -> String {
    let ticked: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match ticked.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}
