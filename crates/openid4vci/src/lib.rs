//! Messages and rules of OpenID for Verifiable Credential Issuance 1.0
