//! What `lint` promises: the same proofs for manifests of others, all files together, and nothing is never a success.
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::path::Path;
use std::process::Output;

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: tea}\nspec: {selector: {app: tea}, ports: [{port: 80}]}\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: tea, labels: {app: tea}}\nspec:\n  automountServiceAccountToken: false\n  containers:\n  - {name: main, image: \"shop/tea:1.0.0\", ports: [{containerPort: 80}]}\n";

fn lint(folder: &Path, arguments: &[&str], input: &str) -> Output {
    support::stackgen(folder, &[&["lint"], arguments].concat(), input)
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Only what refuses: what merely hurts is not what these tests are about.
fn errors(folder: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let output = lint(folder, &[arguments, &["--severity", "error"]].concat(), input);
    (output.status.code(), told(&output))
}

#[test]
fn files_folders_and_stdin_are_one_set() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("parts")).unwrap();
    fs::write(folder.path().join("service.yaml"), SERVICE).unwrap();
    fs::write(folder.path().join("parts/pod.yml"), POD).unwrap();
    fs::write(folder.path().join("parts/notes.txt"), "no manifest").unwrap();
    let (code, text) = errors(folder.path(), &["service.yaml"], "");
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("error[selector-finds-pods]: Service/tea") && text.contains("--> service.yaml:4:"),
        "{text}"
    );
    assert_eq!(errors(folder.path(), &["service.yaml", "parts"], "").0, Some(0));
    assert_eq!(errors(folder.path(), &["service.yaml", "-"], POD).0, Some(0));
    assert_eq!(errors(folder.path(), &["."], "").1.lines().last(), Some("ok: 2 objects"));
}

#[test]
fn documents_lists_and_json_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let json = r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Service","metadata":{"name":"tea"},"spec":{"selector":{"app":"tee"},"prots":[]}}]}"#;
    let (code, text) = errors(folder.path(), &["-"], &format!("{POD}---\n{json}\n"));
    assert_eq!(code, Some(1));
    assert!(text.contains("error[schema]: Service/tea: unknown field `spec.prots`"), "{text}");
    assert!(text.contains("--> <stdin>:9:138") && text.contains("did you mean `ports`?"), "{text}");
    assert!(text.contains("error[selector-finds-pods]"), "{text}");
}

#[test]
fn a_folder_holds_other_things_than_manifests() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("pod.yaml", POD);
    write("service.yaml", SERVICE);
    write("board.json", r#"{"title": "tea", "panels": []}"#);
    write("values.yaml", "replicas: 3\n");
    write("kind.yaml", "apiVersion: kind.x-k8s.io/v1alpha4\nkind: Cluster\nnodes: []\n");
    write("none.yaml", "# nothing yet\n");
    let (code, text) = errors(folder.path(), &["."], "");
    assert_eq!((code, text.lines().last()), (Some(0), Some("ok: 2 objects")), "{text}");
    // Whoever names a file means it.
    let (code, text) = errors(folder.path(), &["pod.yaml", "service.yaml", "values.yaml", "none.yaml"], "");
    assert_eq!(code, Some(1));
    assert!(text.contains("error[not-an-object]") && text.contains("error[empty-document]"), "{text}");
    write("half.yaml", "apiVersion: v1\nmetadata: {name: half}\n");
    assert!(errors(folder.path(), &["."], "").1.contains("error[not-an-object]"));
}

#[test]
fn a_kustomization_is_not_judged_in_halves() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("base/kustomization.yaml", "resources: [half.yaml, sub]\nconfigMapGenerator: [{name: made}]\n");
    write("base/sub/kustomization.yaml", "resources: [broken.yaml]\n");
    write(
        "base/half.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: half}\nspec: {replicas: many}\n",
    );
    write("base/sub/broken.yaml", "a: [1\n");
    write("plain/pod.yaml", &POD.replace("ports:", "envFrom: [{configMapRef: {name: made}}], ports:"));
    write("plain/service.yaml", SERVICE);
    let (code, text) = errors(folder.path(), &["."], "");
    assert_eq!((code, text.lines().last()), (Some(0), Some("ok: 2 objects")), "{text}");
    let output = lint(folder.path(), &["."], "");
    assert_eq!(told(&output).matches("warning[kustomization]").count(), 1, "{}", told(&output));
    assert!(told(&output).contains("`kubectl kustomize base | stackgen lint -`"), "{}", told(&output));
    // From inside of it as well; and whoever names a file means it.
    let output = lint(&folder.path().join("base/sub"), &["."], "");
    assert!(told(&output).contains("`kubectl kustomize . | stackgen lint -`"), "{}", told(&output));
    assert!(errors(folder.path(), &["base/half.yaml"], "").1.contains("error[schema]"));
}

#[test]
fn what_is_missed_may_stand_in_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = errors(folder.path(), &["-"], &format!("{SERVICE}---\n{POD}  x: 1\n  x: 2\n"));
    assert_eq!(code, Some(1));
    assert!(text.contains("error[duplicate-key]") && !text.contains("selector-finds-pods"), "{text}");
}

#[test]
fn nothing_is_never_a_success() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("empty")).unwrap();
    for (arguments, input, code, wanted) in [
        (&["-"][..], "", 1, "no object in <stdin>"),
        (&["-"], "---\n---\n", 1, "no object in <stdin>"),
        (&["-"], "# nothing\n", 1, "no object in <stdin>"),
        (&["-"], "name: tea\n", 1, "it has no `kind`"),
        (&["-"], "kind: Service\n", 1, "`metadata.name` is missing"),
        (&["-"], "kind: {{ .Values.kind }}\n", 1, "`helm template CHART | stackgen lint -`"),
        (&["-"], "a: [1\n", 1, "error[yaml-"),
        // What is broken here has nothing to do with the braces in its text.
        (&["-"], "kind: ConfigMap\ndata:\n  a.tpl: |\n    {{- key \"x\" }}\nb: [1\n", 1, "error[yaml-"),
        (&["empty"], "", 1, "no .yaml, .yml or .json file below empty"),
        (&["missing.yaml"], "", 1, "cannot read missing.yaml"),
        (&["-", "--assume", "tls"], SERVICE, 1, "use KIND/NAME"),
        (&["-", "--kubernetes", "1.99"], SERVICE, 1, "from 1.25 to 1.37"),
        (&["-", "-p", "prd"], SERVICE, 1, "did you mean `prod`?"),
        (&[], "", 2, "Usage"),
    ] {
        let output = lint(folder.path(), arguments, input);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {input}");
        assert!(told(&output).contains(wanted), "{arguments:?} {input}: {}", told(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn what_exists_elsewhere_can_be_assumed() {
    let folder = tempfile::tempdir().unwrap();
    let pod = format!("{POD}  volumes: [{{name: tls, secret: {{secretName: tls}}}}]\n");
    let (code, text) = errors(folder.path(), &["-"], &pod);
    assert_eq!(code, Some(1));
    assert!(text.contains("Secret `tls` does not exist") && text.contains("`--assume Secret/tls`"), "{text}");
    assert_eq!(errors(folder.path(), &["-", "--assume", "Secret/tls"], &pod).0, Some(0));
}

#[test]
fn namespaces_are_apart() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = SERVICE.replace("{name: tea}", "{name: tea, namespace: tea}");
    let both = format!("{elsewhere}---\n{POD}");
    assert_eq!(errors(folder.path(), &["-"], &both).0, Some(1));
    assert_eq!(errors(folder.path(), &["-", "-n", "tea"], &both).0, Some(0));
}

#[test]
fn custom_resources_are_proven_once_they_are_defined() {
    let folder = tempfile::tempdir().unwrap();
    let house = "apiVersion: tea.example.com/v1\nkind: TeaHouse\nmetadata: {name: a}\nspec: {cups: many}\n";
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: teahouses.tea.example.com}\nspec:\n  group: tea.example.com\n  scope: Namespaced\n  names: {kind: TeaHouse, plural: teahouses}\n  versions:\n  - name: v1\n    served: true\n    storage: true\n    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {cups: {type: integer}}}}}}\n";
    fs::write(folder.path().join("crd.yaml"), definition).unwrap();
    let output = lint(folder.path(), &["-"], house);
    assert_eq!(output.status.code(), Some(0));
    assert!(told(&output).contains("warning[schema-unproven]: TeaHouse/a"), "{}", told(&output));
    for arguments in [&["-", "--crd", "crd.yaml"][..], &["-", "crd.yaml"]] {
        let (code, text) = errors(folder.path(), arguments, house);
        assert_eq!(code, Some(1), "{arguments:?}");
        assert!(text.contains("`spec.cups` must be a whole number"), "{text}");
    }
}

#[test]
fn secrets_of_others_stay_covered() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {url: \"redis://:hunter2@cache.default.svc:6379\"}\nspec: {x: 1}\n";
    let output = lint(folder.path(), &["-"], secret);
    let text = told(&output);
    assert!(text.contains("cache.default.svc") && text.contains("stringData: {url: ***"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    for format in ["json", "sarif", "github", "junit"] {
        let output = lint(folder.path(), &["-", "--output", format], secret);
        assert!(!String::from_utf8(output.stdout).unwrap().contains("hunter2"), "{format}");
    }
}

#[test]
fn warnings_can_be_raised_and_rules_can_be_waived() {
    let folder = tempfile::tempdir().unwrap();
    let waived = SERVICE.replace(
        "{name: tea}",
        "{name: tea, annotations: {waive.stackgen.io/selector-finds-pods: the pods come later}}",
    );
    assert_eq!(errors(folder.path(), &["-"], &waived).0, Some(0));
    let unproven = "apiVersion: tea.example.com/v1\nkind: TeaHouse\nmetadata: {name: a}\n";
    assert_eq!(lint(folder.path(), &["-"], unproven).status.code(), Some(0));
    assert_eq!(lint(folder.path(), &["-", "--warnings-as-errors"], unproven).status.code(), Some(1));
    let profile = "apiVersion: stackgen/v1\nkind: Profile\npolicy: {raise: [schema-unproven]}\n";
    fs::write(folder.path().join("strict.yaml"), profile).unwrap();
    assert_eq!(lint(folder.path(), &["-", "-p", "./strict.yaml"], unproven).status.code(), Some(1));
    fs::write(folder.path().join("strict.yaml"), profile.replace("unproven", "unprovn")).unwrap();
    let output = lint(folder.path(), &["-", "-p", "./strict.yaml"], unproven);
    assert!(told(&output).contains("did you mean `schema-unproven`?"), "{}", told(&output));
}

/// What prod refuses stands on the rule; a profile that builds on prod adds to that, and may take it back.
#[test]
fn prod_refuses_what_its_rules_are_graded_for() {
    let folder = tempfile::tempdir().unwrap();
    let open = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true, containers: [{name: a, image: \"a:1\"}]}\n";
    let refused = |policy: &str| {
        let profile = format!("apiVersion: stackgen/v1\nkind: Profile\nextends: prod\npolicy: {policy}\n");
        fs::write(folder.path().join("own.yaml"), profile).unwrap();
        let told = told(&lint(folder.path(), &["-", "-p", "./own.yaml"], open));
        (told.contains("error[pod-shares-no-host-namespaces]"), told.contains("error[schema-unproven]"))
    };
    let told = |profile: &str| told(&lint(folder.path(), &["-", "-p", profile], open));
    assert!(told("dev").contains("warning[pod-shares-no-host-namespaces]"), "{}", told("dev"));
    assert!(told("prod").contains("error[pod-shares-no-host-namespaces]"), "{}", told("prod"));
    assert_eq!(refused("{raise: [schema-unproven]}"), (true, false));
    assert_eq!(refused("{strict: false}"), (false, false));
    assert_eq!(refused("{strict: false, raise: [pod-shares-no-host-namespaces]}"), (true, false));
}

#[test]
fn a_profile_whose_policy_cannot_be_read_is_refused_where_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("own.yaml"),
        "apiVersion: stackgen/v1\nkind: Profile\npolicy: {strikt: true}\n",
    )
    .unwrap();
    let output = lint(folder.path(), &["-", "-p", "./own.yaml"], SERVICE);
    let text = told(&output);
    assert!(text.contains("error[unknown-key]") && text.contains("own.yaml:3:"), "{text}");
}

/// Whatever we print, somebody else's eyes would pass.
#[test]
fn our_own_manifests_are_clean() {
    let mut seen = 0;
    for case in support::cases().into_iter().chain(support::example_cases()) {
        let path = case.expectation("manifest.yaml");
        let part = case.arguments.iter().any(|argument| argument == "--only");
        // `check` prints none.
        let whole = !part && fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        // A part of a stack lacks what it refers to.
        if !whole {
            continue;
        }
        let path = path.to_string_lossy().into_owned();
        let output = lint(&case.folder, &[&path, "--severity", "error"], "");
        // What the stack declares as existing is not in the manifest.
        let text = told(&output);
        let foreign: Vec<&str> = text
            .lines()
            .filter(|line| {
                line.starts_with("error[")
                    && !line.contains("does not exist")
                    && !line.contains("does not resolve")
            })
            .collect();
        assert!(foreign.is_empty(), "{path}: {foreign:?}");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

/// A folder with two variants of one set: that is one mistake, told once, and no reason for others.
#[test]
fn alternatives_are_told_once_and_judged_apart() {
    let folder = tempfile::tempdir().unwrap();
    let variant = |name: &str, image: &str, more: &str| {
        let deployment = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: tea}}\nspec:\n  selector: {{matchLabels: {{app: tea}}}}\n  template:\n    metadata: {{labels: {{app: tea}}}}\n    spec: {{containers: [{{name: a, image: \"{image}\", ports: [{{containerPort: 80}}]}}]}}\n"
        );
        let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: tea}\nspec: {maxUnavailable: 1, selector: {matchLabels: {app: tea}}}\n";
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, format!("{deployment}---\n{SERVICE}---\n{budget}{more}")).unwrap();
    };
    variant("dev.yaml", "shop/tea:1", "");
    variant("prod.yaml", "shop/tea:2", "spek: {}\n");
    let (code, text) = errors(folder.path(), &["."], "");
    assert_eq!(code, Some(1));
    assert!(text.contains("error[duplicate-object]: Service/tea: is defined both in ./dev.yaml and in ./prod.yaml, as are 2 other objects: "), "{text}");
    assert!(text.contains("`stackgen lint ./dev.yaml` and `stackgen lint ./prod.yaml`"), "{text}");
    // What is wrong with the second one is told as well, and nothing that comes of both.
    assert!(text.contains("`spek`") && text.ends_with("refused: 2 errors\n"), "{text}");
    // Folders that hold alternatives file by file are one pair.
    fs::remove_file(folder.path().join("prod.yaml")).unwrap();
    fs::remove_file(folder.path().join("dev.yaml")).unwrap();
    for stage in ["dev", "prod", "test"] {
        fs::create_dir(folder.path().join(stage)).unwrap();
        fs::write(folder.path().join(stage).join("pod.yaml"), POD).unwrap();
        fs::write(folder.path().join(stage).join("service.yaml"), SERVICE).unwrap();
    }
    let (_, text) = errors(folder.path(), &["."], "");
    assert_eq!(text.matches("error[duplicate-object]").count(), 2, "{text}");
    assert!(text.contains("is defined both in ./dev and in ./prod, as is 1 other object: "), "{text}");
    assert!(text.ends_with("refused: 2 errors\n"), "{text}");
    // Somebody who has a reason says so.
    let waived = SERVICE.replace(
        "{name: tea}",
        "{name: tea, annotations: {waive.stackgen.io/duplicate-object: the later one wins}}",
    );
    fs::write(folder.path().join("prod/service.yaml"), waived).unwrap();
    let text = told(&lint(folder.path(), &["dev", "prod"], ""));
    assert!(
        text.contains("Pod/tea: is defined twice: also in dev/pod.yaml") && !text.contains("waiver-used"),
        "{text}"
    );
}

/// Many files that define the same are as much work as a few.
#[test]
fn more_alternatives_than_anybody_has_are_told() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..200 {
        let own = POD.replace("name: tea", &format!("name: own-{number}"));
        fs::write(
            folder.path().join(format!("{number:03}.yaml")),
            format!("{POD}---\n{SERVICE}---\n{own}  x: 1\n"),
        )
        .unwrap();
    }
    let (code, text) = errors(folder.path(), &[".", "--summary"], "");
    assert_eq!(code, Some(1));
    let line = |code: &str| {
        text.lines()
            .find(|line| line.contains(code))
            .map(|line| line.split_whitespace().next().unwrap().to_owned())
    };
    assert_eq!(
        (line("duplicate-object"), line("schema")),
        (Some("199".to_owned()), Some("200".to_owned())),
        "{text}"
    );
}
