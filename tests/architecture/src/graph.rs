//! The dependency graph, as `cargo metadata` tells it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Why there is no graph.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GraphError {
    /// Standard input could not be read.
    #[error("standard input cannot be read: {0}")]
    Unreadable(#[source] std::io::Error),
    /// The input is no JSON.
    #[error("the input is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// The input has no packages or no resolve section.
    #[error("the input is not what `cargo metadata --format-version 1` prints")]
    NotMetadata,
}

/// One package of the graph.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) licence: Option<String>,
    /// Whether it belongs to this workspace.
    pub(crate) own: bool,
    /// Ids of normal and build dependencies, for every target and with every feature of the metadata call.
    pub(crate) imports: BTreeSet<String>,
}

/// All packages by id.
#[derive(Debug)]
pub(crate) struct Graph(BTreeMap<String, Package>);

impl Graph {
    /// Reads the graph from the metadata text.
    pub(crate) fn from_metadata(text: &[u8]) -> Result<Self, GraphError> {
        let metadata: Value = serde_json::from_slice(text)?;
        let members: BTreeSet<&str> = strings(metadata.get("workspace_members")).collect();
        let mut packages = BTreeMap::new();
        for package in array(metadata.get("packages"))? {
            let id = text_of(package.get("id"))?;
            packages.insert(
                id.to_owned(),
                Package {
                    name: text_of(package.get("name"))?.to_owned(),
                    licence: package.get("license").and_then(Value::as_str).map(ToOwned::to_owned),
                    own: members.contains(id),
                    imports: BTreeSet::new(),
                },
            );
        }
        for node in array(metadata.pointer("/resolve/nodes"))? {
            let imports = array(node.get("deps"))?
                .iter()
                .filter(|dependency| is_normal_or_build(dependency))
                .map(|dependency| text_of(dependency.get("pkg")).map(ToOwned::to_owned))
                .collect::<Result<_, _>>()?;
            let package = packages
                .get_mut(text_of(node.get("id"))?)
                .ok_or(GraphError::NotMetadata)?;
            package.imports = imports;
        }
        Ok(Self(packages))
    }

    /// Returns every package.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.0.values()
    }

    /// Returns the packages that a package imports directly.
    pub(crate) fn imports<'g>(&'g self, package: &'g Package) -> impl Iterator<Item = &'g Package> {
        package.imports.iter().filter_map(|id| self.0.get(id))
    }

    /// Returns the names of everything that a package imports, directly or not.
    pub(crate) fn reachable(&self, package: &Package) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        let mut open: Vec<&String> = package.imports.iter().collect();
        let mut seen: BTreeSet<&String> = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id)
                && let Some(found) = self.0.get(id)
            {
                names.insert(found.name.as_str());
                open.extend(&found.imports);
            }
        }
        names
    }
}

fn is_normal_or_build(dependency: &Value) -> bool {
    dependency["dep_kinds"]
        .as_array()
        .is_none_or(|kinds| kinds.iter().any(|kind| kind["kind"].as_str() != Some("dev")))
}

fn array(value: Option<&Value>) -> Result<&Vec<Value>, GraphError> {
    value.and_then(Value::as_array).ok_or(GraphError::NotMetadata)
}

fn text_of(value: Option<&Value>) -> Result<&str, GraphError> {
    value.and_then(Value::as_str).ok_or(GraphError::NotMetadata)
}

fn strings(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
