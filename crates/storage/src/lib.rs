//! Repository traits, the unit of work and the conformance suite every backend passes
