//! The verifier service: an agency asks for claims and gets a verdict it can file
