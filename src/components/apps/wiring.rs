//! What an app uses becomes environment: every product's addresses under the names that the app's framework reads.

use indexmap::IndexMap;
use serde_json::Value;

use super::settings::{App, Database};
use crate::components::{Instance, Key};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::Version;
use crate::plan::env;
use crate::plan::offer::{Given, Need, Offer, Offers};
use crate::products::mysql::{MYSQL_DATABASE, MYSQL_HOST, MYSQL_PASSWORD, MYSQL_USER};

/// Fields of a pod under the names that everybody uses for them: defined where something says `$(POD_IP)`.
const FIELDS: &[(&str, &str)] = &[
    ("POD_NAME", "metadata.name"),
    ("POD_NAMESPACE", "metadata.namespace"),
    ("POD_IP", "status.podIP"),
    ("HOST_IP", "status.hostIP"),
    ("NODE_NAME", "spec.nodeName"),
];

/// Variables by name, and who wants each.
#[derive(Default)]
pub(super) struct Wiring {
    variables: IndexMap<String, (Given, String)>,
}

/// The variables of everything that the app uses, and of its database. `own` are those of the app itself, which
/// nobody else may set.
pub(super) fn of(
    me: &Instance<App>,
    boot: Option<&Version>,
    own: &[(String, String)],
    offers: &Offers,
) -> Result<Wiring, Diagnostics> {
    let mut complaints = Diagnostics::new();
    let mut wiring = Wiring::default();
    for (name, value) in own {
        wiring.variables.insert(name.clone(), (value.as_str().into(), "the app's own settings".to_owned()));
    }
    if let Some(database) = &me.database {
        let found = database_variables(database, boot, offers, &me.path.key("database"));
        let who = format!("the database `{}`", database.name);
        for (name, given) in complaints.keep(found).unwrap_or_default() {
            wiring.variables.insert(name, (given, who.clone()));
        }
    }
    for (index, used) in me.uses.iter().enumerate() {
        let path = me.path.key("uses").index(index);
        if let Some(offer) = complaints.keep(used_offer(me, used, offers, &path)) {
            complaints.extend(wiring.take(me, offer, boot, &path));
        }
    }
    // The app's own come last, behind what they may refer to.
    for (name, _) in own {
        if let Some(entry) = wiring.variables.shift_remove(name) {
            wiring.variables.insert(name.clone(), entry);
        }
    }
    complaints.or(wiring)
}

fn used_offer<'o>(
    me: &Instance<App>,
    used: &str,
    offers: &'o Offers,
    path: &Path,
) -> Result<&'o Offer, Diagnostic> {
    let key = Key::named(used);
    if key == me.key {
        return Err(Diagnostic::error("uses-itself", format!("`{key}` uses itself")).at(path));
    }
    let offer = offers.of(&key, path)?;
    if offer.bindings.is_empty() && offer.endpoints.is_empty() {
        return Err(Diagnostic::error(
            "nothing-to-use",
            format!("`{key}` offers nothing that an app could use"),
        )
        .at(path)
        .because("it has no port"));
    }
    Ok(offer)
}

impl Wiring {
    /// Takes in what `offer` binds; complains where somebody else wants the same variable to be something else.
    fn take(
        &mut self,
        me: &Instance<App>,
        offer: &Offer,
        boot: Option<&Version>,
        path: &Path,
    ) -> Option<Diagnostic> {
        let who = format!("`{}`", offer.key);
        // Two of a kind cannot both be what Spring calls by one name: the named one comes under its plain names.
        let plain = offer.key.name.is_some();
        let mut torn: Vec<(String, String)> = Vec::new();
        for binding in &offer.bindings {
            let name = binding.name.variable(boot).or_else(|| binding.name.variable(None).filter(|_| plain));
            let Some(name) = name.filter(|name| !writes(me, name)) else { continue };
            match self.variables.get(&name) {
                Some((given, _)) if *given == binding.value => {}
                // What is said of the database is more than what its server says of itself.
                Some((_, other)) if other.starts_with("the database") => {}
                Some((_, other)) => torn.push((name, other.clone())),
                None => {
                    self.variables.insert(name, (binding.value.clone(), who.clone()));
                }
            }
        }
        let other = torn.first()?.1.clone();
        let names: Vec<String> = torn.iter().map(|(name, _)| format!("`{name}`")).collect();
        let set = &torn.first()?.0;
        Some(
            Diagnostic::error(
                "variable-twice",
                format!("{who} and {other} both set {}", names.join(" and ")),
            )
            .at(path)
            .because("the app can read only one value")
            .help(format!(
                "remove one of them from `uses`, or set the value explicitly: `env: {{{set}: …}}`"
            )),
        )
    }

    /// The container's `env`: fields of the pod first, everything behind what it refers to, the user's word last.
    /// `mentions` are other texts in which `$(NAME)` may stand.
    pub(super) fn variables(self, user: &[Value], mentions: &[String]) -> Vec<Value> {
        let entries = self.variables.iter().map(|(name, (given, _))| env::variable(name, given));
        let mut all: IndexMap<String, Value> = IndexMap::new();
        for variable in entries.chain(user.iter().cloned()) {
            let name = variable["name"].as_str().unwrap_or_default().to_owned();
            all.insert(name, variable);
        }
        for (name, given) in missing(&all, mentions) {
            all.insert(name.to_owned(), env::variable(name, &given));
        }
        // Stable: fields keep their order, and the others theirs.
        all.sort_by_cached_key(|_, variable| rank(variable));
        let mut placed = IndexMap::with_capacity(all.len());
        for name in all.keys() {
            place(name, &all, &mut placed);
        }
        placed.into_values().collect()
    }
}

/// Puts a variable behind those that it names: Kubernetes expands only what stands before. Two that name each other
/// stay as they are, and a rule tells.
fn place<'v>(name: &'v str, all: &'v IndexMap<String, Value>, placed: &mut IndexMap<&'v str, Value>) {
    let Some(variable) = all.get(name) else { return };
    if placed.contains_key(name) {
        return;
    }
    // Its place is taken before its text is read, so that a circle ends; it moves behind what it names.
    placed.insert(name, Value::Null);
    let text = variable["value"].as_str().unwrap_or_default();
    for (before, _) in
        text.match_indices("$(").map(|(at, open)| text[at + open.len()..].split_once(')').unwrap_or_default())
    {
        if let Some((named, _)) = all.get_key_value(before) {
            place(named, all, placed);
        }
    }
    placed.shift_remove(name);
    placed.insert(name, variable.clone());
}

/// Fields of the pod in the order of the table, then fields of other names, then the rest.
fn rank(variable: &Value) -> usize {
    if variable.pointer("/valueFrom/fieldRef").is_none() {
        return FIELDS.len() + 1;
    }
    FIELDS.iter().position(|(name, _)| variable["name"] == *name).unwrap_or(FIELDS.len())
}

/// The fields that texts mention and nobody defines.
fn missing<'f>(all: &IndexMap<String, Value>, mentions: &[String]) -> Vec<(&'f str, Given)> {
    let texts: Vec<&str> = all
        .values()
        .filter_map(|variable| variable["value"].as_str())
        .chain(mentions.iter().map(String::as_str))
        .filter(|text| text.contains("$("))
        .collect();
    fields(&texts).into_iter().filter(|(name, _)| !all.contains_key(*name)).collect()
}

/// The fields of a pod that these texts mention.
pub(super) fn fields<'f>(texts: &[impl AsRef<str>]) -> Vec<(&'f str, Given)> {
    let mentioned = |name: &str| {
        let mention = format!("$({name})");
        texts.iter().any(|text| text.as_ref().contains(&mention))
    };
    let found = FIELDS.iter().filter(|(name, _)| mentioned(name));
    found.map(|(name, field)| (*name, Given::Field(field))).collect()
}

/// Does the user say what is in it?
fn writes(me: &Instance<App>, name: &str) -> bool {
    me.common.env.contains_key(name) || me.config.contains_key(name)
}

/// The database must exist before the app starts.
pub(super) fn needs(me: &Instance<App>) -> Vec<Need> {
    let need = |database: &Database| Need {
        of: Key::named(&database.mysql),
        database: database.name.clone(),
        at: me.path.keys(&["database", "name"]),
    };
    me.database.iter().map(need).collect()
}

fn database_variables(
    database: &Database,
    boot: Option<&Version>,
    offers: &Offers,
    path: &Path,
) -> Result<Vec<(String, Given)>, Diagnostic> {
    let path = path.key("mysql");
    let found = offers.databases(&Key::named(&database.mysql), &path)?;
    let Some(shard) = found.shards.first() else {
        return Err(Diagnostic::error("no-database", format!("`{}` has no server", database.mysql)).at(&path));
    };
    let who = found.credentials(&database.name);
    let (server, name) = (&shard.primary, &database.name);
    let pair = |name: &str, given: Given| (name.to_owned(), given);
    if boot.is_none() {
        return Ok(vec![
            pair(MYSQL_HOST, server.host.clone().into()),
            pair("MYSQL_PORT", server.port.to_string().into()),
            pair(MYSQL_DATABASE, name.clone().into()),
            pair(MYSQL_USER, who.user.clone().into()),
            pair(MYSQL_PASSWORD, who.password.clone().into()),
        ]);
    }
    let parameters: Vec<String> =
        database.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let question = if parameters.is_empty() { "" } else { "?" };
    let url = format!("jdbc:mysql://{server}/{name}{question}{}", parameters.join("&"));
    Ok(vec![
        pair("SPRING_DATASOURCE_URL", url.into()),
        pair("SPRING_DATASOURCE_USERNAME", who.user.clone().into()),
        pair("SPRING_DATASOURCE_PASSWORD", who.password.clone().into()),
    ])
}
