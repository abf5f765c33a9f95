//! What systems do differently. Where one lacks something, the caller finds another way.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// Did the system say that it cannot, rather than that something went wrong?
pub(super) fn cannot(error: &io::Error) -> bool {
    use io::ErrorKind::{
        CrossesDevices, InvalidInput, PermissionDenied, ReadOnlyFilesystem, ResourceBusy, Unsupported,
    };
    matches!(
        error.kind(),
        CrossesDevices | InvalidInput | PermissionDenied | ReadOnlyFilesystem | ResourceBusy | Unsupported
    )
}

/// Two folders change places in one step.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
pub(super) fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
pub(super) fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Moves something to where nothing is: what stands there by now is not replaced.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            result => return Ok(result?),
        }
    }
    if fs::symlink_metadata(to).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    fs::rename(from, to)
}

/// Makes a folder's entries last. Some file systems do that anyway, and refuse to be asked.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        Err(error) if cannot(&error) => Ok(()),
        result => result,
    }
}

/// A new file that nobody can have planted, and whose secrets nobody else reads.
pub(super) fn create(path: &Path, secret: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o666 });
    #[cfg(not(unix))]
    let _ = secret;
    options.open(path)
}

/// Owner, group and mode of what stood there before; `false` when the system does not let us.
pub(super) fn dress_like(path: &Path, model: &Metadata) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let now = fs::symlink_metadata(path)?;
        let same = now.uid() == model.uid() && now.gid() == model.gid();
        if !same && let Err(error) = chown(path, Some(model.uid()), Some(model.gid())) {
            return if cannot(&error) { Ok(false) } else { Err(error) };
        }
    }
    fs::set_permissions(path, model.permissions())?;
    Ok(true)
}

/// For us alone, until it is done.
#[cfg(unix)]
pub(super) fn hide(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o700))
}

#[cfg(not(unix))]
pub(super) fn hide(_: &Path) -> io::Result<()> {
    Ok(())
}

/// May we put something into this folder, and take it away?
#[cfg(unix)]
pub(super) fn may_write(folder: &Path) -> io::Result<()> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    use rustix::io::Errno;
    match accessat(CWD, folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS) {
        Err(error @ (Errno::ACCESS | Errno::ROFS)) => Err(error.into()),
        // Where it cannot be asked, writing will tell.
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
pub(super) fn may_write(_: &Path) -> io::Result<()> {
    Ok(())
}

/// What tells a folder from all others of its file system.
#[cfg(unix)]
pub(super) fn inode(found: &Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::ino(found))
}

#[cfg(not(unix))]
pub(super) fn inode(_: &Metadata) -> Option<u64> {
    None
}

/// Could only we have put this there?
#[cfg(unix)]
pub(super) fn is_mine(found: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let alone = found.is_dir() || found.nlink() == 1;
    alone && found.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
pub(super) fn is_mine(_: &Metadata) -> bool {
    true
}

/// Is it closed to all others?
#[cfg(unix)]
pub(super) fn is_closed(found: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(found) & 0o077 == 0
}

#[cfg(not(unix))]
pub(super) fn is_closed(_: &Metadata) -> bool {
    true
}

/// What is mounted on the folder or below it: such a thing cannot be moved.
pub(super) fn mounts_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let device = |path: &Path| fs::metadata(path).ok().map(|found| found.dev());
        if folder.parent().is_some_and(|parent| device(parent) != device(folder)) {
            found.push(folder.to_owned());
        }
    }
    // Linux knows them all, also those of the same file system; elsewhere the move itself will tell.
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = table.lines().filter_map(|line| line.split(' ').nth(4));
    found.extend(
        points.map(|point| PathBuf::from(unescaped(point))).filter(|point| point.starts_with(folder)),
    );
    found
}

/// The kernel writes blanks and the like as `\040`.
fn unescaped(point: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(point.to_owned(), |point, (code, character)| point.replace(code, character))
}

/// Has it more than a mode, such as access lists? A new folder would not have them.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn has_attributes(folder: &Path) -> bool {
    let mut names = [0_u8; 4096];
    match rustix::fs::llistxattr(folder, &mut names) {
        // Labels of security modules are the system's own and come by themselves.
        Ok(length) => names[..length]
            .split(|byte| *byte == 0)
            .any(|name| !name.is_empty() && !name.starts_with(b"security.")),
        Err(error) => error == rustix::io::Errno::RANGE,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn has_attributes(_: &Path) -> bool {
    false
}
