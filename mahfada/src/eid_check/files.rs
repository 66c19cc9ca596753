//! Certificates and revocation lists, looked up by their names without ending.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};

use super::EidCheckError;

/// Where named files are looked up; without a folder of their own, links and lists stand beside the authorities.
#[derive(Clone, Debug)]
pub struct Folders {
    /// The folder of the country signing authorities.
    pub anchors: PathBuf,
    /// The folder of the link certificates.
    pub links: Option<PathBuf>,
    /// The folder of the revocation lists.
    pub crls: Option<PathBuf>,
}

/// The files that were read, by folder and name.
#[derive(Debug, Default)]
pub(super) struct Shelf(BTreeMap<(PathBuf, String), Vec<u8>>);

impl Folders {
    pub(super) fn of_links(&self) -> &Path {
        self.links.as_deref().unwrap_or(&self.anchors)
    }

    pub(super) fn of_crls(&self) -> &Path {
        self.crls.as_deref().unwrap_or(&self.anchors)
    }
}

impl Shelf {
    /// Reads the files that are not on the shelf yet.
    pub(super) fn fetch(&mut self, folder: &Path, names: &[String]) -> Result<(), EidCheckError> {
        for name in names {
            let place = (folder.to_owned(), name.clone());
            if let Entry::Vacant(empty) = self.0.entry(place) {
                let path = find(folder, name)?;
                let bytes = std::fs::read(&path).map_err(|error| EidCheckError::Unreadable(path, error))?;
                empty.insert(bytes);
            }
        }
        Ok(())
    }

    /// Returns the files of these names, in their order.
    pub(super) fn take(&self, folder: &Path, names: &[String]) -> Vec<&[u8]> {
        names
            .iter()
            .filter_map(|name| self.0.get(&(folder.to_owned(), name.clone())))
            .map(Vec::as_slice)
            .collect()
    }
}

fn find(folder: &Path, name: &str) -> Result<PathBuf, EidCheckError> {
    if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\']) {
        return Err(EidCheckError::FileName(name.to_owned()));
    }
    let unreadable = |error| EidCheckError::Unreadable(folder.to_owned(), error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_named =
            path.file_stem().is_some_and(|stem| stem == name) || path.file_name().is_some_and(|all| all == name);
        if is_named && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    found.into_iter().next().ok_or_else(|| EidCheckError::NoSuchFile {
        name: name.to_owned(),
        folder: folder.to_owned(),
    })
}
