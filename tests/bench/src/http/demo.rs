//! The demonstration: it makes the keys, certificates and configurations, and runs the trust registry.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::measure::Failure;

/// A running demonstration; it ends with this value.
pub(super) struct Demo {
    child: Child,
    places: Value,
}

impl Demo {
    /// Starts it and waits until its story is told.
    pub(super) fn start() -> Result<Self, Failure> {
        let mut child = Command::new(program()?)
            .args(["demo", "--headless", "--serve"])
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().ok_or("the demonstration has no output")?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if line.starts_with('{') {
                let places = serde_json::from_str(&line)?;
                return Ok(Self { child, places });
            }
        }
        Err("the demonstration ended before it served".into())
    }

    /// Returns the folder with every configuration.
    pub(super) fn folder(&self) -> Result<PathBuf, Failure> {
        Ok(self.text("/folder")?.into())
    }

    /// Returns the file with the authority of every TLS certificate.
    pub(super) fn tls_authority(&self) -> Result<PathBuf, Failure> {
        Ok(self.text("/ca_file")?.into())
    }

    /// Returns the API key of a tenant.
    pub(super) fn api_key(&self, place: &str) -> Result<String, Failure> {
        Ok(self.text(&format!("/{place}/api_key"))?.to_owned())
    }

    fn text(&self, pointer: &str) -> Result<&str, Failure> {
        let found = self.places.pointer(pointer).and_then(Value::as_str);
        found.ok_or_else(|| "the demonstration did not say".into())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the program `mahfada`, which is built beside this one.
pub(super) fn program() -> Result<PathBuf, Failure> {
    Ok(std::env::current_exe()?.with_file_name("mahfada"))
}
