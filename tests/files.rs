//! What `-o` promises: nothing of anybody's is lost, and the tree is the one that was asked for.
#![cfg(unix)]
#![allow(missing_docs, clippy::unwrap_used, clippy::disallowed_methods)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use support::stackgen;

const HEAD: &str = "apiVersion: stackgen/v1\nkind: Stack\nmetadata: {name: shop, namespace: tea}\n";

/// Stacks that share some of their files.
const STACKS: &[&str] = &[
    "redis: {password: a}\n",
    "redis: {password: b}\n",
    "zookeeper: {}\n",
    "redis: {password: a}\nzookeeper: {}\n",
    "redis: {password: a, maxMemory: 90Mi}\nconsul: {}\n",
];

/// Files that others put there: names of theirs, names of ours, and names like those of a run.
const NAMES: &[&str] = &[
    "kustomization.yaml",
    ".git/HEAD",
    "patches/a/b.yaml",
    "20-secret-redis-auth.yaml",
    "50-statefulset-zookeeper.yaml",
    "50-statefulset-other.yaml",
    "a b\nc.yaml",
    ".stackgen-abc123/precious",
    ".stackgenrc",
];

#[derive(Clone, Debug)]
enum Step {
    Render { stack: usize, overwrite: bool, json: bool },
    Put { name: usize, text: u8 },
    Edit { file: prop::sample::Index, text: u8 },
    Remove { file: prop::sample::Index },
    Link { file: prop::sample::Index },
}

fn step() -> impl Strategy<Value = Step> {
    let file = any::<prop::sample::Index>;
    prop_oneof![
        4 => (0..STACKS.len(), any::<bool>(), prop::bool::weighted(0.2))
            .prop_map(|(stack, overwrite, json)| Step::Render { stack, overwrite, json }),
        2 => (0..NAMES.len(), any::<u8>()).prop_map(|(name, text)| Step::Put { name, text }),
        2 => (file(), any::<u8>()).prop_map(|(file, text)| Step::Edit { file, text }),
        1 => file().prop_map(|file| Step::Remove { file }),
        1 => file().prop_map(|file| Step::Link { file }),
    ]
}

type Tree = BTreeMap<PathBuf, String>;

/// All files below, by path; a link by where it leads.
fn tree(folder: &Path) -> Tree {
    let mut found = Tree::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten() {
            let path = entry.unwrap().path();
            let short = path.strip_prefix(folder).unwrap().to_owned();
            if path.is_symlink() {
                found.insert(short, format!("-> {}", fs::read_link(&path).unwrap().display()));
            } else if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(short, fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn render(root: &Path, stack: usize, arguments: &[&str]) -> Output {
    let input = format!("{HEAD}{}", STACKS[stack]);
    stackgen(root, &[&["render", "-f", "-"], arguments].concat(), &input)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn list(tree: &Tree) -> BTreeSet<PathBuf> {
    let lines = tree.get(Path::new(".stackgen")).map_or("", String::as_str).lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once("  ")?.1.into()))
        .collect()
}

/// What a render into an empty place gives.
fn fresh(stack: usize, json: bool) -> Tree {
    let root = tempfile::tempdir().unwrap();
    let format = ["-o", "out/", "--format", if json { "json" } else { "yaml" }];
    assert!(render(root.path(), stack, &format).status.success());
    tree(&root.path().join("out"))
}

/// One run over whatever is there, and what must hold then. `written` is what stackgen has written there by now.
fn rendered(root: &Path, written: &mut Tree, stack: usize, overwrite: bool, json: bool) {
    let out = root.join("out");
    let before = tree(&out);
    let mut arguments = vec!["-o", "out/", "--format", if json { "json" } else { "yaml" }];
    arguments.extend(overwrite.then_some("--overwrite"));
    let wanted = fresh(stack, json);
    let output = render(root, stack, &arguments);
    let after = tree(&out);
    let names: BTreeSet<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| name == "out" || name == "elsewhere"), "litter: {names:?}");
    assert_eq!(fs::read_to_string(root.join("elsewhere")).unwrap(), "untouched");
    // Ours, and as we wrote it; or the same as what is to be written.
    let harmless = |(path, text): (&PathBuf, &String)| {
        written.get(path) == Some(text) || wanted.get(path) == Some(text) || path == Path::new(".stackgen")
    };
    let in_the_way: Vec<&PathBuf> = before
        .iter()
        .filter(|(path, _)| written.contains_key(*path) || wanted.contains_key(*path))
        .filter(|entry| !harmless(*entry))
        .map(|(path, _)| path)
        .collect();
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(!overwrite, "refused in spite of --overwrite: {}", said(&output));
        assert!(
            !in_the_way.is_empty() || !before.contains_key(Path::new(".stackgen")),
            "refused: {}",
            said(&output)
        );
        assert_eq!(after, before, "refused, and something changed");
        return;
    }
    assert!(overwrite || in_the_way.is_empty(), "{in_the_way:?} was overwritten");
    for (path, text) in &wanted {
        assert_eq!(after.get(path), Some(text), "{} is not as it should be", path.display());
    }
    assert_eq!(list(&after), list(&wanted));
    for (path, text) in &before {
        let ours = written.contains_key(path) || wanted.contains_key(path) || path == Path::new(".stackgen");
        if !ours {
            assert_eq!(after.get(path), Some(text), "{} of somebody else is lost", path.display());
            let first = path.iter().next().unwrap().to_string_lossy().escape_debug().to_string();
            assert!(
                said(&output).contains(&first) || said(&output).contains("more"),
                "{first} is not named: {}",
                said(&output)
            );
        }
    }
    for path in after.keys() {
        assert!(
            wanted.contains_key(path) || before.contains_key(path),
            "{} came from nowhere",
            path.display()
        );
        assert!(wanted.contains_key(path) || !written.contains_key(path), "{} stayed", path.display());
    }
    *written = wanted;
}

fn played(steps: &[Step]) {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    fs::write(root.path().join("elsewhere"), "untouched").unwrap();
    let mut written = Tree::new();
    for step in steps {
        let own = |index: &prop::sample::Index| {
            let names: Vec<&PathBuf> =
                written.keys().filter(|path| *path != Path::new(".stackgen")).collect();
            (!names.is_empty()).then(|| out.join(names[index.index(names.len())]))
        };
        match step {
            Step::Render { stack, overwrite, json } => {
                rendered(root.path(), &mut written, *stack, *overwrite, *json);
            }
            Step::Put { name, text } => {
                let path = out.join(NAMES[*name]);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                let _ = fs::remove_file(&path);
                fs::write(path, format!("{text}")).unwrap();
            }
            Step::Edit { file, text } => {
                if let Some(path) = own(file).filter(|path| path.is_file() && !path.is_symlink()) {
                    fs::write(path, format!("edited {text}")).unwrap();
                }
            }
            Step::Remove { file } => own(file).into_iter().for_each(|path| drop(fs::remove_file(path))),
            Step::Link { file } => {
                if let Some(path) = own(file) {
                    let _ = fs::remove_file(&path);
                    symlink("../elsewhere", path).unwrap();
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_whatever_is_done_to_a_folder(steps in prop::collection::vec(step(), 1..9)) {
        played(&steps);
    }
}

#[test]
fn an_object_more_renames_no_other_file() {
    let (less, more) = (fresh(0, false), fresh(3, false));
    for (path, text) in less.iter().filter(|(path, _)| *path != Path::new(".stackgen")) {
        assert_eq!(more.get(path), Some(text), "{}", path.display());
    }
    let mut names: Vec<String> = more.keys().map(|path| path.display().to_string()).collect();
    names.retain(|name| name != ".stackgen");
    assert!(names[0].starts_with("00-namespace-"), "{names:?}");
    let lower: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
    assert_eq!(lower.len(), names.len());
}

#[test]
fn people_can_check_the_list() {
    let root = tempfile::tempdir().unwrap();
    assert!(render(root.path(), 3, &["-o", "out/"]).status.success());
    let check = || {
        Command::new("sha256sum")
            .args(["--check", "--strict", ".stackgen"])
            .current_dir(root.path().join("out"))
            .output()
            .unwrap()
    };
    assert!(check().status.success());
    fs::write(root.path().join("out/00-namespace-tea.yaml"), "").unwrap();
    assert!(!check().status.success());
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn what_exists_keeps_its_mode_and_new_secrets_are_closed() {
    let root = tempfile::tempdir().unwrap();
    let (out, file) = (root.path().join("out"), root.path().join("file.yaml"));
    for arguments in [["-o", "out/"], ["-o", "file.yaml"]] {
        assert!(render(root.path(), 0, &arguments).status.success());
    }
    assert_eq!(mode(&out.join("20-secret-redis-auth.yaml")), 0o600);
    assert_eq!(mode(&file), 0o600);
    assert!(render(root.path(), 2, &["-o", "plain.yaml"]).status.success());
    let plain = mode(&root.path().join("plain.yaml"));
    assert_eq!(mode(&out.join("00-namespace-tea.yaml")), plain);
    for (path, wanted) in [
        (&out, 0o2750),
        (&out.join("20-secret-redis-auth.yaml"), 0o640),
        (&out.join("00-namespace-tea.yaml"), 0o664),
        (&file, 0o604),
    ] {
        fs::set_permissions(path, fs::Permissions::from_mode(wanted)).unwrap();
        for arguments in [["-o", "out/"], ["-o", "file.yaml"]] {
            assert!(render(root.path(), 1, &arguments).status.success());
        }
        assert_eq!(mode(path), wanted, "{}", path.display());
    }
}

#[test]
fn links_and_devices_stay_what_they_are() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    fs::create_dir(at("real")).unwrap();
    symlink("real", at("link")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    for out in ["link", "link/"] {
        assert!(render(root.path(), 0, &["-o", out]).status.success());
        assert!(at("link").is_symlink() && at("real/.stackgen").is_file());
    }
    for (out, missing) in [("dangling", "file"), ("dangling/", "directory")] {
        let output = render(root.path(), 0, &["-o", out]);
        assert_eq!(output.status.code(), Some(1));
        let told = format!("link to a missing {missing}: create the {missing}");
        assert!(said(&output).contains(&told), "{}", said(&output));
        assert!(at("dangling").is_symlink() && !at("nowhere").exists());
    }
    // Names that earlier versions took for their own, and somebody planted.
    fs::write(at("victim"), "precious").unwrap();
    for name in
        [".out.yaml.stackgen-new", ".out.yaml.stackgen-abcdef", ".out.stackgen-new", ".out.stackgen-abcdef"]
    {
        symlink("victim", at(name)).unwrap();
    }
    for out in ["out.yaml", "out/", "out/", "/dev/null"] {
        let output = render(root.path(), 0, &["-o", out]);
        assert!(output.status.success(), "{out}: {}", said(&output));
    }
    assert_eq!(fs::read_to_string(at("victim")).unwrap(), "precious");
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn what_the_shell_has_opened_is_written_to() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("stack.yaml"), format!("{HEAD}{}", STACKS[0])).unwrap();
    let wanted = render(root.path(), 0, &[]).stdout;
    for line in [
        "$stackgen render -o /dev/stdout | cat >got",
        "$stackgen render -o /dev/stdout >got",
        "$stackgen render -o /dev/fd/3 3>got",
        "$stackgen render -o /dev/stderr 2>&1 >/dev/null | cat >got",
        "mkfifo pipe; cat pipe >got & $stackgen render -o pipe; wait",
        "exec 4>got; $stackgen render -o >(cat >&4); sleep 0.5",
    ] {
        let mut shell = Command::new("bash");
        shell.args(["-c", line]).env("stackgen", env!("CARGO_BIN_EXE_stackgen")).current_dir(root.path());
        let output = shell.output().unwrap();
        assert!(output.status.success(), "{line}: {}", said(&output));
        assert!(fs::read(root.path().join("got")).unwrap() == wanted, "{line}");
        fs::remove_file(root.path().join("got")).unwrap();
    }
}

/// A name that a run could have given to what it makes for itself.
fn own(beginning: &str) -> String {
    let text = format!("{beginning}abcdef01");
    let proof: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    text + &proof[..8]
}

#[test]
fn what_only_looks_like_a_run_of_ours_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let name = own(".out.stackgen-");
    let look_alike = root.path().join(&name);
    fs::create_dir(&look_alike).unwrap();
    fs::write(look_alike.join("precious"), "mine").unwrap();
    let sum = "0".repeat(64);
    for (mode, list) in [
        (0o700, String::new()),
        (0o700, format!("# Written by stackgen\n#run - {name}\n")),
        (0o700, "# Written by stackgen\n#run - .out.stackgen-other1\n".to_owned()),
        (0o700, format!("# Written by stackgen\n{sum}  precious\n")),
        (0o755, format!("# Written by stackgen\n#run - {name}\n{sum}  precious\n")),
        (0o777, format!("# Written by stackgen\n#run - {name}\n{sum}  precious\n")),
    ] {
        fs::write(look_alike.join(".stackgen"), &list).unwrap();
        fs::set_permissions(&look_alike, fs::Permissions::from_mode(mode)).unwrap();
        for _ in 0..2 {
            let output = render(root.path(), 0, &["-o", "out/"]);
            assert!(output.status.success(), "{}", said(&output));
            assert!(said(&output).contains(&name), "{list}: {}", said(&output));
            assert_eq!(fs::read_to_string(look_alike.join("precious")).unwrap(), "mine");
        }
    }
    // A list that names another folder for the old one: only the very folder is believed.
    let stack = root.path().join("out/.stackgen");
    let text = fs::read_to_string(&stack).unwrap();
    let inode = fs::metadata(&look_alike).unwrap().ino() + 1;
    fs::write(&stack, text.replacen('\n', &format!("\n#run {inode} {name}\n"), 1)).unwrap();
    assert!(render(root.path(), 0, &["-o", "out/"]).status.success());
    assert!(look_alike.join("precious").exists());
}

#[test]
fn names_that_people_give_are_none_of_ours() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = root.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    for end in ["backup", "abcdef", "new", "0123456789abcdef"] {
        fs::write(root.path().join(format!(".file.yaml.stackgen-{end}")), "mine").unwrap();
        fs::create_dir_all(root.path().join(format!(".out.stackgen-{end}"))).unwrap();
    }
    // The names of ours, and not ours all the same: links, and a file that has another name too.
    fs::write(elsewhere.join("precious"), "mine").unwrap();
    symlink("elsewhere", root.path().join(own(".out.stackgen-"))).unwrap();
    fs::hard_link(elsewhere.join("precious"), root.path().join(own(".file.yaml.stackgen-"))).unwrap();
    let before = tree(root.path());
    for out in ["out/", "out/", "file.yaml", "file.yaml"] {
        let output = render(root.path(), 0, &["-o", out]);
        assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    }
    let after = tree(root.path());
    before.iter().for_each(|(path, text)| assert_eq!(after.get(path), Some(text), "{}", path.display()));
    assert!(root.path().join(".out.stackgen-backup").is_dir());
}

#[test]
fn what_is_removed_is_named() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    for (arguments, why) in [
        (&["--only", "Secret/*"][..], "which `--only` leaves out"),
        (&["--format", "json"], "which this run no longer writes"),
    ] {
        let before = render(root.path(), 3, &["-o", "out/", "--overwrite"]);
        assert!(before.status.success());
        let (all, output) =
            (list(&tree(&out)), render(root.path(), 3, &[&["-o", "out/"], arguments].concat()));
        let gone: Vec<PathBuf> = all.difference(&list(&tree(&out))).cloned().collect();
        assert!(output.status.success() && gone.len() > 5, "{}", said(&output));
        let named =
            gone[..5].iter().map(|name| format!("`{}`", name.display())).collect::<Vec<_>>().join(", ");
        let wanted = format!("note: out: removed {named} and {} more, {why}\n", gone.len() - 5);
        assert_eq!(said(&output), wanted);
    }
    // Two stacks in one folder.
    assert!(said(&render(root.path(), 2, &["-o", "out/"])).contains("out: removed `"));
    assert_eq!(said(&render(root.path(), 2, &["-o", "out/"])), "");
}

#[test]
fn places_are_named_as_they_were_typed() {
    let root = tempfile::tempdir().unwrap();
    let real = fs::canonicalize(root.path()).unwrap().display().to_string();
    fs::create_dir(root.path().join("other")).unwrap();
    symlink("out", root.path().join("link")).unwrap();
    assert!(render(root.path(), 0, &["-o", "out/"]).status.success());
    fs::write(root.path().join("out/mine"), "").unwrap();
    for (at, out, shown) in [
        ("", "out", "out: "),
        ("", "./out/", "./out: "),
        ("", "link", "link: "),
        ("out", ".", ".: "),
        ("out", "./", ".: "),
        ("other", "../out", "../out: "),
        ("other", "../link/", "../link: "),
    ] {
        for change in [false, true] {
            if change {
                fs::write(root.path().join("out/50-statefulset-redis.yaml"), "changed").unwrap();
            }
            let output = render(&root.path().join(at), 0, &["-o", out]);
            assert_eq!(output.status.success(), !change);
            let said = said(&output);
            assert!(said.contains(&format!(": {shown}`")) && !said.contains(&real), "{out}: {said}");
        }
        assert!(render(root.path(), 0, &["-o", "out", "--overwrite"]).status.success());
    }
}

#[test]
fn a_folder_that_is_closed_to_us_stays_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    assert!(render(root.path(), 0, &["-o", "out/"]).status.success());
    let program = root.path().join("program");
    // By another process: while this one has it open to write, a child that another test starts keeps it busy.
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_stackgen")).arg(&program).status().unwrap();
    assert!(copied.success());
    fs::write(root.path().join("stack.yaml"), format!("{HEAD}{}", STACKS[2])).unwrap();
    let is_root = fs::metadata(root.path()).unwrap().uid() == 0;
    // Nothing is closed to root.
    let run = || {
        let mut command = Command::new(&program);
        command.args(["render", "-o", "out"]).current_dir(root.path());
        if is_root {
            command.uid(65534).gid(65534);
        }
        command.output().unwrap()
    };
    if is_root {
        for path in tree(&out).keys().map(|path| out.join(path)).chain([out.clone(), root.path().to_owned()])
        {
            chown(path, Some(65534), Some(65534)).unwrap();
        }
    }
    let before = tree(&out);
    fs::set_permissions(&out, fs::Permissions::from_mode(0o555)).unwrap();
    for above in [0o755, 0o555] {
        fs::set_permissions(root.path(), fs::Permissions::from_mode(above)).unwrap();
        let output = run();
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(said(&output).contains("cannot write out: Permission denied"), "{}", said(&output));
        assert_eq!(tree(&out), before);
    }
    fs::set_permissions(&out, fs::Permissions::from_mode(0o755)).unwrap();
    let output = run();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(output.status.success() && said(&output).contains("file by file"), "{}", said(&output));
    assert_eq!(tree(&out), fresh(2, false));
}

#[test]
fn a_list_that_is_none_is_not_believed() {
    let root = tempfile::tempdir().unwrap();
    assert!(render(root.path(), 0, &["-o", "out/"]).status.success());
    let list = root.path().join("out/.stackgen");
    let good = fs::read_to_string(&list).unwrap();
    let sum = "0".repeat(64);
    fs::write(root.path().join("victim"), "").unwrap();
    for bad in [
        "<<<<<<< HEAD".to_owned(),
        format!("{sum}  ../victim"),
        format!("{sum}  a/../../victim"),
        format!("{sum}  .git"),
        "what".to_owned(),
    ] {
        fs::write(&list, format!("{good}{bad}\n")).unwrap();
        let output = render(root.path(), 2, &["-o", "out/"]);
        assert_eq!(output.status.code(), Some(1), "{bad}");
        assert!(said(&output).contains("line "), "{}", said(&output));
        let output = render(root.path(), 2, &["-o", "out/", "--overwrite"]);
        assert!(output.status.success(), "{}", said(&output));
        assert!(root.path().join("victim").exists());
        // What the list should have named stays.
        assert!(root.path().join("out/50-statefulset-redis.yaml").exists());
    }
}

#[test]
fn a_folder_of_the_first_version_is_taken_over() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    assert!(render(root.path(), 0, &["-o", "out/"]).status.success());
    let text = fs::read_to_string(out.join("50-statefulset-redis.yaml")).unwrap();
    fs::remove_dir_all(&out).unwrap();
    fs::create_dir(&out).unwrap();
    fs::write(out.join(".stackgen"), "written by stackgen; replaced as a whole by the next run\n").unwrap();
    fs::write(out.join("010-statefulset-redis.yaml"), text).unwrap();
    fs::write(out.join("011-mine.yaml"), "kind: Mine\n").unwrap();
    let output = render(root.path(), 0, &["-o", "out/"]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(!out.join("010-statefulset-redis.yaml").exists() && out.join("011-mine.yaml").exists());
    assert!(said(&output).contains("011-mine.yaml"));
}

#[test]
fn the_working_folder_is_written_in_place_and_stays_the_same_folder() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    fs::create_dir_all(out.join("patches")).unwrap();
    let inode = fs::metadata(&out).unwrap().ino();
    for (at, name) in [("", "."), ("", "./"), ("patches", ".."), ("patches", "../")] {
        for stack in [0, 3, 2] {
            let output = render(&out.join(at), stack, &["-o", name, "--overwrite"]);
            assert!(output.status.success(), "{}", said(&output));
            let mut now = tree(&out);
            now.retain(|path, _| !path.starts_with("patches"));
            assert_eq!(now, fresh(stack, false));
            assert_eq!(fs::metadata(&out).unwrap().ino(), inode);
            assert!(said(&output).contains("file by file"));
        }
    }
}

#[test]
fn no_link_is_written_through() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    assert!(render(root.path(), 0, &["-o", "out/"]).status.success());
    for (at, name) in [("out", "."), ("", "out/")] {
        let link = out.join("50-statefulset-redis.yaml");
        fs::remove_file(&link).unwrap();
        fs::write(root.path().join("victim"), "precious").unwrap();
        symlink("../victim", &link).unwrap();
        let output = render(&root.path().join(at), 1, &["-o", name]);
        assert!(!output.status.success() && said(&output).contains("would be lost"), "{}", said(&output));
        let output = render(&root.path().join(at), 1, &["-o", name, "--overwrite"]);
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(fs::read_to_string(root.path().join("victim")).unwrap(), "precious");
        assert_eq!(tree(&out), fresh(1, false));
    }
}

#[test]
fn who_writes_to_a_strange_file_meanwhile_loses_nothing() {
    use std::io::Write as _;
    let root = tempfile::tempdir().unwrap();
    assert!(render(root.path(), 0, &["-o", "out/"]).status.success());
    let path = root.path().join("out/log.txt");
    let mut log = fs::File::create(&path).unwrap();
    for round in 0..20 {
        writeln!(log, "{round}").unwrap();
        assert!(render(root.path(), round % 2, &["-o", "out/"]).status.success());
    }
    writeln!(log, "end").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 21);
}

#[test]
fn check_says_that_there_are_secrets() {
    let root = tempfile::tempdir().unwrap();
    let check = |stack: usize| {
        said(&stackgen(root.path(), &["check", "-f", "-"], &format!("{HEAD}{}", STACKS[stack])))
    };
    assert!(check(0).contains("1 Secret with values"), "{}", check(0));
    assert!(!check(2).contains("Secret"), "{}", check(2));
}
