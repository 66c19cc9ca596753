//! JWK, JWS and JWE: the few algorithms and forms this system speaks
