//! Who the issuer is, before anything is asked of it: signed metadata under the trusted lists (TW-13).

use mahfada_base::{CLOCK_SKEW, UnixTime, json};
use mahfada_credential::{CredentialFormat, CredentialType, TrustedEntity};
use mahfada_jose::{Expectation, UnverifiedJws};
use mahfada_oauth2::{AUTHORIZATION_SERVER_SUFFIX, AuthorizationServerMetadata, well_known_url};
use mahfada_openid4vci::{CredentialConfiguration, CredentialIssuerMetadata, credential_issuer_metadata_url};
use mahfada_x509::UnverifiedChain;
use serde::Deserialize;

use super::{ExpectedIssuer, IssuanceError};
use crate::exchange::{self, Answer, JSON, JWT, JWT_OR_JSON};
use crate::{Context, OfferConsent, VouchedBy};

const METADATA_TYP: &str = "openidvci-issuer-metadata+jwt";

/// An issuer that is trusted with one type of credential, and how to talk to it.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) identity: IssuerIdentity,
    pub(super) metadata: CredentialIssuerMetadata,
    pub(super) server: AuthorizationServerMetadata,
    pub(super) configuration_id: String,
    pub(super) configuration: CredentialConfiguration,
    pub(super) credential_type: CredentialType,
}

/// Who the issuer is, as far as its metadata prove it.
#[derive(Debug)]
pub(super) enum IssuerIdentity {
    /// The organization that signed them, and who vouches for it.
    Signed(Box<TrustedEntity>, VouchedBy),
    /// Whoever answers at its address: the metadata are in clear. Only where anchors were chosen by hand.
    AtAddress,
}

/// Which metadata are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MetadataRule {
    /// Signed ones: they prove who the issuer is before anything is handed to it.
    Signed,
    /// Those in clear too, where anchors were chosen by hand; then the credential proves who the issuer is.
    SignedOrByHand,
}

/// What is known after the first of two documents.
#[derive(Debug)]
struct Known {
    identity: IssuerIdentity,
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
    rule: MetadataRule,
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

impl Issuer {
    /// Makes the question to the citizen: who offers what.
    pub(super) fn offer_consent(&self) -> OfferConsent {
        let metadata = self.configuration.credential_metadata.clone().unwrap_or_default();
        let (issuer, organization_identifier) = match &self.identity {
            IssuerIdentity::Signed(entity, _) => (
                entity.names().clone(),
                Some(entity.organization_identifier().to_owned()),
            ),
            IssuerIdentity::AtAddress => Default::default(),
        };
        OfferConsent {
            issuer,
            organization_identifier,
            issuer_identifier: self.metadata.credential_issuer.clone(),
            vouched_by: self.expected().vouched_by(),
            credential_type: self.credential_type.clone(),
            credential: metadata.display,
            claims: metadata.claims,
            needs_tx_code: false,
            needs_card: false,
        }
    }

    /// Returns who must have signed the credentials.
    pub(super) fn expected(&self) -> ExpectedIssuer<'_> {
        match &self.identity {
            IssuerIdentity::Signed(entity, vouched_by) => ExpectedIssuer::Organization {
                identifier: entity.organization_identifier(),
                vouched_by: *vouched_by,
            },
            IssuerIdentity::AtAddress => ExpectedIssuer::AtAddress(&self.metadata.credential_issuer),
        }
    }
}

impl MetadataRule {
    fn takes_metadata_in_clear(self, context: &Context<'_>) -> bool {
        self == Self::SignedOrByHand && context.trust.anchors_by_hand().is_some()
    }
}

impl Discovery {
    /// Starts with the issuer's identifier and the configurations of which the first usable one is taken.
    pub(super) fn begin(
        issuer: &str,
        wanted: Vec<String>,
        offered_server: Option<String>,
        rule: MetadataRule,
        context: &Context<'_>,
    ) -> Result<(Self, http::Request<Vec<u8>>), IssuanceError> {
        let accept = if rule.takes_metadata_in_clear(context) {
            JWT_OR_JSON
        } else {
            JWT
        };
        let url = credential_issuer_metadata_url(issuer);
        let request = exchange::get(context.trust.addresses(), &url, accept)?;
        Ok((
            Self {
                issuer: issuer.to_owned(),
                wanted,
                offered_server,
                rule,
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
            let addresses = context.trust.addresses();
            let server = addresses.server_metadata(&answer.ok(JSON)?, &known.server)?;
            let Known {
                identity,
                metadata,
                configuration_id,
                configuration,
                credential_type,
                ..
            } = *known;
            return Ok(DiscoveryStep::Done(Box::new(Issuer {
                identity,
                metadata,
                server,
                configuration_id,
                configuration,
                credential_type,
            })));
        }
        let known = if answer.status == 200 && answer.is(JSON) {
            // Metadata in clear prove nothing about who wrote them.
            if !self.rule.takes_metadata_in_clear(context) {
                return Err(IssuanceError::MetadataUnsigned);
            }
            self.believe_address(&answer.ok(JSON)?, context)?
        } else {
            self.verify(&String::from_utf8_lossy(&answer.ok(JWT)?), context)?
        };
        let url = well_known_url(&known.server, AUTHORIZATION_SERVER_SUFFIX);
        self.known = Some(Box::new(known));
        let request = exchange::get(context.trust.addresses(), &url, JSON)?;
        Ok(DiscoveryStep::Http(Box::new((self, request))))
    }

    /// Trust first, signature second, contents last: only a trusted key vouches for what is read.
    fn verify(&self, text: &str, context: &Context<'_>) -> Result<Known, IssuanceError> {
        let jws = UnverifiedJws::parse(text).map_err(IssuanceError::MetadataSignature)?;
        let x5c = jws.header().x5c.as_ref().ok_or(IssuanceError::MetadataUnsigned)?;
        let chain = UnverifiedChain::from_x5c(x5c).map_err(|error| IssuanceError::IssuerUntrusted(error.into()))?;
        let claimed: CredentialIssuerMetadata =
            json::from_slice(jws.unverified_payload()).map_err(|error| IssuanceError::Metadata(error.into()))?;
        let vct = self
            .choose(&claimed)?
            .1
            .vct
            .ok_or(IssuanceError::UnknownConfiguration)?;
        let (entity, vouched_by) = context
            .trust
            .issuer(&chain, &CredentialType::new(vct), context.now, context.crypto)
            .map_err(IssuanceError::IssuerUntrusted)?;
        let jws = jws
            .verify(entity.key(), &Expectation::es256(&[METADATA_TYP]), context.crypto)
            .map_err(IssuanceError::MetadataSignature)?;
        let metadata = context.trust.addresses().issuer_metadata(jws.payload(), &self.issuer)?;
        self.check_subject(&jws.claims().map_err(IssuanceError::MetadataSignature)?, context.now)?;
        self.know(IssuerIdentity::Signed(Box::new(entity), vouched_by), metadata)
    }

    fn believe_address(&self, body: &[u8], context: &Context<'_>) -> Result<Known, IssuanceError> {
        let metadata = context.trust.addresses().issuer_metadata(body, &self.issuer)?;
        self.know(IssuerIdentity::AtAddress, metadata)
    }

    fn know(&self, identity: IssuerIdentity, metadata: CredentialIssuerMetadata) -> Result<Known, IssuanceError> {
        let (configuration_id, configuration) = self.choose(&metadata)?;
        let vct = configuration.vct.clone().ok_or(IssuanceError::UnknownConfiguration)?;
        if metadata.requires_encryption() {
            return Err(IssuanceError::Unsupported("message encryption"));
        }
        let server = metadata
            .authorization_server(self.offered_server.as_deref())
            .ok_or(IssuanceError::MetadataMismatch)?
            .to_owned();
        Ok(Known {
            identity,
            metadata,
            configuration_id,
            configuration,
            credential_type: CredentialType::new(vct),
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
