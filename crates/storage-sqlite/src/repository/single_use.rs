//! Values that count once.

use mahfada_base::UnixTime;
use mahfada_storage::{Digest32, PURGE_BATCH, SingleUseKind, SingleUseRepository, StorageError};
use rusqlite::params;

use super::purge::SINGLE_USE;
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

    fn consume_anew(
        &mut self,
        kind: SingleUseKind,
        hash: &Digest32,
        now: UnixTime,
        expires_at: UnixTime,
    ) -> Result<bool, StorageError> {
        let used = self.change(
            "INSERT INTO single_use (kind, hash, expires_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind, hash) DO UPDATE SET expires_at = excluded.expires_at WHERE single_use.expires_at < ?4",
            params![kind.as_str(), hash, expires_at.seconds(), now.seconds()],
        )?;
        Ok(used == 1)
    }

    fn purge_expired(&mut self, now: UnixTime) -> Result<u64, StorageError> {
        let purged = self.change(SINGLE_USE, params![now.seconds(), PURGE_BATCH])?;
        Ok(purged as u64)
    }
}
