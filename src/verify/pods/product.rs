//! What runs in a container: told by image, command, ports and variables, never by our own labels, so that it is known in
//! other people's manifests too.

use super::Container;

/// A product that rules know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Product {
    /// A Nacos server.
    Nacos,
    /// A Consul agent, client or server.
    Consul,
    /// MySQL or Percona Server.
    Mysql,
    /// ShardingSphere-Proxy.
    Shardingsphere,
    /// Redis or Valkey, standalone or in a cluster.
    Redis,
    /// Redis Sentinel.
    Sentinel,
    /// A RocketMQ NameServer.
    NameServer,
    /// A RocketMQ broker.
    Broker,
    /// A RocketMQ proxy.
    RocketmqProxy,
    /// The RocketMQ dashboard.
    Dashboard,
    /// A Kafka broker or controller.
    Kafka,
    /// A ZooKeeper server.
    Zookeeper,
    /// A Java program, most likely with Spring Boot: an app.
    Java,
    /// Something else.
    Other,
}

/// How a product is told.
struct Signs {
    product: Product,
    /// Last parts of image paths that are the product.
    images: &'static [&'static str],
    /// A word of the command line that only the product has.
    commands: &'static [&'static str],
    /// Variables that the product's image reads: one of them, together with the port, is a sign too.
    variables: &'static [&'static str],
    port: u64,
}

/// The first row that fits wins: roles of one image go before the product itself.
const SIGNS: &[Signs] = &[
    Signs {
        product: Product::Dashboard,
        images: &["rocketmq-dashboard", "rocketmq-console", "rocketmq-console-ng"],
        commands: &["rocketmq-dashboard.jar"],
        variables: &[],
        port: 0,
    },
    Signs {
        product: Product::NameServer,
        images: &["rocketmq-nameserver", "rocketmq-namesrv"],
        commands: &["mqnamesrv", "org.apache.rocketmq.namesrv.NamesrvStartup"],
        variables: &[],
        port: 0,
    },
    Signs {
        product: Product::RocketmqProxy,
        images: &["rocketmq-proxy"],
        commands: &["mqproxy", "org.apache.rocketmq.proxy.ProxyStartup"],
        variables: &[],
        port: 0,
    },
    Signs {
        product: Product::Broker,
        images: &["rocketmq-broker"],
        commands: &["mqbroker", "org.apache.rocketmq.broker.BrokerStartup"],
        variables: &["NAMESRV_ADDR", "BROKER_NAME"],
        port: 10911,
    },
    Signs {
        product: Product::Nacos,
        images: &["nacos-server", "nacos"],
        commands: &["nacos-server.jar"],
        variables: &[
            "NACOS_SERVERS",
            "NACOS_REPLICAS",
            "NACOS_APPLICATION_PORT",
            "PREFER_HOST_MODE",
            "NACOS_AUTH_TOKEN",
        ],
        port: 8848,
    },
    Signs {
        product: Product::Consul,
        images: &["consul", "consul-enterprise"],
        commands: &["consul agent", "/bin/consul"],
        variables: &["CONSUL_BIND_INTERFACE", "CONSUL_LOCAL_CONFIG", "CONSUL_CLIENT_INTERFACE"],
        port: 8500,
    },
    Signs {
        product: Product::Shardingsphere,
        images: &["shardingsphere-proxy"],
        commands: &["org.apache.shardingsphere.proxy.Bootstrap"],
        variables: &["CGROUP_MEM_OPTS"],
        port: 3307,
    },
    Signs {
        product: Product::Mysql,
        images: &["mysql", "mysql-server", "percona", "percona-server", "nacos-mysql"],
        commands: &["mysqld"],
        variables: &["MYSQL_ROOT_PASSWORD", "MYSQL_ROOT_PASSWORD_FILE"],
        port: 3306,
    },
    Signs {
        product: Product::Sentinel,
        images: &["redis-sentinel", "valkey-sentinel"],
        commands: &["redis-sentinel", "valkey-sentinel", "--sentinel"],
        variables: &[],
        port: 0,
    },
    Signs {
        product: Product::Redis,
        images: &["redis", "redis-cluster", "redis-stack", "redis-stack-server", "valkey"],
        commands: &["redis-server", "valkey-server"],
        variables: &["REDIS_PASSWORD", "REDIS_PORT_NUMBER"],
        port: 6379,
    },
    Signs {
        product: Product::Zookeeper,
        images: &["zookeeper", "cp-zookeeper"],
        commands: &["zkServer.sh", "org.apache.zookeeper.server.quorum.QuorumPeerMain"],
        variables: &["ZOO_SERVERS", "ZOO_MY_ID", "ZOOKEEPER_SERVER_ID", "ZOO_4LW_COMMANDS_WHITELIST"],
        port: 2181,
    },
    Signs {
        product: Product::Kafka,
        images: &["kafka", "cp-kafka", "kafka-native", "cp-server"],
        commands: &["kafka-server-start", "kafka.Kafka"],
        variables: &[
            "KAFKA_NODE_ID",
            "KAFKA_BROKER_ID",
            "KAFKA_PROCESS_ROLES",
            "KAFKA_ADVERTISED_LISTENERS",
            "KAFKA_CFG_PROCESS_ROLES",
            "KAFKA_ZOOKEEPER_CONNECT",
        ],
        port: 9092,
    },
];

/// Variables that only a Java program has.
const JAVA: &[&str] = &[
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "JAVA_OPTS",
    "JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "SPRING_PROFILES_ACTIVE",
];

/// How variables begin that only Spring Boot reads.
const SPRING: &[&str] = &["SPRING_", "MANAGEMENT_SERVER_", "MANAGEMENT_ENDPOINT"];

/// Images of Java itself.
const JAVA_IMAGES: &[&str] = &["openjdk", "eclipse-temurin", "amazoncorretto", "jdk", "jre", "java"];

pub(super) fn of(container: &Container<'_>) -> Product {
    let path = container.image.path();
    let tail = path.rsplit('/').next().unwrap_or_default();
    let line = container.line();
    // A shell in the product's own image that prepares something is not the product.
    let by_image = || SIGNS.iter().find(|signs| signs.images.contains(&tail));
    let by_command = || SIGNS.iter().find(|signs| signs.commands.iter().any(|word| has_word(&line, word)));
    let opens = |port| container.ports().any(|open| open.number == port);
    let by_port = || {
        SIGNS.iter().find(|signs| {
            signs.port > 0 && opens(signs.port) && signs.variables.iter().any(|name| container.env.has(name))
        })
    };
    // RocketMQ's image is all of its roles; elsewhere a command may only tell a role of the image's product.
    let found = by_command().or_else(by_image).or_else(by_port);
    match found {
        Some(signs) => signs.product,
        None if is_java(container, tail, &line) => Product::Java,
        None => Product::Other,
    }
}

fn is_java(container: &Container<'_>, tail: &str, line: &str) -> bool {
    JAVA.iter().any(|name| container.env.has(name))
        || JAVA_IMAGES.contains(&tail)
        || has_word(line, "java")
        || container.env.iter().any(|var| SPRING.iter().any(|start| var.name.starts_with(start)))
        || container.probes().any(|probe| probe.http_path().is_some_and(|path| path.contains("/actuator/")))
}

/// Is the word there, not as a part of another one? `mqbroker` is in `sh mqbroker -n`, not in `mqbroker-exporter`.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_none_or(|c| !part(c));
        let behind = line[at + word.len()..].chars().next().is_none_or(|c| !part(c));
        (before || word.starts_with('-')) && behind
    })
}
