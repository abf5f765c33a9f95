//! Where a Nacos server keeps the configuration: MySQL, or itself.

use super::servers::{Server, servers};
use super::settings::{Told, all_of};
use crate::products::mysql::NACOS_IMAGE;
use crate::products::nacos::{
    EMBEDDED_STORAGE, FUNCTION_MODE, MYSQL_DATABASE_NUM, MYSQL_SERVICE_DB_NAME, MYSQL_SERVICE_DB_PARAM,
    MYSQL_SERVICE_HOST, MYSQL_SERVICE_PASSWORD, MYSQL_SERVICE_USER, NACOS_DEPLOYMENT_TYPE, OLD_SCHEMAS,
    SPRING_DATASOURCE_PLATFORM, key,
};
use crate::verify::shapes::jdbc::{self, RETRIEVAL};
use crate::verify::{Finding, Grade, Rule, Set, topology};

const PLATFORM: &str = SPRING_DATASOURCE_PLATFORM;
const HOST: &str = MYSQL_SERVICE_HOST;
const PARAMS: &str = MYSQL_SERVICE_DB_PARAM;

pub(super) const RULES: &[Rule] = &[
    Rule {
        code: "nacos-database-is-configured",
        grade: Grade::ERROR,
        promise: "every Nacos server that keeps its configuration in MySQL has host, database, user and password",
        why: "a cluster uses MySQL unless `EMBEDDED_STORAGE` is set; with an unresolved placeholder in the JDBC \
              URL it exits at startup with \"No DataSource set\"",
        fix: "set the `MYSQL_SERVICE_` variables, or `EMBEDDED_STORAGE` to `embedded` and a claim at `/home/nacos/data`",
        source: "alibaba/nacos DatasourceConfiguration, #6975",
        check: database_is_told,
    },
    Rule {
        code: "nacos-database-is-used",
        grade: Grade::ERROR,
        promise: "a Nacos server that is given a MySQL host is also told to use it, by `SPRING_DATASOURCE_PLATFORM`",
        why: "without it a standalone server silently keeps its configuration in Derby, and a cluster does not start from 2.2.0 \
              on: \"dataSource or tableName is null\"",
        fix: "set `SPRING_DATASOURCE_PLATFORM` to `mysql`",
        source: "alibaba/nacos DatasourceConfiguration, MapperManager.findMapper, #9718; nacos-group/nacos-docker#319",
        check: database_is_used,
    },
    Rule {
        code: "nacos-schema-fits-version",
        grade: Grade::WARNING,
        promise: "the database image of a Nacos server from 2.5.0 on has the tables of that version",
        why: "2.5.0 needs `config_info_gray` and new columns of `his_config_info`: with an older schema publishing a \
              configuration fails",
        fix: "apply the image's own `/home/nacos/conf/mysql-schema.sql`, or the ALTER statements of its upgrade guide, before the \
              server starts",
        source: "alibaba/nacos distribution/conf/mysql-schema.sql at 2.4.3 and 2.5.0; nacos-docker example/image/mysql",
        check: schema_fits,
    },
    Rule {
        code: "nacos-storage-is-unambiguous",
        grade: Grade::WARNING,
        promise: "no Nacos server is configured with both MySQL and embedded storage",
        why: "MySQL silently wins, so the data is not where the next reader expects it",
        fix: "remove `EMBEDDED_STORAGE` or `SPRING_DATASOURCE_PLATFORM`",
        source: "alibaba/nacos DatasourceConfiguration",
        check: storage_is_one,
    },
    Rule {
        code: "nacos-mysql-allows-key-retrieval",
        grade: Grade::WARNING,
        promise: "every Nacos server can log in to MySQL 8 without TLS: `allowPublicKeyRetrieval=true` beside `useSSL=false`",
        why: "when the login is not in MySQL 8's cache, as after a restart, the driver fails with \"Public Key \
              Retrieval is not allowed\" and the server does not start",
        fix: "add `&allowPublicKeyRetrieval=true` to `MYSQL_SERVICE_DB_PARAM`",
        source: "nacos-group/nacos-docker#133, alibaba/nacos#12259",
        check: mysql_gives_its_key,
    },
    Rule {
        code: "nacos-has-one-database",
        grade: Grade::ERROR,
        promise: "`MYSQL_DATABASE_NUM` is 1 where the image's own application.properties is used",
        why: "since 2.2.0 the image's properties define one database: the server exits at startup with \"db.url.1 \
              is null\"",
        fix: "remove `MYSQL_DATABASE_NUM`",
        source: "nacos-docker application.properties of 2.2.0",
        check: has_one_database,
    },
];

/// The database that a server was told to use: `mysql`, in most cases.
pub(super) fn platform<'s, 'a>(server: &'s Server<'a>) -> Told<'s, 'a> {
    match server.told_by(PLATFORM) {
        Told::Nothing => server.told(PLATFORM, &[key::PLATFORM, key::OLD_PLATFORM]),
        told => told,
    }
}

/// Is the configuration in MySQL? None where that cannot be known, or where it is neither there nor in the server.
pub(super) fn is_in_mysql(server: &Server<'_>) -> Option<bool> {
    if server.operated {
        return match server.object.text("/spec/database/type") {
            None | Some("" | "embedded") => Some(false),
            kind => (kind == Some("mysql")).then_some(true),
        };
    }
    // Servers of names only, and consoles, keep no configuration.
    let function = server.told_by(FUNCTION_MODE).value() == Some("naming");
    if function || server.told_by(NACOS_DEPLOYMENT_TYPE).value() == Some("console") {
        return None;
    }
    match platform(server) {
        Told::Nothing if server.is_alone()? => Some(false),
        Told::Nothing => match server.told_by(EMBEDDED_STORAGE) {
            Told::Nothing => Some(true),
            Told::Unknown => None,
            told => Some(told.value() != Some("embedded")),
        },
        Told::Unknown => None,
        told => (told.value() == Some("mysql")).then_some(true),
    }
}

/// Servers of the image's own properties whose configuration is in MySQL.
fn on_mysql<'a>(set: &Set<'a>) -> Vec<Server<'a>> {
    let mut all = servers(set);
    all.retain(|server| {
        server.is_official()
            && !server.operated
            && server.reads_variables()
            && !server.before(&[2])
            && is_in_mysql(server) == Some(true)
            && !server.mentions("db.url")
            && !server.env.iter().any(|var| var.name.starts_with("DB_URL"))
    });
    all
}

fn database_is_told<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in on_mysql(set) {
        // A Service of that name tells the address, through the links that pods get.
        let linked =
            set.beside(server.object, "Service", "mysql").is_some_and(|it| !topology::is_headless(it))
                && set.pod_of(server.object).is_some_and(topology::has_service_links);
        let mut missing: Vec<&str> = [HOST, MYSQL_SERVICE_DB_NAME, MYSQL_SERVICE_USER]
            .into_iter()
            .filter(|name| server.lacks(name) && !(linked && *name == HOST))
            .collect();
        missing.extend([MYSQL_SERVICE_PASSWORD].into_iter().filter(|name| server.never_has(name)));
        if missing.is_empty() {
            continue;
        }
        let title = format!("keeps its configuration in MySQL, but does not set {}", all_of(&missing));
        let finding = match missing.iter().find_map(|name| server.env.get(name)) {
            Some(empty) => server.env.finding(empty, title),
            None => server.missing(title),
        };
        let half = server.told_by(EMBEDDED_STORAGE).value().is_some() && platform(&server).value().is_none();
        findings.push(match half {
            true => finding
                .help(format!("`{EMBEDDED_STORAGE}` has an effect only with the exact value `embedded`")),
            false => finding,
        });
    }
    findings
}

fn database_is_used<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    let told = |server: &Server<'a>| {
        let hosted = server.told_by(HOST).value().is_some_and(|host| !host.is_empty());
        let embedded = server.told_by(EMBEDDED_STORAGE).value() == Some("embedded");
        hosted && !embedded && matches!(platform(server), Told::Nothing)
    };
    let ours = |server: &&Server<'a>| server.is_official() && !server.operated && server.reads_variables();
    for server in servers(set).iter().filter(ours).filter(|server| told(server)) {
        let at = server.told_by(HOST);
        let new = server.at_least(&[2, 2]) || server.is_newest();
        match server.is_alone() {
            Some(true) => {
                let title =
                    format!("sets `{HOST}`, but keeps its configuration in Derby: `{PLATFORM}` is not set");
                findings.push(server.finding(&at, title).warns());
            }
            Some(false) if new => {
                findings.push(server.finding(&at, format!("does not start: `{PLATFORM}` is not set")));
            }
            _ => {}
        }
    }
    findings
}

fn schema_fits<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in on_mysql(set).iter().filter(|server| server.at_least(&[2, 5])) {
        let host = server.told_by(HOST);
        let namespace = set.namespace_of(server.object);
        let Some(mysql) = host.value().and_then(|host| jdbc::Mysql::at(set, host, namespace)) else {
            continue;
        };
        let image = &mysql.server.image;
        let old = image.is(NACOS_IMAGE) && image.tag().is_some_and(|tag| OLD_SCHEMAS.contains(&tag));
        if old {
            let title = format!(
                "{image} brings the schema of an older version, {} needs that of 2.5.0",
                server.named()
            );
            findings.push(server.finding(&host, title));
        }
    }
    findings
}

fn storage_is_one<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in servers(set).iter().filter(|server| !server.operated && server.is_alone() == Some(false)) {
        let embedded = server.told_by(EMBEDDED_STORAGE);
        if embedded.value() == Some("embedded") && platform(server).value() == Some("mysql") {
            let title = format!("`{EMBEDDED_STORAGE}` is ignored because of `{PLATFORM}`");
            findings.push(server.finding(&embedded, title));
        }
    }
    findings
}

fn mysql_gives_its_key<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in on_mysql(set) {
        let params = server.told_by(PARAMS);
        let open = match &params {
            Told::Nothing => true,
            Told::Unknown => false,
            told => told.value().is_some_and(jdbc::lacks_key),
        };
        let host = server.told_by(HOST);
        let Some(mysql) = host.value().filter(|_| open).and_then(|host| eight(set, &server, host)) else {
            continue;
        };
        let title = match &params {
            Told::Nothing => {
                format!("without `{PARAMS}`, the image connects to {mysql} without `{RETRIEVAL}`")
            }
            _ => format!("`{PARAMS}` makes it connect to {mysql} without `{RETRIEVAL}`"),
        };
        findings.push(server.finding(&params, title));
    }
    findings
}

/// The MySQL of version 8 or later behind that host, by name and version, with its own way to check passwords.
fn eight<'a>(set: &Set<'a>, server: &Server<'a>, host: &str) -> Option<String> {
    let mysql = jdbc::Mysql::at(set, host, set.namespace_of(server.object))?;
    let version = mysql.server.version.as_ref()?;
    mysql.wants_key().then(|| format!("MySQL {version}"))
}

fn has_one_database<'a>(set: &Set<'a>) -> Vec<Finding<'a>> {
    let mut findings = Vec::new();
    for server in on_mysql(set).iter().filter(|server| server.at_least(&[2, 2]) || server.is_newest()) {
        let number = server.told_by(MYSQL_DATABASE_NUM);
        let many = number.value().and_then(|text| text.trim().parse::<u64>().ok()).filter(|many| *many > 1);
        if let Some(many) = many {
            let title =
                format!("`{MYSQL_DATABASE_NUM}` is {many}, but the image's properties define one database");
            let finding = server.finding(&number, title);
            findings.push(if server.is_newest() { finding.warns() } else { finding });
        }
    }
    findings
}
