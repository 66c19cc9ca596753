//! The conformance suite on files and in memory, and what is special to SQLite: reading beside the writer,
//! two processes, killed processes, full disks.

mod beside;
mod child;
mod conformance;
mod directory;
mod durability;
mod fault;
mod file;
mod two_processes;
