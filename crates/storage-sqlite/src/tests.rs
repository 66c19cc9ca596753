//! The conformance suite on files and in memory, and what is special to SQLite: two processes, killed processes,
//! full disks.

mod child;
mod conformance;
mod directory;
mod durability;
mod fault;
mod file;
mod two_processes;
