//! What gets drawn: for every pair two StatefulSets and their Services, for all of them the configuration.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Mysql;
use super::accounts::{Keys, extend, variables};
use super::topology::{Pair, pairs};
use crate::components::Instance;
use crate::components::common::{Exposure, Spread};
use crate::diagnostic::Diagnostics;
use crate::k8s::labels;
use crate::plan::draw::{self, Secrets, Service, ServicePort};
use crate::plan::offer::{Given, Offers};
use crate::plan::part::{Part, Template};
use crate::plan::role::{Ask, Role};
use crate::plan::site::Site;
use crate::products::mysql::{DATA, MYSQL_ROOT_PASSWORD, PORT, SOURCE_HOST};
use crate::template;

const STATEFUL_SET: Template = template!("mysql/statefulset.yaml.j2");
const START_PRIMARY: Template = template!("mysql/start-primary.sh.j2");

pub(super) fn parts(me: &Instance<Mysql>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
    let mut secrets = Secrets::new(me.secret(site));
    let keys = me.keys(&mut secrets, site)?;
    let pairs = pairs(me, site);
    let mut parts = Vec::new();
    for pair in &pairs {
        parts.extend(match me.replicas {
            0 => me.alone(pair, &pairs, &keys, site, offers)?,
            _ => me.together(pair, &pairs, &keys, site, offers)?,
        });
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

    /// The values that all StatefulSets have.
    fn set(&self, set: &str, pair: &Pair, pairs: &[Pair], site: &Site) -> Value {
        json!({
            "port": PORT,
            "headless": Pair::headless(set),
            "claims": self.storage.iter().map(|storage| draw::claim(site, "data", storage)).collect::<Vec<_>>(),
            "affinity": self.apart(pair, pairs, site),
        })
    }

    /// A primary without replicas.
    fn alone(
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
                "mount": DATA,
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

    /// A primary and its replicas: any of them can be either.
    fn together(
        &self,
        pair: &Pair,
        pairs: &[Pair],
        keys: &Keys,
        site: &Site,
        offers: &Offers,
    ) -> Result<Vec<Part>, Diagnostics> {
        let first = self.role_of(&pair.primary, "database", site, offers)?;
        let others = self.role_of(&pair.replica, "database-replica", site, offers)?;
        let (write_to, read_from) = pair.served_by(&first, &others, self.replicas);
        let (write, read) = (exposure(&self.service, pair), exposure(&self.read_service, pair));
        let config = [self.named(site, "config"), self.named(site, "replica-config")];
        let context = |set: &str, config: &str, first_id: u32, replicas: u32| {
            let mut context = self.set(set, pair, pairs, site);
            extend(&mut context, json!({ "replicas": replicas, "config": config }));
            extend(&mut context, self.either(pair, first_id, keys, site));
            context
        };
        let id = pair.server_id;
        let mut parts = vec![
            Part::new(STATEFUL_SET, &first, context(&pair.primary, &config[0], id, 1)),
            Service::headless(&Pair::headless(&pair.primary), ports()).part(&first, &self.path)?,
            Service::client(&pair.primary, ports(), &write).part(&write_to, &self.path.key("service"))?,
        ];
        if pair.number == 0 {
            parts.push(self.files(&first, &config[0], keys, false));
        }
        parts.extend([
            Part::new(STATEFUL_SET, &others, context(&pair.replica, &config[1], id + 1, self.replicas)),
            Service::headless(&Pair::headless(&pair.replica), ports()).part(&others, &self.path)?,
            Service::client(&pair.read, ports(), &read).part(&read_from, &self.path.key("readService"))?,
        ]);
        parts.extend(draw::budget(&others, self.replicas));
        if pair.number == 0 {
            parts.push(self.files(&others, &config[1], keys, true));
        }
        Ok(parts)
    }

    /// What the pods of a pair are told, whichever is the primary.
    fn either(&self, pair: &Pair, first_id: u32, keys: &Keys, site: &Site) -> Value {
        let root = (MYSQL_ROOT_PASSWORD.to_owned(), Given::from(keys.root.clone()));
        let place = [
            ("POD_NAME".to_owned(), Given::Field("metadata.name")),
            ("POD_IP".to_owned(), Given::Field("status.podIP")),
            ("PRIMARY".to_owned(), pair.leader().into()),
            ("SERVERS".to_owned(), pair.servers(site).into()),
        ];
        let id = [("FIRST_SERVER_ID".to_owned(), Given::from(first_id.to_string()))];
        let source = [(SOURCE_HOST.to_owned(), pair.write_to(site).host.into())];
        let password = keys.replication.clone().map(|key| ("REPLICATION_PASSWORD".to_owned(), key.into()));
        let root = [root];
        json!({
            "inline": false,
            "firstStart": null,
            "env": variables(root.iter().chain(&place).chain(&id)),
            "join": variables(root.iter().chain(&place).chain(&source).chain(&password)),
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
