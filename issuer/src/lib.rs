//! The issuer service: checks the card or an offer, then mints credentials bound to the citizen's device key
