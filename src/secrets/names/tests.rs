use super::*;

#[test]
fn names_of_secrets_are_known_as_people_write_them() {
    for name in "password DB_PASSWORD spring.datasource.password DB_PASS db-pass dbPass rootPw ROOT_PW MYSQL_PWD PGPASSWORD \
                 MYSQL_ROOT_PASSWORD REDISCLI_AUTH requirepass masterauth secretKey api_key apiKey API-KEY token \
                 privateKey passphrase encrypt gossipKey keystorePassword"
        .split_whitespace()
    {
        assert!(is_certain(name) && is_suspicious(name), "{name}");
    }
    for name in "BASIC_AUTH sasl.jaas.config accessKey auth REDIS_AUTH credentials bearer connectionString \
                 pasword rootPasword psasword tken secert DB_DSN password1 ssl.truststore.password masterauth2 \
                 identity userpass Authorization"
        .split_whitespace()
    {
        assert!(is_suspicious(name), "{name}");
    }
}

#[test]
fn names_of_other_things_are_left_alone() {
    for name in "secretName secretKeyRef port automountServiceAccountToken tokenExpireSeconds passwordFile existingSecret \
                 imagePullSecrets tlsSecret TOKEN_TTL secret_ref name key author authority bypass compass broken broker \
                 brokers server class storageClass pass-through keyspace basePath MYSQL_PASSWORD_FILE oauth2-scope \
                 serviceAccountToken max-length keys image args command data spec passive kafka.config author_email"
        .split_whitespace()
    {
        assert!(!is_suspicious(name), "{name}");
        assert!(!is_certain(name), "{name}");
    }
}
