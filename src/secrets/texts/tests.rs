use super::*;

#[test]
fn secrets_are_found_in_texts_of_any_format() {
    for text in [
        "mysql://root:hunter2@host:3306/x",
        "https://a:b@c.d?u=redis://:hunter2@e",
        "root:hunter2@tcp(db:3306)/x",
        "jdbc:mysql://h/x?user=a&password=hunter2&c=d",
        "http://hunter2hunter2hunter2@host/",
        "amqp://a:hun/ter2hunter2@h",
        "spring.datasource.password=hunter2",
        "password = hunter2, hunter2",
        "  db_pass: hunter2",
        "# password: hunter2",
        "{\"password\": \"hunter2\", \"a\": 1}",
        "\"{\\\"password\\\":\\\"hunter2\\\"}\"",
        "pass: 'it''hunter2'",
        "requirepass hunter2",
        "redis-server --requirepass hunter2 --port 1",
        "redis-cli -a hunter2 ping",
        "mysqladmin ping -uroot -phunter2",
        "mysql --password hunter2",
        "consul agent -encrypt hunter2",
        "sentinel auth-pass tea hunter2",
        "user default on >hunter2 ~* +@all",
        "AUTH hunter2 # redis",
        "ALTER USER root IDENTIFIED BY 'hunter2'",
        "Authorization: Bearer hunter2x",
        "curl -H \"Authorization: Basic hunter2\"",
        "curl -u a:hunter2 http://b",
        "<password>hunter2</password>",
        "<entry key=\"password\">hunter2</entry>",
        "<property name=\"password\" value=\"hunter2\"/>",
        "{\"name\": \"DB_PASSWORD\", \"value\": \"hunter2\"}",
        "sasl.jaas.config=a.b.C required username=\"x\" password=\"hunter2\";",
        "-Djavax.net.ssl.keyStorePassword=hunter2",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
        "export DB_PASS=hunter2",
        "api_key: \"hunter2\"",
        "${DB_PASSWORD:hunter2}",
        "password: ${DB_PASSWORD:hunter2}",
        "password := hunter2",
        "\"tokens\": {\"agent\": \"hunter2\",\n \"default\": \"hunter2\"}",
        "{\\\"tokens\\\": {\\\"agent\\\": \\\"hunter2\\\"}}",
        "passwords: [hunter2, hunter2]",
    ] {
        let mut bytes = text.as_bytes().to_vec();
        for stretch in in_text(text) {
            assert!(text.get(stretch.clone()).is_some(), "{text} {stretch:?}");
            bytes[stretch].fill(b'*');
        }
        let covered = String::from_utf8(bytes).unwrap();
        assert!(!covered.contains("hunter2"), "{text}: {covered}");
    }
}

#[test]
fn other_texts_stay_readable() {
    for text in [
        "http://a:8080/x?mail=b@c",
        "secretName: shop",
        "password: {secret: {name: a, key: b}}",
        "password: ${DB_PASSWORD}",
        "password=$(cat)",
        "port: 3306",
        "tokenExpireSeconds: 3600",
        "automountServiceAccountToken: true",
        "passwordFile: /run/x",
        "allow-empty-password: yes",
        "name: token-service",
        "image: a/b:1",
        "The bearer of news",
        "mkdir -p /data",
        "tar -a x",
        "ssh -p 22",
        "<secretName>a</secretName>",
        "name=\"a\" value=\"b\"",
        "jdbc:mysql://h:1/x?useSSL=true",
        "auth.enabled=true",
    ] {
        assert!(in_text(text).is_empty(), "{text}");
    }
}
