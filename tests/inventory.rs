//! `stackgen images` and `stackgen secrets`: what a stack needs that it does not bring.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::process::Command;

use serde_json::Value;

const STACK: &str = r#"
apiVersion: stackgen/v1
kind: Stack
metadata: {name: shop, namespace: shop}
cluster: {pullSecrets: [harbor], registry: harbor.example.com}
redis: {namespace: cache, password: {secret: {name: cache, key: password}}}
apps:
  orders:
    image: shop/orders:1.4.0
    port: 8080
    uses: [redis]
    ingress: {host: shop.example.com, tlsSecret: shop-tls}
    env: {TOKEN: {secret: {name: tokens, key: orders}}, MADE: {env: MADE}}
    volumes: {certs: {path: /certs, secret: {name: certs}}}
"#;

fn run(arguments: &[&str]) -> (bool, String, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("stack.yaml"), STACK).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .env("MADE", "x7-lantern")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[test]
fn secrets_are_listed_where_they_are_needed() {
    let (fine, table, complaints) = run(&["secrets"]);
    assert!(fine, "{complaints}");
    assert_eq!(
        table,
        "cache\tcache\tpassword\tStatefulSet/redis\n\
         cache\tharbor\tkubernetes.io/dockerconfigjson\tStatefulSet/redis\n\
         shop\tcache\tpassword\tDeployment/orders\n\
         shop\tcerts\t*\tDeployment/orders\n\
         shop\tharbor\tkubernetes.io/dockerconfigjson\tDeployment/orders\n\
         shop\tshop-tls\tkubernetes.io/tls\tIngress/orders\n\
         shop\ttokens\torders\tDeployment/orders\n"
    );
    // What the stack makes itself is not asked for, and no value is shown.
    assert!(!table.contains("orders-env") && !table.contains("lantern"));
}

#[test]
fn commands_have_blanks_for_values() {
    let (_, commands, _) = run(&["secrets", "--format", "kubectl"]);
    for line in [
        "kubectl create secret generic cache --namespace cache --from-literal=password=…\n",
        "kubectl create secret tls shop-tls --namespace shop --cert=… --key=…\n",
        "kubectl create secret docker-registry harbor --namespace shop --docker-server=… --docker-username=… --docker-password=…\n",
    ] {
        assert!(commands.contains(line), "{line}\n{commands}");
    }
    let (_, json, _) = run(&["secrets", "--format", "json"]);
    let all: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 7);
    assert_eq!(all[0]["readers"][0], "StatefulSet/redis");
}

#[test]
fn images_are_listed_as_they_are_pulled() {
    let (_, table, _) = run(&["images"]);
    assert!(table.contains("harbor.example.com/shop/orders:1.4.0\tDeployment/orders\n"), "{table}");
    let (fine, _, complaint) = run(&["images", "--format", "kubectl"]);
    assert!(!fine && complaint.contains("`images` has the formats `table` and `json`"), "{complaint}");
}
