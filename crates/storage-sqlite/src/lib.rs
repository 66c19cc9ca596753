//! The embedded default store: SQLite on one writer thread with group commit
