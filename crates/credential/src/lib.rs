//! Joins the credential formats: verified credentials, the claims view, issuer trust
