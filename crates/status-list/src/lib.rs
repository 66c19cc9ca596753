//! Token Status List (draft-ietf-oauth-status-list): the bit list, the signed token, the checks of a relying party.
//!
//! [`StatusList`] is the list that an issuer keeps; [`VerifiedStatusList`] is what the key given
//! has signed. The caller fetches, keeps, decides whose key may sign a list, and refuses one that is older than one seen.
#![forbid(unsafe_code)]

mod list;
mod reference;
mod status;
mod token;

pub use list::{MAX_UNCOMPRESSED, StatusIndexError, StatusList, StatusListFormatError};
pub use reference::{StatusReference, StatusReferenceError};
pub use status::Status;
pub use token::{
    DEFAULT_TTL, MAX_LIFETIME, MAX_TTL, MIN_TTL, StatusListError, StatusListToken, StatusListTokenError, TYP,
    UnverifiedStatusListToken, VerifiedStatusList,
};
