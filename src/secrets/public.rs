//! Passwords and tokens that everybody knows. One list: for rules, and for the doors of a stack.

/// What images and documents come with, and what is tried first. In small letters.
const KNOWN: &[&str] = &[
    "000000",
    "111111",
    "123123",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1qaz2wsx",
    "666666",
    "888888",
    "abc123",
    "admin",
    "admin123",
    "administrator",
    "changeit",
    "changeme",
    "default",
    "example",
    "guest",
    "letmein",
    "minio",
    "minioadmin",
    "mysql",
    "nacos",
    "p@ssw0rd",
    "pass",
    "passw0rd",
    "password",
    "password123",
    "postgres",
    "public",
    "qwerty",
    "rabbitmq",
    "redis",
    "rocketmq",
    "root",
    "root123",
    "rootpassword",
    "secret",
    "secretkey012345678901234567890123456789012345678901234567890123456789",
    "test",
    "test123",
    "toor",
    "vghpc0lztxlddxn0b21tzwnyzxrlzxkwmtizndu2nzg=",
    "welcome",
    "zookeeper",
];

/// What the profile `dev` brings. A rule is silent about them, for they are meant as they are while no door is open.
const OURS: &[&str] = &[
    "c3rhy2tnzw4gzgv2zwxvcg1lbnqgb25setogbm90igzvcibhbnlib2r5igvsc2u=",
    "for-development-only",
    "mysql-dev",
    "nacos-dev",
    "replication",
];

/// Is it an example or a default of somebody's documentation, in whatever case?
pub(crate) fn is_known(value: &str) -> bool {
    KNOWN.contains(&value.trim().to_lowercase().as_str())
}

/// The same, or what our own profiles bring.
pub(crate) fn is_public(value: &str) -> bool {
    is_known(value) || OURS.contains(&value.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{KNOWN, OURS, is_known, is_public};

    #[test]
    fn all_that_the_profiles_bring_is_public() {
        let keys = ["rootPassword", "replicationPassword", "password", "token", "identity"];
        let mut seen = 0;
        let mut waiting: Vec<Value> =
            [include_str!("../../profiles/dev.yaml"), include_str!("../../profiles/prod.yaml")]
                .map(|text| serde_yaml::from_str(text).unwrap())
                .to_vec();
        while let Some(value) = waiting.pop() {
            for (key, inner) in value.as_object().into_iter().flatten() {
                if let Some(text) = inner.as_str().filter(|_| keys.contains(&key.as_str())) {
                    assert!(is_public(text), "{key}: {text}");
                    seen += 1;
                }
                waiting.push(inner.clone());
            }
        }
        assert!(seen >= 5, "{seen}");
    }

    #[test]
    fn case_does_not_hide_a_password() {
        for all in [KNOWN, OURS] {
            assert!(all.iter().all(|value| *value == value.to_lowercase()));
            assert!(all.is_sorted(), "{all:?}");
        }
        assert!(is_known("ChangeMe") && is_public("MYSQL-dev") && !is_known("mysql-dev"));
        assert!(!is_public("admin1234x") && !is_public(""));
    }
}
