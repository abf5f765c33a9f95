//! Topics and the apps' account: what may be written of topics, and the Job that makes both.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Instance;
use super::access::{self, Kind};
use super::settings::RocketMq;
use super::topology::{self, BROKER_PORT};
use crate::diagnostic::{Diagnostic, Diagnostics, Path};
use crate::k8s::Endpoint;
use crate::plan::draw;
use crate::plan::env;
use crate::plan::offer::Offers;
use crate::plan::part::{Part, Template};
use crate::plan::role::Ask;
use crate::plan::site::Site;
use crate::products::rocketmq::{BROKER_IMAGE, LONGEST_TOPIC, OWN_TOPICS, OWN_TOPICS_BEGIN};
use crate::template;

const JOB: Template = template!("rocketmq/setup-job.yaml.j2");
const SCRIPT: Template = template!("rocketmq/setup.sh.j2");

/// A topic.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Topic {
    /// Its queues in every group, 8 when left out: as many consumers of a consumer group share them. It can be raised
    /// later; fewer are never made.
    #[serde(default, deserialize_with = "crate::components::counts::most_if_any::<_, 1024>")]
    #[schemars(range(min = 1, max = 1024))]
    queues: Option<u32>,
    /// What is allowed.
    #[serde(default)]
    perm: Perm,
    /// For 5.x: what the messages are, which its SDKs and the proxy ask for; NORMAL when left out.
    #[serde(default, rename = "type")]
    kind: Option<MessageType>,
}

/// What is allowed with a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Perm {
    /// Sending and consuming.
    #[default]
    ReadWrite,
    /// Consuming: what is there is drained.
    Read,
    /// Sending.
    Write,
}

/// What the messages of a topic are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum MessageType {
    /// Without an order.
    Normal,
    /// In the order of their groups.
    Fifo,
    /// Delivered later.
    Delay,
    /// Delivered once a transaction has ended.
    Transaction,
}

impl Perm {
    /// As the broker counts it. Source: PermName.
    fn number(self) -> u8 {
        match self {
            Self::ReadWrite => 6,
            Self::Read => 4,
            Self::Write => 2,
        }
    }
}

impl MessageType {
    fn word(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Fifo => "FIFO",
            Self::Delay => "DELAY",
            Self::Transaction => "TRANSACTION",
        }
    }
}

/// The script and the Job that runs it, where there is anything to make.
pub(super) fn parts(me: &Instance<RocketMq>, site: &Site, offers: &Offers) -> Result<Vec<Part>, Diagnostics> {
    let access = access::of(me, site);
    let client = access.as_ref().filter(|access| access.kind == Kind::Store && access.client.is_some());
    if me.topics.is_empty() && client.is_none() {
        return Ok(Vec::new());
    }
    let name = me.named(site, "setup");
    let ask = Ask {
        name: &name,
        product: BROKER_IMAGE,
        component: "setup",
        resources: &me.common.resources,
        image: None,
    };
    let role = me.role(site, offers, ask)?.errand("rocketmq-setup", &name);
    let masters: Vec<_> = topology::masters(me, site).collect();
    let address = |host: &str| Endpoint::new(host.to_owned(), BROKER_PORT).to_string();
    let context = json!({
        "config": name,
        "nameServers": topology::name_server_list(me, site),
        "cluster": me.broker_cluster_name,
        "groups": masters.iter().map(|broker| broker.group.as_str()).collect::<Vec<_>>().join(" "),
        "masters": masters.iter().map(|broker| address(&broker.endpoint.host)).collect::<Vec<_>>().join(" "),
        "topics": me.topics.iter().map(|(name, topic)| drawn(name, topic)).collect::<Vec<_>>(),
        "access": access.as_ref().map(|access| access.context(client.is_some())),
        "account": client.is_some(),
        "env": access.as_ref().map(|access| env::variables(access.variables(client.is_some()))),
    });
    let script = draw::config_map(&role, &name, &context).file("setup.sh", SCRIPT);
    Ok(vec![script, Part::new(JOB, &role, context)])
}

fn drawn(name: &str, topic: &Topic) -> Value {
    json!({
        "name": name,
        // 0: as it is, or 8.
        "queues": topic.queues.unwrap_or(0),
        "perm": topic.perm.number(),
        "type": topic.kind.map(MessageType::word),
    })
}

/// What is wrong with the topics.
pub(super) fn check(me: &Instance<RocketMq>) -> Diagnostics {
    let path = me.path.key("topics");
    let mut complaints = Diagnostics::new();
    let old = topology::version(me).is_some_and(|version| version.before(&[5]));
    for (name, topic) in me.topics.iter() {
        let here = path.key(name);
        complaints.extend(name_complaint(me, name, &here));
        if topic.queues == Some(0) {
            complaints.push(
                Diagnostic::error("topic-count", "a topic with 0 queues stores nothing")
                    .at(here.key("queues"))
                    .help("set 1 or more, or leave it out"),
            );
        }
        if old && topic.kind.is_some() {
            complaints.push(
                Diagnostic::error("topic-type", format!("topics of {} have no type", me.common.version))
                    .at(here.key("type"))
                    .because("it exists since 5.0: before, every topic takes all kinds of messages")
                    .help("remove it"),
            );
        }
    }
    complaints
}

/// Source: TopicValidator.
fn name_complaint(me: &Instance<RocketMq>, name: &str, here: &Path) -> Option<Diagnostic> {
    let complaint = |title: String| Diagnostic::error("topic-name", title).at(here);
    let own = OWN_TOPICS.contains(&name) || OWN_TOPICS_BEGIN.iter().any(|start| name.starts_with(start));
    if own || name == me.broker_cluster_name {
        return Some(complaint(format!("`{name}` is a topic of the brokers' own")).help("use another name"));
    }
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || "%|_-".contains(c)) {
        return Some(
            complaint(format!("`{name}` is not a valid topic name"))
                .because("names consist of letters, digits, `%`, `|`, `_` and `-`"),
        );
    }
    (name.len() > LONGEST_TOPIC).then(|| {
        complaint(format!("a topic name of {} characters is too long", name.len()))
            .because(format!("a name has up to {LONGEST_TOPIC}"))
    })
}
