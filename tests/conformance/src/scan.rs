//! Finds the tests of the workspace in its source, following `mod` as the compiler does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, ItemMacro, ItemMod, Lit};

use crate::suite::{Suite, plain_tests};
use crate::workspace::{self, Package, WorkspaceError};

/// The source cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The packages cannot be listed, or a file cannot be read.
    #[error("the workspace cannot be read")]
    Workspace(#[from] WorkspaceError),
    /// A file is no Rust.
    #[error("{0} cannot be parsed")]
    Syntax(PathBuf, #[source] syn::Error),
}

/// The tests that were found, as `package::module::name`.
#[derive(Debug, Default)]
pub struct Tests {
    run: BTreeSet<String>,
    ignored: BTreeSet<String>,
}

impl Tests {
    /// Tells whether a test of this name exists, run or not.
    #[must_use]
    pub fn exists(&self, name: &str) -> bool {
        self.run.contains(name) || self.is_ignored(name)
    }

    /// Tells whether the test is left out of an ordinary run.
    #[must_use]
    pub fn is_ignored(&self, name: &str) -> bool {
        self.ignored.contains(name)
    }

    /// Names the tests that run, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.run.iter().map(String::as_str)
    }
}

/// Reads the source of every package under `root`; code behind a `cfg` counts as if it were built.
///
/// # Errors
/// [`ScanError`] naming the file at fault.
pub fn scan(root: &Path) -> Result<Tests, ScanError> {
    let mut scan = Scan::default();
    for package in workspace::packages(root)? {
        scan.package(&package)?;
    }
    Ok(scan.finish())
}

#[derive(Default)]
struct Scan {
    tests: Tests,
    suites: BTreeMap<String, Suite>,
    invocations: Vec<Invocation>,
}

struct Invocation {
    module: String,
    name: String,
    tokens: String,
}

impl Scan {
    fn package(&mut self, package: &Package) -> Result<(), ScanError> {
        for root in ["src/lib.rs", "src/main.rs"] {
            let file = package.folder.join(root);
            if file.is_file() {
                self.file(&file, &package.name, &package.folder.join("src"))?;
            }
        }
        let folder = package.folder.join("tests");
        if folder.is_dir() {
            for file in workspace::entries(&folder)? {
                if file.extension().is_some_and(|extension| extension == "rs") {
                    let module = format!("{}::{}", package.name, stem(&file));
                    self.file(&file, &module, &folder)?;
                }
            }
        }
        Ok(())
    }

    fn file(&mut self, file: &Path, module: &str, folder: &Path) -> Result<(), ScanError> {
        let text = fs::read_to_string(file).map_err(|error| WorkspaceError::Io(file.to_owned(), error))?;
        let parsed = syn::parse_file(&text).map_err(|error| ScanError::Syntax(file.to_owned(), error))?;
        self.items(&parsed.items, module, folder)
    }

    fn items(&mut self, items: &[Item], module: &str, folder: &Path) -> Result<(), ScanError> {
        for item in items {
            match item {
                Item::Fn(function) if has(&function.attrs, "test") => {
                    let name = format!("{module}::{}", function.sig.ident);
                    let ignored = has(&function.attrs, "ignore");
                    let set = if ignored {
                        &mut self.tests.ignored
                    } else {
                        &mut self.tests.run
                    };
                    set.insert(name);
                }
                Item::Mod(inner) => self.module(inner, module, folder)?,
                Item::Macro(invoked) => self.invoked(invoked, module),
                _ => {}
            }
        }
        Ok(())
    }

    fn module(&mut self, inner: &ItemMod, module: &str, folder: &Path) -> Result<(), ScanError> {
        let name = inner.ident.to_string();
        let module = format!("{module}::{name}");
        match (&inner.content, path(&inner.attrs)) {
            (Some((_, items)), _) => self.items(items, &module, &folder.join(&name)),
            (None, None) => self.file(&folder.join(format!("{name}.rs")), &module, &folder.join(&name)),
            (None, Some(path)) => {
                let file = folder.join(path);
                let folder = file.parent().unwrap_or(folder);
                self.file(&file, &module, folder)
            }
        }
    }

    fn invoked(&mut self, invoked: &ItemMacro, module: &str) {
        let tokens = invoked.mac.tokens.to_string();
        if let Some(name) = &invoked.ident {
            if let Some(suite) = Suite::read(&tokens) {
                self.suites.insert(name.to_string(), suite);
            }
            return;
        }
        for test in plain_tests(&tokens) {
            self.tests.run.insert(format!("{module}::{test}"));
        }
        let name = invoked.mac.path.segments.last();
        self.invocations.push(Invocation {
            module: module.to_owned(),
            name: name.map(|segment| segment.ident.to_string()).unwrap_or_default(),
            tokens,
        });
    }

    fn finish(mut self) -> Tests {
        for invocation in &self.invocations {
            if let Some(suite) = self.suites.get(&invocation.name) {
                self.tests
                    .run
                    .extend(suite.tests(&invocation.module, &invocation.tokens));
            }
        }
        self.tests
    }
}

/// `#[test]`, `#[tokio::test]` and `#[actix_web::test]` alike.
fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|segment| segment.ident == name)
    })
}

/// `#[path = "…"]`, counted from the folder of the module that says it: the compiler's rule in the root of a crate.
fn path(attributes: &[Attribute]) -> Option<String> {
    let value = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("path"))
        .find_map(|attribute| attribute.meta.require_name_value().ok())?;
    match &value.value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
