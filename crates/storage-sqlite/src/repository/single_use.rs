//! Values that count once.

use mahfada_base::UnixTime;
use mahfada_storage::{Digest32, SingleUseKind, SingleUseRepository, StorageError};
use rusqlite::params;

use crate::unit::SqliteUnit;

impl SingleUseRepository for SqliteUnit<'_> {
    fn consume(&mut self, kind: SingleUseKind, hash: &Digest32, expires_at: UnixTime) -> Result<bool, StorageError> {
        let inserted = self.change(
            "INSERT INTO single_use (kind, hash, expires_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind, hash) DO NOTHING",
            params![kind.as_str(), hash, expires_at.seconds()],
        )?;
        Ok(inserted == 1)
    }

    fn purge_expired(&mut self, now: UnixTime) -> Result<u64, StorageError> {
        let purged = self.change("DELETE FROM single_use WHERE expires_at < ?1", [now.seconds()])?;
        Ok(purged as u64)
    }
}
