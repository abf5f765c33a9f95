//! What gets drawn: for every pair two StatefulSets and their Services, for all of them the configuration.

use std::sync::Arc;

use serde_json::{Value, json};

use super::accounts::{Keys, extend, variables};
use super::topology::{Pair, pairs};
use super::{Mysql, REPLICATION, config};
use crate::components::Instance;
use crate::components::common::{Exposure, Spread};
use crate::components::secret::SecretKey;
use crate::diagnostic::Diagnostics;
use crate::k8s::labels;
use crate::plan::draw::{self, Secrets, Service, ServicePort};
use crate::plan::offer::{Given, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::products::mysql::{
    DATA, LONGEST_SOURCE_PASSWORD, MYSQL_INITDB_SKIP_TZINFO, MYSQL_ROOT_PASSWORD, PORT, SOURCE_HOST,
};
use crate::template;

const STATEFUL_SET: Template = template!("mysql/statefulset.yaml.j2");
const CONFIG: Template = template!("mysql/my.cnf.j2");
const START_PRIMARY: Template = template!("mysql/start-primary.sh.j2");
const START_REPLICA: Template = template!("mysql/start-replica.sh.j2");
const JOIN: Template = template!("mysql/join.sh.j2");
const PREPARE: Template = template!("mysql/prepare.sh.j2");
const FINISHED: Template = template!("mysql/finished.sh.j2");
const READY: Template = template!("mysql/ready.sh.j2");

pub(super) fn parts(me: &Instance<Mysql>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
    let mut secrets = Secrets::new(me.secret(site));
    let keys = me.keys(&mut secrets, site)?;
    let pairs = pairs(me, site);
    let mut parts = Vec::new();
    for pair in &pairs {
        parts.extend(me.primary(pair, &pairs, &keys, site, offers)?);
        if me.replicas > 0 {
            parts.extend(me.replica(pair, &pairs, &keys, site, offers)?);
        }
    }
    parts.extend(me.accounts(&pairs, &keys, site, offers)?);
    if let Some(role) = parts.first().map(|part| Arc::clone(&part.role)) {
        parts.extend(secrets.part(&role));
    }
    Ok(parts)
}

fn ports() -> Vec<ServicePort> {
    vec![ServicePort::tcp("mysql", PORT)]
}

/// The exposure of one shard: node ports count up.
fn exposure(of_all: &Exposure, pair: &Pair) -> Exposure {
    let mut own = of_all.clone();
    for port in own.node_ports.values_mut() {
        *port = port.saturating_add(u16::try_from(pair.number).unwrap_or(u16::MAX));
    }
    own
}

impl Instance<Mysql> {
    pub(super) fn role_of(
        &self,
        name: &str,
        component: &str,
        site: &Site,
        offers: &Offers,
    ) -> Result<Arc<Role>, Diagnostics> {
        let resources = &self.common.resources;
        self.role(site, offers, Ask { name, product: "mysql", component, resources, image: None })
    }

    /// The values of a StatefulSet that primaries and replicas share.
    fn set(&self, set: &str, pair: &Pair, pairs: &[Pair], site: &Site) -> Value {
        json!({
            "port": PORT,
            "headless": Pair::headless(set),
            "claims": self.storage.iter().map(|storage| draw::claim(site, "data", storage)).collect::<Vec<_>>(),
            "affinity": self.apart(pair, pairs, site),
        })
    }

    fn primary(
        &self,
        pair: &Pair,
        pairs: &[Pair],
        keys: &Keys,
        site: &Site,
        offers: &Offers,
    ) -> Result<Vec<Part>, Diagnostics> {
        let role = self.role_of(&pair.primary, "database", site, offers)?;
        let config = self.named(site, "config");
        let first_start = (self.storage.is_none() && self.wants_accounts(offers, keys)?)
            .then(|| self.named(site, "accounts"));
        let mut entries = vec![(MYSQL_ROOT_PASSWORD.to_owned(), Given::from(keys.root.clone()))];
        if first_start.is_some() {
            entries.extend(keys.others());
        }
        let mut context = self.set(&pair.primary, pair, pairs, site);
        extend(
            &mut context,
            json!({
                "replicas": 1,
                "config": config,
                "inline": true,
                "serverId": pair.server_id,
                "env": variables(&entries),
                "firstStart": first_start,
                "join": null,
            }),
        );
        let headless = Pair::headless(&pair.primary);
        let exposure = exposure(&self.service, pair);
        let mut parts = vec![
            Part::new(STATEFUL_SET, &role, context).file("start.sh", START_PRIMARY),
            Service::headless(&headless, ports()).part(&role, &self.path)?,
            Service::client(&pair.primary, ports(), &exposure).part(&role, &self.path.key("service"))?,
        ];
        if pair.number == 0 {
            parts.push(self.files(&role, &config, keys, false));
        }
        Ok(parts)
    }

    fn replica(
        &self,
        pair: &Pair,
        pairs: &[Pair],
        keys: &Keys,
        site: &Site,
        offers: &Offers,
    ) -> Result<Vec<Part>, Diagnostics> {
        let role = self.role_of(&pair.replica, "database-replica", site, offers)?;
        let config = self.named(site, "replica-config");
        let root = (MYSQL_ROOT_PASSWORD.to_owned(), Given::from(keys.root.clone()));
        let own = [
            // Time zones come from the primary; loaded here, they would be transactions that it does not know.
            (MYSQL_INITDB_SKIP_TZINFO.to_owned(), Given::from("1")),
            ("POD_NAME".to_owned(), Given::Field("metadata.name")),
            ("FIRST_SERVER_ID".to_owned(), Given::from((pair.server_id + 1).to_string())),
        ];
        let mut join = vec![root.clone(), (SOURCE_HOST.to_owned(), pair.write_to(site).host.into())];
        join.extend(keys.replication.clone().map(|key| ("REPLICATION_PASSWORD".to_owned(), key.into())));
        let mut context = self.set(&pair.replica, pair, pairs, site);
        extend(
            &mut context,
            json!({
                "replicas": self.replicas,
                "config": config,
                "inline": false,
                "env": variables([root].iter().chain(&own)),
                "firstStart": null,
                "join": variables(&join),
            }),
        );
        let headless = Pair::headless(&pair.replica);
        let exposure = exposure(&self.read_service, pair);
        let mut parts = vec![
            Part::new(STATEFUL_SET, &role, context),
            Service::headless(&headless, ports()).part(&role, &self.path)?,
            Service::client(&pair.read, ports(), &exposure).part(&role, &self.path.key("readService"))?,
        ];
        parts.extend(draw::budget(&role, self.replicas));
        if pair.number == 0 {
            let files = self.files(&role, &config, keys, true);
            parts.push(files.file("start.sh", START_REPLICA).file("join.sh", JOIN));
        }
        Ok(parts)
    }

    /// my.cnf, and what primaries and replicas alike do before and after their first start.
    fn files(&self, role: &Arc<Role>, name: &str, keys: &Keys, replica: bool) -> Part {
        draw::config_map(role, name, self.config_values(keys, replica))
            .file("stackgen.cnf", CONFIG)
            .file("prepare.sh", PREPARE)
            .file("finished.sh", FINISHED)
            .file("ready.sh", READY)
    }

    /// The values of my.cnf and of the scripts beside it.
    fn config_values(&self, keys: &Keys, replica: bool) -> Value {
        let version = self.version();
        let modern = version.at_least(&[8, 0, 23]);
        let tls = version.at_least(&[8, 0]);
        json!({
            "entries": config::entries(self, replica),
            "clone": self.replicas > 0 && config::clones(&version),
            "port": PORT,
            "user": REPLICATION,
            "root": keys.root.called(),
            "replication": keys.replication.as_ref().map(SecretKey::called),
            "longest": LONGEST_SOURCE_PASSWORD,
            // What the volume holds beside the data stands here, too.
            "mount": DATA,
            "folder": config::data_folder(&version),
            "keeps": self.storage.is_some(),
            // Source: the manual; SOURCE and REPLICA replaced MASTER and SLAVE in 8.0.23, and alone are known from 8.4.
            "change": if modern { "REPLICATION SOURCE" } else { "MASTER" },
            "source": if modern { "SOURCE" } else { "MASTER" },
            "replica": if modern { "REPLICA" } else { "SLAVE" },
            "receiving": if modern { "Replica_IO_Running" } else { "Slave_IO_Running" },
            "running": if modern { "Replica_SQL_Running" } else { "Slave_SQL_Running" },
            // Accounts of MySQL 8 log in over TLS only, or with the source's key; servers make certificates themselves.
            "tls": tls,
            "persist": if tls { "PERSIST" } else { "GLOBAL" },
        })
    }

    /// Primary and replicas of a pair on different nodes, the others apart where that can be had.
    fn apart(&self, pair: &Pair, pairs: &[Pair], site: &Site) -> Value {
        let alone = pairs.len() == 1 && self.replicas == 0;
        if alone || self.common.affinity.is_some() || self.common.spread == Spread::Off {
            return Value::Null;
        }
        let sets = |pair: &Pair| [site.instance(&pair.primary), site.instance(&pair.replica)];
        let term = |instances: Vec<String>| {
            json!({
                "topologyKey": "kubernetes.io/hostname",
                "labelSelector": {
                    "matchExpressions": [{ "key": labels::INSTANCE, "operator": "In", "values": instances }],
                },
            })
        };
        let all = term(pairs.iter().flat_map(sets).collect());
        let preferred = json!([{ "weight": 100, "podAffinityTerm": all }]);
        let required = (self.common.spread == Spread::Hard).then(|| json!([term(sets(pair).to_vec())]));
        json!({
            "podAntiAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": required,
                "preferredDuringSchedulingIgnoredDuringExecution": preferred,
            },
        })
    }
}
