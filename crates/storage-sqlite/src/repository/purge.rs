//! Forgetting what has ended.

use mahfada_base::UnixTime;
use mahfada_storage::{PURGE_BATCH, StorageError};
use rusqlite::params;

use crate::unit::SqliteUnit;

/// In this order: a token outlives its end while the code of an offer names it, a redeemed authorization code while its
/// token is there.
const STATEMENTS: [&str; 5] = [
    SINGLE_USE,
    "DELETE FROM card_session WHERE rowid IN
     (SELECT rowid FROM card_session WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM pre_authorized_code WHERE rowid IN
     (SELECT rowid FROM pre_authorized_code WHERE expires_at < ?1 LIMIT ?2)",
    "DELETE FROM access_token WHERE rowid IN
     (SELECT rowid FROM access_token WHERE expires_at < ?1
      AND NOT EXISTS (SELECT 1 FROM pre_authorized_code WHERE redeemed_for = access_token.hash) LIMIT ?2)",
    "DELETE FROM authorization_code WHERE rowid IN
     (SELECT rowid FROM authorization_code WHERE expires_at < ?1
      AND NOT EXISTS (SELECT 1 FROM access_token WHERE access_token.hash = authorization_code.redeemed_for) LIMIT ?2)",
];

/// The values that expired first.
pub(super) const SINGLE_USE: &str = "DELETE FROM single_use WHERE (kind, hash) IN
     (SELECT kind, hash FROM single_use WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)";

impl SqliteUnit<'_> {
    /// Deletes what ended before `until`, at most a batch over all tables, and returns how many rows.
    pub(crate) fn purge(&self, until: UnixTime) -> Result<u64, StorageError> {
        let batch = u64::from(PURGE_BATCH);
        let mut purged = 0_u64;
        for sql in STATEMENTS {
            let room = super::integer(batch.saturating_sub(purged))?;
            purged = purged.saturating_add(self.change(sql, params![until.seconds(), room])? as u64);
        }
        Ok(purged)
    }
}
