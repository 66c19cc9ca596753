//! Who the issuer is, before anything is asked of it: signed metadata under the trusted lists (TW-13).

use mahfada_base::{CLOCK_SKEW, UnixTime, json};
use mahfada_credential::{CredentialFormat, CredentialType, IssuerTrust as _, TrustedEntity};
use mahfada_jose::{Expectation, UnverifiedJws};
use mahfada_oauth2::{AUTHORIZATION_SERVER_SUFFIX, AuthorizationServerMetadata, well_known_url};
use mahfada_openid4vci::{CredentialConfiguration, CredentialIssuerMetadata, credential_issuer_metadata_url};
use mahfada_x509::UnverifiedChain;
use serde::Deserialize;

use super::IssuanceError;
use crate::Context;
use crate::exchange::{self, Answer, JSON, JWT};

const METADATA_TYP: &str = "openidvci-issuer-metadata+jwt";

/// An issuer that is trusted with one type of credential, and how to talk to it.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) entity: TrustedEntity,
    pub(super) metadata: CredentialIssuerMetadata,
    pub(super) server: AuthorizationServerMetadata,
    pub(super) configuration_id: String,
    pub(super) configuration: CredentialConfiguration,
    pub(super) credential_type: CredentialType,
}

/// What is known after the first of two documents.
#[derive(Debug)]
struct Known {
    entity: TrustedEntity,
    metadata: CredentialIssuerMetadata,
    configuration_id: String,
    configuration: CredentialConfiguration,
    credential_type: CredentialType,
    server: String,
}

/// Fetches and verifies the issuer's metadata, then those of its authorization server.
#[derive(Debug)]
pub(super) struct Discovery {
    issuer: String,
    wanted: Vec<String>,
    offered_server: Option<String>,
    known: Option<Box<Known>>,
}

pub(super) enum DiscoveryStep {
    Http(Box<(Discovery, http::Request<Vec<u8>>)>),
    Done(Box<Issuer>),
}

#[derive(Deserialize)]
struct Subject {
    sub: String,
    iat: UnixTime,
    exp: Option<UnixTime>,
}

impl Discovery {
    /// Starts with the issuer's identifier and the configurations of which the first usable one is taken.
    pub(super) fn begin(
        issuer: &str,
        wanted: Vec<String>,
        offered_server: Option<String>,
    ) -> Result<(Self, http::Request<Vec<u8>>), IssuanceError> {
        let request = exchange::get(&credential_issuer_metadata_url(issuer), JWT)?;
        Ok((
            Self {
                issuer: issuer.to_owned(),
                wanted,
                offered_server,
                known: None,
            },
            request,
        ))
    }

    pub(super) fn next(
        mut self,
        response: http::Response<Vec<u8>>,
        context: &Context<'_>,
    ) -> Result<DiscoveryStep, IssuanceError> {
        let answer = Answer::take(response)?;
        if let Some(known) = self.known.take() {
            let server = AuthorizationServerMetadata::parse(&answer.ok(JSON)?, &known.server)?;
            let Known {
                entity,
                metadata,
                configuration_id,
                configuration,
                credential_type,
                ..
            } = *known;
            return Ok(DiscoveryStep::Done(Box::new(Issuer {
                entity,
                metadata,
                server,
                configuration_id,
                configuration,
                credential_type,
            })));
        }
        // Metadata in clear prove nothing about who wrote them.
        if answer.status == 200 && answer.is(JSON) {
            return Err(IssuanceError::MetadataUnsigned);
        }
        let body = answer.ok(JWT)?;
        let known = self.verify(&String::from_utf8_lossy(&body), context)?;
        let url = well_known_url(&known.server, AUTHORIZATION_SERVER_SUFFIX);
        self.known = Some(Box::new(known));
        let request = exchange::get(&url, JSON)?;
        Ok(DiscoveryStep::Http(Box::new((self, request))))
    }

    /// Trust first, signature second, contents last: only a trusted key vouches for what is read.
    fn verify(&self, text: &str, context: &Context<'_>) -> Result<Known, IssuanceError> {
        let jws = UnverifiedJws::parse(text).map_err(IssuanceError::MetadataSignature)?;
        let x5c = jws.header().x5c.as_ref().ok_or(IssuanceError::MetadataUnsigned)?;
        let chain = UnverifiedChain::from_x5c(x5c).map_err(|error| IssuanceError::IssuerUntrusted(error.into()))?;
        let claimed: CredentialIssuerMetadata =
            json::from_slice(jws.unverified_payload()).map_err(|error| IssuanceError::Metadata(error.into()))?;
        let (configuration_id, configuration) = self.choose(&claimed)?;
        let vct = configuration.vct.clone().ok_or(IssuanceError::UnknownConfiguration)?;
        let credential_type = CredentialType::new(vct);
        let entity = context
            .trust
            .trusted_issuer(&chain, &credential_type, context.now, context.crypto)
            .map_err(IssuanceError::IssuerUntrusted)?;
        let jws = jws
            .verify(entity.key(), &Expectation::es256(&[METADATA_TYP]), context.crypto)
            .map_err(IssuanceError::MetadataSignature)?;
        let metadata = CredentialIssuerMetadata::parse(jws.payload(), &self.issuer)?;
        self.check_subject(&jws.claims().map_err(IssuanceError::MetadataSignature)?, context.now)?;
        if metadata.requires_encryption() {
            return Err(IssuanceError::Unsupported("message encryption"));
        }
        let server = metadata
            .authorization_server(self.offered_server.as_deref())
            .ok_or(IssuanceError::MetadataMismatch)?
            .to_owned();
        Ok(Known {
            entity,
            metadata,
            configuration_id,
            configuration,
            credential_type,
            server,
        })
    }

    fn choose(&self, metadata: &CredentialIssuerMetadata) -> Result<(String, CredentialConfiguration), IssuanceError> {
        let offered = &metadata.credential_configurations_supported;
        let usable = |configuration: &CredentialConfiguration| {
            configuration.format == CredentialFormat::DcSdJwt.as_str() && configuration.takes_plain_jwt_proof()
        };
        self.wanted
            .iter()
            .find_map(|id| offered.get_key_value(id).filter(|(_, found)| usable(found)))
            .map(|(id, found)| (id.clone(), found.clone()))
            .ok_or(IssuanceError::UnknownConfiguration)
    }

    /// OID4VCI §12.2.3: `sub` is the issuer's identifier.
    fn check_subject(&self, subject: &Subject, now: UnixTime) -> Result<(), IssuanceError> {
        let early = subject.iat > now.plus(CLOCK_SKEW);
        let late = subject.exp.is_some_and(|exp| exp.plus(CLOCK_SKEW) <= now);
        if subject.sub != self.issuer || early || late {
            return Err(IssuanceError::MetadataMismatch);
        }
        Ok(())
    }
}
