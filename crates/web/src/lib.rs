//! What the services share: TLS, problem responses, DPoP extractor, limits, health, guarded outbound HTTP
