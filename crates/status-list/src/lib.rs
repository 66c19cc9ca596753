//! Token Status List (draft-ietf-oauth-status-list): the bit list, the signed token, the checks of a relying party.
//!
//! [`StatusList`] is the list that an issuer keeps; [`VerifiedStatusList`] is what a relying party may believe. Fetching and
//! caching are the caller's, and so is the question who may sign a list.
#![forbid(unsafe_code)]

mod list;
mod reference;
mod status;
mod token;

pub use list::{MAX_UNCOMPRESSED, StatusIndexError, StatusList, StatusListFormatError};
pub use reference::{StatusReference, StatusReferenceError};
pub use status::Status;
pub use token::{
    DEFAULT_TTL, MAX_TTL, MIN_TTL, StatusListError, StatusListToken, StatusListTokenError, TYP,
    UnverifiedStatusListToken, VerifiedStatusList,
};
