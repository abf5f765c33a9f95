//! The files of a server: my.cnf, and the scripts that start it and keep it in its place.

use std::sync::Arc;

use serde_json::{Value, json};

use super::accounts::Keys;
use super::{Mysql, REPLICATION, config};
use crate::components::Instance;
use crate::components::secret::SecretKey;
use crate::plan::draw;
use crate::plan::part::{Part, Template};
use crate::plan::role::Role;
use crate::products::mysql::{DATA, LONGEST_SOURCE_PASSWORD, PORT};
use crate::template;

const CONFIG: Template = template!("mysql/my.cnf.j2");
const START: Template = template!("mysql/start.sh.j2");
const JOIN: Template = template!("mysql/join.sh.j2");
const PAIR: Template = template!("mysql/pair.sh.j2");
const PREPARE: Template = template!("mysql/prepare.sh.j2");
const FINISHED: Template = template!("mysql/finished.sh.j2");
const READY: Template = template!("mysql/ready.sh.j2");

/// How long a primary waits for others that do not answer, before it takes over or is upgraded: a pod that restarts, its
/// grace included, is back by then.
const PATIENCE_SECONDS: u32 = 180;
/// How long a newer primary waits for replicas that answer with an older version; the startup probe has patience for half as
/// much again.
const LONGEST_WAIT_SECONDS: u32 = 600;

impl Instance<Mysql> {
    /// my.cnf, and what primaries and replicas alike do before and after their first start.
    pub(super) fn files(&self, role: &Arc<Role>, name: &str, keys: &Keys, replica: bool) -> Part {
        let files = draw::config_map(role, name, self.config_values(keys, replica))
            .file("stackgen.cnf", CONFIG)
            .file("prepare.sh", PREPARE)
            .file("finished.sh", FINISHED)
            .file("ready.sh", READY);
        if self.replicas == 0 {
            return files;
        }
        files.file("start.sh", START).file("join.sh", JOIN).file("pair.sh", PAIR)
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
            "followed": if modern { "Source_Host" } else { "Master_Host" },
            "identity": if modern { "Source_UUID" } else { "Master_UUID" },
            "patience": PATIENCE_SECONDS,
            "longestWait": LONGEST_WAIT_SECONDS,
            "semisync": config::semisync(self),
            // Accounts of MySQL 8 log in over TLS only, or with the source's key; servers make certificates themselves.
            "tls": tls,
        })
    }
}
