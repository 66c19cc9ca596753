//! DPoP, PKCE, authorization challenge, token messages, metadata and errors of OAuth 2.0
//!
//! Every message is read from bytes with strict rules and written back; nothing here opens a socket or reads a clock.
#![forbid(unsafe_code)]

mod access_token;
mod authorization_challenge;
mod authorization_details;
mod dpop;
mod error;
mod form;
mod metadata;
mod object;
mod pkce;
mod token;

pub use access_token::{AccessToken, PresentedToken, PresentedTokenError, TokenType};
pub use authorization_challenge::{
    AuthorizationChallengeError, AuthorizationChallengeRequest, AuthorizationChallengeResponse, CARD_INTERACTION,
    KeyCommitment, RequestedCredential,
};
pub use authorization_details::{AuthorizationDetail, OPENID_CREDENTIAL, RequestedClaim};
pub use dpop::{DPOP_MAX_AGE, DPOP_TYP, DpopError, DpopExpectation, UnspentDpop, UnverifiedDpop, dpop_signing_input};
pub use error::{ErrorCode, OAuthError};
pub use form::{Form, FormError, MAX_FORM_BYTES, encode_form};
pub use metadata::{
    AUTHORIZATION_SERVER_SUFFIX, AuthorizationServerMetadata, MetadataError, is_https_url, is_issuer_identifier,
    well_known_url,
};
pub use object::{object_from_slice, optional_object};
pub use pkce::{CODE_CHALLENGE_METHOD, CodeChallenge, CodeVerifier, PkceError};
pub use token::{AUTHORIZATION_CODE, PRE_AUTHORIZED_CODE, TokenError, TokenRequest, TokenResponse};
