//! DPoP, PKCE, authorization challenge, token messages, metadata and errors of OAuth 2.0
