//! Who a credential is about, sealed between the steps of an issuance (decision D7).
//!
//! A subject is sealed twice: by a key that only the code or token it goes with gives, of which the store has the hash
//! alone, and by the key of the service. Once the wallet has lost the token, nobody opens what the store still holds.

use std::sync::Arc;

use mahfada_base::Secret;
use mahfada_crypto::{CryptoProvider, Random};
use mahfada_storage::{ConfigurationId, IssuerId, Sealed};
use mahfada_web::sealing::SealingKey;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::app::App;
use crate::fault::Fault;

/// The version of the way in which a code or token gives a key.
const BEARER_VERSION: u8 = 1;

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

/// Seals and opens subjects, inside units of work too.
#[derive(Clone, Debug)]
pub(crate) struct SubjectSeal {
    service: SealingKey,
    random: Arc<dyn Random>,
    crypto: &'static CryptoProvider,
}

impl SubjectSeal {
    /// Takes what it needs from the service.
    pub(crate) fn of(app: &App) -> Self {
        Self {
            service: app.sealing.clone(),
            random: Arc::clone(&app.random),
            crypto: app.crypto,
        }
    }

    /// Seals a subject for one issuer and configuration; only the bearer of the code or token has it opened.
    pub(crate) fn seal(
        &self,
        subject: &Subject,
        issuer: &IssuerId,
        configuration: &ConfigurationId,
        bearer: &str,
    ) -> Result<Sealed, Fault> {
        let plain = Secret::new(serde_json::to_vec(subject)?);
        self.wrap(plain.expose(), &context(issuer, configuration), bearer)
    }

    /// Opens a subject of this issuer and configuration with the code or token that it was sealed for.
    pub(crate) fn open(
        &self,
        sealed: &Sealed,
        issuer: &IssuerId,
        configuration: &ConfigurationId,
        bearer: &str,
    ) -> Result<Subject, Fault> {
        let plain = self.unwrap(sealed, &context(issuer, configuration), bearer)?;
        Ok(serde_json::from_slice(plain.expose())?)
    }

    /// Seals what a code opens for the token that the code is redeemed for.
    pub(crate) fn pass_on(
        &self,
        sealed: &Sealed,
        issuer: &IssuerId,
        configuration: &ConfigurationId,
        (code, token): (&str, &str),
    ) -> Result<Sealed, Fault> {
        let context = context(issuer, configuration);
        let plain = self.unwrap(sealed, &context, code)?;
        self.wrap(plain.expose(), &context, token)
    }

    fn wrap(&self, plain: &[u8], context: &str, bearer: &str) -> Result<Sealed, Fault> {
        let inner = self.key_of(bearer).seal(context, plain, &*self.random, self.crypto)?;
        let outer = self.service.seal(context, &inner, &*self.random, self.crypto)?;
        Ok(Sealed::new(outer))
    }

    fn unwrap(&self, sealed: &Sealed, context: &str, bearer: &str) -> Result<Secret<Vec<u8>>, Fault> {
        let inner = self.service.open(context, sealed.as_bytes(), self.crypto)?;
        Ok(self.key_of(bearer).open(context, inner.expose(), self.crypto)?)
    }

    fn key_of(&self, bearer: &str) -> SealingKey {
        let key = self
            .crypto
            .mac
            .hmac_sha256(bearer.as_bytes(), b"mahfada subject of a bearer v1");
        SealingKey::new(BEARER_VERSION, Secret::new(key))
    }
}

fn context(issuer: &IssuerId, configuration: &ConfigurationId) -> String {
    format!("subject\0{issuer}\0{configuration}")
}
