//! The packages of the workspace, as its manifest names them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;

/// The manifests cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorkspaceError {
    /// A file or a folder cannot be read.
    #[error("cannot read {0}")]
    Io(PathBuf, #[source] io::Error),
    /// A manifest is no TOML or has not the members that are needed.
    #[error("{0} is no manifest")]
    Manifest(PathBuf, #[source] toml::de::Error),
}

/// A package: its name and its folder.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

#[derive(Deserialize)]
struct RootManifest {
    workspace: Workspace,
}

#[derive(Deserialize)]
struct Workspace {
    members: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    package: PackageSection,
}

#[derive(Deserialize)]
struct PackageSection {
    name: String,
}

/// Returns the folder that the workspace stands in.
#[must_use]
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Lists the packages under `root`.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>, WorkspaceError> {
    let manifest: RootManifest = read_manifest(&root.join("Cargo.toml"))?;
    let mut packages = Vec::new();
    for member in manifest.workspace.members {
        for folder in folders(root, &member)? {
            let manifest: Manifest = read_manifest(&folder.join("Cargo.toml"))?;
            packages.push(Package {
                name: manifest.package.name,
                folder,
            });
        }
    }
    Ok(packages)
}

fn folders(root: &Path, member: &str) -> Result<Vec<PathBuf>, WorkspaceError> {
    let Some(parent) = member.strip_suffix("/*") else {
        return Ok(vec![root.join(member)]);
    };
    let mut folders = entries(&root.join(parent))?;
    folders.retain(|folder| folder.join("Cargo.toml").is_file());
    Ok(folders)
}

/// Lists what a folder holds, in order.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, WorkspaceError> {
    let unreadable = |error| WorkspaceError::Io(folder.to_owned(), error);
    let mut entries = fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    entries.sort();
    Ok(entries)
}

fn read_manifest<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, WorkspaceError> {
    let text = fs::read_to_string(path).map_err(|error| WorkspaceError::Io(path.to_owned(), error))?;
    toml::from_str(&text).map_err(|error| WorkspaceError::Manifest(path.to_owned(), error))
}
