//! The card challenge: from the trusted issuer, for this wallet, for the keys it has committed to.

use mahfada_base::CLOCK_SKEW;
use mahfada_credential::{IssuerTrust as _, IssuerTrustError};
use mahfada_eid::{CARD_CHALLENGE_TYP, CardChallenge};
use mahfada_jose::{Expectation, JwsError, UnverifiedJws};
use mahfada_x509::UnverifiedChain;

use super::discovery::Issuer;
use super::{CLIENT_ID, ExpectedIssuer};
use crate::Context;

/// Why a card challenge is not put to the card.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// The challenge is no signed message, or its signature does not hold.
    #[error("the signature of the challenge does not hold")]
    Signature(#[source] JwsError),
    /// The challenge names no certificate chain.
    #[error("the challenge names no certificate chain")]
    ChainMissing,
    /// The signer is not trusted with the credential.
    #[error("the signer of the challenge is not trusted")]
    Untrusted(#[from] IssuerTrustError),
    /// Another organization than the issuer's has signed.
    #[error("the challenge is that of another organization or issuer")]
    Issuer,
    /// The challenge is meant for another wallet.
    #[error("the challenge is meant for another wallet")]
    Audience,
    /// The challenge was made for other keys.
    #[error("the challenge was made for other keys")]
    Commitment,
    /// The challenge has expired, or is not valid yet.
    #[error("the challenge has expired")]
    Expired,
}

impl ChallengeError {
    /// Returns the stable reason code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Signature(_) => "challenge_signature",
            Self::ChainMissing => "challenge_unsigned",
            Self::Untrusted(error) => error.code(),
            Self::Issuer => "challenge_issuer",
            Self::Audience => "challenge_audience",
            Self::Commitment => "challenge_commitment",
            Self::Expired => "challenge_expired",
        }
    }
}

/// Verifies a challenge that this issuer answered to this commitment.
pub(super) fn verify(
    text: &str,
    issuer: &Issuer,
    commitment: &[u8; 32],
    context: &Context<'_>,
) -> Result<CardChallenge, ChallengeError> {
    let jws = UnverifiedJws::parse(text).map_err(ChallengeError::Signature)?;
    let x5c = jws.header().x5c.as_ref().ok_or(ChallengeError::ChainMissing)?;
    let chain = UnverifiedChain::from_x5c(x5c).map_err(IssuerTrustError::from)?;
    let ExpectedIssuer::Organization { identifier, vouched_by } = issuer.expected() else {
        return Err(ChallengeError::Issuer);
    };
    let signer =
        context
            .trust
            .only(vouched_by)
            .trusted_issuer(&chain, &issuer.credential_type, context.now, context.crypto)?;
    let challenge: CardChallenge = jws
        .verify(signer.key(), &Expectation::es256(&[CARD_CHALLENGE_TYP]), context.crypto)
        .and_then(|jws| jws.claims())
        .map_err(ChallengeError::Signature)?;
    if signer.organization_identifier() != identifier || challenge.iss != issuer.metadata.credential_issuer {
        return Err(ChallengeError::Issuer);
    }
    if challenge.aud != CLIENT_ID {
        return Err(ChallengeError::Audience);
    }
    if challenge.commitment != *commitment {
        return Err(ChallengeError::Commitment);
    }
    require_current(&challenge, context)?;
    Ok(challenge)
}

/// Checks that evidence does not come too late.
pub(super) fn require_current(challenge: &CardChallenge, context: &Context<'_>) -> Result<(), ChallengeError> {
    let early = challenge.iat > context.now.plus(CLOCK_SKEW);
    if early || challenge.exp.plus(CLOCK_SKEW) < context.now {
        return Err(ChallengeError::Expired);
    }
    Ok(())
}
