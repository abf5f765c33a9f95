//! How servers in Java read the value of a setting, by the kind that a table of keys has for it.

/// Can a value of that kind (`int`, `long` or `number`, `decimal`, `boolean`, `text`) be read? Else what is wanted.
///
/// Source: `ConfigDef.parseType` of Kafka, `MixAll.properties2Object` of RocketMQ.
pub(crate) fn read(kind: &str, value: &str) -> Result<(), &'static str> {
    let fits = match kind {
        "int" => value.parse::<i32>().is_ok(),
        "long" | "number" => value.parse::<i64>().is_ok(),
        "decimal" => value.parse::<f64>().is_ok(),
        "boolean" => ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word)),
        _ => true,
    };
    match kind {
        _ if fits => Ok(()),
        "boolean" => Err("`true` or `false`"),
        "decimal" => Err("a number"),
        "int" => Err("a whole number without a unit, up to 2147483647"),
        _ => Err("a whole number without a unit"),
    }
}
