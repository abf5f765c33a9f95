//! Shapes of secrets × names × places × formats: whatever somebody writes where a secret belongs, nobody reads it in a complaint;
//! and what is no secret stays readable.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;

use stackgen::secrets::Secrets;

/// Never to be seen.
const MARK: &str = "hunter2";
const FORMATS: [&str; 5] = ["human", "json", "sarif", "github", "junit"];

/// A value as it may be written behind a key, sound or not. `~` stands for the indentation of what goes on below.
const SHAPES: &[&str] = &[
    " hunter2",
    " hunter2-A1b2",
    " x hunter2 y",
    " x#hunter2",
    " x:hunter2",
    " 12-hunter2",
    " 'ab''hunter2'",
    " 'x: hunter2'",
    " \"a\\\"hunter2\"",
    " \"a\\thunter2\\\\\"",
    " \"\\u0068unter2\"",
    " \"a # hunter2\"",
    " \"x\n~hunter2\"",
    " 'x\n~hunter2'",
    " x\n~hunter2",
    "\n~hunter2",
    "\n~\"hunter2\"",
    " |\n~hunter2\n~hunter2: hunter2",
    " >-\n~a\n~hunter2",
    " |2-\n~hunter2",
    " !!str hunter2",
    " !x hunter2",
    " !hunter2 x",
    " !hunter2",
    " !<hunter2> x",
    " &a hunter2",
    " &hunter2",
    " &hunter2 x",
    " *hunter2",
    " @hunter2",
    " %hunter2",
    " `hunter2",
    " ,hunter2",
    " ]hunter2",
    " }hunter2",
    " -hunter2",
    " - hunter2",
    " ? hunter2",
    " hunter2: x",
    " x: hunter2",
    " {hunter2}",
    " {hunter2: x}",
    " {value: hunter2}",
    " {vlaue: hunter2}",
    " {a: {b: hunter2}}",
    " {envv: hunter2}",
    " {secret: {name: a}, value: hunter2}",
    " [hunter2, b]",
    " [[hunter2]]",
    " \"hunter2",
    " 'hunter2",
    " 'a'hunter2",
    " \"a\"hunter2",
    " \"a\\qhunter2\"",
    " |hunter2",
    " >hunter2",
    " \thunter2",
    " {hunter2",
    " [hunter2",
    " x # hunter2",
    " \"x\" # was hunter2",
    "\n~- hunter2",
    "\n~hunter2: hunter2",
    "\n~value: hunter2",
    "\n~a:\n~  b: hunter2",
    "hunter2",
];
const NAMES: &[&str] = &[
    "password",
    "pasword",
    "rootPasword",
    "rootPassword",
    "DB_PASS",
    "rootPw",
    "MYSQL_PWD",
    "PGPASSWORD",
    "BASIC_AUTH",
    "REDISCLI_AUTH",
    "masterauth",
    "requirepass",
    "sasl.jaas.config",
    "accessKey",
    "secretKey",
    "api_key",
    "token",
    "tokne",
    "bearer",
    "credentials",
    "auth",
    "privateKey",
    "passphrase",
    "connectionString",
    "encrypt",
    "gossipKey",
    "secret",
];

/// Around `NAMEVALUE`, where VALUE begins behind the colon; each says how deep it is indented.
const PLACES: &[(&str, usize)] = &[
    ("NAME:VALUE\nnext: 1\n", 2),
    ("redis:\n  mode: standalone\n  NAME:VALUE\n  next: 1\n", 4),
    ("redis:\n  \"NAME\":VALUE\n", 4),
    ("redis:\n  'NAME' :VALUE\n", 4),
    ("apps:\n  a:\n    env:\n      NAME:VALUE\n", 8),
    ("- a: 1\n  NAME:VALUE\n", 4),
    ("redis:\n  ? NAME\n  :VALUE\n", 4),
    ("{redis: {mode: x, NAME:VALUE}}\n", 4),
    ("{\"redis\": {\"NAME\":VALUE, \"mode\": 1}}\n", 4),
    ("a: {NAME:VALUE}\nb: 1\n", 4),
    ("env:\n- name: NAME\n  value:VALUE\n", 4),
    ("env:\n- value:VALUE\n  name: NAME\n", 4),
    ("env: [{name: NAME, value:VALUE}]\n", 4),
    ("kind: Secret\nmetadata: {name: a}\ndata:\n  plain:VALUE\n", 4),
    ("kind: Secret\nstringData:\n  plain:VALUE\n", 4),
    ("stringData:\n  plain:VALUE\nkind: Secret\n", 4),
    ("kind: Secret\nmetadata: {name: a}\ndata:VALUE\n", 2),
    ("kind: List\nitems:\n- kind: Secret\n  data:\n    plain:VALUE\n", 6),
    ("args:\n- --NAME\n-VALUE\n", 2),
];

fn filled(place: &str, indent: usize, name: &str, shape: &str) -> String {
    let value = shape.replace('~', &" ".repeat(indent));
    place.replace("NAME", name).replace("VALUE", &value)
}

/// Written with an unknown escape, the mark is there as well.
fn shows(text: &str) -> bool {
    text.contains(MARK) || text.contains("\\u0068unter2")
}

#[test]
fn no_shape_of_a_secret_is_left_uncovered() {
    let (mut count, mut wrong) = (0, Vec::new());
    for (place, indent) in PLACES {
        for name in NAMES {
            for shape in SHAPES {
                // Comments and lists are another matter behind a dash.
                let text = filled(place, *indent, name, shape);
                let covered = Secrets::of_text(&text).covered(&text);
                assert_eq!(covered.len(), text.len(), "{text}");
                assert_eq!(covered.matches('\n').count(), text.matches('\n').count(), "{text}");
                count += 1;
                if shows(&covered) && is_meant(place, name, shape) {
                    wrong.push(format!("{text}--- is shown as\n{covered}"));
                }
            }
        }
    }
    assert!(count > 20_000, "{count}");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), some(&wrong));
}

/// Not each shape makes sense in each place.
fn is_meant(place: &str, name: &str, shape: &str) -> bool {
    let flow = place.contains('{') && place.contains("VALUE}") || place.contains("VALUE,");
    // In brackets lines end nothing, and what is behind a blank is no value.
    let odd = flow && (shape.contains('\n') || shape.contains(" # "));
    // `passwordhunter2` without a blank: `key:value` is one word.
    let joined = shape == "hunter2" && !place.contains('"');
    // Names of values below the `data` of a Secret, of several secrets, of a way to log in.
    let names = ["hunter2:", "{a: {b: hunter2}}", "~a:"].iter().any(|key| shape.contains(key));
    let many = (place.contains("data:VALUE") || name.ends_with('s')) && names;
    let way = name.to_lowercase().ends_with("auth")
        && name != "masterauth"
        && (names || shape.contains(['{', '?']) || shape.contains(": ") || shape.contains("~value:"));
    !(odd || joined || many || (way && !place.contains("plain:")))
}

fn some(wrong: &[String]) -> String {
    let step = (wrong.len() / 12).max(1);
    wrong.iter().step_by(step).cloned().collect::<Vec<_>>().join("\n")
}

#[test]
fn secrets_in_texts_are_covered_in_every_quoting() {
    let texts = [
        "mysql://root:hunter2@host:3306/x",
        "jdbc:mysql://h/x?user=a&password=hunter2&b=c",
        "redis://:hunter2@host",
        "root:hunter2@tcp(db:3306)/x",
        "spring.datasource.password=hunter2",
        "a=1\npassword = hunter2, x\nb=2",
        "# password: hunter2",
        "{\"password\": \"hunter2\"}",
        "{\"auths\": {\"a\": {\"auth\": \"hunter2\"}}}",
        "<a><password>hunter2</password></a>",
        "<property name=\"password\" value=\"hunter2\"/>",
        "requirepass hunter2",
        "user default on >hunter2 ~* +@all",
        "redis-cli -a hunter2 ping",
        "mysqladmin ping -uroot -phunter2",
        "mysql --password hunter2",
        "consul agent -encrypt hunter2",
        "Authorization: Bearer hunter2x1",
        "Authorization: Basic hunter2",
        "ALTER USER root IDENTIFIED BY 'hunter2'",
        "org.apache.X required username=\"a\" password=\"hunter2\";",
        "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----",
        "-Dkey.password=hunter2",
        "{\"kind\":\"Secret\",\"data\":{\"a\":\"hunter2\"}}",
    ];
    let mut wrong = Vec::new();
    for text in texts {
        let json = serde_json::to_string(text).unwrap();
        let block = text.replace('\n', "\n    ");
        let documents = [
            format!("kind: ConfigMap\ndata:\n  a: {json}\n"),
            format!("{{\"kind\": \"ConfigMap\", \"data\": {{\"a\": {json}}}}}\n"),
            format!(
                "kind: ConfigMap\ndata:\n  a: '{}'\n",
                text.replace('\'', "''").replace('\n', "\n\n    ")
            ),
            format!("kind: ConfigMap\ndata:\n  a: |\n    {block}\n"),
            format!("kind: ConfigMap\ndata:\n  a: >\n    x\n\n    {}\n", text.replace('\n', "\n\n    ")),
            format!("args: [sh, -c, {json}]\n"),
            format!("args:\n- sh\n- |\n  {}\n", text.replace('\n', "\n  ")),
            format!("apps: {{a: {{image: x, env: {{URL: {json}}}}}}}\n"),
            format!("metadata:\n  annotations:\n    a: {json}\n    b: @x\n"),
        ];
        for document in documents {
            let covered = Secrets::of_text(&document).covered(&document);
            if shows(&covered) {
                wrong.push(format!("{document}--- is shown as\n{covered}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), some(&wrong));
}

#[test]
fn flags_are_covered() {
    for flag in [
        "redis.password=hunter2",
        "redis.pasword=hunter2",
        "redis={password: hunter2}",
        "redis.password[0]=hunter2",
        "apps.a.env.DB_PASS=hunter2",
        "apps.a.env.\"my.token\"=hunter2",
        "apps.a.env.URL=mysql://a:hunter2@b",
        "a={token: [hunter2",
        "redis.password = hunter2",
        "redis.password.x=hunter2",
        "--set=redis.password=hunter2",
        "--password=hunter2",
    ] {
        let covered = Secrets::of_flag(flag).covered(flag);
        assert!(!shows(&covered) && covered.contains("**"), "{flag}: {covered}");
    }
    for flag in ["redis.mode=cluster", "mysql.replicas=3", "apps.a.image=a/b:1", "redis.tlsSecret=a"] {
        assert_eq!(Secrets::of_flag(flag).covered(flag), flag);
    }
}

#[test]
fn what_is_no_secret_stays_readable() {
    for text in [
        "secretName: readable\n",
        "valueFrom: {secretKeyRef: {name: readable, key: readable}}\n",
        "password: {secret: {name: readable, key: password}}\n",
        "password: {env: READABLE}\n",
        "password:\n  file: ./readable\n",
        "redis: {existingSecret: readable, port: 6379, tokenExpireSeconds: 3600}\n",
        "automountServiceAccountToken: true\n",
        "env:\n- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: readable\n      key: readable\n",
        "env:\n- {name: DB_HOST, value: readable}\n",
        "volumes:\n- name: readable\n  secret:\n    secretName: readable\n    items: [{key: readable, path: readable}]\n    defaultMode: 256\n",
        "imagePullSecrets: [{name: readable}]\n",
        "imagePullSecrets:\n- name: readable\n",
        "containers:\n- name: token-service\n  image: readable\n  ports: [{containerPort: 8080}]\n",
        "kind: Secret\nmetadata: {name: readable, labels: {a: readable}}\ntype: readable\n",
        "kind: ConfigMap\nmetadata: {name: readable}\ndata:\n  readable: readable\n",
        "password: ${READABLE}\n",
        "password: \"${{ mysql.readable }}\"\n",
        "auth: {enabled: true, user: readable}\n",
        "url: http://readable:8080/a?b=c@d\n",
        "serviceAccountToken: {path: readable, audience: readable, expirationSeconds: 3600}\n",
        "apps: {orders: {image: readable, env: {SPRING_PROFILES_ACTIVE: readable}}}\n",
        "kafka: {brokers: 3, class: readable}\nmysql: {databases: [readable]}\n",
    ] {
        let covered = Secrets::of_text(text).covered(text);
        assert_eq!(covered, text);
    }
}

/// Names and shapes beside a mistake each, so that the lines and the words are told.
#[test]
fn no_format_of_any_command_shows_a_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut stacks = Vec::new();
    let head = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: shop, namespace: tea}\n";
    for (number, shape) in SHAPES.iter().enumerate() {
        let name = NAMES[number % NAMES.len()];
        let name = if is_meant("", name, shape) { name } else { "token" };
        let value = shape.replace('~', "    ");
        let stack = match number % 4 {
            0 => format!("{head}redis:\n  mode: x\n  password:{value}\n  {name}2:{value}\n"),
            1 => format!("{head}mysql:\n  rootPasword:{value}\n  nope: 1\n"),
            2 => format!(
                "{head}apps:\n  a:\n    image: a/b:1\n    nope: 1\n    env:\n      {name}:{}\n",
                value.replace("\n    ", "\n        ")
            ),
            _ => format!("{head}nacos: {{auth: {{token:{}, nope: 1}}}}\n", value.replace('\n', " ")),
        };
        let file = format!("s{number}.yaml");
        fs::write(folder.path().join(&file), stack).unwrap();
        stacks.push(file);
        let lint = folder.path().join("lint");
        fs::create_dir_all(&lint).unwrap();
        for (at, (place, indent)) in PLACES.iter().enumerate() {
            let text = filled(place, *indent, name, shape);
            if is_meant(place, name, shape) {
                fs::write(
                    lint.join(format!("{number}-{at}.yaml")),
                    format!("apiVersion: v1\nspec: 1\n{text}"),
                )
                .unwrap();
            }
        }
    }
    let seen = |output: &Output, what: &str| {
        let told = [output.stdout.clone(), output.stderr.clone()].concat();
        let told = String::from_utf8(told).unwrap();
        let line =
            told.lines().find(|line| shows(line)).map(|line| line.chars().take(300).collect::<String>());
        line.map(|line| format!("{what}: {line}"))
    };
    let folder = folder.path();
    let found = thread::scope(|scope| {
        let runs = FORMATS.map(|format| {
            let stacks = &stacks;
            scope.spawn(move || {
                let mut wrong = Vec::new();
                let lint = run(folder, &["lint", "lint", "--output", format]);
                assert_eq!(lint.status.code(), Some(1), "{lint:?}");
                wrong.extend(seen(&lint, &format!("lint {format}")));
                for stack in stacks.iter().filter(|_| ["human", "json"].contains(&format)) {
                    let check = run(folder, &["check", "-f", stack, "--output", format]);
                    wrong.extend(seen(&check, &format!("{stack} {format}")));
                }
                wrong
            })
        });
        runs.into_iter().flat_map(|run| run.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(found.is_empty(), "{}:\n{}", found.len(), found.join("\n"));
}

#[test]
fn a_secret_that_is_known_comes_up_in_no_other_message() {
    let folder = tempfile::tempdir().unwrap();
    let head = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: shop, namespace: shop}\n";
    let stacks = [
        "apps:\n  a: {image: x/a:1, env: {DB_URL: \"jdbc:mysql://u:hunter2@db.corp.example:3306/x\"}}\n",
        "redis: {password: hunter2-A, mode: hunter2-A}\n",
        "redis: {password: hunter2-A}\nhunter2-A: 1\n",
        "redis: {mode: standalone, password: *hunter2}\n",
        "redis: {mode: standalone, password: 'ab''hunter2'}\n",
    ];
    for (number, stack) in stacks.iter().enumerate() {
        let file = format!("{number}.yaml");
        fs::write(folder.path().join(&file), format!("{head}{stack}")).unwrap();
        for format in FORMATS {
            for profile in ["dev", "prod"] {
                let output = run(folder.path(), &["check", "-f", &file, "-p", profile, "--output", format]);
                let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
                assert!(!shows(&told), "{stack}: {told}");
            }
        }
    }
    for arguments in [
        &["check", "-f", "0.yaml", "--set", "redis.pasword=hunter2-A"][..],
        &["check", "-f", "0.yaml", "--set", "redis.password=[hunter2-A"],
        &["check", "-f", "0.yaml", "--set", "redis.password[0]=hunter2-A"],
        &["check", "-f", "0.yaml", "--st", "redis.password=hunter2-A"],
        &["check", "-f", "0.yaml", "redis.password=hunter2-A"],
        &["check", "-f", "0.yaml", "--set=redis.mode={token: hunter2-A}"],
        &["check", "--password=hunter2-A"],
    ] {
        let output = run(folder.path(), arguments);
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!shows(&told), "{arguments:?}: {told}");
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap()
}
