//! The service through its routes, by subject.

mod way_a;
