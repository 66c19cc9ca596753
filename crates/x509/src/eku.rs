//! Extended key usages (RFC 5280 §4.2.1.12) that tell the roles of this ecosystem apart.
//!
//! The role identifiers lie under `2.25` (ITU-T X.667): each arc is a random UUID that this project drew, so that no
//! registered identifier is invented. A deployment with an arc of its own names it in a [`crate::ChainProfile`].

/// Signs credentials (UUID a3aea6d5-bc52-495b-99bc-2260e0913db5).
pub const CREDENTIAL_SIGNING: &str = "2.25.217571006780201829192385139542714301877";
/// Signs token status lists (UUID a08bbbb4-5275-4f53-b3fa-80a34fb34d06).
pub const STATUS_SIGNING: &str = "2.25.213402015686107605872170845193127546118";
/// Signs lists of trusted entities (UUID 05b0ec2f-6075-41d1-bc0c-4a24aa9a3c0f).
pub const LIST_SIGNING: &str = "2.25.7564774628269125078269544146660899855";
/// Signs requests and metadata of a relying party or issuer (UUID f1adad22-6bc4-4be4-b0b0-fd9e02b32b1a).
pub const ACCESS: &str = "2.25.321245725924662411681128307150116039450";
/// Signs registration certificates (UUID 83a4bc78-0e95-4ed2-a88b-19467cbef809).
pub const REGISTRATION_SIGNING: &str = "2.25.174984226737521971622406098234409678857";
/// Serves TLS (RFC 5280 §4.2.1.12).
pub const SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
