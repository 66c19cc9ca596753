//! Messages and rules of OpenID for Verifiable Presentations 1.0, with DCQL
