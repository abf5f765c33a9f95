//! Java: which variables give a JVM options.

/// Read by every JVM. Source: JVM TI specification, "JAVA_TOOL_OPTIONS".
pub(crate) const JAVA_TOOL_OPTIONS: &str = "JAVA_TOOL_OPTIONS";
/// Read by the `java` launcher, from 9 on. Source: java command reference.
pub(crate) const JDK_JAVA_OPTIONS: &str = "JDK_JAVA_OPTIONS";
/// Read by HotSpot, over its command line. Source: OpenJDK `Arguments::parse_java_options_environment_variable`.
pub(crate) const UNDERSCORE_JAVA_OPTIONS: &str = "_JAVA_OPTIONS";
/// Read by start scripts of many images.
pub(crate) const JAVA_OPTS: &str = "JAVA_OPTS";
/// Read by start scripts of some.
pub(crate) const JAVA_OPTIONS: &str = "JAVA_OPTIONS";
/// Read by start scripts of Nacos and of RocketMQ.
pub(crate) const JAVA_OPT: &str = "JAVA_OPT";
/// Read by the same: options of Java for RocketMQ, and for Nacos arguments of the program, behind `-jar`.
pub(crate) const JAVA_OPT_EXT: &str = "JAVA_OPT_EXT";
/// Read by start scripts of some, such as ShardingSphere's.
pub(crate) const JVM_OPTS: &str = "JVM_OPTS";

/// Variables with options, the weakest first. Every JVM reads the first; the `java` launcher from 9 on the second; the
/// others are read by start scripts only, which put them on the command line.
/// Source: OpenJDK 17, `java -XshowSettings` with all of them set.
pub(crate) const OPTIONS: &[&str] = &[
    JAVA_TOOL_OPTIONS,
    JDK_JAVA_OPTIONS,
    JAVA_OPTS,
    JAVA_OPTIONS,
    JAVA_OPT,
    JVM_OPTS,
    "JAVA_ARGS",
    "CATALINA_OPTS",
];

/// Variables that only a Java program has.
pub(crate) const VARIABLES: &[&str] =
    &[JAVA_TOOL_OPTIONS, UNDERSCORE_JAVA_OPTIONS, JAVA_OPTS, JAVA_OPTIONS, JDK_JAVA_OPTIONS];

/// Images of Java itself.
pub(crate) const IMAGES: &[&str] = &["openjdk", "eclipse-temurin", "amazoncorretto", "jdk", "jre", "java"];

/// Images of JDKs, by the ends of their paths.
pub(crate) const JDKS: &[&str] = &[
    "openjdk",
    "eclipse-temurin",
    "adoptopenjdk",
    "java",
    "amazoncorretto",
    "zulu-openjdk",
    "zulu-openjdk-alpine",
];
