//! Files that only their owner may read.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Puts a file in the place of an older one, at once and on disk when this returns.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    write(OpenOptions::new().create(true).truncate(true), &beside, bytes)?;
    std::fs::rename(&beside, path)?;
    // The name is in the folder, and the folder has to reach the disk as well.
    path.parent()
        .map_or(Ok(()), |folder| File::open(folder).and_then(|folder| folder.sync_all()))
}

/// Makes a file that was not there.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(OpenOptions::new().create_new(true), path, bytes)
}

/// Tells whether nobody but the owner may read the file.
pub(crate) fn is_private(path: &Path) -> io::Result<bool> {
    let others = std::fs::metadata(path)?.permissions().mode() & 0o077;
    Ok(others == 0)
}

fn write(options: &mut OpenOptions, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = options.write(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
