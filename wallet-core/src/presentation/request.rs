//! A request that may be shown to the citizen: registered, or from somebody whom a person chose to believe.

use mahfada_base::UnixTime;
use mahfada_openid4vp::{
    AuthorizationRequestUri, DcqlQuery, RequestError, ResponseEncryption, UnverifiedRequest, VerifiedRequest,
};
use mahfada_trust::{TrustError, VerifiedRegistration};
use url::Url;

use super::by_hand;
use crate::{Context, Trust, VouchedBy};

/// A verified request, in the words that both ways of verifying share.
#[derive(Debug)]
pub(super) struct AcceptedRequest {
    pub(super) name: String,
    pub(super) organization_identifier: String,
    /// What the registry vouches for; `None` only under anchors chosen by hand.
    pub(super) registration: Option<VerifiedRegistration>,
    pub(super) query: DcqlQuery,
    pub(super) nonce: String,
    pub(super) client_id: String,
    pub(super) response_uri: Url,
    pub(super) state: Option<String>,
    pub(super) encryption: ResponseEncryption,
    pub(super) expires_at: UnixTime,
}

impl AcceptedRequest {
    /// Verifies a request under the registry; the anchors are asked only about whom the registry has never heard of.
    ///
    /// A relying party that the registry knows stays under its rules: suspended, over-asking or without its registration
    /// it is refused, whoever else is believed.
    pub(super) fn verify(
        text: &str,
        link: &AuthorizationRequestUri,
        wallet_nonce: Option<&str>,
        context: &Context<'_>,
    ) -> Result<Self, RequestError> {
        let registered = context.trust.registry().map(|store| {
            UnverifiedRequest::parse(text)?
                .verify(&link.client_id, wallet_nonce, store, context.now, context.crypto)
                .map(Self::from)
        });
        match (registered, context.trust) {
            (
                Some(Err(RequestError::Untrusted(TrustError::UnknownEntity))) | None,
                Trust::AnchorsByHand { anchors, .. },
            ) => by_hand::verify(text, link, wallet_nonce, anchors, context),
            (Some(verdict), _) => verdict,
            (None, Trust::Registry(_)) => Err(RequestError::Untrusted(TrustError::ListUnavailable)),
        }
    }

    /// Returns who vouches for the relying party.
    pub(super) const fn vouched_by(&self) -> VouchedBy {
        match self.registration {
            Some(_) => VouchedBy::Registry,
            None => VouchedBy::AnchorsByHand,
        }
    }
}

impl From<VerifiedRequest> for AcceptedRequest {
    fn from(request: VerifiedRequest) -> Self {
        Self {
            name: request.relying_party().name().to_owned(),
            organization_identifier: request.relying_party().organization_identifier().to_owned(),
            registration: Some(request.registration().clone()),
            query: request.query().clone(),
            nonce: request.nonce().to_owned(),
            client_id: request.client_id().to_owned(),
            response_uri: request.response_uri().clone(),
            state: request.state().map(str::to_owned),
            encryption: request.encryption().clone(),
            expires_at: request.expires_at(),
        }
    }
}
