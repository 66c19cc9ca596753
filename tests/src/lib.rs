//! End-to-end tests over the running services; they stand in the folder `tests` beside this file.
#![forbid(unsafe_code)]
