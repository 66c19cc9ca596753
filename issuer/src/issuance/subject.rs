//! Who a credential is about, sealed between the steps of an issuance (decision D7).
//!
//! A subject is sealed twice: by a key that only the code or token it goes with gives, of which the store has the hash
//! alone, and by the key of the service. Once the wallet has lost the token, nobody opens what the store still holds.

use std::fmt;
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

/// The subject of an issuance under way; `Debug` says only where it comes from.
#[derive(Clone, Serialize, Deserialize)]
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

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Card { .. } => "Card(…)",
            Self::Register { .. } => "Register(…)",
        })
    }
}

/// What a code or token stands for, sealed as one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Grant {
    /// Who the credential is about.
    pub(crate) subject: Subject,
    /// Whether the token response names a data set, which alone the credential may then be asked for by
    /// (OpenID4VCI 1.0 §8.2).
    pub(crate) identified: bool,
}

impl Grant {
    /// By the card; every token is told an identifier.
    pub(crate) const fn by_card(claims: Map<String, Value>) -> Self {
        Self {
            subject: Subject::Card { claims },
            identified: true,
        }
    }

    /// By an offer; a token is told an identifier when its wallet asks with `authorization_details`.
    pub(crate) const fn by_offer(key: String) -> Self {
        Self {
            subject: Subject::Register { key },
            identified: false,
        }
    }
}

/// Seals and opens grants, inside units of work too.
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

    /// Seals a grant for one issuer and configuration; only the bearer of the code or token has it opened.
    pub(crate) fn seal(
        &self,
        grant: &Grant,
        issuer: &IssuerId,
        configuration: &ConfigurationId,
        bearer: &str,
    ) -> Result<Sealed, Fault> {
        self.wrap(grant, &context(issuer, configuration), bearer)
    }

    /// Opens a grant of this issuer and configuration with the code or token that it was sealed for.
    pub(crate) fn open(
        &self,
        sealed: &Sealed,
        issuer: &IssuerId,
        configuration: &ConfigurationId,
        bearer: &str,
    ) -> Result<Grant, Fault> {
        self.unwrap(sealed, &context(issuer, configuration), bearer)
    }

    /// Seals what a code opens for the token that the code is redeemed for, and notes whether it is told an identifier.
    pub(crate) fn pass_on(
        &self,
        sealed: &Sealed,
        issuer: &IssuerId,
        configuration: &ConfigurationId,
        (code, token): (&str, &str),
        by_details: bool,
    ) -> Result<Sealed, Fault> {
        let context = context(issuer, configuration);
        let mut grant = self.unwrap(sealed, &context, code)?;
        grant.identified |= by_details;
        self.wrap(&grant, &context, token)
    }

    fn wrap(&self, grant: &Grant, context: &str, bearer: &str) -> Result<Sealed, Fault> {
        let plain = Secret::new(serde_json::to_vec(grant).map_err(|_| Fault::Stored)?);
        let key = self.key_of(bearer);
        let inner = key.seal(context, plain.expose(), &*self.random, self.crypto)?;
        let outer = self.service.seal(context, &inner, &*self.random, self.crypto)?;
        Ok(Sealed::new(outer))
    }

    fn unwrap(&self, sealed: &Sealed, context: &str, bearer: &str) -> Result<Grant, Fault> {
        let inner = self.service.open(context, sealed.as_bytes(), self.crypto)?;
        let plain = self.key_of(bearer).open(context, inner.expose(), self.crypto)?;
        // The reader's own error quotes what it did not expect, and here that is about a citizen.
        serde_json::from_slice(plain.expose()).map_err(|_| Fault::Stored)
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

#[cfg(test)]
mod tests {
    use mahfada_crypto::aws_lc;
    use mahfada_crypto::hazmat::SeededRandom;
    use mahfada_web::fault::{Fault as _, chain};

    use super::*;

    #[test]
    fn a_grant_that_does_not_read_is_quoted_nowhere() {
        let seal = SubjectSeal {
            service: SealingKey::new(1, Secret::new([1; 32])),
            random: Arc::new(SeededRandom::new("grant")),
            crypto: &aws_lc::PROVIDER,
        };
        let (issuer, configuration) = (IssuerId::new("issuer"), ConfigurationId::new("rights"));
        let context = context(&issuer, &configuration);
        let plain = br#"{"subject":{"register":"Canary"},"identified":false}"#;
        let key = seal.key_of("token");
        let inner = key.seal(&context, plain, &*seal.random, seal.crypto).unwrap();
        let outer = seal.service.seal(&context, &inner, &*seal.random, seal.crypto).unwrap();
        let fault = seal
            .open(&Sealed::new(outer), &issuer, &configuration, "token")
            .unwrap_err();
        assert_eq!(fault.code(), "sealed_value");
        let text = format!("{} {fault:?}", chain(&fault));
        assert!(!text.contains("Canary"), "{text}");
    }
}
