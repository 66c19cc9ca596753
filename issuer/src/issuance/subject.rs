//! Who a credential is about, sealed between the steps of an issuance (decision D7).

use mahfada_base::Secret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::app::App;
use crate::credential_issuer::CredentialIssuer;
use crate::fault::Fault;

/// The subject of an issuance under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Subject {
    /// The holder of a verified card: the derived claims; the card's files are gone.
    Card {
        /// The claims from the verified data groups, and the assurance of the session.
        claims: Map<String, Value>,
    },
    /// A row of the agency's register.
    Register {
        /// The key of the row.
        key: String,
    },
}

impl Subject {
    /// Seals the subject for one issuer and configuration.
    pub(crate) fn seal(
        &self,
        app: &App,
        issuer: &CredentialIssuer,
        configuration: &str,
    ) -> Result<Vec<u8>, Fault> {
        let plain = Secret::new(serde_json::to_vec(self)?);
        Ok(app.sealing.seal(
            &context(issuer, configuration),
            plain.expose(),
            &*app.random,
            app.crypto,
        )?)
    }

    /// Opens a sealed subject of this issuer and configuration.
    pub(crate) fn open(
        app: &App,
        issuer: &CredentialIssuer,
        configuration: &str,
        sealed: &[u8],
    ) -> Result<Self, Fault> {
        let plain = app
            .sealing
            .open(&context(issuer, configuration), sealed, app.crypto)?;
        Ok(serde_json::from_slice(plain.expose())?)
    }
}

fn context(issuer: &CredentialIssuer, configuration: &str) -> String {
    format!("subject\0{}\0{configuration}", issuer.identifier)
}
