//! What is read: plain files of a bounded size, below the folder of the file that names them, and nothing that waits.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use support::stackgen;

const HEAD: &str = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: shop, namespace: tea}\n";
/// What must never come out.
const MARK: &str = "kaleidoscope";

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Ends at once or not at all, with everything that it said.
fn quickly(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_stackgen"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > until {
            child.kill().unwrap();
            panic!("{arguments:?} waits");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    (child.wait().unwrap().code(), said)
}

/// Everything that is no plain file, below the folder: name and what complaints call it.
fn strange_files(folder: &Path) -> Vec<(&'static str, &'static str)> {
    assert!(Command::new("mkfifo").arg(folder.join("fifo.yaml")).status().unwrap().success());
    let _ = UnixListener::bind(folder.join("socket.yaml")).unwrap();
    fs::create_dir(folder.join("folder.d")).unwrap();
    symlink("/dev/zero", folder.join("zero.yaml")).unwrap();
    symlink("fifo.yaml", folder.join("link.yaml")).unwrap();
    let sparse = fs::File::create(folder.join("sparse.yaml")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    vec![
        ("fifo.yaml", "named pipe"),
        ("socket.yaml", "socket"),
        ("folder.d", "directory"),
        ("zero.yaml", "device"),
        ("link.yaml", "named pipe"),
        ("sparse.yaml", "larger than"),
    ]
}

#[test]
fn what_is_no_plain_file_is_refused_at_once_wherever_it_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (file, what) in strange_files(folder) {
        let stacks = [
            format!("redis: {{password: {{file: {file}}}}}\n"),
            format!("apps: {{a: {{image: 'a:1.0', files: {{/etc/x: {{file: {file}}}}}}}}}\n"),
            format!("profile: ./{file}\nconsul: {{}}\n"),
        ];
        for stack in stacks {
            fs::write(folder.join("stack.yaml"), format!("{HEAD}{stack}")).unwrap();
            let (code, said) = quickly(folder, &["check", "--allow-outside"]);
            assert_eq!(code, Some(1), "{stack}: {said}");
            assert!(said.contains(what), "{stack}: {said}");
        }
        fs::write(folder.join("stack.yaml"), format!("{HEAD}consul: {{}}\n")).unwrap();
        let path = format!("./{file}");
        let mut named = vec![
            vec!["check", "-f", &path],
            vec!["check", "-f", "stack.yaml", "-f", &path],
            vec!["check", "-p", &path],
            vec!["lint", "stack.yaml", "-p", &path],
        ];
        if what != "directory" {
            named.extend([vec!["lint", &path], vec!["lint", "stack.yaml", "--crd", &path]]);
        }
        for arguments in named {
            let (code, said) = quickly(folder, &arguments);
            assert_eq!(code, Some(1), "{arguments:?}: {said}");
            assert!(said.contains(what), "{arguments:?}: {said}");
        }
    }
    // In a folder nobody named them, and they are told all the same.
    let (code, said) = quickly(folder, &["lint", "."]);
    assert_eq!(code, Some(1));
    for told in ["fifo.yaml: it is a named pipe", "socket.yaml: it is a socket", "zero.yaml: it is outside"] {
        assert!(
            said.contains(told) || said.contains(&told.replace("is outside", "points outside")),
            "{told}: {said}"
        );
    }
}

#[test]
fn a_shell_may_hand_over_pipes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("stack.yaml"), format!("{HEAD}redis: {{password: {{file: pw}}}}\n"))
        .unwrap();
    fs::write(folder.path().join("pw"), "secret\n").unwrap();
    let run = |line: &str| {
        Command::new("bash")
            .args(["-c", line])
            .env("stackgen", env!("CARGO_BIN_EXE_stackgen"))
            .current_dir(folder.path())
            .output()
            .unwrap()
    };
    for line in [
        "$stackgen check -f <(cat stack.yaml)",
        "$stackgen check -f stack.yaml -f <(echo 'consul: {}')",
        "$stackgen check -f /dev/stdin <stack.yaml",
        "cat stack.yaml | $stackgen check -f /dev/stdin",
        "cat stack.yaml | $stackgen check -f /dev/fd/0",
        "$stackgen check -f /dev/fd/3 3<stack.yaml",
        "$stackgen check -f stack.yaml -p <(printf 'kind: Profile\\nextends: dev\\n') || test $? = 1",
        "$stackgen render -f stack.yaml | $stackgen lint <(cat) -f 2>/dev/null || $stackgen render -f stack.yaml | $stackgen lint /dev/stdin",
    ] {
        let output = run(line);
        assert_eq!(output.status.code(), Some(0), "{line}: {}", text(&output));
    }
    let endless = run("yes | $stackgen check -f -");
    assert_eq!(endless.status.code(), Some(1));
    assert!(text(&endless).contains("larger than 16 MiB"), "{}", text(&endless));
}

/// A folder `in` with a stack in it, and a file with the mark outside of it.
fn walled(stack: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("in/deep")).unwrap();
    fs::write(folder.path().join("outside"), format!("{MARK}: {MARK}\n")).unwrap();
    fs::write(folder.path().join("in/deep/inside"), "here").unwrap();
    symlink("../outside", folder.path().join("in/link")).unwrap();
    symlink("..", folder.path().join("in/up")).unwrap();
    symlink("deep/inside", folder.path().join("in/good")).unwrap();
    fs::write(folder.path().join("in/stack.yaml"), format!("{HEAD}{stack}")).unwrap();
    folder
}

#[test]
fn a_stack_reads_below_its_folder_and_links_count_by_where_they_lead() {
    let folder = walled("");
    let absolute = folder.path().join("outside").display().to_string();
    let within = folder.path().join("in/deep/inside").display().to_string();
    for (file, allowed) in [
        ("../outside", false),
        ("deep/../../outside", false),
        ("link", false),
        ("up/outside", false),
        (absolute.as_str(), false),
        ("/etc/passwd", false),
        ("/proc/self/environ", false),
        ("deep/inside", true),
        ("./deep/../good", true),
        ("up/in/good", true),
        (within.as_str(), true),
    ] {
        let stack = format!("{HEAD}redis: {{password: {{file: {file}}}}}\n");
        fs::write(folder.path().join("in/stack.yaml"), stack).unwrap();
        // Wherever it is called from.
        for (at, stack) in [("", "in/stack.yaml"), ("in", "stack.yaml"), ("in/deep", "../stack.yaml")] {
            let (code, said) = quickly(&folder.path().join(at), &["render", "-f", stack]);
            assert_eq!(code, Some(i32::from(!allowed)), "{file} from {at}: {said}");
            assert!(allowed || said.contains("--allow-outside"), "{file} from {at}: {said}");
            assert!(!said.contains(MARK), "{file}: {said}");
        }
        let (_, said) = quickly(folder.path(), &["render", "-f", "in/stack.yaml", "--allow-outside"]);
        // Whether such a text will do for a password is another matter.
        assert!(!said.contains("outside of") && !said.contains("cannot read"), "{file}: {said}");
    }
}

#[test]
fn who_calls_may_name_what_he_likes() {
    let folder = walled("redis: {password: x}\n");
    fs::write(folder.path().join("mine.yaml"), "kind: Profile\nextends: dev\n").unwrap();
    let outside = folder.path().join("outside");
    let set = format!("redis.password={{file: {}}}", outside.display());
    let in_folder = folder.path().join("in");
    for arguments in [
        &["check", "--set", &set][..],
        &["check", "-p", "../mine.yaml"],
        &["check", "--set", "redis.password={file: deep/inside}"],
    ] {
        let (code, said) = quickly(&in_folder, arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {said}");
    }
}

#[test]
fn a_path_is_relative_to_the_file_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write(
        "base/stack.yaml",
        &format!("{HEAD}profile: ./own/small.yaml\nredis: {{password: {{file: pw}}}}\n"),
    );
    write("base/pw", "of-base");
    write("base/own/small.yaml", "kind: Profile\nextends: ./smaller.yaml\n");
    write("base/own/smaller.yaml", "extends: dev\nredis: {password: {file: token}}\n");
    write("base/own/token", "of-profile");
    write("over/stack.yaml", "redis/two: {password: {file: pw}}\nredis/three: {}\n");
    write("over/pw", "of-over");
    write("third/stack.yaml", "profile: ./sub/mine.yaml\n");
    write("third/sub/mine.yaml", "extends: dev\nredis: {maxMemory: 100Mi}\n");
    let output = stackgen(folder.path(), &["render", "-f", "base/stack.yaml", "-f", "over/stack.yaml"], "");
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for value in ["of-base", "of-over", "of-profile"] {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(value);
        assert!(said.contains(value) || said.contains(&encoded), "{value}: {said}");
    }
    let files = ["render", "-f", "base/stack.yaml", "-f", "third/stack.yaml"];
    let output = stackgen(folder.path(), &files, "");
    assert!(text(&output).contains("100Mi") || text(&output).contains("100mb"), "{}", text(&output));
}

#[test]
fn a_file_that_is_no_profile_is_not_shown() {
    let folder = walled("profile: ./other\nconsul: {}\n");
    let other = folder.path().join("in/other");
    for shape in [
        format!("root:{MARK}:19000:0:99999:7:::\n"),
        format!("{MARK}\n"),
        format!("PASSWORD={MARK}\n\tX: [{MARK}\n"),
        format!("- {MARK}\n- x: {MARK}\n"),
        format!("{MARK}: {MARK}\n"),
        format!("\"{MARK}: {{\n"),
        format!("[{MARK}\n"),
        format!("--- {MARK}\n--- {MARK}\n"),
        format!("apiVersion: v1\nkind: Secret\nstringData: {{a: {MARK}}}\n"),
        format!("kind: Secret\nredis: {{a: {MARK}}}\n"),
        format!("apiVersion: v1\n\tkind: [{MARK}\n"),
        format!("-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n"),
        format!("{{\"{MARK}\": \"{MARK}\"}}"),
        format!("a: &a {MARK}\nb: *c\n"),
        format!("%TAG {MARK}\n"),
    ] {
        fs::write(&other, &shape).unwrap();
        for format in ["human", "json", "sarif", "github", "junit"] {
            let arguments = ["check", "-f", "in/stack.yaml", "--output", format];
            let (code, said) = quickly(folder.path(), &arguments);
            assert_eq!(code, Some(1), "{shape}: {said}");
            assert!(!said.contains(MARK), "{shape}: {said}");
            assert!(said.contains("is not a profile"), "{shape}: {said}");
        }
    }
    // A profile with a mistake in it is.
    for (shape, wanted) in [
        ("redsi: {maxMemory: 1Gi}\n", "did you mean `redis`?"),
        ("kind: Profile\nredis: [\n", "other:"),
        ("apiVersion: stackgen/v2\nkind: Profile\n", "stackgen/v2"),
        ("# mine\nextends: dev\n\tredis: {}\n", "other:3"),
    ] {
        fs::write(&other, shape).unwrap();
        let (_, said) = quickly(folder.path(), &["check", "-f", "in/stack.yaml"]);
        assert!(said.contains(wanted), "{shape}: {said}");
    }
}

#[test]
fn a_link_in_a_folder_is_not_followed_out_of_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("in/..data")).unwrap();
    fs::write(folder.path().join("out.yaml"), format!("apiVersion: v1\nkind: {MARK}\n")).unwrap();
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    fs::write(folder.path().join("in/..data/a.yaml"), map).unwrap();
    // As a mounted ConfigMap looks.
    symlink("..data/a.yaml", folder.path().join("in/a.yaml")).unwrap();
    let (code, said) = quickly(folder.path(), &["lint", "in"]);
    assert_eq!(code, Some(0), "{said}");
    symlink("../out.yaml", folder.path().join("in/b.yaml")).unwrap();
    symlink("nowhere", folder.path().join("in/c.yaml")).unwrap();
    let (code, said) = quickly(folder.path(), &["lint", "in"]);
    assert_eq!(code, Some(1));
    assert!(said.contains("in/b.yaml") && said.contains("in/c.yaml") && !said.contains(MARK), "{said}");
    let (_, said) = quickly(folder.path(), &["lint", "in", "--allow-outside"]);
    assert!(said.contains("in/c.yaml"), "{said}");
    fs::remove_file(folder.path().join("in/c.yaml")).unwrap();
    let (_, said) = quickly(folder.path(), &["lint", "in", "--allow-outside"]);
    assert!(said.contains(MARK), "{said}");
}

#[test]
fn stdin_has_no_folder_and_reads_below_the_working_one() {
    let folder = walled("");
    let stack = format!("{HEAD}redis: {{password: {{file: deep/inside}}}}\n");
    let output = stackgen(&folder.path().join("in"), &["check", "-f", "-"], &stack);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output =
        stackgen(&folder.path().join("in"), &["check", "-f", "-"], &stack.replace("deep/inside", "link"));
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
}
