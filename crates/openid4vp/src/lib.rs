//! Messages and rules of OpenID for Verifiable Presentations 1.0, with DCQL.
//!
//! For the wallet: [`UnverifiedRequest`] becomes a [`VerifiedRequest`] by one function that checks signature, access
//! certificate, addresses, registration certificate and over-asking; [`match_query`] finds which credentials and claims
//! answer its query; [`AuthorizationResponse::encrypt`] writes the answer. For the verifier: [`RequestObject::sign`],
//! [`UnverifiedResponse`] and [`satisfied_by`]. Nothing here sends or fetches anything.
#![forbid(unsafe_code)]

mod dcql;
mod form;
mod matching;
mod registration;
mod request;
mod request_uri;
mod response;
mod satisfaction;

#[cfg(test)]
mod fixture;

pub use dcql::{
    ClaimsQuery, CredentialMeta, CredentialQuery, CredentialSetQuery, DcqlError, DcqlQuery, TrustedAuthority,
};
pub use matching::{CandidateMatch, QueryMatch, SetMatch, match_query};
pub use registration::{Excess, exceeds_registration, exceeds_registration_revealed};
pub use request::{
    ClientMetadata, REGISTRATION_CERTIFICATE_FORMAT, RequestError, RequestObject, RequestSignError, ResponseEncryption,
    STATIC_AUDIENCE, UnverifiedRequest, VerifiedRequest, VerifierInfo,
};
pub use request_uri::{AuthorizationRequestUri, RequestUriError, RequestUriMethod};
pub use response::{
    AuthorizationErrorResponse, AuthorizationResponse, MAX_RESPONSE_BYTES, ResponseError, UnverifiedResponse, VpToken,
};
pub use satisfaction::{satisfied_by, unrequested};
