//! Options that only a plugin knows.

use super::config::of_servers;
use super::options::{self, Setting};
use super::servers::{self, Flavour, Server};
use crate::components::mysql::config::REMOVED;
use crate::products::mysql::{INIT_FOLDER, PERCONA, SEMISYNC_OPTIONS, SERVER_IMAGE, key};
use crate::verify::{Finding, Grade, Rule};

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "mysql-semisync-has-plugin",
        grade: Grade::ERROR,
        promise: "a MySQL server with options of semisynchronous replication loads the plugin that knows them",
        why: "without it the server exits at every start: `unknown variable 'rpl_semi_sync_…'`, `Aborting`",
        fix: "load the plugin beside the options: `plugin_load_add=semisync_source.so` on the source, \
          `plugin_load_add=semisync_replica.so` on replicas",
        source: "MySQL reference manual, Installing Semisynchronous Replication; observed with MySQL 9.7.4",
        check: |set| of_servers(set, semisync),
    },
    Rule {
        code: "mysql-first-start-knows-options",
        grade: Grade::ERROR,
        promise: "no option of a plugin keeps a MySQL server from its first start",
        why: "while the image prepares an empty volume, with `--initialize`, the server loads no plugins, and stops at \
              options that only they know: `unknown variable 'rpl_semi_sync_…'`",
        fix: "write `loose_` before the option's name: it is a warning on the first start, and counts from then on",
        source: "MySQL 9.7.4, observed: MY-013501 `Ignoring --plugin-load[_add] list`, then MY-000067; the same is \
                 reported of 8.0",
        check: |set| of_servers(set, first_start),
    },
];

/// How the options of each side begin, which is how its plugin is called; and what both were called before 8.0.26.
const SIDES: &[(&str, &str)] =
    &[("source", "master"), ("replica", "slave"), ("master", "master"), ("slave", "slave")];

fn semisync<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    let image = &server.container.image;
    let builds = ["percona", PERCONA, SERVER_IMAGE].iter().any(|name| image.is(name));
    if (server.flavour == Flavour::Other && !builds) || !is_seen(server) {
        return Vec::new();
    }
    let Some(loaded) = loaded(server) else { return Vec::new() };
    let told = |setting: &&Setting<'_, 'a>| {
        // What a release does not have at all is another rule's.
        let gone = REMOVED.iter().any(|(name, since, _)| *name == setting.name && server.at_least(since));
        !setting.loose && !gone
    };
    let mut findings = Vec::new();
    for (side, old) in SIDES {
        let start = format!("{SEMISYNC_OPTIONS}{side}_");
        let first = server.settings.iter().filter(told).find(|setting| setting.name.starts_with(&start));
        let plugin = format!("semisync_{side}");
        let Some(setting) = first.filter(|_| !loaded.contains(&plugin)) else { continue };
        let title =
            format!("`{}` is unknown without the plugin `{plugin}.so`, which is not loaded", setting.written);
        let help = if side != old && server.before(&[8, 0, 26]) {
            format!(
                "before 8.0.26 write `{SEMISYNC_OPTIONS}{old}_…`, and load the plugin with `{}=semisync_{old}.so`",
                key::PLUGIN_LOAD_ADD
            )
        } else {
            // An argument without dashes ends the start as well.
            let name = key::PLUGIN_LOAD_ADD;
            let option = format!("loose_{SEMISYNC_OPTIONS}{side}_enabled");
            format!(
                "add `{name}={plugin}.so`, as an argument `--{name}={plugin}.so`; call the option `{option}`, \
                 for the first start on an empty volume loads no plugins"
            )
        };
        findings.push(setting.finding(title).help(help));
    }
    findings
}

fn first_start<'a>(server: &Server<'_, 'a>) -> Vec<Finding<'a>> {
    if server.flavour != Flavour::Official || !server.at_least(&[8, 0]) || server.is_filled_before() {
        return Vec::new();
    }
    // A script may tell a first start from the others.
    if servers::is_scripted(server.container) || !options::are_seen(server.container) {
        return Vec::new();
    }
    let by_option = |plugin: &str| {
        let loads = |setting: &&Setting<'_, 'a>| setting.name.contains("plugin_load");
        let named =
            |setting: &Setting<'_, 'a>| setting.value.as_deref().is_some_and(|list| list.contains(plugin));
        server.settings.iter().filter(loads).any(named)
    };
    let told = |(side, _): &(&str, &str)| {
        let start = format!("{SEMISYNC_OPTIONS}{side}_");
        let first =
            server.settings.iter().find(|setting| !setting.loose && setting.name.starts_with(&start))?;
        let title = format!("`{}` is unknown on the first start, which loads no plugins", first.written);
        let loose = first.name.replace('_', "-");
        let help = format!("write `loose_{}`; as an argument `--loose-{loose}`", first.name);
        by_option(&format!("semisync_{side}")).then(|| first.finding(title).help(help))
    };
    SIDES.iter().filter_map(told).collect()
}

/// Is all seen that could load a plugin: the option files, and what starts the server?
fn is_seen(server: &Server<'_, '_>) -> bool {
    let container = server.container;
    let words = container.words();
    let script = |word: &String| {
        word.contains(char::is_whitespace) || container.file(word).is_some_and(|file| file.plain().is_some())
    };
    options::are_seen(container) && (!servers::is_scripted(container) || words.iter().any(script))
}

/// All that is said of plugins; nothing where some of it cannot be known.
fn loaded(server: &Server<'_, '_>) -> Option<String> {
    let container = server.container;
    let mut said = String::new();
    for setting in server.settings.iter().filter(|setting| setting.name.contains("plugin_load")) {
        said.push_str(setting.value.as_deref()?);
        said.push('\n');
    }
    let variables = container.env.iter().filter_map(|var| var.value.plain());
    let scripts = container.files.iter().filter(|file| {
        !options::is_read(container, file)
            && !file.path.starts_with(INIT_FOLDER)
            && !file.path.ends_with(".sql")
    });
    for text in variables.chain(scripts.filter_map(|file| file.plain())) {
        said.push_str(text);
    }
    container.words().iter().for_each(|word| said.push_str(word));
    Some(said)
}
